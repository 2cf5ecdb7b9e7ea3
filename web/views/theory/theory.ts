// The Theory view: the course's formulas, each with this tensor's numbers in and a measurement beside it, from top to bottom.
import type { FormatInfo } from 'bitbudget';
import { html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { html as staticHtml, unsafeStatic } from 'lit/static-html.js';
import { integer, parseNumber } from '../../format/numbers.js';
import '../../parts/drop.js';
import '../../parts/notice.js';
import '../../parts/number-field.js';
import '../../parts/progress.js';
import { writeHash } from '../../shell/hash.js';
import { View } from '../../shell/view.js';
import { base } from '../../styles/base.js';
import { asCoreError, run, type CoreError } from '../../worker/core.js';
import { figure } from '../lab/measures.js';
import { openFile, readable } from '../lab/source.js';
import { type Patch, type Setup } from './section.js';
import { sections, type SectionEntry } from './sections.js';
import { kDefaults, kParams, kSources, readState, type NumberParam, type Source, type TheoryState } from './state.js';
import { viewStyles } from './styles.js';
import { loadTensor, tensorKey, titles, type OpenFile, type TheoryTensor } from './tensor.js';

/** With these the reader goes on from the section that a link led to. */
const kOwnWay = ['wheel', 'touchmove', 'pointerdown', 'keydown', 'focusin'] as const;

@customElement('bb-theory')
export class Theory extends View {
  static override styles = [base, viewStyles];
  @state() private asked: TheoryState = kDefaults;
  @state() private tensor: TheoryTensor | undefined;
  @state() private open: OpenFile | undefined;
  @state() private refusal: CoreError | undefined;
  @state() private busy = false;
  @state() private loaded = new Set<string>();
  /** Sections that may work: those in sight, and then the rest in order, one after another. */
  @state() private going = new Set<string>();
  #formats: FormatInfo[] = [];
  #settled = new Set<string>();
  /** The section to scroll to once all have their text: what loads later would move it. */
  #leadTo = '';
  #abort: AbortController | undefined;
  /** The section that a link led to: what grows above it must not push it away. */
  #held: Element | undefined;
  #growth = new ResizeObserver(() => this.#held?.scrollIntoView({ block: 'start' }));
  #sight = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) this.#start(target.id);
  }, { rootMargin: '200px' });

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('beforeprint', this.#startAll);
    for (const name of kOwnWay) addEventListener(name, this.#release, { passive: true });
    if (this.hasUpdated) void this.#loadTensor();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('beforeprint', this.#startAll);
    for (const name of kOwnWay) removeEventListener(name, this.#release);
    this.#release();
    this.#sight.disconnect();
    this.#abort?.abort();
  }

  protected override paramsChanged(): void {
    const { state, problems } = readState(this.params);
    if (state.section && !sections.some(({ id }) => id === state.section)) {
      problems.push(`there is no section “${state.section}”`);
      state.section = '';
    }
    if (state.section && state.section !== this.asked.section && this.controls === 'page') this.#leadTo = state.section;
    this.asked = state;
    if (problems.length > 0) this.reportProblems(problems);
    void this.#loadTensor();
  }

  async #loadTensor(): Promise<void> {
    const { asked, open } = this;
    if (asked.tensor === 'file' && !open) return;
    if (this.tensor?.key === tensorKey(asked, open)) return;
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    this.busy = true;
    try {
      if (this.#formats.length === 0) this.#formats = await run('lab.formats', null);
      const tensor = await loadTensor(asked, open, abort.signal);
      if (abort.signal.aborted) return;
      this.tensor = tensor;
      this.refusal = undefined;
      this.#settled.clear();
    } catch (thrown) {
      if (!abort.signal.aborted) this.refusal = asCoreError(thrown);
    } finally {
      if (this.#abort === abort) this.busy = false;
    }
  }

  async #take(file: File): Promise<void> {
    this.busy = true;
    try {
      this.open = await openFile(file, { signal: new AbortController().signal, onProgress: () => {} });
      const first = readable(this.open)[0]!.name;
      if (this.asked.tensor === 'file' && this.asked.file === file.name && this.asked.name === first) await this.#loadTensor();
      else this.setParams({ tensor: 'file', file: file.name, name: first });
    } catch (thrown) {
      this.refusal = asCoreError(thrown);
    } finally {
      this.busy = false;
    }
  }

  // Which sections work

  /** On a page all of them; an embed shows the one that it is asked for, or all. */
  #shown(): readonly SectionEntry[] {
    return this.controls !== 'page' && this.asked.section ? sections.filter(({ id }) => id === this.asked.section) : sections;
  }

  #start(id: string): void {
    if (!this.going.has(id)) this.going = new Set([...this.going, id]);
  }

  #startAll = (): void => { this.going = new Set(sections.map(({ id }) => id)); };

  #settle(id: string): void {
    this.#settled.add(id);
    const next = this.#shown().find((each) => !this.going.has(each.id));
    // Two frames: what was answered last is drawn by then.
    if (this.#shown().every((each) => this.#settled.has(each.id))) requestAnimationFrame(() => requestAnimationFrame(this.#release));
    if (next && [...this.going].every((each) => this.#settled.has(each))) this.#start(next.id);
  }

  #load(entry: SectionEntry): void {
    if (this.loaded.has(entry.id)) return;
    entry.load().then(() => { this.loaded = new Set([...this.loaded, entry.id]); }, () => { this.refusal = asCoreError(new Error('A part of this page could not be loaded. Check the connection and reload.')); });
  }

  #scrollTo(id: string): void {
    const section = this.renderRoot.querySelector(`#${id}`);
    if (!section) return;
    section.scrollIntoView({ block: 'start' });
    if (this.#shown().every((each) => this.#settled.has(each.id))) return;
    this.#held = section;
    this.#growth.observe(this.renderRoot.querySelector('.body')!);
  }

  #release = (): void => {
    this.#held = undefined;
    this.#growth.disconnect();
  };

  protected override updated(): void {
    if (this.#leadTo && this.tensor && this.#shown().every(({ id }) => this.loaded.has(id))) {
      const id = this.#leadTo;
      this.#leadTo = '';
      requestAnimationFrame(() => this.#scrollTo(id));
    }
    for (const entry of this.#shown()) this.#load(entry);
    for (const section of this.renderRoot.querySelectorAll('section.part')) this.#sight.observe(section);
  }

  // Rendering

  #onSet = ({ detail: { patch, push } }: CustomEvent<{ patch: Patch; push: boolean }>): void => this.setParams(patch, push);

  protected override render() {
    const page = this.controls === 'page';
    const { tensor } = this;
    const stale = tensor !== undefined && tensor.key !== tensorKey(this.asked, this.open);
    return html`<div class="layout ${this.controls}" @bb-set=${this.#onSet}>
      <div class="head">
        ${page ? html`<h1 class="answer">What spending fewer bits does, and what no method can do</h1>
          <p class="lead soft">Each formula of the course on model compression, with the numbers of one tensor in it and a measurement beside it. Change the tensor, and all of it follows.</p>
          <p class="lead small">The course’s formulas for whole models, parameters, memory, FLOPs and the KV cache, are live in the Fit view, <a href=${writeHash('fit', { section: 'course' })}>beside the exact figures</a>.</p>` : nothing}
        <p class="lead small ${stale ? 'stale' : ''}">${tensor ? this.#tensorLine(tensor) : 'Making the tensor…'}</p>
        <bb-progress .active=${this.busy} @cancel=${() => this.#abort?.abort()}></bb-progress>
        ${this.refusal ? html`<bb-notice kind="error"><p>${this.refusal.message}</p></bb-notice>` : nothing}
        ${this.asked.tensor === 'file' && !this.open ? html`<bb-notice><p>This link is about ${this.asked.name || 'a tensor'} in ${this.asked.file || 'a file'}: open that file to see its numbers. ${tensor ? 'Until then the last tensor is shown.' : nothing}</p></bb-notice>` : nothing}
      </div>
      ${this.controls === 'none' || (this.controls === 'min' && this.asked.section) ? nothing : html`<div class="side no-print stack">
        <form class="inputs" aria-label="The tensor at hand" @submit=${(event: Event) => event.preventDefault()}>${this.#renderInputs()}</form>
        ${page ? this.#renderContents() : nothing}</div>`}
      <div class="body">${tensor ? this.#renderSections({ tensor, asked: this.asked, formats: this.#formats }) : nothing}${page && tensor ? this.#renderClosing() : nothing}</div>
    </div>`;
  }

  #renderClosing() {
    return html`<section class="closing" aria-labelledby="closing-title">
      <h2 id="closing-title">Where to go on</h2>
      <div class="stack">
        <p>One tensor has been pruned, rounded, factored and coded here. What a whole model takes, to the byte, is in <a href=${writeHash('fit', {})}>Fit</a>; every number format, side by side on a tensor of yours and
          bit by bit, is in the <a href=${writeHash('lab', {})}>Tensor lab</a>; what is in a checkpoint is in <a href=${writeHash('files', {})}>Files</a>.</p>
        <p class="small soft">What is not here: anything that needs a model to be trained or run, such as distillation, lottery tickets, training with quantization, and the measuring of perplexity itself. The course’s
          statements about those stand in its text alone.</p>
      </div></section>`;
  }

  #tensorLine({ title, rows, columns, statistics, note }: TheoryTensor) {
    return html`The tensor at hand: ${title}, ${integer(rows)} × ${integer(columns)} values of standard deviation ${figure(Math.sqrt(statistics.variance))}. ${note}`;
  }

  #renderSections(setup: Setup) {
    const shown = this.#shown();
    return repeat(shown, ({ id }) => id, (entry) => html`<section class="part" id=${entry.id} aria-labelledby=${`${entry.id}-title`}>
      <h2 id=${`${entry.id}-title`}><span class="number">${sections.indexOf(entry) + 1}</span><a href=${writeHash('theory', { ...this.params, section: entry.id })} title="A link to this section">${entry.title}</a></h2>
      ${this.loaded.has(entry.id) ? this.#renderSection(entry, setup) : html`<p class="soft">Loading…</p>`}
    </section>`);
  }

  #renderSection(entry: SectionEntry, setup: Setup) {
    const tag = unsafeStatic(entry.tag);
    return staticHtml`<${tag} .setup=${setup} .bare=${this.controls === 'none'} .go=${this.going.has(entry.id)} @bb-settled=${() => this.#settle(entry.id)}></${tag}>`;
  }

  #renderContents() {
    return html`<nav class="contents small" aria-label="Sections"><ol>${sections.map(({ id, title }, i) => html`<li><a href=${writeHash('theory', { ...this.params, section: id })}
      aria-current=${this.asked.section === id ? 'true' : nothing} @click=${() => this.#scrollTo(id)}><span class="number">${i + 1}</span>${title}</a></li>`)}</ol></nav>`;
  }

  #renderInputs() {
    const { asked, open } = this;
    return html`
      <bb-drop accept=".npy,.npz,.safetensors,.gguf" label="Open a file" hint="or drop it here" @bb-file=${(event: CustomEvent<File>) => this.#take(event.detail)}>
        <div class="field"><label class="label" for="tensor">Tensor</label>
          <select id="tensor" @change=${(event: Event) => this.setParams({ tensor: (event.target as HTMLSelectElement).value })}>
            ${kSources.filter((source) => source !== 'file' || open || asked.tensor === 'file').map((source) => html`<option value=${source} .selected=${source === asked.tensor}>${source === 'file' ? open?.file.name ?? asked.file : titles[source as Exclude<Source, 'file'>]}</option>`)}
          </select></div>
      </bb-drop>
      ${asked.tensor === 'file' ? this.#renderNames() : html`<div class="pair">${this.#field('rows', 'Rows')}${this.#field('columns', 'Columns')}${this.#field('seed', 'Seed', 1)}${this.#field('scale', 'Deviation')}</div>
        ${asked.tensor === 'student-t' ? this.#field('nu', 'Degrees of freedom', 1) : nothing}`}
      <div class="field"><label class="label" for="base">Compared with</label>
        <select id="base" @change=${(event: Event) => this.setParams({ base: (event.target as HTMLSelectElement).value })}>
          <option value="bf16" .selected=${asked.base === 'bf16'}>bfloat16, 2 bytes a weight</option><option value="fp32" .selected=${asked.base === 'fp32'}>float32, 4 bytes a weight</option>
        </select></div>`;
  }

  #renderNames() {
    if (!this.open) return nothing;
    return html`<div class="field"><label class="label" for="name">In the file</label>
      <select id="name" @change=${(event: Event) => this.setParams({ name: (event.target as HTMLSelectElement).value })}>
        ${readable(this.open).map(({ name, shape }) => html`<option value=${name} .selected=${name === this.asked.name}>${name} (${shape.join(' × ')})</option>`)}</select></div>`;
  }

  #field(key: 'rows' | 'columns' | 'seed' | 'scale' | 'nu', label: string, by = 0) {
    const { min, max } = kParams[key] as NumberParam;
    return html`<bb-number-field label=${label} .value=${this.asked[key]} .min=${min} .max=${max} .parse=${parseNumber} .format=${String}
      .step=${(value: number, direction: 1 | -1) => (by > 0 ? value + by * direction : value * 2 ** direction)}
      @bb-change=${(event: CustomEvent<number>) => this.setParams({ [key]: String(kParams[key].whole ? Math.round(event.detail) : event.detail) })}></bb-number-field>`;
  }
}
