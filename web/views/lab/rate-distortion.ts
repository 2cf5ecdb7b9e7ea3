// Every measured format as a point: what it costs (bits per weight) against what it keeps (signal to noise), below the limits.
import { scaleLinear } from 'd3-scale';
import { html, LitElement, css, nothing, svg } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { entropyCodedUniform, kDecibelsPerBit, lloydMax } from '../../data/limits.js';
import { Width } from '../../parts/width.js';
import { base } from '../../styles/base.js';
import type { CodedPoint } from './coded.js';

export interface RatePlot { id: string; label: string; bits: number; sqnrDb: number; side: 'a' | 'b' | 'ab' | ''; stale: boolean; }

interface Box { x: number; y: number; width: number; height: number; }
const overlap = (a: Box, b: Box): number => Math.max(0, Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)) * Math.max(0, Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y));

const kMargin = { top: 14, right: 14, bottom: 40, left: 44 };

@customElement('bb-lab-rate')
export class RateDistortion extends LitElement {
  static override styles = [base, css`
    :host { display: block; min-inline-size: 0; }
    svg { display: block; inline-size: 100%; overflow: visible; }
    text { font: 400 12px var(--sans); fill: var(--soft); font-variant-numeric: tabular-nums; }
    .grid { stroke: var(--rule); }
    .limit { stroke: var(--ink); stroke-width: 2; fill: none; }
    .gauss { stroke: var(--soft); stroke-width: 1.5; fill: none; stroke-dasharray: 6 4; }
    .lloyd { stroke: var(--soft); stroke-width: 1.25; fill: none; stroke-dasharray: 1.5 3; stroke-linecap: round; }
    .coded { stroke: var(--soft); stroke-width: 1.25; fill: none; stroke-dasharray: 8 3 2 3; }
    .measured { stroke: var(--edge); stroke-width: 1.25; fill: none; }
    .step { fill: var(--paper); stroke: var(--soft); stroke-width: 1.5; }
    .beyond { fill: var(--sunk); }
    .point { fill: var(--ink); stroke: var(--paper); stroke-width: 1.5; }
    .point.a { fill: var(--c1); } .point.b { fill: var(--c2); }
    .name { font-weight: 500; fill: var(--ink); paint-order: stroke; stroke: var(--paper); stroke-width: 3px; stroke-linejoin: round; cursor: default; }
    .stale .point, .stale .name { opacity: 0.45; }
    .lead { stroke: var(--edge); fill: none; }
    .key { display: flex; flex-wrap: wrap; gap: var(--s1) var(--s4); font-size: var(--t0); color: var(--soft); margin-block-start: var(--s1); }
    .key svg { inline-size: 26px; display: inline-block; vertical-align: middle; margin-inline-end: 0.35em; }
    @media (forced-colors: active) { .point { fill: CanvasText; } .limit, .gauss, .lloyd, .coded { stroke: CanvasText; } .name { stroke: Canvas; } }
  `];
  @property({ attribute: false }) points: RatePlot[] = [];
  /** Uniform steps with an entropy code, run on this tensor. */
  @property({ attribute: false }) coded: readonly CodedPoint[] = [];
  /** SQNR of this tensor's own limit at zero bits; NaN: none. */
  @property({ type: Number }) atZeroBits = NaN;
  #width = new Width(this, { least: 240, first: 600 });

