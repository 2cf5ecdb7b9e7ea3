// A and B beside each other: size, every figure of the error report, and speed. Each row's name opens what it means.
import { html, nothing } from 'lit';
import { bytes, exact, nbsp } from '../../format/numbers.js';
import { formula } from '../../parts/formula.js';
import { value as opener } from '../../parts/value.js';
import { units } from '../../shell/settings.js';
import { bits, measures, share, times } from './measures.js';
import type { Measured, Speed, Tensor } from './tensor.js';

export interface ComparedSide { letter: string; measured: Measured | undefined; speed: Speed | undefined; stale: boolean; }

export interface Comparison {
  tensor: Tensor;
  sides: [ComparedSide, ComparedSide];
  open: string;
  toggle: (id: string) => void;
  /** All figures, or those that matter most. */
  all: boolean;
  showAll: (all: boolean) => void;
}

interface Row { id: string; label: string; cells: { text: string; title: string; best: boolean }[]; meaning: string; latex?: string; }

const rate = (count: number, seconds: number): string => {
  const value = (4 * count) / seconds / 1e9;
  return `${new Intl.NumberFormat(undefined, { maximumSignificantDigits: 2 }).format(value)}${nbsp}GB/s`;
};

/** One row: the text of each side and which one is better. */
function row(id: string, label: string, sides: ComparedSide[], text: (side: ComparedSide) => string | undefined, meaning: string, better?: (a: ComparedSide, b: ComparedSide) => number, title?: (side: ComparedSide) => string): Row {
  const texts = sides.map((side) => (side.measured ? text(side) : undefined));
  const [a, b] = sides as [ComparedSide, ComparedSide];
  const comparable = better && texts.every((each) => each !== undefined) && texts[0] !== texts[1];
  const lead = comparable ? better(a, b) : 0;
  return { id, label, meaning, cells: sides.map((side, i) => ({ text: texts[i] ?? '–', title: side.measured && title ? title(side) : '', best: i === 0 ? lead > 0 : lead < 0 })) };
}

function rowsOf({ tensor, sides, all }: Comparison): Row[] {
  const count = tensor.rows * tensor.columns;
  const size = (side: ComparedSide) => side.measured!.bytes;
  const smaller = (a: ComparedSide, b: ComparedSide) => size(b) - size(a);
  return [
    row('bytes', 'Size', sides, (side) => bytes(size(side), units.value), 'All bytes that are needed to restore the tensor: the codes, and the scales and offsets that come with them.', smaller, (side) => `${exact(size(side))} bytes`),
    row('ratio', 'Compression', sides, (side) => times(tensor.storedBytes / size(side)), `How many times smaller than the tensor as it came (${bytes(tensor.storedBytes, units.value)}).`, smaller),
    row('bpw', 'Bits per weight', sides, (side) => bits((8 * size(side)) / count), 'The size in bits, divided by the number of values. The side information is in it, so it is a little more than the width of a code.', smaller),
    ...(tensor.method.importance ? weightedRows(sides) : []),
    ...measures.filter(({ id }) => all || !kFurther.has(id)).map((measure) => ({
      ...row(measure.id, measure.label, sides, (side) => measure.text(side.measured!.report[measure.id]), measure.meaning,
        (a, b) => measure.better(a.measured!.report[measure.id], b.measured!.report[measure.id]), (side) => String(side.measured!.report[measure.id])),
      latex: measure.latex,
    })),
    row('encode', 'Encoding speed', sides, (side) => side.speed && rate(side.speed.count, side.speed.encodeSeconds), speedMeaning, (a, b) => b.speed!.encodeSeconds - a.speed!.encodeSeconds, speedTitle),
    row('decode', 'Decoding speed', sides, (side) => side.speed && rate(side.speed.count, side.speed.decodeSeconds), speedMeaning, (a, b) => b.speed!.decodeSeconds - a.speed!.decodeSeconds, speedTitle),
  ];
}

/** They say in other words what the figures above them say: shown when asked for. */
const kFurther: ReadonlySet<string> = new Set(['rmse', 'mse', 'meanError', 'cosine']);

const weightedRows = (sides: ComparedSide[]): Row[] => [{
  ...row('weighted', 'Weighted error', sides, (side) => side.measured!.weighted && share(Math.sqrt(side.measured!.weighted.relativeMse)),
    'The relative error with each column counted by its importance: what the layer’s output is off by, if its inputs are as large as the weights say and independent of each other.',
    (a, b) => b.measured!.weighted!.relativeMse - a.measured!.weighted!.relativeMse, (side) => String(side.measured!.weighted?.relativeMse)),
  latex: '\\sqrt{\\frac{\\sum w_j (\\hat{x}_{ij} - x_{ij})^2}{\\sum w_j x_{ij}^2}}',
}];

const speedMeaning = 'Gigabytes of 32-bit floats per second, measured now, in this browser, by one worker on one core: the median of three batches of at least 50 ms, without importance. Other work on the machine slows it down.';
const speedTitle = ({ speed }: ComparedSide): string => (speed ? `copying the same memory: ${rate(speed.count, speed.copySeconds)}` : '');

export function comparison(input: Comparison) {
  const { sides, open, toggle, all, showAll } = input;
  return html`<section aria-labelledby="compared">
    <h2 id="compared" class="sr">A and B compared</h2>
    <div class="scroll"><table class="compared">
      <caption class="sr">What formats A and B do to this tensor</caption>
      <thead><tr><th scope="col"><span class="sr">Figure</span></th>${sides.map(({ letter, measured }) => html`<th scope="col" class="n"><span class="letter ${letter.toLowerCase()}">${letter}</span> ${measured?.format.label ?? nothing}</th>`)}</tr></thead>
      <tbody>${rowsOf(input).map(({ id, label, cells, meaning, latex }) => html`
        <tr><th scope="row">${opener(label, open === id, () => toggle(id))}</th>
          ${cells.map(({ text, title, best }, i) => html`<td class="n ${sides[i]!.stale ? 'stale' : ''} ${best ? 'best' : ''}" title=${title || nothing}>${text}${best ? html`<span class="sr"> (better)</span>` : nothing}</td>`)}</tr>
        ${open === id ? html`<tr class="meaning"><td colspan="3"><p class="small">${meaning}</p>${latex ? html`<div class="math" ${formula(latex)}></div>` : nothing}</td></tr>` : nothing}`)}
      </tbody>
    </table></div>
    <p class="small no-print"><button class="plain" type="button" aria-expanded=${all ? 'true' : 'false'} @click=${() => showAll(!all)}>${all ? 'Fewer figures' : 'More figures'}</button></p></section>`;
}
