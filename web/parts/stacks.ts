// Stacked bars under one another on one scale, a row for each thing and a colour for each kind of part: what adds up to what.
// The numbers behind it belong in the <bb-figure> around it.
import { html, LitElement, css, nothing, svg } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { base } from '../styles/base.js';
import { Width } from './width.js';

export interface Kind { id: string; label: string; colour: 1 | 2 | 3 | 4 | 5; }
export interface Stack {
  label: string;
  /** By kind; kinds that it lacks are left out. */
  parts: Record<string, number>;
  /** Stands after the bar. */
  note: string;
  /** Drawn heavier: the one that is spoken of. */
  chosen?: boolean;
}

const kRow = 26;
const kBar = 16;
/** About the width of a character of the labels. */
const kCharacter = 6.7;

/** `<bb-stacks .kinds=${…} .stacks=${…} label="…">`. */
@customElement('bb-stacks')
export class Stacks extends LitElement {
  static override styles = [base, css`
    :host { display: block; min-inline-size: 0; }
    svg { display: block; inline-size: 100%; overflow: visible; }
    text { font: 400 12px var(--sans); fill: var(--ink); font-variant-numeric: tabular-nums; }
    .chosen { font-weight: 700; }
    .limit { stroke: var(--soft); stroke-dasharray: 2 3; } .limit-name { fill: var(--soft); }
    .s1 { fill: var(--c1); } .s2 { fill: var(--c2); } .s3 { fill: var(--c3); } .s4 { fill: var(--c4); } .s5 { fill: var(--c5); }
    .key { display: flex; flex-wrap: wrap; gap: 0 var(--s4); font-size: var(--t0); color: var(--soft); margin-block-start: var(--s1); }
    .key svg { inline-size: 12px; display: inline-block; vertical-align: -0.1em; margin-inline-end: 0.4em; }
    @media (forced-colors: active) { rect { fill: Canvas; stroke: CanvasText; } text { fill: CanvasText; } }
  `];
  @property({ attribute: false }) kinds: Kind[] = [];
  @property({ attribute: false }) stacks: Stack[] = [];
  /** A value that all bars are seen beside, and its name. */
  @property({ attribute: false }) limit: { value: number; label: string } | undefined;
  /** What the picture shows, in a sentence, for those who do not see it. */
  @property() label = '';
  #width = new Width(this, { least: 220, first: 560 });

  protected override render() {
    const total = (stack: Stack) => this.kinds.reduce((sum, { id }) => sum + (stack.parts[id] ?? 0), 0);
    const width = this.#width.px;
    const room = (texts: string[]) => Math.max(0, ...texts.map((text) => text.length)) * kCharacter + 10;
    // Where there is little room, a label stands above its bar instead of before it.
    const narrow = width < 480;
    const left = narrow ? 0 : room(this.stacks.map(({ label }) => label));
    const right = width - room(this.stacks.map(({ note }) => note));
    const row = narrow ? kRow + 16 : kRow;
    const top = this.limit ? 20 : 2;
    const height = top + this.stacks.length * row;
    const most = Math.max(this.limit?.value ?? 0, ...this.stacks.map(total)) || 1;
    const x = (value: number) => left + (value / most) * (right - left);
    const used = this.kinds.filter(({ id }) => this.stacks.some((stack) => (stack.parts[id] ?? 0) > 0));
    const limitAt = this.limit ? x(this.limit.value) : 0;
    return html`
      <svg viewBox="0 0 ${width} ${height}" height=${height} role="img" aria-label=${this.label}>
        ${this.limit ? svg`<line class="limit" x1=${limitAt} x2=${limitAt} y1="14" y2=${height}></line><text class="limit-name" x=${limitAt} y="10" text-anchor=${limitAt > width / 2 ? 'end' : 'start'}>${this.limit.label}</text>` : nothing}
        ${this.stacks.map((stack, i) => {
          const y = top + i * row + (narrow ? 16 : 0);
          let from = 0;
          return svg`<text class=${stack.chosen ? 'chosen' : ''} x="0" y=${narrow ? y - 3 : y + kBar - 3}>${stack.label}</text>
            ${this.kinds.map(({ id, label, colour }) => {
              const value = stack.parts[id] ?? 0;
              const start = x(from);
              from += value;
              return value > 0 ? svg`<rect class="s${colour}" x=${start} y=${y} width=${Math.max(0.75, x(from) - start)} height=${kBar}><title>${stack.label}, ${label}</title></rect>` : nothing;
            })}
            <text class=${stack.chosen ? 'chosen' : ''} x=${x(total(stack)) + 6} y=${y + kBar - 3}>${stack.note}</text>`;
        })}
      </svg>
      <div class="key">${used.map(({ label, colour }) => html`<span><svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true"><rect class="s${colour}" width="12" height="12"></rect></svg>${label}</span>`)}</div>`;
  }
}
