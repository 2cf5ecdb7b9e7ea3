// The Fit view: what a model needs, whether it fits, and why.
import type { SizeReport } from 'bitbudget';
import { html, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { html as staticHtml, unsafeStatic } from 'lit/static-html.js';
import { weightGroups } from '../../data/format-groups.js';
import { deviceGroups, devices } from '../../data/hardware.js';
import { bytes, count, exact, inUnit, integer, nbsp, parseBytes, parseNumber, tokens } from '../../format/numbers.js';
import type { Segment } from '../../parts/bar.js';
import '../../parts/bar.js';
import '../../parts/drop.js';
import '../../parts/explain.js';
import type { Explained } from '../../parts/explain.js';
import '../../parts/notice.js';
import '../../parts/number-field.js';
import { value } from '../../parts/value.js';
import { units } from '../../shell/settings.js';
import { View } from '../../shell/view.js';
import { watch } from '../../shell/watch.js';
import { base } from '../../styles/base.js';
import { asCoreError, run, type CoreError } from '../../worker/core.js';
import { weightsAs } from './describe.js';
import { groupsOf } from './groups.js';
import { type Patch, type Setup } from './section.js';
import { sections, type SectionEntry } from './sections/sections.js';
import { configOf, describeConfig, fields, norms, type Description } from './by-hand.js';
import { kDefaults, kMaxBatch, kMaxContext, kMaxDevices, readState, writeMemory, type FitState } from './state.js';
import { styles } from './styles.js';
import { findModel, limitOf, optionsOf, type Catalog, type SizeAnswer } from './tasks.js';
import { termTable } from './terms.js';

/** Vocabularies of 250,000 words with their scores fit. */
const kHeaderBytes = 32 * 2 ** 20;

@customElement('bb-fit')
export class Fit extends View {
  static override styles = [base, styles];
  @state() private catalog: Catalog | undefined;
  @state() private asked: FitState = kDefaults;
  /** The last question that was answered; it stays while a refusal stands. */
  @state() private setup: Setup | undefined;
  @state() private refusal: CoreError | undefined;
  @state() private draft: string | undefined;
  @state() private pasting = false;
  @state() private fileRefused = false;
  @state() private open = '';
  @state() private pointed = '';
  @state() private loaded = new Set<string>();
  @query('textarea') private box?: HTMLTextAreaElement;
  #running = false;
  #again = false;
  /** The section to scroll to once there is one. */
  #leadTo = '';
  #typing: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    watch(this, units);
  }

  protected override paramsChanged(): void {
    const { state, problems } = readState(this.params);
    if (state.section && !sections.some(({ id }) => id === state.section)) {
      problems.push(`there is no section “${state.section}”`);
      state.section = '';
    }
    this.#leadTo = state.section && state.section !== this.asked.section ? state.section : '';
    this.asked = state;
    this.draft = undefined;
    this.pasting = state.config !== '';
    if (problems.length > 0) this.reportProblems(problems);
    void this.#ask();
  }

  protected override updated(): void {
    const section = this.#leadTo && this.renderRoot.querySelector(`#section-${this.#leadTo}`);
    if (!section) return;
    this.#leadTo = '';
    requestAnimationFrame(() => section.scrollIntoView({ block: 'start' }));
  }

  /** One question at a time; what changes meanwhile is asked once, afterwards. */
  async #ask(): Promise<void> {
    if (this.#running) { this.#again = true; return; }
    this.#running = true;
    try {
      do {
        this.#again = false;
        await this.#askOnce();
      } while (this.#again);
    } finally {
      this.#running = false;
    }
  }

  async #askOnce(): Promise<void> {
    try {
      this.catalog ??= await run('fit.catalog', null);
      this.#check(this.catalog);
      const asked = this.asked;
      const known = asked.config === '' ? this.#model(asked.model) : undefined;
      const config = this.draft ?? (asked.config || known?.config || '');
      const options = optionsOf(asked);
      const answer = await run('fit.size', { config, options, limit: limitOf(asked) });
      this.setup = { label: known && this.draft === undefined ? known.label : `Your ${answer.report.modelType} model`, config, options, asked, answer, catalog: this.catalog };
      this.refusal = undefined;
      this.announce(this.#sentence(answer, asked));
      if (this.draft !== undefined) this.#set({ model: '', config: minified(this.draft) });
    } catch (thrown) {
      this.refusal = asCoreError(thrown);
    }
  }

  #model(id: string) { return findModel(this.catalog?.models ?? [], id); }

  /** Ids in a link that this version does not know are said, and the default stands in. */
  #check(catalog: Catalog): void {
    const problems: string[] = [];
    const formats = new Set(catalog.formats.map((format) => format.id));
    const weights = new Set(catalog.weights.map((choice) => choice.id));
    const asked = { ...this.asked };
    if (asked.config === '' && asked.model !== '' && !this.#model(asked.model)) {
      problems.push(`there is no known model “${asked.model}”`);
      asked.model = '';
    }
    for (const key of ['weights', 'kv', 'keys', 'values'] as const) {
      if (asked[key] === '' || (key === 'weights' ? weights : formats).has(asked[key])) continue;
      problems.push(`there is no number format “${asked[key]}”`);
      asked[key] = kDefaults[key];
    }
    if (!devices.some((device) => device.id === asked.device)) {
      problems.push(`there is no device “${asked.device}” in the list`);
      asked.device = kDefaults.device;
    }
    if (problems.length === 0) return;
    this.asked = asked;
    this.reportProblems(problems);
  }

  #formatLabel(id: string): string {
    return this.catalog?.weights.find((choice) => choice.id === id)?.label ?? id;
  }

  #sentence({ perDevice: need, longestContext }: SizeAnswer, { memory, reserved }: FitState): string {
    const unit = units.value;
    return need <= memory - reserved
      ? `Fits: ${inUnit(need, unit, true)} of ${inUnit(memory, unit)} ${unit}. Longest context: ${tokens(longestContext)} tokens.`
      : `Does not fit: ${inUnit(need, unit, true)} of ${inUnit(memory, unit)} ${unit}.`;
  }

  #toggle(id: string): void { this.open = this.open === id ? '' : id; }

  /** Another format or model is not what the file has. */
  #set(patch: Patch, push = true): void {
    const leaves = !('stored' in patch) && ['weights', 'model', 'config'].some((key) => key in patch);
    this.setParams(leaves ? { ...patch, stored: '', file: '' } : patch, push);
  }

  protected override render() {
    return html`<div class="layout ${this.controls}">
      <div class="head">${this.#renderHead()}</div>
      ${this.controls === 'none' ? nothing : html`<form class="inputs no-print" aria-label="What to size" @submit=${(event: Event) => event.preventDefault()}>${this.#renderInputs()}</form>`}
      <div class="detail">${this.#renderDetail()}</div>
    </div>`;
  }

  #renderInputs() {
    const { asked, catalog } = this;
    if (!catalog) return html`<p class="soft">${this.refusal ? nothing : 'Loading the calculating core…'}</p>`;
    const model = asked.config === '' ? this.#model(asked.model) : undefined;
    return html`
      <div class="field">
        <label class="label" for="model">Model</label>
        <select id="model" @change=${this.#onModel}>
          <option value="" .selected=${this.pasting}>Another: paste or open its config.json</option>
          ${modelGroups(catalog.models).map(([maker, models]) => html`<optgroup label=${maker}>${models.map((each) => html`
            <option value=${each.id} .selected=${!this.pasting && each.id === model?.id}>${each.label}</option>`)}</optgroup>`)}
        </select>
        ${this.pasting ? this.#renderConfigBox() : nothing}
      </div>
      ${this.#formatField('weights', 'Weights as')}
      ${this.controls === 'min' ? nothing : html`
        <div class="field">
          <label class="label" for="device">Device</label>
          <select id="device" @change=${this.#onDevice}>
            ${deviceGroups.map((group) => html`<optgroup label=${group.title}>${group.entries.map(({ device, memory }) => html`
              <option value=${`${device.id} ${memory}`} .selected=${device.id === asked.device && (memory === asked.memory || device.memory.length === 1)}>${device.name.replace(/ \d+GB/, '')}, ${integer(memory / 2 ** 30)}${nbsp}GB</option>`)}</optgroup>`)}
          </select>
        </div>
        ${this.#numberField('memory', 'Memory', units.value)}
        ${this.#numberField('context', 'Context', 'tokens')}
        <div class="pair">${this.#numberField('batch', 'Batch', 'seq.')} ${this.#formatField('kv', 'KV cache as')}</div>
        ${this.#renderMore()}`}`;
  }

  /** What the first screen does without. Open when something in it is not as it was. */
  #renderMore() {
    const { asked } = this;
    const touched = (['devices', 'keys', 'values', 'chunk'] as const).some((key) => asked[key] !== kDefaults[key]);
    return html`<details class="more" ?open=${touched}><summary class="small">More choices</summary><div class="inputs">
      ${this.#numberField('devices', 'Devices', '')}
      <p class="hint">They share weights and cache evenly; each has activations of its own.</p>
      <div class="pair">${this.#formatField('keys', 'Keys as', 'as the cache')} ${this.#formatField('values', 'Values as', 'as the cache')}</div>
      ${this.#numberField('chunk', 'Prompt chunk', 'tokens')}
      <p class="hint">A prompt is read in chunks of this many tokens; it sets the work space. llama.cpp takes 512.</p></div></details>`;
  }

  #formatField(key: 'weights' | 'kv' | 'keys' | 'values', label: string, none = '') {
    const choices = weightGroups(key === 'weights' ? this.catalog!.weights : this.catalog!.weights.filter((choice) => !choice.mixture));
    const fromFile = key === 'weights' && this.asked.stored !== '';
    return html`<div class="field">
      <label class="label" for=${key}>${label}</label>
      <select id=${key} @change=${(event: Event) => this.#set({ [key]: (event.target as HTMLSelectElement).value })}>
        ${none ? html`<option value="" .selected=${this.asked[key] === ''}>${none}</option>` : nothing}
        ${fromFile ? html`<option value="" .selected=${true}>As in ${this.asked.file || 'the file'}</option>` : nothing}
        ${choices.map((group) => html`<optgroup label=${group.title}>${group.choices.map(({ id, label, bits }) => html`
          <option value=${id} .selected=${!fromFile && id === this.asked[key]}>${label}, ${Math.round(bits * 1000) / 1000} bits</option>`)}</optgroup>`)}
      </select>
      ${fromFile ? html`<p class="hint">Exact: the bytes of its tensors. Choose a format to see another.</p>` : nothing}
    </div>`;
  }

  #numberField(key: 'memory' | 'context' | 'batch' | 'devices' | 'reserved' | 'chunk', label: string, suffix: string, bare = false) {
    const isMemory = key === 'memory' || key === 'reserved';
    const write = (number: number) => (isMemory ? writeMemory(number) : String(number));
    return html`<bb-number-field label=${label} ?hide-label=${bare} suffix=${suffix} .value=${this.asked[key]} min=${key === 'reserved' ? 0 : 1} max=${{ memory: 2 ** 52, reserved: 2 ** 52, context: kMaxContext, chunk: kMaxContext, batch: kMaxBatch, devices: kMaxDevices }[key]}
      slider-max=${key === 'context' ? 2 ** 20 : 0} slider-min="256"
      .format=${isMemory ? (number: number) => inUnit(number, units.value) : integer}
      .parse=${(text: string) => rounded(isMemory ? parseBytes(text, units.value) : parseNumber(text))}
      .step=${isMemory ? memoryStep : doubling}
      @bb-input=${(event: CustomEvent<number>) => this.#set({ [key]: write(event.detail) }, false)}
      @bb-change=${(event: CustomEvent<number>) => this.#set({ [key]: write(event.detail) })}></bb-number-field>`;
  }

  #renderConfigBox() {
    return html`<div class="config">
      <bb-drop accept=".json,.gguf,application/json" label="Open a file" hint="or drop one here: config.json or GGUF" @bb-file=${(event: CustomEvent<File>) => this.#takeFile(event.detail)}>
        <label class="label" for="config">config.json, as published with the model</label>
        <textarea id="config" rows="7" spellcheck="false" aria-invalid=${this.refusal ? 'true' : 'false'} aria-describedby="config-error"
          .value=${this.draft ?? pretty(this.asked.config)} placeholder='{ "model_type": "llama", "hidden_size": 4096, … }'
          @input=${() => this.#takeConfig(this.box!.value)}></textarea>
      </bb-drop>
      <details class="hand"><summary class="small">No config.json? Describe the model by hand</summary>${this.#renderByHand()}</details>
      <div id="config-error">${this.refusal && this.#isOfConfig ? this.#renderRefusal() : nothing}</div>
    </div>`;
  }

  #renderByHand() {
    const model = describeConfig(this.draft ?? this.asked.config);
    const put = (patch: Partial<Description>) => this.#takeConfig(pretty(configOf({ ...model, ...patch })));
    const flag = (key: 'tied' | 'gated' | 'biases', label: string) => html`<label class="flag small"><input type="checkbox" .checked=${model[key]} @change=${(event: Event) => put({ [key]: (event.target as HTMLInputElement).checked })}> ${label}</label>`;
    return html`<p class="hint">The fields write the config above, as a model of type “custom”.</p>
      <div class="hand-fields">${fields.filter(({ only }) => !only || model[only] > 0).map(({ key, label, hint, zero }) => html`
        <bb-number-field label=${label} hint=${hint} .value=${model[key]} min=${zero ? 0 : 1} max=${2 ** 24} .format=${integer} .parse=${(text: string) => rounded(parseNumber(text))}
          .step=${(number: number, direction: number) => Math.max(zero ? 0 : 1, number + direction)} @bb-change=${(event: CustomEvent<number>) => put({ [key]: event.detail })}></bb-number-field>`)}
        <div class="field"><label class="label" for="norm">Norms</label><select id="norm" @change=${(event: Event) => put({ norm: (event.target as HTMLSelectElement).value })}>
          ${norms.map(({ value: id, label }) => html`<option value=${id} .selected=${id === model.norm}>${label}</option>`)}</select></div></div>
      <div class="hand">${flag('gated', 'Gated feed-forward (three matrices)')} ${flag('biases', 'Biases')} ${flag('tied', 'The head is the embedding (tied)')}</div>`;
  }

  /** What is refused is the config in the box; otherwise the question itself failed, and that is said above the answer. */
  get #isOfConfig(): boolean { return this.fileRefused || (this.draft ?? this.asked.config) !== ''; }

  #renderRefusal() {
    const { message, field, offset } = this.refusal!;
    return html`<bb-notice kind="error"><p>${message}</p>
      ${field ? html`<p>Field: <code>${field}</code></p>` : offset !== undefined ? html`<p>At character ${exact(offset)}.</p>` : nothing}
      ${this.setup ? html`<p>The result shown is the last one that worked.</p>` : nothing}</bb-notice>`;
  }

  /** A config.json is read whole; of a GGUF only the beginning, where its metadata is. */
  async #takeFile(file: File): Promise<void> {
    if (file.name.endsWith('.json')) { this.#takeConfig(await file.text()); return; }
    try {
      const bytes = new Uint8Array(await file.slice(0, kHeaderBytes).arrayBuffer());
      this.#takeConfig(pretty(await run('fit.open', { bytes, name: file.name, fileSize: file.size }, { transfer: [bytes.buffer] })));
    } catch (thrown) {
      this.draft = '';
      this.refusal = asCoreError(thrown);
      this.fileRefused = true;
    }
  }

  #takeConfig(text: string): void {
    this.fileRefused = false;
    this.draft = text;
    clearTimeout(this.#typing);
    if (text.trim() === '') { this.refusal = undefined; return; }
    this.#typing = setTimeout(() => void this.#ask(), 150);
  }

  #onModel = (event: Event): void => {
    const id = (event.target as HTMLSelectElement).value;
    if (id !== '') {
      this.pasting = false;
      this.#set({ model: id, config: '' });
      return;
    }
    this.pasting = true;
    void this.updateComplete.then(() => this.box?.focus());
  };

  #onDevice = (event: Event): void => {
    const [device, memory] = (event.target as HTMLSelectElement).value.split(' ');
    this.#set({ device: device!, memory: writeMemory(Number(memory)) });
  };

  /** The answer: a sentence and a bar. */
  #renderHead() {
    if (!this.setup) {
      if (this.refusal) return this.pasting ? nothing : html`<bb-notice kind="error"><p>${this.refusal.message}</p></bb-notice>`;
      return html`<p class="answer soft">Calculating…</p>`;
    }
    const { answer: { report, perDevice: need }, asked } = this.setup;
    const room = asked.memory - asked.reserved;
    return html`${this.refusal && !this.#isOfConfig ? this.#renderRefusal() : nothing}<div class=${this.refusal ? 'stale' : ''}>
      ${this.#renderAnswer(this.setup)}
      <bb-bar name="Memory" .segments=${this.#segments(report, asked.devices)} .capacity=${room} .capacityLabel=${bytes(room, units.value)}
        .freeLabel=${`Free ${bytes(room - need, units.value)}`} .highlight=${this.pointed}
        @bb-point=${(event: CustomEvent<string>) => { this.pointed = event.detail; }}></bb-bar>
    </div>`;
  }

  #renderDetail() {
    if (!this.setup) return nothing;
    const { asked, answer: { report } } = this.setup;
    const table = termTable({
      reserve: this.#numberField('reserved', 'Kept free', units.value, true),
      ...(asked.devices > 1 && { note: `Of all ${integer(asked.devices)} devices together; each also has activations of its own.` }),
      groups: groupsOf(report), total: report.inference.total, open: this.open, toggle: (id) => this.#toggle(id), pointed: this.pointed, point: (id) => { this.pointed = id; },
    });
    // In somebody else's page the table is there, but folded.
    return html`<div class=${this.refusal ? 'stale' : ''}>${this.controls === 'page' ? table : html`<details><summary class="small">Term by term</summary>${table}</details>`}</div>
      ${this.controls === 'page' ? this.#renderSections(this.setup) : nothing}`;
  }

  #renderSections(setup: Setup) {
    const open = new Set(this.asked.open.split(',').filter(Boolean));
    return html`<div class="sections" @bb-set=${(event: CustomEvent<{ patch: Patch; push: boolean }>) => this.#set(event.detail.patch, event.detail.push)}>
      ${sections.map((section) => html`<details class="section" id="section-${section.id}" ?open=${open.has(section.id)} @toggle=${(event: Event) => this.#onSection(section.id, (event.target as HTMLDetailsElement).open)}>
        <summary>${section.title} <span class="soft">${section.hint}</span></summary>
        ${open.has(section.id) ? this.#renderSection(section, setup) : nothing}</details>`)}</div>`;
  }

  #renderSection(section: SectionEntry, setup: Setup) {
    if (!this.loaded.has(section.id)) {
      section.load().then(() => { this.loaded = new Set([...this.loaded, section.id]); }, () => { this.loaded = new Set([...this.loaded, section.id]); });
      return html`<p class="soft">Loading…</p>`;
    }
    const tag = unsafeStatic(section.tag);
    return staticHtml`<${tag} class="stack" .setup=${setup}></${tag}>`;
  }

  #onSection(id: string, isOpen: boolean): void {
    const open = new Set(this.asked.open.split(',').filter(Boolean));
    if (open.has(id) === isOpen) return;
    if (isOpen) open.add(id);
    else open.delete(id);
    this.#set({ open: [...open].join(','), section: '' });
  }

  #renderAnswer({ label, answer, asked }: Setup) {
    const { report, perDevice: need, longestContext } = answer;
    const unit = units.value;
    const room = asked.memory - asked.reserved;
    const opening = (id: string, text: string, name: string) => value(text, this.open === id, () => this.#toggle(id), name);
    return html`
      <h1 class="answer"><span class="part"><span class=${need <= room ? 'yes' : 'no'}>${need <= room ? 'Fits' : 'Does not fit'}:</span>
        ${opening('answer', inUnit(need, unit, true), 'Needed')} of ${inUnit(room, unit)}${nbsp}${unit}${asked.devices > 1 ? ` on each of ${integer(asked.devices)} devices` : ''}.</span>
        <span class="part">${need <= room ? html`Longest context: ${opening('longest', tokens(longestContext), 'Longest context')}${nbsp}tokens.` : html`${bytes(need - room, unit)} too much.`}</span></h1>
      ${this.open === 'answer' ? html`<bb-explain .term=${wholeTerm(report, asked.devices, need)}></bb-explain>` : nothing}
      ${this.open === 'longest' ? html`<bb-notice kind="info"><p>With these formats and ${asked.batch === 1 ? 'one sequence' : `${integer(asked.batch)} sequences`}, ${exact(longestContext)} tokens
        per sequence still fit ${bytes(room, unit)}; one more does not. The model itself may have been made for less.</p></bb-notice>` : nothing}
      <p class="lead soft">${label}: ${opening('parameters', count(report.parameters.total), 'Parameters')} parameters${report.parameters.active < report.parameters.total ? ` (${count(report.parameters.active)} active)` : ''} as ${weightsAs(asked, (id) => this.#formatLabel(id))},
        ${integer(asked.context)} tokens of context${asked.batch > 1 ? ` for each of ${integer(asked.batch)} sequences` : ''}.</p>
      ${this.open === 'parameters' ? html`<bb-explain .term=${parameterTerm(report)}></bb-explain>` : nothing}
      ${need <= room ? nothing : this.#renderWaysOut(answer, asked)}
      ${report.notes.length > 0 ? html`<details class="small soft"><summary>${report.notes.length === 1 ? 'A note' : `${report.notes.length} notes`} on how this config was read</summary>${report.notes.map((note) => html`<p>${note}</p>`)}</details>` : nothing}`;
  }

  /** What would make it fit: a format, a shorter context, more devices; each a click away. */
  #renderWaysOut({ bestFormat, longestContext, fewestDevices }: SizeAnswer, asked: FitState) {
    const ways = [
      bestFormat ? html`<button class="plain" @click=${() => this.#set({ weights: bestFormat })}>weights as ${this.#formatLabel(bestFormat)}</button>` : nothing,
      longestContext > 0 && Number.isFinite(longestContext) ? html`<button class="plain" @click=${() => this.#set({ context: String(longestContext) })}>${tokens(longestContext)} tokens of context</button>` : nothing,
      fewestDevices > asked.devices && fewestDevices <= 4096 ? html`<button class="plain" @click=${() => this.#set({ devices: String(fewestDevices) })}>${integer(fewestDevices)} such devices</button>` : nothing,
    ].filter((way) => way !== nothing);
    return ways.length === 0 ? html`<p>No number format makes it fit here.</p>` : html`<p>It would fit with ${ways.map((way, index) => html`${index === 0 ? '' : index === ways.length - 1 ? ', or with ' : ', with '}${way}`)}.</p>`;
  }

  #segments(report: SizeReport, devices: number): Segment[] {
    return groupsOf(report).map(({ id, title, breakdown }) => {
      const share = id === 'activations' ? breakdown.total : breakdown.total / devices;
      return { id, value: share, text: `${title} ${bytes(share, units.value)}` };
    });
  }
}