  protected override render() {
    const points = this.points.filter(({ sqnrDb }) => Number.isFinite(sqnrDb));
    if (points.length === 0) return nothing;
    const width = this.#width.px;
    const height = Math.max(320, Math.min(500, width * 0.68));
    const right = width - kMargin.right;
    const bottom = height - kMargin.bottom;
    const bits = points.map((point) => point.bits);
    const limitAt = (rate: number) => (Number.isFinite(this.atZeroBits) ? this.atZeroBits : 0) + kDecibelsPerBit * rate;
    const [least, most] = [Math.max(0, Math.floor(Math.min(...bits) - 0.3)), Math.max(...bits) + 1];
    const lowest = Math.min(...points.map((point) => point.sqnrDb));
    const x = scaleLinear([least, most], [kMargin.left, right]);
    const highest = Math.max(...points.map((point) => point.sqnrDb), limitAt(Math.max(...bits)));
    const y = scaleLinear([5 * Math.floor((lowest - 3) / 5), highest + 2], [bottom, kMargin.top]);
    const line = (list: { bits: number; sqnrDb: number }[]) => list.map((each, i) => `${i === 0 ? 'M' : 'L'}${x(each.bits).toFixed(1)} ${y(each.sqnrDb).toFixed(1)}`).join('');
    const straight = (atZero: number) => line([{ bits: least, sqnrDb: atZero + kDecibelsPerBit * least }, { bits: most, sqnrDb: atZero + kDecibelsPerBit * most }]);
    const coded = this.coded.filter((point) => point.bits >= least && point.bits <= most);
    const own = Number.isFinite(this.atZeroBits);
    return html`
      <svg viewBox="0 0 ${width} ${height}" height=${height} role="img" aria-label="Bits per weight against signal to noise of ${points.length} formats, with the limits; the table holds the numbers">
        <defs><clipPath id="field"><rect x=${kMargin.left} y=${kMargin.top} width=${right - kMargin.left} height=${bottom - kMargin.top}></rect></clipPath></defs>
        <g clip-path="url(#field)">
          ${own ? svg`<path class="beyond" d="${straight(this.atZeroBits)}L${right} ${kMargin.top - 2000}L${kMargin.left} ${kMargin.top - 2000}Z"></path>` : nothing}
          ${y.ticks(6).map((tick) => svg`<line class="grid" x1=${kMargin.left} x2=${right} y1=${y(tick)} y2=${y(tick)}></line>`)}
          <path class="lloyd" d=${line(lloydMax)}></path>
          <path class="coded" d=${line(entropyCodedUniform)}></path>
          <path class="gauss" d=${straight(0)}></path>
          ${own ? svg`<path class="limit" d=${straight(this.atZeroBits)}></path>` : nothing}
          <path class="measured" d=${line(coded)}></path>
          ${coded.map((point) => svg`<path class="step" d="M${x(point.bits)} ${y(point.sqnrDb) - 4.5}l4.5 4.5l-4.5 4.5l-4.5 -4.5Z"><title>Uniform steps, entropy coded: ${point.bits.toFixed(2)} bits, ${point.sqnrDb.toFixed(2)} dB</title></path>`)}
        </g>
        ${x.ticks(width < 420 ? 4 : 8).map((tick) => svg`<line class="grid" x1=${x(tick)} x2=${x(tick)} y1=${bottom} y2=${bottom + 4}></line><text x=${x(tick)} y=${bottom + 17} text-anchor="middle">${tick}</text>`)}
        ${y.ticks(6).map((tick) => svg`<text x=${kMargin.left - 8} y=${y(tick) + 4} text-anchor="end">${String(tick).replace('-', '−')}</text>`)}
        <text x=${right} y=${height - 6} text-anchor="end">bits per weight</text>
        <text x="0" y=${kMargin.top - 3}>dB</text>
        ${this.#renderPoints(points, x, y, right, bottom)}
      </svg>
      <div class="key">
        ${own ? keyOf('limit', 'limit of this tensor’s values') : nothing}
        ${keyOf('gauss', 'limit of normal values, D(R)')}
        ${keyOf('coded', 'uniform steps, entropy coded, of normal values')}
        ${coded.length > 0 ? keyOf('measured', 'the same, measured on this tensor', svg`<path class="step" d="M13 -0.5l4.5 4.5l-4.5 4.5l-4.5 -4.5Z"></path>`) : nothing}
        ${keyOf('lloyd', 'best levels of fixed length (Lloyd-Max), of normal values')}
      </div>`;
  }

  #renderPoints(points: RatePlot[], x: (bits: number) => number, y: (db: number) => number, right: number, bottom: number) {
    const dots: Box[] = points.map((point) => ({ x: x(point.bits) - 5, y: y(point.sqnrDb) - 5, width: 10, height: 10 }));
    const placed: Box[] = [];
    // A and B first: they keep the best places.
    const order = points.map((_, i) => i).sort((i, j) => Number(points[j]!.side !== '') - Number(points[i]!.side !== '') || points[j]!.sqnrDb - points[i]!.sqnrDb);
    const drawn = order.map((index) => {
      const point = points[index]!;
      const [px, py] = [x(point.bits), y(point.sqnrDb)];
      const size = point.label.length * 6.7 + 2;
      let best: { box: Box; cost: number } | undefined;
      for (const distance of [0, 10, 20, 32, 46, 62, 80, 100]) {
        for (const [dx, dy] of [[9, 0], [-9, 0], [9, 1], [-9, -1], [9, -1], [-9, 1]] as const) {
          const box = { x: dx > 0 ? px + dx + distance * 0.4 : px + dx - size - distance * 0.4, y: py - 8 + dy * (8 + distance), width: size, height: 15 };
          const outside = Math.max(0, kMargin.left - box.x) + Math.max(0, box.x + box.width - right) + Math.max(0, kMargin.top - box.y) + Math.max(0, box.y + box.height - bottom);
          const cost = placed.reduce((sum, other) => sum + overlap(box, other), 0) * 3 + dots.reduce((sum, dot, i) => sum + (i === index ? 0 : overlap(box, dot) * 2), 0) + outside * 40 + distance * 0.6;
          if (!best || cost < best.cost) best = { box, cost };
        }
        if (best!.cost <= distance * 0.6 + 0.01) break;
      }
      const { box } = best!;
      placed.push(box);
      const near = { x: Math.min(Math.max(px, box.x), box.x + box.width), y: box.y + 8 };
      const far = Math.hypot(near.x - px, near.y - py) > 16;
      return svg`<g class=${point.stale ? 'stale' : ''}>${far ? svg`<line class="lead" x1=${px} y1=${py} x2=${near.x} y2=${near.y}></line>` : nothing}
        <circle class="point ${point.side === 'ab' ? 'a' : point.side}" cx=${px} cy=${py} r=${point.side ? 6 : 4.5}><title>${point.label}</title></circle>
        <text class="name" x=${box.x} y=${box.y + 12}>${point.label}</text></g>`;
    });
    return drawn.reverse();
  }
}

const keyOf = (kind: string, text: string, mark: unknown = nothing) => html`<span><svg width="26" height="8" viewBox="0 0 26 8" aria-hidden="true"><line class=${kind} x1="0" x2="26" y1="4" y2="4"></line>${mark}</svg>${text}</span>`;
