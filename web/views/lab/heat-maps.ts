// Four pictures of one tensor that move together: the original, A, B, and the error with A's on the left of a divider and B's
// on its right. One cross marks the same cell in all of them; the line below says its values.
import { html, LitElement, css, nothing, type PropertyValues } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { integer, nbsp } from '../../format/numbers.js';
import { theme } from '../../shell/settings.js';
import { watch } from '../../shell/watch.js';
import { base } from '../../styles/base.js';
import { colourScale, paint } from './colour.js';
import { figure } from './measures.js';
import type { Detail, Tensor } from './tensor.js';

export interface Cell { row: number; column: number; }
type MapName = 'original' | 'a' | 'b' | 'error';

@customElement('bb-lab-maps')
export class HeatMaps extends LitElement {
  static override styles = [base, css`
    :host { display: block; container-type: inline-size; --split: 50%; --x: 0%; --y: 0%; --w: 1%; --h: 1%; }
    .maps { display: grid; gap: var(--s4) var(--s4); grid-template-columns: minmax(0, 1fr); outline-offset: 4px; }
    figure { min-inline-size: 0; }
    figcaption { font-size: var(--t0); font-weight: 600; margin-block-end: var(--s1); display: flex; justify-content: space-between; gap: var(--s2); }
    .frame { position: relative; border: 1px solid var(--rule); cursor: crosshair; touch-action: pan-y; overflow: hidden; }
    canvas { display: block; inline-size: 100%; block-size: 100%; image-rendering: pixelated; }
    .frame { aspect-ratio: var(--aspect, 1); min-block-size: 3rem; max-block-size: 30rem; }
    .cross { position: absolute; left: var(--x); top: var(--y); width: max(7px, var(--w)); height: max(7px, var(--h)); translate: calc((var(--w) - max(7px, var(--w))) / 2) 0; border: 1.5px solid var(--ink); outline: 1.5px solid var(--paper); pointer-events: none; }
    .divider { position: absolute; inset-block: 0; left: var(--split); inline-size: 24px; margin-inline-start: -12px; cursor: ew-resize; touch-action: none; }
    .divider::before { content: ''; position: absolute; inset-block: 0; inset-inline-start: 11px; inline-size: 2px; background: var(--ink); box-shadow: 0 0 0 1px var(--paper); }
    .divider::after { content: ''; position: absolute; inset-block-start: calc(50% - 14px); inset-inline-start: 5px; inline-size: 14px; block-size: 28px; border-radius: 7px; background: var(--ink); box-shadow: 0 0 0 1.5px var(--paper); }
    .divider:focus-visible::after { background: var(--link); }
    .legend { display: grid; grid-template-columns: auto 1fr auto; gap: var(--s2); align-items: center; font-size: var(--t0); color: var(--soft); margin-block-start: var(--s2); }
    .legend canvas { block-size: 0.6rem; inline-size: 100%; }
    .read { margin-block-start: var(--s3); font-size: var(--t0); min-block-size: 1.5em; display: flex; flex-wrap: wrap; gap: 0 var(--s4); }
    .read b { font-weight: 500; }
    @container (min-width: 30rem) { .maps { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
    @container (min-width: 60rem) { .maps { grid-template-columns: repeat(4, minmax(0, 1fr)); } }
    @media (forced-colors: active) { .divider::before, .divider::after { background: CanvasText; } .cross { border-color: Highlight; } }
  `];
  @property({ attribute: false }) tensor?: Tensor;
  @property({ attribute: false }) a: Detail | undefined;
  @property({ attribute: false }) b: Detail | undefined;
  @property() labelA = 'A';
  @property() labelB = 'B';
  @state() private cell: Cell = { row: 0, column: 0 };
  @state() private split = 0.5;
  @state() private said = '';
  @query('.maps') private maps!: HTMLElement;

  constructor() { super(); watch(this, theme); }

