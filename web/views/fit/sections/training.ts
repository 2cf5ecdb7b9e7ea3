// What training takes on each device, and how it is divided.
import type { Term } from 'bitbudget';
import { html, css, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { bytes, count, inUnit, integer, nbsp, parseNumber, withPrefix } from '../../../format/numbers.js';
import '../../../parts/bar.js';
import '../../../parts/explain.js';
import '../../../parts/notice.js';
import '../../../parts/number-field.js';
import { units } from '../../../shell/settings.js';
import { run, type CoreError } from '../../../worker/core.js';
import { Latest, Section } from '../section.js';
import { limitOf, type TrainingAnswer } from '../tasks.js';
import { termTable } from '../terms.js';
import { counts, flags, menus, readTraining, trainingDefaults, trainingOptions, writeTraining, type Count, type Flag, type Menu, type Training } from '../training.js';

@customElement('bb-fit-training')
export class TrainingSection extends Section {
  static override styles = [Section.styles, css`
    .choices { display: grid; gap: var(--s4); grid-template-columns: repeat(auto-fill, minmax(min(100%, 16rem), 1fr)); align-items: start; }
    .verdict { font-size: var(--t2); font-weight: 600; }
    .flag { display: flex; gap: var(--s2); align-items: baseline; font-size: var(--t0); }
    .flag input { translate: 0 0.15rem; }
  `];
  @state() private answer: TrainingAnswer | undefined;
  @state() private refusal: CoreError | undefined;
  @state() private open = '';
  @state() private pointed = '';
  #ask = new Latest((question: Parameters<typeof run<'fit.training'>>[1]) => run('fit.training', question),
    (answer) => { this.answer = answer; this.refusal = undefined; }, (error) => { this.refusal = error; });

  /** Choices made whose answer is not here yet, in their order: the next one goes on from the last of them. */
  #sent: string[] = [];
  #seen = '';

  private get training(): Training { return readTraining(this.#sent.at(-1) ?? this.setup.asked.train); }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('setup')) return;
    const { config, options, asked } = this.setup;
    if (asked.train !== this.#seen) this.#sent = this.#sent.slice(this.#sent.indexOf(asked.train) + 1 || this.#sent.length);
    this.#seen = asked.train;
    this.#ask.put({ config, options: { ...options, training: trainingOptions(readTraining(asked.train)) }, limit: limitOf(asked) });
  }

  #put(patch: Partial<Training>): void {
    const train = writeTraining({ ...this.training, ...patch });
    this.#sent.push(train);
    this.change({ train });
  }

  #menu(key: Menu) {
    const { label, choices } = menus[key];
    const current = this.training[key];
    return html`<div class="field"><label class="label" for=${key}>${label}</label>
      <select id=${key} @change=${(event: Event) => this.#put({ [key]: (event.target as HTMLSelectElement).value })}>
        ${choices.map((choice) => html`<option value=${choice.value} .selected=${choice.value === current}>${choice.label}</option>`)}</select>
      ${choices.find((choice) => choice.value === current)?.hint ? html`<p class="hint">${choices.find((choice) => choice.value === current)!.hint}</p>` : nothing}</div>`;
  }

  #count(key: Count) {
    return html`<bb-number-field label=${counts[key].label} hint=${counts[key].hint} .value=${this.training[key]} min="1" max=${2 ** 20} .format=${integer}
      .parse=${(text: string) => { const number = parseNumber(text); return number === undefined ? undefined : Math.round(number); }}
      @bb-change=${(event: CustomEvent<number>) => this.#put({ [key]: event.detail })}></bb-number-field>`;
  }

  #flag(key: Flag) {
    return html`<label class="flag"><input type="checkbox" .checked=${this.training[key]} @change=${(event: Event) => this.#put({ [key]: (event.target as HTMLInputElement).checked })}> ${flags[key]}</label>`;
  }

  protected override render() {
    const { training } = this;
    return html`
      <p>Context and batch are those above: each device works on ${this.setup.asked.batch === 1 ? 'one sequence' : `${integer(this.setup.asked.batch)} sequences`} of ${integer(this.setup.asked.context)} tokens at a time.</p>
      <div class="choices">${(['method', 'optimizer', 'precision', 'checkpointing', 'zeroStage'] as const).map((key) => this.#menu(key))}
        ${training.method === 'full' ? nothing : this.#count('loraRank')}
        ${(['dataParallel', 'tensorParallel', 'pipelineParallel', 'expertParallel'] as const).map((key) => this.#count(key))}
        <div class="stack">${(Object.keys(flags) as Flag[]).map((key) => this.#flag(key))}</div></div>
      ${writeTraining(training) === writeTraining(trainingDefaults) ? nothing : html`<p><button class="plain small" @click=${() => this.change({ train: '' })}>Back to plain training on one device</button></p>`}
      ${this.refusal ? html`<bb-notice kind="error"><p>${this.refusal.message}</p></bb-notice>` : nothing}
      ${this.answer ? html`<div class="stack ${this.refusal ? 'stale' : ''}">${this.#renderAnswer(this.answer)}</div>` : html`<p class="soft">Calculating…</p>`}`;
  }

  #renderAnswer({ training, step, needed }: TrainingAnswer) {
    const { asked } = this.setup;
    const unit = units.value;
    const fits = training.total <= asked.memory - asked.reserved;
    const point = (id: string) => { this.pointed = id; };
    return html`
      <p class="verdict"><span class=${fits ? 'yes' : 'no'}>${fits ? 'Fits' : 'Does not fit'}:</span> ${inUnit(training.total, unit, true)} of ${inUnit(asked.memory, unit)}${nbsp}${unit}
        on ${training.devices === 1 ? 'one device' : html`each of ${integer(training.devices)} devices`}.</p>
      <p>${count(training.trainedParameters)} parameters are trained. One step over this batch is ${withPrefix(step.total, 'FLOP')}.
        ${fits || this.training.zeroStage === '0' ? nothing : needed.fits ? html`With ${integer(needed.dataParallel)} data-parallel copies, ${integer(needed.devices)} devices, it would fit.
          <button class="plain" @click=${() => this.#put({ dataParallel: needed.dataParallel })}>Use them</button>` : 'No number of data-parallel copies makes it fit.'}
        ${!fits && this.training.zeroStage === '0' ? html`More devices help only when they divide something: try a ZeRO stage, tensor or pipeline parallelism, or adapters.` : nothing}</p>
      <bb-bar name="Training memory of one device" .segments=${segments(training.terms)}
        .capacity=${asked.memory} .capacityLabel=${bytes(asked.memory, unit)} .highlight=${this.pointed} @bb-point=${(event: CustomEvent<string>) => point(event.detail)}></bb-bar>
      ${termTable({ groups: [{ id: 'training', title: 'On the device that needs most', breakdown: training }], total: training.total, open: this.open,
        toggle: (id) => { this.open = this.open === id ? '' : id; }, pointed: '', point: () => {} })}`;
  }
}

const parts: [RegExp, string][] = [[/^(weights|base)/, 'Weights'], [/^gradients/, 'Gradients'], [/^(master|momentum|first_moment|second_moment)/, 'Optimizer'], [/^/, 'Activations']];

function segments(terms: readonly Term[]) {
  const sums = new Map<string, number>();
  for (const term of terms) {
    const title = parts.find(([pattern]) => pattern.test(term.id))![1];
    sums.set(title, (sums.get(title) ?? 0) + term.value);
  }
  return parts.flatMap(([, title]) => (sums.get(title) ? [{ id: title, value: sums.get(title)!, text: `${title} ${bytes(sums.get(title)!, units.value)}` }] : []));
}
