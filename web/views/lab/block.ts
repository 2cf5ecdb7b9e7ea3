// The block that holds the value under the cross, opened: which of its bits are the value's own code, which are a scale that
// it shares, and which belong to its neighbours.
import type { FormatInfo } from 'bitbudget';
import { html, LitElement, css, nothing, svg, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { integer } from '../../format/numbers.js';
import { base } from '../../styles/base.js';
import { run } from '../../worker/core.js';
import { figure } from './measures.js';
import type { Opened } from './tasks.js';
import type { Tensor } from './tensor.js';

/** Longer stretches than this are opened in part: a row that shares one scale may be long. */
const kMost = 512;
/** Bytes shown around the value's own, where a block has more. */
const kShown = 96;

/** The values that are encoded together with the one at `index`: its block, its row, or a part of those. */
export function stretchOf(format: FormatInfo, row: number, column: number, rows: number, columns: number): { first: number; length: number; part: boolean } {
  const index = row * columns + column;
  const block = format.blockLength;
  const size = block === 0 ? columns : block === 1 ? 8 : block;
  if (size > kMost) {
    const first = row * columns + Math.floor(column / kMost) * kMost;
    return { first, length: Math.min(kMost, (row + 1) * columns - first), part: true };
  }
  // Blocks that need whole rows of themselves, or end with a row; those of bitsandbytes run on.
  const flat = format.rowMultiple === 1 && /^(nf4|fp4)/.test(format.id);
  const begin = flat ? 0 : row * columns;
  const end = flat ? rows * columns : begin + columns;
  const first = begin + Math.floor((index - begin) / size) * size;
  return { first, length: Math.min(size, end - first), part: false };
}

type Role = 'own' | 'shared' | 'other' | 'elsewhere' | 'unused';

@customElement('bb-lab-block')
export class Block extends LitElement {
  static override styles = [base, css`
    :host { display: block; min-inline-size: 0; --mine: var(--c1); --on-mine: var(--on-c1); }
    :host([letter='b']) { --mine: var(--c2); --on-mine: var(--on-c2); }
    h3 { display: flex; gap: var(--s2); align-items: center; margin-block-end: var(--s2); }
    .bytes { display: flex; flex-wrap: wrap; gap: 3px; margin-block: var(--s2); }
    .byte { font: 500 12px/1.3 var(--mono); text-align: center; padding: 2px 2px 3px; border-radius: 2px; background: var(--sunk); color: var(--soft); inline-size: 38px; }
    .byte.mine { color: var(--ink); outline: 1.5px solid var(--mine); }
    .bits { display: grid; grid-template-columns: repeat(8, 1fr); gap: 1px; margin-block-start: 2px; }
    .bits i { block-size: 7px; background: var(--rule); }
    .bits i.own { background: var(--mine); }
    .bits i.shared { background: var(--ink); }
    .bits i.elsewhere { background: repeating-linear-gradient(45deg, var(--edge) 0 1.5px, var(--sunk) 1.5px 3px); }
    .bits i.unused { background: none; outline: 1px dotted var(--edge); outline-offset: -1px; }
    .key { display: flex; flex-wrap: wrap; gap: var(--s1) var(--s3); font-size: var(--t0); color: var(--soft); }
    .key i { display: inline-block; inline-size: 10px; block-size: 8px; margin-inline-end: 0.35em; background: var(--rule); }
    .key i.own { background: var(--mine); } .key i.shared { background: var(--ink); }
    .key i.elsewhere { background: repeating-linear-gradient(45deg, var(--edge) 0 1.5px, var(--sunk) 1.5px 3px); }
    .values { display: block; block-size: 46px; margin-block: var(--s2); cursor: crosshair; touch-action: pan-y; }
    .bar { fill: var(--edge); fill-opacity: 0.55; }
    .bar.on { fill: var(--mine); fill-opacity: 1; }
    p { font-size: var(--t0); }
    @media (forced-colors: active) { .bits i.own { background: Highlight; } .bar.on { fill: Highlight; } .bits i.shared { background: CanvasText; } }
  `];
  @property({ attribute: false }) tensor?: Tensor;
  @property({ attribute: false }) format?: FormatInfo;
  @property() letter = 'a';
  @property({ attribute: false }) cell = { row: 0, column: 0 };
  /** Steps from the value under the cross to a neighbour that was pointed at here. */
  @state() private element = 0;
  @state() private opened: Opened | undefined;
  @state() private problem = '';
  @state() private first = 0;
  @state() private excerpt = false;
  #running = false;
  #again = false;

  protected override willUpdate(changed: PropertyValues): void {
    const { tensor, format, cell } = this;
    if (!tensor || !format) return;
    if (changed.has('tensor') || changed.has('format') || changed.has('cell')) {
      const [row, column] = [Math.min(cell.row, tensor.rows - 1), Math.min(cell.column, tensor.columns - 1)];
      const { first } = stretchOf(format, row, column, tensor.rows, tensor.columns);
      this.element = row * tensor.columns + column - first;
      void this.#open();
    }
  }

  /** One at a time, the newest last: the cross moves faster than blocks open. */
  async #open(): Promise<void> {
    if (this.#running) { this.#again = true; return; }
    this.#running = true;
    do {
      this.#again = false;
      const { tensor, format, cell } = this;
      const { first, length, part } = stretchOf(format!, Math.min(cell.row, tensor!.rows - 1), Math.min(cell.column, tensor!.columns - 1), tensor!.rows, tensor!.columns);
      const { values, columns, method } = tensor!;
      const element = Math.min(this.element, length - 1);
      const row = first - (first % columns);
      try {
        const opened = method.importance && format!.takesImportance
          ? await run('lab.weightedBlock', { format: format!, row: values.slice(row, row + columns), first: first - row, length, element, method })
          : await run('lab.block', { format: format!.id, values: values.slice(first, first + length), element, method });
        Object.assign(this, { opened, first, excerpt: part, problem: '' });
        this.dispatchEvent(new CustomEvent<Float32Array>('bb-levels', { detail: opened.anatomy.levels }));
      } catch (thrown) {
        this.problem = thrown instanceof Error ? thrown.message : String(thrown);
      }
    } while (this.#again);
    this.#running = false;
  }

  #select(element: number): void {
    const last = (this.opened?.decoded.length ?? 1) - 1;
    const next = Math.min(last, Math.max(0, element));
    if (next === this.element) return;
    this.element = next;
    void this.#open();
  }

  #role(bit: number): Role {
    const { reach, ofElement } = this.opened!.anatomy;
    if (reach[bit] === 0) return 'unused';
    if (ofElement[bit]) return reach[bit] === 1 ? 'own' : 'shared';
    return reach[bit] === 1 ? 'other' : 'elsewhere';
  }

  protected override render() {
    const { opened, tensor, format } = this;
    if (!tensor || !format) return nothing;
    const title = html`<h3>${this.letter.toUpperCase()}: ${format.label}</h3>`;
    if (!opened || this.problem) return html`${title}<p class="soft">${this.problem || 'Opening…'}</p>`;
    const count = opened.decoded.length;
    const element = Math.min(this.element, count - 1);
    const original = tensor.values[this.first + element]!;
    const decoded = opened.decoded[element]!;
    const roles = Array.from(opened.anatomy.reach, (_, bit) => this.#role(bit));
    const own = roles.flatMap((role, bit) => (role === 'own' ? [bit] : []));
    const shared = roles.filter((role) => role === 'shared').length;
    const code = [...own].reverse().map((bit) => (opened.bytes[bit >> 3]! >> (bit & 7)) & 1).join('');
    const sharedName = opened.offset ? 'scale and offset' : 'scale';
    const others = Math.max(0, ...roles.map((role, bit) => (role === 'shared' ? opened.anatomy.reach[bit]! - 1 : 0)));
    const largest = opened.decoded.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
    const text = `Value ${integer(element + 1)} of ${integer(count)}: ${figure(original)} became ${figure(decoded)}`;
    return html`${title}
      <div class="values" role="slider" tabindex="0" aria-label="Value of the block" aria-valuemin="1" aria-valuemax=${count} aria-valuenow=${element + 1} aria-valuetext=${text} aria-orientation="horizontal"
        @pointermove=${this.#point} @pointerdown=${this.#point} @keydown=${(event: KeyboardEvent) => {
          const to = { ArrowLeft: element - 1, ArrowDown: element - 1, ArrowRight: element + 1, ArrowUp: element + 1, Home: 0, End: count - 1 }[event.key];
          if (to === undefined) return;
          event.preventDefault();
          this.#select(to);
        }}>${this.#bars(opened.decoded, element, largest)}</div>
      <p>${text}. Its own code: ${own.length === 0 ? 'none' : html`${integer(own.length)} bits, <span class="mono">${code}</span>`}${shared > 0 ? html`; ${integer(shared)} bits of ${sharedName}, shared with ${integer(others)} others` : '; no scale'}.</p>
      <div class="bytes" role="img" aria-label="${integer(opened.bytes.length)} bytes: ${own.length} bits are the value’s own, ${shared} are shared">${this.#bytes(roles)}</div>
      <div class="key"><span><i class="own"></i>its own code</span>${shared > 0 ? html`<span><i class="shared"></i>its ${sharedName}</span>` : nothing}<span><i></i>codes of others</span>${roles.includes('elsewhere') ? html`<span><i class="elsewhere"></i>scales of others</span>` : nothing}</div>
      ${this.excerpt ? html`<p class="soft">Its scale holds for more values than can be shown; these ${integer(count)} were encoded by themselves.</p>` : nothing}`;
  }

  #bars(values: Float32Array, element: number, largest: number) {
    // Heights by SVG attributes: the policy forbids style attributes.
    return html`<svg width="100%" height="46" viewBox="0 0 ${values.length} 46" preserveAspectRatio="none" aria-hidden="true">${Array.from(values, (value, i) => bar(i, value, largest, i === element))}</svg>`;
  }

  #point = (event: PointerEvent): void => {
    if (event.type === 'pointermove' && event.pointerType !== 'mouse' && event.buttons === 0) return;
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    this.#select(Math.floor(((event.clientX - box.left) / box.width) * (this.opened?.decoded.length ?? 1)));
  };

  /** All bytes of a short block; of a long one those with a say in the value, and the ones around them. */
  #bytes(roles: Role[]) {
    const { bytes } = this.opened!;
    const own = roles.findIndex((role) => role === 'own') >> 3;
    const relevant = (byte: number) => bytes.length <= kShown || Math.abs(byte - own) < kShown / 3 || roles.slice(8 * byte, 8 * byte + 8).includes('shared');
    let hidden = false;
    return Array.from(bytes, (value, byte) => {
      if (!relevant(byte)) {
        if (hidden) return nothing;
        hidden = true;
        return html`<span class="soft">…</span>`;
      }
      hidden = false;
      const mine = roles.slice(8 * byte, 8 * byte + 8).some((role) => role === 'own' || role === 'shared');
      return html`<span class="byte ${mine ? 'mine' : ''}">${value.toString(16).padStart(2, '0')}<span class="bits">${[7, 6, 5, 4, 3, 2, 1, 0].map((bit) => html`<i class=${roles[8 * byte + bit]!}></i>`)}</span></span>`;
    });
  }
}

const bar = (index: number, value: number, largest: number, on: boolean) => {
  const size = Math.max(1, (Math.abs(value) / largest) * 22);
  return svg`<rect class=${on ? 'bar on' : 'bar'} x=${index + 0.06} width="0.88" y=${value >= 0 ? 23 - size : 23} height=${size}></rect>`;
};
