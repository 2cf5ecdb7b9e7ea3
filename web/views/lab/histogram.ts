// How the values are spread, before and after: the original as a filled shape, the decoded values as a line over it.
import { scaleLinear } from 'd3-scale';
import { html, LitElement, css, nothing, svg } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { exact, integer } from '../../format/numbers.js';
import { Width } from '../../parts/width.js';
import { base } from '../../styles/base.js';
import { figure } from './measures.js';

const kHeight = 150;
const kAxis = 24;
const kTop = 6;

@customElement('bb-lab-histogram')
export class Histogram extends LitElement {
  static override styles = [base, css`
    :host { display: block; min-inline-size: 0; }
    svg { display: block; inline-size: 100%; overflow: visible; }
    text { font: 400 12px var(--sans); fill: var(--soft); font-variant-numeric: tabular-nums; }
    .original { fill: var(--edge); fill-opacity: 0.35; }
    .decoded { fill: none; stroke: var(--c1); stroke-width: 1.5; stroke-linejoin: round; }
    :host([kind='b']) .decoded { stroke: var(--c2); }
    .axis { stroke: var(--edge); }
    .tick { stroke: var(--ink); stroke-opacity: 0.65; }
    .key { display: inline-block; inline-size: 1.1em; block-size: 0.65em; margin-inline-end: 0.3em; background: var(--edge); opacity: 0.5; }
    .key.line { background: none; border-block-start: 2px solid var(--c1); opacity: 1; block-size: 0.25em; }
    :host([kind='b']) .key.line { border-color: var(--c2); }
    .row { font-size: var(--t0); margin-block-end: var(--s1); }
    details { font-size: var(--t0); margin-block-start: var(--s1); color: var(--soft); }
    @media (forced-colors: active) { .decoded, .axis, .tick { stroke: CanvasText; } }
  `];
  @property() label = '';
  @property({ attribute: false }) original = new Float64Array();
  @property({ attribute: false }) decoded: Float64Array | undefined;
  @property({ type: Number }) range = 1;
  @property({ type: Number }) outside = 0;
  @property({ type: Boolean }) logarithmic = false;
  /** The code book: values that the format can give, marked below the axis. */
  @property({ attribute: false }) codes: ArrayLike<number> = [];
  #width = new Width(this, { least: 160, first: 500 });

  protected override render() {
    const { original, decoded, range } = this;
    const width = this.#width.px;
    if (original.length === 0) return nothing;
    const x = scaleLinear([-range, range], [0, width]);
    const size = (count: number) => (this.logarithmic ? Math.log10(1 + count) : count);
    // Decoded values may pile up on a few levels: the shape of the original stays readable, and the piles are cut off.
    const highest = Math.max(...original) * 1.8;
    const top = size(Math.max(1, Math.min(highest, Math.max(...original, ...(decoded ?? [])))));
    const y = (count: number) => kTop + (kHeight - kTop) * (1 - Math.min(1, size(count) / top));
    const steps = (counts: Float64Array) => {
      let path = '';
      counts.forEach((count, bin) => { path += `${bin === 0 ? 'M0 ' : 'V'}${y(count).toFixed(1)}H${(((bin + 1) / counts.length) * width).toFixed(1)}`; });
      return path;
    };
    const shape = `${steps(original)}V${kHeight}H0Z`;
    const cutOff = decoded?.some((count) => size(count) > top);
    return html`
      <div class="row"><span><span class="key"></span>original</span><span><span class="key line"></span>${this.label}, decoded</span></div>
      <svg viewBox="0 0 ${width} ${kHeight + kAxis}" height=${kHeight + kAxis} role="img" aria-label="Histogram of the original and of ${this.label}; the table below holds its numbers">
        <path class="original" d=${shape}></path>
        ${decoded ? svg`<path class="decoded" d=${steps(decoded)}></path>` : nothing}
        <line class="axis" x1="0" x2=${width} y1=${kHeight + 0.5} y2=${kHeight + 0.5}></line>
        ${Array.from(this.codes).filter((code) => Math.abs(code) <= range).map((code) => svg`<line class="tick" x1=${x(code)} x2=${x(code)} y1=${kHeight + 1} y2=${kHeight + 7}></line>`)}
        ${x.ticks(width < 360 ? 3 : 5).map((value) => svg`<text x=${x(value)} y=${kHeight + 20} text-anchor=${x(value) < 20 ? 'start' : x(value) > width - 20 ? 'end' : 'middle'}>${figureTick(value)}</text>`)}
      </svg>
      ${cutOff || this.outside > 0 ? html`<p class="small soft">${cutOff ? 'Values that share one level pile up beyond the picture’s top. ' : nothing}${this.outside > 0 ? html`${integer(this.outside)} decoded values lie beyond its sides.` : nothing}</p>` : nothing}
      <details><summary>As a table</summary>${this.#renderTable()}</details>`;
  }

  /** Twenty wider bins: enough to read the shape. */
  #renderTable() {
    const { original, decoded, range } = this;
    const rows = 20;
    const perRow = original.length / rows;
    const sum = (counts: Float64Array | undefined, row: number) => counts?.subarray(row * perRow, (row + 1) * perRow).reduce((total, count) => total + count, 0) ?? 0;
    return html`<table><caption class="sr">Histogram of the original and of ${this.label}</caption>
      <thead><tr><th scope="col">Values from</th><th scope="col">to</th><th scope="col" class="n">Original</th><th scope="col" class="n">${this.label}</th></tr></thead>
      <tbody>${Array.from({ length: rows }, (_, row) => html`<tr><td class="num">${figure(range * ((2 * row) / rows - 1))}</td><td class="num">${figure(range * ((2 * row + 2) / rows - 1))}</td>
        <td class="n">${exact(sum(original, row))}</td><td class="n">${exact(sum(decoded, row))}</td></tr>`)}</tbody></table>`;
  }
}

const figureTick = (value: number) => (Math.abs(value) < 1e-12 ? '0' : Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5 ? String(Number(value.toPrecision(3))).replace('-', '−') : figure(value));