/** By maker, the part of an id before its slash. */
function modelGroups<M extends { id: string }>(models: readonly M[]): [string, M[]][] {
  const groups = new Map<string, M[]>();
  for (const model of models) {
    const maker = model.id.includes('/') ? model.id.slice(0, model.id.indexOf('/')) : 'Models';
    groups.set(maker, [...(groups.get(maker) ?? []), model]);
  }
  return [...groups];
}

const latexNumber = (number: number): string => Math.round(number).toLocaleString('en').replaceAll(',', '{,}');

const wholeTerm = ({ weights, kvCache, activations }: SizeReport, devices: number, perDevice: number): Explained => ({
  label: 'Total', value: perDevice, unit: 'bytes', certainty: 'formula',
  formula: devices === 1 ? 'M = M_{\\text{weights}} + M_{\\text{KV}} + M_{\\text{activations}}' : 'M = \\left\\lceil \\frac{M_{\\text{weights}} + M_{\\text{KV}}}{D} \\right\\rceil + M_{\\text{activations}}',
  substituted: devices === 1 ? [weights, kvCache, activations].map((part) => latexNumber(part.total)).join(' + ')
    : `\\left\\lceil \\frac{${latexNumber(weights.total)} + ${latexNumber(kvCache.total)}}{${devices}} \\right\\rceil + ${latexNumber(activations.total)}`,
});