  #valueLimit(): number {
    const { statistics } = this.tensor!;
    return Math.min(statistics.absMax, 3 * Math.sqrt(statistics.variance) + Math.abs(statistics.mean)) || statistics.absMax || 1;
  }

  /** All but the worst half per cent of the cells of both. */
  #errorLimit = 1;
  #findErrorLimit(): void {
    const all = Float32Array.from([...(this.a?.errors ?? []), ...(this.b?.errors ?? [])].filter(Number.isFinite)).sort();
    this.#errorLimit = all[Math.floor(all.length * 0.995)] || all.at(-1) || 1;
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('a') || changed.has('b')) this.#findErrorLimit();
    if (changed.has('tensor') && this.tensor) {
      const { rows, columns } = this.tensor.grid;
      if (this.cell.row >= rows || this.cell.column >= columns) this.cell = { row: 0, column: 0 };
    }
  }

  protected override updated(): void {
    const { tensor } = this;
    if (!tensor) return;
    const { rows, columns } = tensor.grid;
    const put = (name: string, text: string) => this.style.setProperty(name, text);
    put('--aspect', String(Math.min(6, Math.max(0.8, columns / rows))));
    put('--split', `${this.split * 100}%`);
    put('--x', `${(this.cell.column / columns) * 100}%`);
    put('--y', `${(this.cell.row / rows) * 100}%`);
    put('--w', `${100 / columns}%`);
    put('--h', `${100 / rows}%`);
    this.#paint();
  }

  #painted = '';
  #paint(): void {
    const { tensor, a, b } = this;
    const { rows, columns } = tensor!.grid;
    const signed = colourScale('signed');
    const error = colourScale('error');
    const splitColumn = Math.round(this.split * columns);
    const key = [tensor!.key, a?.key, a?.formatId, b?.key, b?.formatId, splitColumn, signed[0]].join(' ');
    if (key === this.#painted) return;
    this.#painted = key;
    const canvas = (name: MapName | 'signed' | 'errors') => this.renderRoot.querySelector<HTMLCanvasElement>(`canvas.${name}`)!;
    const limit = this.#valueLimit();
    const values = (name: MapName, cells: Float32Array | undefined) => {
      if (cells && cells.length === rows * columns) paint(canvas(name), columns, rows, signed, (cell) => 0.5 + cells[cell]! / limit / 2);
    };
    values('original', tensor!.cells);
    values('a', a?.cells);
    values('b', b?.cells);
    if (a?.errors.length === rows * columns && b?.errors.length === rows * columns) {
      paint(canvas('error'), columns, rows, error, (cell) => (cell % columns < splitColumn ? a : b).errors[cell]! / this.#errorLimit);
    }
    paint(canvas('signed'), 256, 1, signed, (cell) => cell / 255);
    paint(canvas('errors'), 256, 1, error, (cell) => cell / 255);
  }

  #at(event: PointerEvent): Cell {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const { rows, columns } = this.tensor!.grid;
    const clamp = (value: number, count: number) => Math.min(count - 1, Math.max(0, Math.floor(value * count)));
    return { row: clamp((event.clientY - box.top) / box.height, rows), column: clamp((event.clientX - box.left) / box.width, columns) };
  }

  #move(cell: Cell, aloud: boolean): void {
    this.cell = cell;
    if (aloud) this.said = this.#reading().join(', ');
    const { rowsPerCell, columnsPerCell } = this.tensor!.grid;
    this.dispatchEvent(new CustomEvent<Cell>('bb-cell', { detail: { row: cell.row * rowsPerCell, column: cell.column * columnsPerCell } }));
  }

  #onKey = (event: KeyboardEvent): void => {
    const step = event.shiftKey ? 16 : 1;
    const moves: Record<string, [number, number]> = { ArrowUp: [-step, 0], ArrowDown: [step, 0], ArrowLeft: [0, -step], ArrowRight: [0, step], Home: [0, -Infinity], End: [0, Infinity], PageUp: [-Infinity, 0], PageDown: [Infinity, 0] };
    const move = moves[event.key];
    if (!move || event.target !== this.maps) return;
    event.preventDefault();
    const { rows, columns } = this.tensor!.grid;
    this.#move({ row: Math.min(rows - 1, Math.max(0, this.cell.row + move[0])), column: Math.min(columns - 1, Math.max(0, this.cell.column + move[1])) }, true);
  };

  #onDividerKey = (event: KeyboardEvent): void => {
    const step = event.shiftKey ? 0.1 : 0.02;
    const next = { ArrowLeft: this.split - step, ArrowDown: this.split - step, ArrowRight: this.split + step, ArrowUp: this.split + step, Home: 0, End: 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    this.split = Math.min(1, Math.max(0, next));
  };

  #onDividerPointer = (event: PointerEvent): void => {
    const handle = event.currentTarget as HTMLElement;
    if (event.type === 'pointerdown') handle.setPointerCapture(event.pointerId);
    if (!handle.hasPointerCapture(event.pointerId)) return;
    event.preventDefault();
    const box = handle.parentElement!.getBoundingClientRect();
    this.split = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };

  /** What stands under the cross, in words. */
  #reading(): string[] {
    const { tensor, a, b, cell } = this;
    if (!tensor) return [];
    const { grid } = tensor;
    const at = cell.row * grid.columns + cell.column;
    const span = (first: number, size: number, end: number) => (size === 1 ? integer(first) : `${integer(first)} to ${integer(Math.min(end, first + size) - 1)}`);
    const many = grid.rowsPerCell * grid.columnsPerCell > 1;
    const out = [
      `${grid.rowsPerCell > 1 ? 'Rows' : 'Row'} ${span(cell.row * grid.rowsPerCell, grid.rowsPerCell, tensor.rows)}, ${grid.columnsPerCell > 1 ? 'columns' : 'column'} ${span(cell.column * grid.columnsPerCell, grid.columnsPerCell, tensor.columns)}`,
      `${many ? 'largest value' : 'original'} ${figure(tensor.cells[at]!)}`,
    ];
    for (const [label, detail] of [[this.labelA, a], [this.labelB, b]] as const) {
      if (detail && detail.cells.length === tensor.cells.length) out.push(`${label} ${figure(detail.cells[at]!)}${nbsp}(error ${figure(detail.errors[at]!)})`);
    }
    return out;
  }

  #map(name: MapName, title: unknown, extra: unknown = nothing) {
    return html`<figure>
      <figcaption>${title}</figcaption>
      <div class="frame" @pointermove=${(event: PointerEvent) => this.#move(this.#at(event), false)} @pointerdown=${(event: PointerEvent) => this.#move(this.#at(event), false)}>
        <canvas class=${name} aria-hidden="true"></canvas><div class="cross"></div>${extra}
      </div>
    </figure>`;
  }

  protected override render() {
    if (!this.tensor) return nothing;
    const limit = figure(this.#valueLimit());
    const { rowsPerCell, columnsPerCell } = this.tensor.grid;
    const percent = Math.round(this.split * 100);
    return html`
      <div class="maps" tabindex="0" role="application" aria-roledescription="heat maps" aria-label="Heat maps of the original, ${this.labelA}, ${this.labelB} and the error. Arrow keys move the cross." aria-describedby="reading" @keydown=${this.#onKey}>
        ${this.#map('original', 'Original')}
        ${this.#map('a', html`A: ${this.labelA}`)}
        ${this.#map('b', html`B: ${this.labelB}`)}
        ${this.#map('error', html`<span>Error of A</span><span>Error of B</span>`, html`<div class="divider" role="slider" tabindex="0" aria-label="Divider between the errors of A and B" aria-valuemin="0" aria-valuemax="100" aria-valuenow=${percent}
          aria-valuetext="A on ${percent} % of the width" aria-orientation="horizontal" @keydown=${this.#onDividerKey} @pointerdown=${this.#onDividerPointer} @pointermove=${this.#onDividerPointer}></div>`)}
      </div>
      <div class="read num" id="reading">${this.#reading().map((text, i) => (i === 0 ? html`<b>${text}</b>` : html`<span>${text}</span>`))}</div>
      <div class="sr" role="status">${this.said}</div>
      <div class="legend num"><span>−${limit}</span><canvas class="signed" role="img" aria-label="Colours of values: blue is negative, orange positive"></canvas><span>${limit}</span></div>
      <div class="legend num"><span>no error</span><canvas class="errors" role="img" aria-label="Colours of errors, from none to the largest"></canvas><span>${figure(this.#errorLimit)}</span></div>
      ${rowsPerCell * columnsPerCell > 1 ? html`<p class="small soft">Each cell stands for ${integer(rowsPerCell)} × ${integer(columnsPerCell)} values: it shows the largest of them, and the root mean square of their errors.</p>` : nothing}`;
  }
}
