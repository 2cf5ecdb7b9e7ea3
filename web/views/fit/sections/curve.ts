// Memory over context on a logarithmic axis: what is there at any length, the memory line, and where they cross.
import { scaleLinear, scaleLog } from 'd3-scale';
import { area, line } from 'd3-shape';
import { html, svg, css, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { bytes, integer, tokens } from '../../../format/numbers.js';
import { Width } from '../../../parts/width.js';
import { units } from '../../../shell/settings.js';
import { run } from '../../../worker/core.js';
import { Latest, Section } from '../section.js';
import { limitOf, type CurvePoint } from '../tasks.js';

const kHeight = 280;
const kMargin = { top: 24, right: 16, bottom: 40, left: 64 };

@customElement('bb-fit-curve')
export class Curve extends Section {
  static override styles = [Section.styles, css`
    svg { display: block; inline-size: 100%; overflow: visible; }
    text { font: 400 12px var(--sans); fill: var(--soft); font-variant-numeric: tabular-nums; }
    .named { fill: var(--ink); font-weight: 500; paint-order: stroke; stroke: var(--paper); stroke-width: 4px; }
    .axis { stroke: var(--edge); } .grid { stroke: var(--rule); }
    .weights { fill: var(--c1); opacity: 0.16; }
    .cache { fill: var(--c2); opacity: 0.28; }
    .total { fill: none; stroke: var(--ink); stroke-width: 2; }
    .limit { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 6 4; }
    .now { stroke: var(--ink); stroke-dasharray: 2 3; }
    .dot { fill: var(--ink); stroke: var(--paper); stroke-width: 2; }
    @media (forced-colors: active) { .total, .axis, .limit, .now { stroke: CanvasText; } text, .named { fill: CanvasText; stroke: none; } }
  `];
  @state() private points: CurvePoint[] = [];
  @state() private pointed: number | undefined;
  #width = new Width(this, { least: 260, first: 700 });
  #ask = new Latest((question: Parameters<typeof run<'fit.curve'>>[1]) => run('fit.curve', question), (points) => { this.points = points; });

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('setup')) return;
    const { config, options, asked, answer } = this.setup;
    const longest = Number.isFinite(answer.longestContext) ? answer.longestContext : 0;
    const to = Math.min(2 ** 40, 2 ** Math.ceil(Math.log2(Math.max(131_072, longest * 2, asked.context * 2))));
    this.#ask.put({ config, options, limit: limitOf(asked), from: 128, to, count: 161 });
  }

  protected override render() {
    const { points, setup } = this;
    const width = this.#width.px;
    if (points.length < 2) return html`<p class="soft">Calculating…</p>`;
    const { asked, answer } = setup;
    const room = asked.memory - asked.reserved;
    const x = scaleLog([points[0]!.context, points.at(-1)!.context], [kMargin.left, width - kMargin.right]);
    // The interesting part is around the memory line; what shoots past it is cut.
    const most = Math.min(Math.max(points.at(-1)!.total, room * 1.1), Math.max(room * 2.2, points[0]!.total * 1.5));
    const y = scaleLinear([0, most], [kHeight - kMargin.bottom, kMargin.top]);
    const shown = points.filter((point) => point.total <= most * 1.02);
    const unit = units.value === 'GiB' ? 2 ** 30 : 1e9;
    const ticksY = scaleLinear([0, most / unit], [0, 1]).ticks(5).map((tick) => tick * unit);
    const ticksX = octaves(points[0]!.context, points.at(-1)!.context, width < 500 ? 3 : 2);
    const weights = area<CurvePoint>((point) => x(point.context), y(0), (point) => y(point.fixed));
    const cache = area<CurvePoint>((point) => x(point.context), (point) => y(point.fixed), (point) => y(point.total));
    const total = line<CurvePoint>((point) => x(point.context), (point) => y(point.total));
    const crossing = answer.longestContext;
    const crosses = crossing >= points[0]!.context && crossing <= points.at(-1)!.context;
    const now = x(Math.min(Math.max(asked.context, points[0]!.context), points.at(-1)!.context));
    const at = this.pointed === undefined ? undefined : nearest(points, x.invert(this.pointed));
    return html`
      <svg viewBox="0 0 ${width} ${kHeight}" height=${kHeight} role="img" aria-label=${`Memory over context. ${crosses ? `It reaches ${bytes(room, units.value)} at ${integer(crossing)} tokens.` : ''} The same figures are in the table below.`}
        @pointermove=${(event: PointerEvent) => { this.pointed = event.offsetX; }} @pointerleave=${() => { this.pointed = undefined; }}
        @click=${(event: PointerEvent) => this.change({ context: String(roundTo(x.invert(event.offsetX))) })}>
        ${ticksY.map((tick) => svg`<line class="grid" x1=${kMargin.left} x2=${width - kMargin.right} y1=${y(tick)} y2=${y(tick)}></line><text x=${kMargin.left - 8} y=${y(tick) + 4} text-anchor="end">${bytes(tick, units.value)}</text>`)}
        ${ticksX.map((tick) => svg`<text x=${x(tick)} y=${kHeight - kMargin.bottom + 18} text-anchor="middle">${power(tick)}</text>`)}
        <text x=${width - kMargin.right} y=${kHeight - 4} text-anchor="end">tokens per sequence</text>
        <path class="weights" d=${weights(shown) ?? ''}></path><path class="cache" d=${cache(shown) ?? ''}></path><path class="total" d=${total(shown) ?? ''}></path>
        <line class="axis" x1=${kMargin.left} x2=${width - kMargin.right} y1=${y(0)} y2=${y(0)}></line>
        ${y(0) - y(points[0]!.fixed) > 18 ? svg`<text class="named" x=${kMargin.left + 8} y=${y(0) - 8}>Weights and activations</text>` : nothing}
        <line class="limit" x1=${kMargin.left} x2=${width - kMargin.right} y1=${y(room)} y2=${y(room)}></line>
        <text class="named" x=${kMargin.left + 8} y=${y(room) + (width < 480 ? 16 : -7)}>${bytes(room, units.value)} of memory</text>
        <line class="now" x1=${now} x2=${now} y1=${kMargin.top} y2=${y(0)}></line>
        <text class="named" x=${now} y=${kMargin.top - 8} text-anchor="middle">now ${integer(asked.context)}</text>
        ${crosses ? svg`<circle class="dot" cx=${x(crossing)} cy=${y(room)} r="5"></circle><text class="named" x=${x(crossing) - 8} y=${y(room) - 8} text-anchor="end">${tokens(crossing)} tokens</text>` : nothing}
        ${at ? svg`<circle class="dot" cx=${x(at.context)} cy=${y(Math.min(at.total, most))} r="4"></circle>` : nothing}
      </svg>
      <p class="small soft num" aria-hidden="true">${at ? `${integer(at.context)} tokens: ${bytes(at.total, units.value)}, of it cache ${bytes(at.total - at.fixed, units.value)}. Click to use this context.` : 'Point at the picture to read it; click to use a context.'}</p>
      <details><summary class="small">The same as a table</summary><div class="scroll" tabindex="0" role="region" aria-label="Memory by context"><table>
        <caption class="sr">Memory by context</caption>
        <thead><tr><th scope="col">Context</th><th scope="col" class="n">KV cache</th><th scope="col" class="n">Needed</th><th scope="col">Fits</th></tr></thead>
        <tbody>${octaves(points[0]!.context, points.at(-1)!.context, 1).map((context) => nearest(points, context)).map((point) => html`<tr><th scope="row" class="num">${integer(point.context)}</th>
          <td class="n">${bytes(point.total - point.fixed, units.value, true)}</td><td class="n">${bytes(point.total, units.value, true)}</td><td>${point.total <= room ? 'yes' : 'no'}</td></tr>`)}</tbody>
      </table></div></details>`;
  }
}

function octaves(from: number, to: number, step: number): number[] {
  const out: number[] = [];
  for (let power = Math.ceil(Math.log2(from)); 2 ** power <= to; power += step) out.push(2 ** power);
  return out;
}

const nearest = (points: CurvePoint[], context: number): CurvePoint =>
  points.reduce((best, point) => (Math.abs(Math.log(point.context / context)) < Math.abs(Math.log(best.context / context)) ? point : best));

const power = (value: number): string => (value < 1024 ? String(value) : value < 2 ** 20 ? `${value / 1024}Ki` : value < 2 ** 30 ? `${value / 2 ** 20}Mi` : `${value / 2 ** 30}Gi`);
const roundTo = (value: number): number => { const step = 2 ** Math.max(0, Math.floor(Math.log2(value)) - 3); return Math.max(1, Math.round(value / step) * step); };
