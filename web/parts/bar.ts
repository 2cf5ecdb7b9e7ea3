// One stacked bar with its labels beside its parts, a line where the memory ends, and the same as a table for those who cannot
// or would rather not see it. SVG attributes only: a strict Content-Security-Policy forbids style attributes.
import { html, LitElement, css, svg, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { base } from '../styles/base.js';
import { Width } from './width.js';

/** text: its label with its amount. */
export interface Segment { id: string; value: number; text: string; }

const kHeight = 44;
const kGap = 2;
/** About the width of a character of the label font. */
const kCharacter = 7.1;

@customElement('bb-bar')
export class Bar extends LitElement {
  static override styles = [base, css`
    :host { display: block; }
    svg { display: block; inline-size: 100%; overflow: visible; }
    text { font: 500 13px var(--sans); fill: var(--ink); font-variant-numeric: tabular-nums; }
    .soft { fill: var(--soft); font-weight: 400; }
    .outside { paint-order: stroke; stroke: var(--paper); stroke-width: 5px; stroke-linejoin: round; }
    .part { stroke: none; }
    .p0 { fill: var(--c1); } .p1 { fill: var(--c2); } .p2 { fill: var(--c3); } .p3 { fill: var(--c4); } .p4 { fill: var(--c5); }
    .i0 { fill: var(--on-c1); } .i1 { fill: var(--on-c2); } .i2 { fill: var(--on-c3); } .i3 { fill: var(--on-c4); } .i4 { fill: var(--on-c5); }
    .part.faded { opacity: 0.35; }
    .in { pointer-events: none; }
    .free { fill: none; stroke: var(--edge); stroke-dasharray: 3 3; }
    .over { fill: url(#hatch); }
    .limit { stroke: var(--ink); stroke-width: 2; }
    .lead { stroke: var(--edge); fill: none; }
    @media (forced-colors: active) {
      .part { stroke: CanvasText; fill: Canvas; }
      text { fill: CanvasText; }
      .limit, .lead { stroke: CanvasText; }
    }
  `];
  @property({ attribute: false }) segments: Segment[] = [];
  /** Where the memory ends, in the segments' unit; 0: no line. */
  @property({ type: Number }) capacity = 0;
  /** The value at the right end, so that bars can share a scale; 0: the bar's own. */
  @property({ type: Number }) end = 0;
  @property() capacityLabel = '';
  @property() freeLabel = '';
  @property() name = '';
  /** The segment whose row or symbol is pointed at. */
  @property() highlight = '';
  #width = new Width(this, { least: 120, first: 600 });

  protected override render() {
    const width = this.#width.px;
    const total = this.segments.reduce((sum, part) => sum + part.value, 0);
    const end = Math.max(total, this.capacity, this.end) || 1;
    const x = (value: number) => (value / end) * width;
    let from = 0;
    const parts = this.segments.map((part, index) => {
      const left = x(from);
      from += part.value;
      const right = x(from);
      return { ...part, index, left, size: Math.max(right - left - (right < width - 1 ? kGap : 0), part.value > 0 ? 1.5 : 0), inside: part.text.length * kCharacter + 16 < right - left };
    });
    // Labels that do not fit inside stand below, a line each. Those that run to the right come first, from the right, then those
    // that run to the left, from the left: so no leader crosses a leader.
    const outside = parts.filter((part) => !part.inside && part.value > 0).map((part) => {
      const middle = part.left + part.size / 2;
      return { ...part, middle, leftwards: middle + part.text.length * kCharacter + 14 > width };
    });
    if (outside.some((part) => part.leftwards)) for (const part of outside) part.leftwards = part.middle > width / 2;
    const below = [...outside.filter((part) => !part.leftwards).reverse(), ...outside.filter((part) => part.leftwards)];
    const free = this.capacity - total;
    const freeInside = free > 0 && this.freeLabel.length * kCharacter + 16 < x(free);
    const line = 22;
    const top = this.capacity > 0 ? 24 : 0;
    const height = top + kHeight + (below.length > 0 ? 10 + below.length * line : 4);
    const limit = x(this.capacity);
    return html`
      <svg viewBox="0 0 ${width} ${height}" height=${height} role="img" aria-label=${`${this.name}: ${parts.map((part) => part.text).join(', ')}${free > 0 ? `, ${this.freeLabel}` : ''}`}>
        <defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="2" height="6" fill="var(--paper)" fill-opacity="0.4"></rect></pattern></defs>
        ${free > 0 ? svg`<rect class="free" x=${x(total) + 0.5} y=${top + 0.5} width=${Math.max(0, x(free) - 1)} height=${kHeight - 1}></rect>` : nothing}
        ${parts.map((part) => svg`<g @pointerenter=${() => this.point(part.id)} @pointerleave=${() => this.point('')}>
          <rect class="part p${part.index % 5} ${this.highlight && this.highlight !== part.id ? 'faded' : ''}" x=${part.left} y=${top} width=${part.size} height=${kHeight}><title>${part.text}</title></rect></g>`)}
        ${this.capacity > 0 && total > this.capacity ? svg`<rect class="over" x=${limit} y=${top} width=${width - limit} height=${kHeight}></rect>` : nothing}
        ${parts.map((part) => (part.inside ? svg`<text class="i${part.index % 5} in" x=${part.left + 8} y=${top + kHeight / 2 + 4.5}>${part.text}</text>` : nothing))}
        ${freeInside ? svg`<text class="soft" x=${x(total) + 8} y=${top + kHeight / 2 + 4.5}>${this.freeLabel}</text>` : nothing}
        ${this.capacity > 0 ? svg`<line class="limit" x1=${clamp(limit, 1, width - 1)} x2=${clamp(limit, 1, width - 1)} y1=${top - 6} y2=${top + kHeight + 4}></line>
          <text class="soft" y=${top - 10} x=${limit} text-anchor=${limit > width / 2 ? 'end' : 'start'}>${this.capacityLabel}</text>` : nothing}
        ${below.map((part, order) => {
          const { middle, leftwards } = part;
          const y = top + kHeight + 12 + order * line;
          return svg`<path class="lead" d=${`M${middle} ${top + kHeight + 1}V${y + 5}H${middle + (leftwards ? -8 : 8)}`}></path>
            <text class="outside" x=${middle + (leftwards ? -12 : 12)} y=${y + 10} text-anchor=${leftwards ? 'end' : 'start'}>${part.text}</text>`;
        })}
      </svg>`;
  }

  private point(id: string): void { this.dispatchEvent(new CustomEvent<string>('bb-point', { detail: id })); }
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
