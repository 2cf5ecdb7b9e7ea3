// Two set-ups side by side: A is pinned in the address, B is the one in hand.
import { html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { bytes, count, exact, tokens } from '../../../format/numbers.js';
import '../../../parts/bar.js';
import '../../../parts/notice.js';
import { readHash, writeHash } from '../../../shell/hash.js';
import { units } from '../../../shell/settings.js';
import { run, type CoreError } from '../../../worker/core.js';
import { asked as describe, weightsAs } from '../describe.js';
import { Latest, Section, type Setup } from '../section.js';
import { readState, type FitState } from '../state.js';
import { findModel, limitOf, optionsOf, type SizeAnswer } from '../tasks.js';

interface Pinned { asked: FitState; label: string; answer: SizeAnswer; }

@customElement('bb-fit-compare')
export class Compare extends Section {
  @state() private a: Pinned | undefined;
  @state() private refusal: CoreError | undefined;
  #ask = new Latest(
    async ({ asked, setup }: { asked: FitState; setup: Setup }): Promise<Pinned> => {
      const model = findModel(setup.catalog.models, asked.model);
      const config = asked.config || model?.config || '';
      return { asked, label: asked.config ? 'Your model' : (model?.label ?? asked.model), answer: await run('fit.size', { config, options: optionsOf(asked), limit: limitOf(asked) }) };
    },
    (pinned) => { this.a = pinned; this.refusal = undefined; },
    (error) => { this.a = undefined; this.refusal = error; },
  );

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('setup')) return;
    const { pin } = this.setup.asked;
    if (pin === '') { this.a = undefined; return; }
    this.#ask.put({ asked: readState(readHash('#' + pin, ['fit']).params).state, setup: this.setup });
  }

  protected override render() {
    const { asked } = this.setup;
    if (asked.pin === '')
      return html`<p>Keep what you see now as A. Then change the model, a format, the context or the device above: the new set-up is B, and both stand side by side.</p>
        <p><button class="button" @click=${() => this.change({ pin: this.#pin() })}>Pin this set-up as A</button></p>`;
    return html`
      <div class="row">
        <button class="button" @click=${() => this.change({ pin: this.#pin() })}>Pin the current set-up as A instead</button>
        <button class="button" @click=${this.#swap}>Swap A and B</button>
        <button class="button" @click=${() => this.change({ pin: '' })}>Unpin</button>
      </div>
      ${this.refusal ? html`<bb-notice kind="error"><p>A could not be calculated: ${this.refusal.message}</p></bb-notice>` : nothing}
      ${this.a ? this.#renderTable(this.a) : nothing}`;
  }

  /** The set-up in hand as a link without its "#" and without a pin of its own. */
  #pin(): string { return writeHash('fit', { ...describe(this.setup.asked), pin: '', open: '' }).slice(1); }

  #swap = (): void => {
    const { params } = readHash('#' + this.setup.asked.pin, ['fit']);
    const all = { ...Object.fromEntries(Object.keys(describe(this.setup.asked)).map((key) => [key, ''])), ...params };
    this.change({ ...all, pin: this.#pin(), open: this.setup.asked.open });
  };

  #renderTable(a: Pinned) {
    const b: Pinned = { asked: this.setup.asked, label: this.setup.label, answer: this.setup.answer };
    const formats = new Map([...this.setup.catalog.formats, ...this.setup.catalog.weights].map(({ id, label }) => [id, label]));
    const labelOf = (id: string) => formats.get(id) ?? id;
    const amount = (pick: (answer: SizeAnswer) => number) => {
      const [left, right] = [pick(a.answer), pick(b.answer)];
      return [bytes(left, units.value, true), bytes(right, units.value, true), difference(left, right)];
    };
    const rows: [string, string, string, string?][] = [
      ['Model', a.label, b.label],
      ['Parameters', count(a.answer.report.parameters.total), count(b.answer.report.parameters.total), difference(a.answer.report.parameters.total, b.answer.report.parameters.total)],
      ['Weights as', weightsAs(a.asked, labelOf), weightsAs(b.asked, labelOf)],
      ['KV cache as', formats.get(a.asked.kv) ?? a.asked.kv, formats.get(b.asked.kv) ?? b.asked.kv],
      ['Context × batch', `${exact(a.asked.context)} × ${exact(a.asked.batch)}`, `${exact(b.asked.context)} × ${exact(b.asked.batch)}`],
      ['Weights', ...amount((answer) => answer.report.weights.total)] as [string, string, string, string],
      ['KV cache', ...amount((answer) => answer.report.kvCache.total)] as [string, string, string, string],
      ['Activations', ...amount((answer) => answer.report.activations.total)] as [string, string, string, string],
      ['Needed', ...amount((answer) => answer.report.inference.total)] as [string, string, string, string],
      ['Memory', bytes(a.asked.memory, units.value), bytes(b.asked.memory, units.value)],
      ['Fits', fits(a), fits(b)],
      ['Longest context', tokens(a.answer.longestContext), tokens(b.answer.longestContext), difference(a.answer.longestContext, b.answer.longestContext)],
      ['Largest batch', tokens(a.answer.largestBatch), tokens(b.answer.largestBatch), difference(a.answer.largestBatch, b.answer.largestBatch)],
    ];
    const most = Math.max(a.answer.report.inference.total, b.answer.report.inference.total, a.asked.memory, b.asked.memory);
    return html`
      ${([['A', a], ['B', b]] as const).map(([name, { label, answer, asked }]) => html`<figure>
        <figcaption class="small"><strong>${name}</strong> ${label}, ${weightsAs(asked, labelOf)}</figcaption>
        <bb-bar name=${name} .end=${most} .segments=${([['weights', 'Weights'], ['kvCache', 'KV cache'], ['activations', 'Activations']] as const).map(([key, title]) => ({ id: key, value: answer.report[key].total, text: `${title} ${bytes(answer.report[key].total, units.value)}` }))}
          .capacity=${asked.memory} .capacityLabel=${bytes(asked.memory, units.value)}></bb-bar></figure>`)}
      <div class="scroll" tabindex="0" role="region" aria-label="A and B compared"><table>
        <caption class="sr">A and B compared</caption>
        <thead><tr><th scope="col"></th><th scope="col" class="n">A</th><th scope="col" class="n">B</th><th scope="col" class="n">B against A</th></tr></thead>
        <tbody>${rows.map(([name, left, right, delta]) => html`<tr><th scope="row">${name}</th><td class="n">${left}</td><td class="n">${right}</td><td class="n soft">${delta ?? ''}</td></tr>`)}</tbody>
      </table></div>`;
  }
}

const fits = ({ answer, asked }: Pinned): string => (answer.perDevice <= asked.memory - asked.reserved ? 'yes' : 'no');

function difference(a: number, b: number): string {
  if (a === b) return 'same';
  if (a === 0 || !Number.isFinite(a) || !Number.isFinite(b)) return '';
  const ratio = b / a;
  return ratio >= 2 || ratio <= 0.5 ? `× ${ratio >= 1 ? Number(ratio.toPrecision(3)) : Number(ratio.toPrecision(2))}` : `${ratio > 1 ? '+' : '−'}${Math.abs(Math.round((ratio - 1) * 1000) / 10)} %`;
}
