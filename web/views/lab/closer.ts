// The closer look at A and B: value by value, one block, how the values are spread, and where the error is.
import type { FormatInfo } from 'bitbudget';
import { html, nothing } from 'lit';
import type { Side } from './bench.js';
import './block.js';
import './heat-maps.js';
import type { Cell } from './heat-maps.js';
import './histogram.js';
import { linesSection, type Lines } from './lines.js';
import type { Detail, Tensor } from './tensor.js';

export interface CloserSide { side: Side; format: FormatInfo; detail: Detail | undefined; stale: boolean; levels: Float32Array; }

export interface Closer {
  tensor: Tensor;
  sides: [CloserSide, CloserSide];
  cell: Cell;
  logarithmic: boolean;
  lines: Lines | undefined;
  point: (cell: Cell) => void;
  setLevels: (side: Side, levels: Float32Array) => void;
  setLogarithmic: (on: boolean) => void;
}

export function closer({ tensor, sides, cell, logarithmic, lines, point, setLevels, setLogarithmic }: Closer) {
  const [a, b] = sides;
  const stale = a.stale || b.stale;
  const { rotate } = tensor.method;
  return html`
    <section aria-labelledby="maps"><h2 id="maps">Value by value</h2>
      <p class="soft small">Point at a value, or focus the pictures and use the arrow keys. The divider in the last picture moves too: the calmer side loses less.</p>
      <bb-lab-maps class=${stale ? 'stale' : ''} .tensor=${tensor} .a=${a.detail} .b=${b.detail} labelA=${a.format.label} labelB=${b.format.label} @bb-cell=${(event: CustomEvent<Cell>) => point(event.detail)}></bb-lab-maps>
    </section>
    <section aria-labelledby="block"><h2 id="block">One block, bit by bit</h2>
      ${rotate
        ? html`<p class="soft small">With the rotation, a code stands for a mixture of a row’s values. Turn it off to open a block.</p>`
        : html`<p class="soft small">The block that holds the value under the cross above. Point at another of its values, or focus the bars and use the arrow keys.</p>
          <div class="two">${sides.map(({ side, format }) => html`<bb-lab-block .tensor=${tensor} .format=${format} letter=${side} .cell=${cell} @bb-levels=${(event: CustomEvent<Float32Array>) => setLevels(side, event.detail)}></bb-lab-block>`)}</div>`}
    </section>
    <section aria-labelledby="spread"><div class="row between"><h2 id="spread">How the values are spread</h2>
      <label class="check"><input type="checkbox" .checked=${logarithmic} @change=${(event: Event) => setLogarithmic((event.target as HTMLInputElement).checked)}> Logarithmic counts</label></div>
      <div class="two">${sides.map(({ side, format, detail, stale: old, levels }) => html`<bb-lab-histogram kind=${side} class=${old ? 'stale' : ''} label="${side.toUpperCase()}: ${format.label}" .original=${tensor.counts} .decoded=${detail?.counts} .range=${tensor.range} .outside=${detail?.outside ?? 0} .logarithmic=${logarithmic} .codes=${rotate ? [] : levels}></bb-lab-histogram>`)}</div>
      ${rotate ? nothing : html`<p class="small soft">The ticks below the axis are the code book of the block above: every value that its codes can give.</p>`}
    </section>
    ${lines ? linesSection(lines, [a.format.label, b.format.label], stale) : nothing}`;
}