const parameterTerm = ({ parameters }: SizeReport): Explained => ({
  label: 'Parameters', value: parameters.total, unit: 'parameters', certainty: 'exact',
  formula: 'P = ' + parameters.terms.map((term) => `P_{\\text{${term.label.toLowerCase().replace(/[^a-z ]/g, '')}}}`).join(' + '),
  substituted: parameters.terms.map((term) => latexNumber(term.value)).join(' + '),
});

const rounded = (number: number | undefined): number | undefined => (number === undefined ? undefined : Math.round(number));
const doubling = (number: number, direction: number): number =>
  direction > 0 ? 2 ** (Math.floor(Math.log2(Math.max(1, number))) + 1) : 2 ** (Math.ceil(Math.log2(Math.max(2, number))) - 1);
const memoryStep = (number: number, direction: number): number => {
  const unit = units.value === 'GiB' ? 2 ** 30 : 1e9;
  return Math.max(unit, (Math.round(number / unit) + direction) * unit);
};

function pretty(config: string): string {
  try { return config && JSON.stringify(JSON.parse(config), null, 2); } catch { return config; }
}

/** The same JSON without its white space, for the address. Only called with text that the core has read. */
function minified(config: string): string {
  try { return JSON.stringify(JSON.parse(config)); } catch { return config; }
}
