// The compression ratio from real bytes: everything that a decoder needs is counted.
import { html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import { bytes, integer } from '../../../format/numbers.js';
import '../../../parts/stacks.js';
import type { Kind } from '../../../parts/stacks.js';
import { units } from '../../../shell/settings.js';
import type { RunOptions } from '../../../worker/pool.js';
import { runTheory } from '../../../worker/theory.js';
import { formatOptions, groupFormats } from '../../lab/formats.js';
import { bits, figure, share } from '../../lab/measures.js';
import { TheorySection } from '../section.js';
import { kDefaults } from '../state.js';
import type { RatioAnswer, RatioParts, RatioRow } from '../tasks/ratio.js';
import { texInteger } from '../tex.js';

const kFormats = ['f8_e4m3_row', 'q8_0', 'q6_k', 'q5_k', 'q4_k', 'nf4', 'nf4_dq', 'mxfp4', 'int4_sym_row', 'int4_asym_g64', 'q3_k', 'q2_k'];
const kinds: (Kind & { id: keyof RatioParts })[] = [
  { id: 'codes', label: 'codes or values', colour: 1 },
  { id: 'scales', label: 'scales', colour: 2 },
  { id: 'offsets', label: 'zero points and minima', colour: 4 },
  { id: 'indices', label: 'masks and indices', colour: 3 },
  { id: 'tables', label: 'tables', colour: 5 },
];
const ratioText = (value: number): string => `${value.toFixed(2)} ×`;

@customElement('bb-theory-ratio')
export class RatioSection extends TheorySection<RatioAnswer> {
  protected override question(): string {
    const { asked } = this.setup;
    return [asked.base, this.#format(), asked['ratio.sparsity']].join(' ');
  }

  /** The one asked for, if there is such a format. */
  #format(): string {
    const asked = this.setup.asked['ratio.format'];
    return this.setup.formats.some(({ id }) => id === asked) ? asked : kDefaults['ratio.format'];
  }

  protected override solve(options: RunOptions): Promise<RatioAnswer> {
    const { asked, tensor } = this.setup;
    return runTheory('theory.ratio', {
      values: tensor.values, columns: tensor.columns, base: asked.base as 'fp32' | 'bf16', format: this.#format(), formats: kFormats, sparsity: asked['ratio.sparsity'] / 100,
    }, options);
  }

  protected override renderText() {
    const { asked, formats } = this.setup;
    const unknown = this.#format() !== asked['ratio.format'];
    return html`<div class="text stack">
      <p>How many times smaller is it? The question has an answer only when both sides are counted in full: on the left the bytes that are replaced, on the right everything that a decoder
        needs. A “4-bit” format stores more than four bits a weight: numbers that are shared by a group of weights, such as its scale or its zero point, have to be written down too.
        A pruned tensor has to say which weights are left. A coder needs its table.</p>
      <div class="controls no-print">
        <div class="field wide"><label class="label" for="format">Number format</label>
          <select id="format" @change=${(event: Event) => this.change({ 'ratio.format': (event.target as HTMLSelectElement).value })}>${formatOptions(groupFormats(formats), this.#format())}</select></div>
        <bb-number-field label="Weights cut, %" .value=${asked['ratio.sparsity']} min="0" max="99" .step=${(value: number, direction: 1 | -1) => value + 5 * direction}
          @bb-change=${(event: CustomEvent<number>) => this.change({ 'ratio.sparsity': String(Math.round(event.detail)) })}></bb-number-field>
      </div>
      ${unknown ? html`<bb-notice kind="info"><p>There is no format “${asked['ratio.format']}”; ${this.#label()} is shown.</p></bb-notice>` : nothing}</div>`;
  }

  #label(): string { return this.setup.formats.find(({ id }) => id === this.#format())?.label ?? this.#format(); }

  protected override renderAnswer(answer: RatioAnswer) {
    const { asked, tensor } = this.setup;
    const { original, rows, refused } = answer;
    const count = tensor.values.length;
    const base = asked.base === 'fp32' ? 'float32' : 'bfloat16';
    const chosen = rows.find(({ id }) => id === this.#format());
    return html`
      ${chosen ? this.#renderChosen(chosen, original, count, base) : html`<p class="finding">${this.#label()} does not fit this tensor. ${refused.find(({ format }) => format === this.#format())?.message}</p>`}
      <bb-figure name="compression-ratio" caption=${`Bytes of this tensor in each form, as a share of the ${bytes(original, units.value)} that it takes in ${base}, and how many times smaller each is. Every form was really made and its bytes counted.`} .table=${{
        head: ['form', ...kinds.map(({ label }) => `${label}, bytes`), 'bytes', 'bits per weight', 'ratio', 'ratio by name', 'relative error'],
        rows: rows.map((row) => [row.label, ...kinds.map(({ id }) => row.parts[id]), row.bytes, (8 * row.bytes) / count, original / row.bytes, row.naive, row.error]),
      }}>
        <bb-stacks .kinds=${kinds} .limit=${{ value: 1, label: base }} label=${`Stacked bars of ${rows.length} forms of the tensor by what their bytes hold`}
          .stacks=${rows.map((row) => ({ label: row.label, chosen: row.id === this.#format(), note: ratioText(original / row.bytes), parts: Object.fromEntries(kinds.map(({ id }) => [id, row.parts[id] / original])) }))}></bb-stacks>
      </bb-figure>
      ${refused.length > 0 ? html`<p class="small soft">Left out, since they do not fit rows of ${integer(tensor.columns)}: ${refused.map(({ format }) => this.setup.formats.find(({ id }) => id === format)?.label ?? format).join(', ')}.</p>` : nothing}
      ${this.#renderSparse(answer, count)}
      <p class="kindly">The formula is right, and easily misread. It needs its base named: the same file is twice as much smaller than float32 as it is than bfloat16. And names round it up:
        16/4 = 4 counts the codes alone.${chosen && chosen.error > 0 ? html` Nor does it say what was lost: this form leaves an error of ${share(Math.sqrt(chosen.error))} of a typical weight, and the smallest forms above are not the best ones.` : nothing}</p>`;
  }

  #renderChosen(row: RatioRow, original: number, count: number, base: string) {
    const used = kinds.filter(({ id }) => row.parts[id] > 0);
    const ratio = original / row.bytes;
    const perWeight = (8 * row.bytes) / count;
    const codeBits = (8 * row.parts.codes) / count;
    const baseBits = (8 * original) / count;
    return html`
      <bb-equation .equation=${{
        symbols: '\\rho = \\frac{|M_{\\text{original}}|}{|M_{\\text{compressed}}|}',
        numbers: `\\frac{${texInteger(count)} \\cdot ${baseBits / 8}}{${used.map(({ id }) => texInteger(row.parts[id])).join(' + ')}}`,
        result: `${figure(ratio)} (in bytes: ${used.map(({ label }) => label).join(', ')})`, python: `${count} * ${baseBits / 8} / (${used.map(({ id }) => row.parts[id]).join(' + ')})`, source: 'The course’s compression ratio',
      }}></bb-equation>
      <p class="finding">${row.label} holds codes of ${bits(codeBits)} bits, which suggests ${figure(row.naive)} times smaller than ${base}.
        ${row.bytes * 8 > codeBits * count ? html`With all that the decoder needs it is ${bits(perWeight)} bits a weight and ${figure(ratio)} times: ${share(1 - ratio / row.naive)} less.` : html`It needs nothing besides, so ${figure(ratio)} it is.`}</p>`;
  }

  #renderSparse({ rows, original, kept }: RatioAnswer, count: number) {
    const sparse = (layout: string) => rows.find(({ kind, id }) => kind === 'sparse' && id.startsWith(layout));
    const [mask, csr, pairs] = [sparse('bitmask'), sparse('csr'), sparse('2:4')];
    if (!mask || !csr) return nothing;
    const times = (row: RatioRow) => (row.bytes > original ? `takes ${figure(row.bytes / original)} times the bytes of keeping them all` : `is ${figure(original / row.bytes)} times smaller`);
    const cut = share(1 - kept / count);
    return html`<p>With ${cut} of the weights cut, the ${integer(kept)} left suggest ${figure(count / Math.max(1, kept))} times smaller. With a mask of one bit a weight it ${times(mask)}; as compressed sparse rows (CSR), with a column number
      for each weight left, it ${times(csr)}. ${pairs ? html`The 2:4 layout of sparse tensor cores always cuts half and notes two bits for each weight left: it ${times(pairs)}.` : nothing}</p>`;
  }
}
