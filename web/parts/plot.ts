// Lines and points over two axes, labelled where they end: the plain chart of the Theory view. The numbers behind it belong in the
// <bb-figure> around it.
import { scaleLinear, scaleLog, type ScaleContinuousNumeric } from 'd3-scale';
import { html, LitElement, css, nothing, svg, type SVGTemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { base } from '../styles/base.js';
import { cellText } from './figure.js';
import { Width } from './width.js';

export interface Axis {
  label: string;
  log?: boolean;
  /** Default: what the series cover. */
  domain?: [number, number];
  /** How ticks read. */
  text?: (value: number) => string;
  ticks?: number[];
}

export interface Series {
  label: string;
  points: readonly (readonly [x: number, y: number])[];
  /** Default "line". */
  kind?: 'line' | 'points' | 'both' | 'bars';
  /** 1 to 5 of the palette, or ink (default) or soft. */
  colour?: 1 | 2 | 3 | 4 | 5 | 'ink' | 'soft';
  /** Measured lines are solid, stated ones dashed. */
  dashed?: boolean;
  /** Of bars: where each begins, so that they can be stacked; default 0. */
  from?: readonly number[];
  /** Half the height of an error bar, per point. */
  errors?: readonly number[];
  /** What each point is called, said when it is pointed at. */
  names?: readonly string[];
  /** The names are written beside the points, too, as far as there is room. */
  named?: boolean;
}

/** A line across the field. */
export interface Rule { x?: number; y?: number; label: string; }

interface Box { x: number; y: number; width: number; height: number; }
const meet = (a: Box, b: Box): boolean => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
/** About the width of a character of a point's name. */
const kCharacter = 7.4;

const kMargin = { top: 22, right: 14, bottom: 40, left: 58 };
/** In narrower pictures names beside points hide more than they say. */
const kLeastNamed = 420;
type Scale = ScaleContinuousNumeric<number, number>;

function extent(values: number[], axis: Axis): [number, number] {
  if (axis.domain) return axis.domain;
  const usable = values.filter((value) => Number.isFinite(value) && (!axis.log || value > 0));
  const [low, high] = [Math.min(...usable), Math.max(...usable)];
  if (usable.length === 0) return axis.log ? [1, 10] : [0, 1];
  if (low === high) return axis.log ? [low / 2, low * 2] : [low - 1, low + 1];
  if (axis.log) return [low / 1.15, high * 1.15];
  return [low >= 0 && low < 0.35 * high ? 0 : low - 0.04 * (high - low), high + 0.06 * (high - low)];
}

const powers: Record<string, string> = { '-': '⁻', 0: '⁰', 1: '¹', 2: '²', 3: '³', 4: '⁴', 5: '⁵', 6: '⁶', 7: '⁷', 8: '⁸', 9: '⁹' };
const powerText = (value: number): string => {
  const exponent = Math.round(Math.log10(value));
  if (exponent >= -2 && exponent <= 4) return cellText(Number(value.toPrecision(3)));
  const mantissa = Number((value / 10 ** Math.floor(Math.log10(value * 1.0001))).toPrecision(3));
  return `${mantissa === 1 ? '' : `${mantissa}·`}10${[...String(Math.floor(Math.log10(value * 1.0001)))].map((c) => powers[c]).join('')}`;
};

/** Whole powers of ten where they are enough, else 1, 2, 5. */
function logTicks([low, high]: [number, number], most: number): number[] {
  const out = (steps: number[]) => {
    const ticks: number[] = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
      for (const step of steps) { const tick = step * 10 ** power; if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(tick); }
    return ticks;
  };
  const whole = out([1]);
  if (whole.length < 3) return out([1, 2, 5]);
  const stride = Math.ceil(whole.length / most);
  return whole.filter((_, i) => i % stride === 0);
}

@customElement('bb-plot')
export class Plot extends LitElement {
  static override styles = [base, css`
    :host { display: block; min-inline-size: 0; }
    svg { display: block; inline-size: 100%; overflow: visible; }
    text { font: 400 12px var(--sans); fill: var(--soft); font-variant-numeric: tabular-nums; }
    .grid { stroke: var(--rule); } .axis { stroke: var(--edge); }
    .rule { stroke: var(--soft); stroke-dasharray: 2 3; }
    .name { font-weight: 500; fill: var(--ink); paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
    .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
    .dashed { stroke-dasharray: 6 4; stroke-width: 1.5; }
    .s1 { --s: var(--c1); } .s2 { --s: var(--c2); } .s3 { --s: var(--c3); } .s4 { --s: var(--c4); } .s5 { --s: var(--c5); } .sink { --s: var(--ink); } .ssoft { --s: var(--soft); }
    .line { stroke: var(--s); } .dot { fill: var(--s); stroke: var(--paper); stroke-width: 1.25; } .bar { fill: var(--s); } .error { stroke: var(--s); fill: none; stroke-width: 1.5; }
    .key { display: flex; flex-wrap: wrap; gap: 0 var(--s4); font-size: var(--t0); color: var(--soft); margin-block-start: var(--s1); }
    .key svg { inline-size: 24px; display: inline-block; vertical-align: middle; margin-inline-end: 0.35em; }
    .reading { min-block-size: 1.5em; }
    @media (forced-colors: active) { .line, .error { stroke: CanvasText; } .dot, .bar { fill: CanvasText; } text, .name { fill: CanvasText; stroke: none; } }
  `];
  @property({ attribute: false }) x: Axis = { label: '' };
  @property({ attribute: false }) y: Axis = { label: '' };
  @property({ attribute: false }) series: Series[] = [];
  @property({ attribute: false }) rules: Rule[] = [];
  /** What the picture shows, in a sentence, for those who do not see it. */
  @property() label = '';
  @property({ type: Number }) height = 0;
  @state() private pointed: { series: number; point: number } | undefined;
  #width = new Width(this, { least: 220, first: 560 });

  #scales(width: number, height: number): { x: Scale; y: Scale } {
    const xs = this.series.flatMap((each) => each.points.map(([x]) => x)).concat(this.rules.flatMap(({ x }) => x ?? []));
    const ys = this.series.flatMap((each) => each.points.map(([, y]) => y)).concat(this.rules.flatMap(({ y }) => y ?? []));
    const bars = this.series.some(({ kind }) => kind === 'bars');
    const yExtent = extent(ys, this.y);
    if (bars && !this.y.log && !this.y.domain) yExtent[0] = Math.min(0, yExtent[0]);
    return {
      x: (this.x.log ? scaleLog : scaleLinear)(extent(xs, this.x), [kMargin.left, width - kMargin.right]),
      y: (this.y.log ? scaleLog : scaleLinear)(yExtent, [height - kMargin.bottom, kMargin.top]),
    };
  }

  protected override render() {
    if (this.series.every(({ points }) => points.length === 0)) return nothing;
    const width = this.#width.px;
    const height = this.height || Math.max(230, Math.min(380, width * 0.62));
    const { x, y } = this.#scales(width, height);
    const bottom = height - kMargin.bottom;
    const ticksX = this.x.ticks ?? (this.x.log ? logTicks(x.domain() as [number, number], width / 60) : x.ticks(Math.max(3, Math.floor(width / 80))));
    const ticksY = this.y.ticks ?? (this.y.log ? logTicks(y.domain() as [number, number], 7) : y.ticks(5));
    const textX = this.x.text ?? (this.x.log ? powerText : cellText);
    const textY = this.y.text ?? (this.y.log ? powerText : cellText);
    // Ticks with long texts, such as names, take turns in two lines.
    const crowded = ticksX.some((tick, i) => i > 0 && 3.4 * (textX(tick).length + textX(ticksX[i - 1]!).length) > Math.abs(x(tick) - x(ticksX[i - 1]!)));
    const shown = (value: number, axis: Axis) => Number.isFinite(value) && (!axis.log || value > 0);
    const at = this.pointed && this.series[this.pointed.series]?.points[this.pointed.point];
    const clip = { left: kMargin.left - 6, top: kMargin.top - 8, right: width - kMargin.right + 6, bottom: bottom + 6 };
    return html`
      <svg viewBox="0 0 ${width} ${height}" height=${height} role="img" aria-label=${this.label}
        @pointermove=${(event: PointerEvent) => { this.pointed = this.#nearest(event.offsetX, event.offsetY, x, y); }} @pointerleave=${() => { this.pointed = undefined; }}>
        <defs><clipPath id="field"><rect x=${clip.left} y=${clip.top} width=${clip.right - clip.left} height=${clip.bottom - clip.top}></rect></clipPath></defs>
        ${ticksY.map((tick) => svg`<line class="grid" x1=${kMargin.left} x2=${width - kMargin.right} y1=${y(tick)} y2=${y(tick)}></line><text x=${kMargin.left - 8} y=${y(tick) + 4} text-anchor="end">${textY(tick)}</text>`)}
        <line class="axis" x1=${kMargin.left} x2=${width - kMargin.right} y1=${bottom} y2=${bottom}></line>
        ${ticksX.map((tick, i) => svg`<line class="axis" x1=${x(tick)} x2=${x(tick)} y1=${bottom} y2=${bottom + 4}></line><text x=${x(tick)} y=${bottom + (crowded && i % 2 === 1 ? 30 : 17)} text-anchor="middle">${textX(tick)}</text>`)}
        <text x=${width - kMargin.right} y=${height - 6} text-anchor="end">${this.x.label}</text>
        <text x="0" y="12">${this.y.label}</text>
        ${this.rules.map((rule) => this.#renderRule(rule, x, y, width, bottom))}
        <g clip-path="url(#field)">${this.series.map((each) => this.#renderSeries({ ...each, points: each.points.filter(([px, py]) => shown(px, this.x) && shown(py, this.y)) }, x, y))}</g>
        ${this.#renderNames(x, y, clip)}
        ${at ? svg`<circle class="dot sink" cx=${x(at[0])} cy=${y(at[1])} r="5"></circle>` : nothing}
      </svg>
      ${this.series.length > 1 ? html`<div class="key">${this.series.map((each) => html`<span><svg class="s${each.colour ?? 'ink'}" width="24" height="8" viewBox="0 0 24 8" aria-hidden="true">${each.kind === 'points' ? svg`<circle class="dot" cx="12" cy="4" r="4"></circle>` : each.kind === 'bars' ? svg`<rect class="bar" x="4" width="16" height="8"></rect>` : svg`<line class="line ${each.dashed ? 'dashed' : ''}" x1="0" x2="24" y1="4" y2="4"></line>${each.kind === 'both' ? svg`<circle class="dot" cx="12" cy="4" r="3.5"></circle>` : nothing}`}</svg>${each.label}</span>`)}</div>` : nothing}
      <p class="small soft num reading" aria-hidden="true">${at ? `${this.series[this.pointed!.series]!.names?.[this.pointed!.point] ?? this.series[this.pointed!.series]!.label}: ${this.x.label} ${cellText(at[0])}, ${this.y.label} ${cellText(at[1])}` : ''}</p>`;
  }

  #renderRule({ x: atX, y: atY, label }: Rule, x: Scale, y: Scale, width: number, bottom: number): SVGTemplateResult {
    if (atX !== undefined) {
      const end = x(atX) > width * 0.66;
      return svg`<line class="rule" x1=${x(atX)} x2=${x(atX)} y1=${kMargin.top} y2=${bottom}></line><text class="name" x=${x(atX) + (end ? -5 : 5)} y=${kMargin.top + 8} text-anchor=${end ? 'end' : 'start'}>${label}</text>`;
    }
    return svg`<line class="rule" x1=${kMargin.left} x2=${width - kMargin.right} y1=${y(atY!)} y2=${y(atY!)}></line><text class="name" x=${width - kMargin.right} y=${y(atY!) - 6} text-anchor="end">${label}</text>`;
  }

  #renderSeries({ points, kind = 'line', colour = 'ink', dashed, errors, from }: Series, x: Scale, y: Scale): SVGTemplateResult {
    const path = points.map(([px, py], i) => `${i === 0 ? 'M' : 'L'}${x(px).toFixed(1)} ${y(py).toFixed(1)}`).join('');
    const zero = y(Math.max(0, y.domain()[0]!));
    const step = points.length > 1 ? Math.abs(x(points[1]![0]) - x(points[0]![0])) : 20;
    return svg`<g class="s${colour}">
      ${kind === 'line' || kind === 'both' ? svg`<path class="line ${dashed ? 'dashed' : ''}" d=${path}></path>` : nothing}
      ${kind === 'bars' ? points.map(([px, py], i) => {
        const foot = from ? y(from[i]!) : zero;
        return svg`<rect class="bar" x=${x(px) - 0.4 * step} width=${Math.max(1, 0.8 * step)} y=${Math.min(foot, y(py))} height=${Math.abs(foot - y(py))}></rect>`;
      }) : nothing}
      ${errors ? points.map(([px, py], i) => svg`<path class="error" d=${`M${x(px) - 6} ${y(py - errors[i]!)}h12m-6 0V${y(py + errors[i]!)}m-6 0h12`}></path>`) : nothing}
      ${kind === 'points' || kind === 'both' ? points.map(([px, py]) => svg`<circle class="dot" cx=${x(px)} cy=${y(py)} r="4"></circle>`) : nothing}
    </g>`;
  }

  /** To the right of its point, else to the left, above or below; left out where it would cover another name or a named point. */
  #renderNames(x: Scale, y: Scale, field: { left: number; top: number; right: number; bottom: number }): SVGTemplateResult[] {
    if (field.right < kLeastNamed) return [];
    const named = this.series.flatMap(({ points, names, named }) => (named && names ? points.flatMap(([px, py], i) => (Number.isFinite(x(px)) && Number.isFinite(y(py)) && names[i] ? [{ px: x(px), py: y(py), name: names[i]! }] : [])) : []))
      .filter(({ px, py }) => px >= field.left && px <= field.right && py >= field.top && py <= field.bottom);
    const taken: Box[] = named.map(({ px, py }) => ({ x: px - 5, y: py - 5, width: 10, height: 10 }));
    return named.flatMap(({ px, py, name }, i) => {
      const width = name.length * kCharacter;
      const places = [{ x: px + 8, y: py - 8 }, { x: px - 8 - width, y: py - 8 }, { x: px - width / 2, y: py - 22 }, { x: px - width / 2, y: py + 7 }, { x: px + 6, y: py - 20 }, { x: px + 6, y: py + 5 }];
      const box = places.map((place): Box => ({ ...place, width, height: 15 })).find((each) => each.x >= field.left && each.x + each.width <= field.right + 8 && each.y >= field.top - 8 && !taken.some((other, j) => j !== i && meet(each, other)));
      if (!box) return [];
      taken.push(box);
      return [svg`<text class="name" x=${box.x} y=${box.y + 12}>${name}</text>`];
    });
  }

  #nearest(px: number, py: number, x: Scale, y: Scale): { series: number; point: number } | undefined {
    let best: { series: number; point: number } | undefined;
    let least = 40 ** 2;
    this.series.forEach(({ points }, series) => points.forEach(([vx, vy], point) => {
      const distance = (x(vx) - px) ** 2 + (y(vy) - py) ** 2;
      if (distance < least) { least = distance; best = { series, point }; }
    }));
    return best;
  }
}
