// The Tensor lab: what compression does to one tensor, measured.
import type { FormatInfo } from 'bitbudget';
import { html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { bytes, exact, integer, parseNumber } from '../../format/numbers.js';
import '../../parts/drop.js';
import '../../parts/notice.js';
import '../../parts/number-field.js';
import '../../parts/progress.js';
import { units } from '../../shell/settings.js';
import { View } from '../../shell/view.js';
import { watch } from '../../shell/watch.js';
import { base } from '../../styles/base.js';
import { CoreError, run } from '../../worker/core.js';
import type { Progress } from '../../worker/protocol.js';
import { comparison } from './comparison.js';
import { formatOptions, groupFormats, type FormatGroup } from './formats.js';
import { handedFile, handOver } from './hand-over.js';
import './heat-maps.js';
import './histogram.js';
import { figure, share, times } from './measures.js';
import { csvOf, type Run } from './csv.js';
import { formatTable, type TableRow } from './format-table.js';
import { kDecibelsPerBit } from '../../data/limits.js';
import { entropySample, gapDb, kEntropySample, limitOf, type Limit } from './limit.js';
import { lineFigures, linesSection, type Lines } from './lines.js';
import './rate-distortion.js';
import type { RatePlot } from './rate-distortion.js';
import './block.js';
import type { Cell } from './heat-maps.js';
import { recommendation } from './recommend.js';
import { decodedNpy, encodedBlob, measure, speed, Superseded, type Watch } from './runner.js';
import { entryOf, loadTensor, openFile, readable, sourceNames, tensorKey, type OpenFile } from './source.js';
import { kDefaults, kMaxCount, kSearches, kSources, kUsualFormats, limits, readState, type LabState } from './state.js';
import { styles } from './styles.js';
import type { Detail, Measured, Speed, Tensor } from './tensor.js';

const kSides = ['a', 'b'] as const;
type Side = (typeof kSides)[number];

@customElement('bb-lab')
export class Lab extends View {
  static override styles = [base, styles];
  @state() private asked: LabState = kDefaults;
  @state() private groups: FormatGroup[] = [];
  @state() private tensor: Tensor | undefined;
  @state() private open: OpenFile | undefined;
  /** The latest of each format, perhaps of an earlier tensor: shown greyed until the new one is there. */
  @state() private measured = new Map<string, Measured>();
  @state() private details = new Map<string, Detail>();
  @state() private speeds = new Map<string, Speed>();
  @state() private refusals = new Map<string, CoreError>();
  @state() private tensorRefusal: CoreError | undefined;
  @state() private cancelled = false;
  @state() private busy = false;
  @state() private report: Progress | undefined;
  @state() private explained = '';
  @state() private logarithmic = false;
  @state() private methodOpen = false;
  @state() private limit: Limit | undefined;
  @state() private lines: Lines | undefined;
  @state() private cell: Cell = { row: 0, column: 0 };
  @state() private levels: Record<Side, Float32Array> = { a: new Float32Array(), b: new Float32Array() };
  /** Every run of this visit, for the CSV. */
  #log = new Map<string, Run>();
  /** The speed of all rows was asked for. */
  #timing = false;
  #formats: FormatInfo[] = [];
  #turn = 0;
  #abort = new AbortController();

  constructor() {
    super();
    watch(this, units);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#turn++;
    this.#abort.abort();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) void this.#update();
  }

  protected override paramsChanged(): void {
    const { state, problems } = readState(this.params);
    this.asked = state;
    if (problems.length > 0) this.reportProblems(problems);
    void this.#update();
  }

  /** Answers what is asked now: the tensor, then A and B, then their speed. A newer question ends an older answer. */
  async #update(): Promise<void> {
    const turn = ++this.#turn;
    if (this.#abort.signal.aborted) this.#abort = new AbortController();
    const watching: Watch = {
      signal: this.#abort.signal,
      live: () => turn === this.#turn,
      onProgress: (progress) => { if (turn === this.#turn) this.report = progress; },
    };
    this.cancelled = false;
    this.busy = true;
    try {
      await this.#loadFormats();
      if (!(await this.#loadTensor(watching))) return;
      for (const side of kSides) await this.#measure(this.#format(this.asked[side])!, true, watching);
      this.announce(this.#sentence());
      await this.#findLimit(watching);
      for (const format of this.#chosen()) await this.#measure(format, false, watching);
      await this.#findOutliers(watching);
      for (const format of this.#timing ? this.#chosen() : kSides.map((side) => this.#format(this.asked[side])!)) await this.#time(format, watching);
      this.#timing = false;
    } catch (thrown) {
      if (turn !== this.#turn || thrown instanceof Superseded) return;
      if (this.#abort.signal.aborted) this.cancelled = true;
      else this.tensorRefusal = asCoreError(thrown);
    } finally {
      if (turn === this.#turn) {
        this.busy = false;
        this.report = undefined;
      }
    }
  }

  async #loadFormats(): Promise<void> {
    if (this.#formats.length === 0) {
      this.#formats = await run('lab.formats', null);
      this.groups = groupFormats(this.#formats);
    }
    const problems: string[] = [];
    for (const side of kSides) {
      if (this.#format(this.asked[side])) continue;
      problems.push(`there is no number format “${this.asked[side]}”`);
      this.asked = { ...this.asked, [side]: this.#format(kDefaults[side]) ? kDefaults[side] : this.#formats[0]!.id };
    }
    if (problems.length > 0) this.reportProblems(problems);
  }

  /** True if the tensor that is asked for is there. */
  async #loadTensor(watching: Watch): Promise<boolean> {
    const { asked } = this;
    if (asked.tensor === 'file' && !(await this.#findFile(watching))) return false;
    if (this.tensor?.key === tensorKey(asked, this.open)) { this.tensorRefusal = undefined; return true; }
    try {
      const tensor = await loadTensor(asked, this.open, this.tensor, watching);
      if (!watching.live()) throw new Superseded();
      this.tensor = tensor;
      this.tensorRefusal = undefined;
      return true;
    } catch (thrown) {
      if (!watching.live() || watching.signal.aborted) throw thrown;
      this.tensorRefusal = asCoreError(thrown);
      return false;
    }
  }

  /** True if the file of the address is open; one that was opened in another view, or before a visit to one, is opened here. */
  async #findFile(watching: Watch): Promise<boolean> {
    const { file } = this.asked;
    if (this.open && (file === '' || this.open.file.name === file)) return true;
    const handed = handedFile(file);
    if (!handed) { this.open = undefined; return false; }
    const open = await openFile(handed, watching);
    if (!watching.live()) throw new Superseded();
    this.open = open;
    return true;
  }

  async #measure(format: FormatInfo, closely: boolean, watching: Watch): Promise<void> {
    const tensor = this.tensor!;
    if ((closely ? this.details : this.measured).get(format.id)?.key === tensor.key) return;
    try {
      const { measured, detail } = await measure(tensor, format, closely, watching);
      this.measured = new Map(this.measured).set(format.id, measured);
      const { title, rows, columns, storedBytes, method } = tensor;
      this.#log.set(`${tensor.key} ${format.id}`, { tensor: { title, rows, columns, storedBytes, method }, measured });
      // Only what is on show is kept: an encoded tensor may be large.
      if (detail) this.details = new Map([...this.details].filter(([id]) => kSides.some((side) => this.asked[side] === id))).set(format.id, detail);
      this.#refuse(format.id, undefined);
    } catch (thrown) {
      if (!watching.live() || watching.signal.aborted || thrown instanceof Superseded) throw thrown;
      this.#refuse(format.id, asCoreError(thrown));
    }
  }

  /** The rows of the table: those asked for, with A and B. */
  #chosen(): FormatInfo[] {
    const ids = new Set([...(this.asked.formats ? this.asked.formats.split(',') : kUsualFormats), this.asked.a, this.asked.b]);
    return this.#formats.filter(({ id }) => ids.has(id));
  }

  async #findLimit(watching: Watch): Promise<void> {
    const tensor = this.tensor!;
    if (this.limit?.key === tensor.key) return;
    try {
      this.limit = limitOf(tensor, await run('lab.entropy', entropySample(tensor), { signal: watching.signal, silence: 20_000 }));
    } catch (thrown) {
      if (!(thrown instanceof CoreError)) throw thrown;
      this.limit = undefined;  // too few values, or some that are not finite: the picture goes without
    }
  }

  /** Rows and columns that stand out by their error, of A and of B. */
  async #findOutliers(watching: Watch): Promise<void> {
    const details = kSides.map((side) => this.#current(this.details.get(this.asked[side])));
    const key = details.map((detail) => `${detail?.key} ${detail?.formatId}`).join(' ');
    if (this.lines?.key === key) return;
    const figures = details.flatMap((detail) => (detail ? [lineFigures(detail.rows), lineFigures(detail.columns)] : [new Float64Array(), new Float64Array()]));
    const outliers = await run('lab.outliers', figures, { signal: watching.signal });
    if (watching.live()) this.lines = { key, figures, outliers };
  }

  #refuse(id: string, error: CoreError | undefined): void {
    const refusals = new Map(this.refusals);
    if (error) refusals.set(id, error);
    else refusals.delete(id);
    this.refusals = refusals;
  }

  async #time(format: FormatInfo, watching: Watch): Promise<void> {
    if (this.refusals.has(format.id) || this.speeds.has(format.id)) return;
    const time = await speed(this.tensor!, format, watching);
    this.speeds = new Map(this.speeds).set(format.id, time);
  }

  #format = (id: string): FormatInfo | undefined => this.#formats.find((format) => format.id === id);

  #fresh(id: string): boolean {
    return this.tensor !== undefined && this.tensor.key === tensorKey(this.asked, this.open) && this.measured.get(id)?.key === this.tensor.key && !this.refusals.has(id);
  }

  #cancel = (): void => {
    if (!this.busy) return;
    this.#abort.abort(new DOMException('Cancelled', 'AbortError'));
  };

  #ratio(measured: Measured): number { return this.tensor!.storedBytes / measured.bytes; }

  #sentence(): string {
    return kSides.map((side) => {
      const measured = this.measured.get(this.asked[side]);
      return measured && this.tensor ? `${measured.format.label}: ${times(this.#ratio(measured))} smaller, off by ${share(Math.sqrt(measured.report.relativeMse))}.` : '';
    }).join(' ');
  }

  // Taking what the reader gives

  async #take(file: File): Promise<void> {
    this.#abort.abort();
    this.#abort = new AbortController();
    const turn = ++this.#turn;
    this.busy = true;
    try {
      const open = await openFile(file, { signal: this.#abort.signal, onProgress: (progress) => { this.report = progress; } });
      if (turn !== this.#turn) return;
      this.open = open;
      const first = entryOf(open, '')!.name;
      handOver(file, first);
      if (this.asked.tensor === 'file' && this.asked.file === file.name && (this.asked.name === first || readable(open).some(({ name }) => name === this.asked.name))) void this.#update();
      else this.setParams({ tensor: 'file', file: file.name, name: first });
    } catch (thrown) {
      if (turn !== this.#turn) return;
      this.tensorRefusal = asCoreError(thrown);
    } finally {
      if (turn === this.#turn) this.busy = false;
    }
  }

  async #download(side: Side, what: 'decoded' | 'encoded'): Promise<void> {
    const { tensor } = this;
    const format = this.#format(this.asked[side])!;
    const detail = this.details.get(format.id);
    if (!tensor || !detail || detail.key !== tensor.key) return;
    const name = `${tensor.title.replace(/\.npy$/, '').replace(/[^\w.-]+/g, '-')}-${format.id}`;
    if (what === 'encoded') return save(encodedBlob(format, detail), `${name}.bin`);
    const abort = this.#abort.signal.aborted ? (this.#abort = new AbortController()) : this.#abort;
    this.busy = true;
    try {
      save(await decodedNpy(tensor, detail, { signal: abort.signal, live: () => true, onProgress: (progress) => { this.report = progress; } }), `${name}.npy`);
    } catch (thrown) {
      if (!abort.signal.aborted) this.#refuse(format.id, asCoreError(thrown));
    } finally {
      this.busy = false;
    }
  }

  #toggle = (id: string): void => { this.explained = this.explained === id ? '' : id; };

  // Rendering

  protected override render() {
    if (this.groups.length === 0) return html`<p class="soft">${this.tensorRefusal ? html`<bb-notice kind="error"><p>${this.tensorRefusal.message}</p></bb-notice>` : 'Loading the calculating core…'}</p>`;
    const page = this.controls === 'page';
    return html`<div class="layout ${this.controls}">
      <div class="head">${this.#renderHead()}</div>
      ${this.controls === 'none' ? nothing : html`<div class="side no-print"><form class="inputs" aria-label="What to compress" @submit=${(event: Event) => event.preventDefault()}>${this.#renderInputs()}</form></div>`}
      <div class="detail">${this.#renderResult()}</div>
      ${page ? html`<div class="wide">${this.#renderMore()}</div>` : nothing}
    </div>`;
  }

  #renderHead() {
    const { tensor } = this;
    const stale = kSides.some((side) => !this.#fresh(this.asked[side]));
    return html`
      <h1 class="answer ${stale ? 'stale' : ''}">${tensor ? this.#sentence() || 'Measuring…' : 'What does compression do to a tensor?'}</h1>
      ${tensor ? html`<p class="lead soft ${this.tensor?.key === tensorKey(this.asked, this.open) ? '' : 'stale'}">${this.#tensorLine(tensor)}</p>` : nothing}
      <bb-progress .active=${this.busy} .report=${this.report} unit="values" @cancel=${this.#cancel}></bb-progress>
      ${this.cancelled ? html`<bb-notice kind="info"><p>Cancelled${tensor ? '; what is shown is the last result that was finished' : ''}. <button class="plain" @click=${() => this.#update()}>Start again</button></p></bb-notice>` : nothing}`;
  }

  #tensorLine(tensor: Tensor) {
    const { statistics, rows, columns } = tensor;
    return html`${tensor.title}: ${integer(rows)} × ${integer(columns)} values, ${bytes(tensor.storedBytes, units.value)} as ${typeNames[tensor.storedType] ?? tensor.storedType}.
      Standard deviation ${figure(Math.sqrt(statistics.variance))}, values from ${figure(statistics.min)} to ${figure(statistics.max)}. ${tensor.note}`;
  }

  /** An embed with few controls keeps its tensor and lets the formats be chosen. */
  #renderInputs() {
    const choosing = html`<div class="formats stack">${kSides.map((side) => this.#renderFormat(side))}${this.#renderMethod()}</div>`;
    return this.controls === 'min' ? choosing : html`${this.#renderTensorInputs()}${choosing}`;
  }

  #renderTensorInputs() {
    const { asked, open } = this;
    return html`
      <bb-drop accept=".npy,.npz,.safetensors,.gguf" label="Open a file" hint="or drop it here: .npy, .npz, .safetensors, .gguf" @bb-file=${(event: CustomEvent<File>) => this.#take(event.detail)}>
        <div class="stack">
          <div class="field">
            <label class="label" for="tensor">Tensor</label>
            <select id="tensor" @change=${(event: Event) => this.setParams({ tensor: (event.target as HTMLSelectElement).value })}>
              ${kSources.map((source) => (source === 'file'
                ? html`<option value="file" ?disabled=${!open && asked.tensor !== 'file'} .selected=${asked.tensor === 'file'}>${open ? `From ${open.file.name}` : 'From a file'}</option>`
                : html`<option value=${source} .selected=${asked.tensor === source}>${sourceNames[source]}</option>`))}
            </select>
          </div>
          ${asked.tensor === 'file' ? this.#renderFile() : this.#renderGenerator()}
        </div>
      </bb-drop>
      ${this.tensorRefusal ? this.#renderRefusal(this.tensorRefusal) : nothing}
      ${this.#renderNonFinite()}`;
  }

  #renderFile() {
    const { asked, open } = this;
    if (!open) return html`<bb-notice kind="info"><p>This link was made with ${asked.file ? html`the file <strong>${asked.file}</strong>` : 'a file'}, which stays on the machine where it is. Open it to go on.</p></bb-notice>`;
    const entries = readable(open);
    const current = entryOf(open, asked.name);
    if (entries.length === 1) return nothing;
    return html`<div class="field"><label class="label" for="name">Which of its ${integer(entries.length)} tensors</label>
      <select id="name" @change=${(event: Event) => this.setParams({ name: (event.target as HTMLSelectElement).value })}>
        ${entries.map((entry) => html`<option value=${entry.name} .selected=${entry === current}>${entry.name} (${entry.shape.join(' × ')}, ${entry.type})</option>`)}</select></div>`;
  }

  #renderGenerator() {
    const { asked } = this;
    return html`
      <div class="pair">${this.#numberField('rows', 'Rows')}${this.#numberField('columns', 'Columns')}</div>
      <div class="pair">${this.#numberField('scale', 'Standard deviation')}${this.#numberField('seed', 'Seed')}</div>
      ${asked.tensor === 'student-t' ? this.#numberField('nu', 'Degrees of freedom', 'Fewer mean heavier tails; below 3 there is no stable spread.') : nothing}`;
  }

  #numberField(key: keyof typeof limits, label: string, hint = '') {
    const { min, max, whole } = limits[key];
    const others = key === 'rows' ? this.asked.columns : key === 'columns' ? this.asked.rows : 1;
    const plain = key === 'seed' || key === 'scale' || key === 'nu';
    return html`<bb-number-field label=${label} hint=${hint} .value=${this.asked[key]} min=${min} max=${Math.min(max, key === 'rows' || key === 'columns' ? Math.floor(kMaxCount / others) : max)}
      .format=${plain ? String : integer}
      .parse=${(text: string) => { const value = parseNumber(text) ?? (text.trim() === '' ? undefined : Number(text)); return value !== undefined && whole ? Math.round(value) : value; }}
      .step=${key === 'seed' ? (value: number, direction: number) => value + direction : doubling}
      @bb-change=${(event: CustomEvent<number>) => this.setParams({ [key]: String(event.detail) })}></bb-number-field>`;
  }

  #renderFormat(side: Side) {
    const id = this.asked[side];
    const format = this.#format(id);
    const refusal = this.refusals.get(id);
    return html`<div class="field">
      <label class="label" for=${side}><span class="letter ${side}">${side.toUpperCase()}</span> Format ${side.toUpperCase()}</label>
      <select id=${side} aria-invalid=${refusal ? 'true' : 'false'} @change=${(event: Event) => this.setParams({ [side]: (event.target as HTMLSelectElement).value })}>${formatOptions(this.groups, id)}</select>
      ${refusal ? this.#renderRefusal(refusal) : nothing}
      ${format ? html`<details class="about"><summary>About ${format.label}</summary><p class="small">${format.description}</p><p class="small soft">Source: ${format.source}.</p></details>` : nothing}
    </div>`;
  }

  #renderMethod() {
    const { search, rotate } = this.asked;
    return html`<details class="about" ?open=${this.methodOpen || search !== kDefaults.search || rotate !== ''} @toggle=${(event: Event) => { this.methodOpen = (event.target as HTMLDetailsElement).open; }}><summary>Before and beside the format</summary>
      <div class="field"><label class="label" for="search">Scales of the integer formats</label>
        <select id="search" @change=${(event: Event) => this.setParams({ search: (event.target as HTMLSelectElement).value })}>
          ${kSearches.map((id) => html`<option value=${id} .selected=${id === search}>${{ absmax: 'from the whole range', mse: 'searched for the least error', percentile: 'from the inner 99.9 %' }[id]}</option>`)}</select></div>
      <label class="check"><input type="checkbox" .checked=${rotate === 'on'} @change=${(event: Event) => this.setParams({ rotate: (event.target as HTMLInputElement).checked ? 'on' : '' })}> Rotate the rows first</label>
      <p class="hint">A Walsh-Hadamard rotation spreads every outlier over its row, and is undone after decoding. It helps where a few columns are far wider than the rest.</p></details>`;
  }

  #renderRefusal({ message, offset, field }: CoreError) {
    return html`<bb-notice kind="error"><p>${message}</p>
      ${offset !== undefined ? html`<p>At ${exact(offset)}.</p>` : field && field !== 'rowLength' ? html`<p>Field: <code>${field}</code></p>` : nothing}
      ${this.measured.size > 0 ? html`<p>What is shown is the last result that worked.</p>` : nothing}</bb-notice>`;
  }

  #renderNonFinite() {
    const statistics = this.tensor?.statistics;
    const count = statistics ? statistics.nans + statistics.infinities : 0;
    if (count === 0) return nothing;
    return html`<bb-notice><p>${integer(count)} of the values are not finite numbers (NaN or infinite). Most formats refuse such a tensor; error figures mean nothing where they are kept.</p></bb-notice>`;
  }

  #renderResult() {
    const { tensor, asked } = this;
    if (!tensor) return nothing;
    const [a, b] = kSides.map((side) => this.measured.get(asked[side]));
    const stale = (id: string) => !this.#fresh(id);
    return html`
      ${comparison({
        tensor, open: this.explained, toggle: this.#toggle,
        sides: [{ letter: 'A', measured: a, speed: this.speeds.get(asked.a), stale: stale(asked.a) }, { letter: 'B', measured: b, speed: this.speeds.get(asked.b), stale: stale(asked.b) }],
        download: (letter, what) => void this.#download(letter === 'A' ? 'a' : 'b', what),
      })}
      ${this.#renderPicture(tensor)}`;
  }

  #renderMore() {
    const { tensor, asked } = this;
    if (!tensor) return nothing;
    const [detailA, detailB] = kSides.map((side) => this.#current(this.details.get(asked[side])));
    const stale = (id: string) => !this.#fresh(id);
    const label = (side: Side) => this.#format(asked[side])!.label;
    return html`
      ${this.#renderFormats(tensor)}
      <section aria-labelledby="maps"><h2 id="maps">Value by value</h2>
        <p class="soft small">Point at a value, or focus the pictures and use the arrow keys. The divider in the last picture moves too: the calmer side loses less.</p>
        <bb-lab-maps class=${stale(asked.a) || stale(asked.b) ? 'stale' : ''} .tensor=${tensor} .a=${detailA} .b=${detailB} labelA=${label('a')} labelB=${label('b')} @bb-cell=${(event: CustomEvent<Cell>) => { this.cell = event.detail; }}></bb-lab-maps>
      </section>
      <section aria-labelledby="block"><h2 id="block">One block, bit by bit</h2>
        ${tensor.method.rotate ? html`<p class="soft small">With the rotation, a code stands for a mixture of a row’s values. Turn it off to open a block.</p>` : html`<div class="two">${kSides.map((side) => html`<bb-lab-block .tensor=${tensor} .format=${this.#format(asked[side])!} letter=${side} .cell=${this.cell} @bb-levels=${(event: CustomEvent<Float32Array>) => { this.levels = { ...this.levels, [side]: event.detail }; }}></bb-lab-block>`)}</div>`}
      </section>
      <section aria-labelledby="spread"><div class="row between"><h2 id="spread">How the values are spread</h2>
        <label class="check"><input type="checkbox" .checked=${this.logarithmic} @change=${(event: Event) => { this.logarithmic = (event.target as HTMLInputElement).checked; }}> Logarithmic counts</label></div>
        <div class="two">${kSides.map((side) => {
          const detail = this.#current(this.details.get(asked[side]));
          return html`<bb-lab-histogram kind=${side} class=${stale(asked[side]) ? 'stale' : ''} label="${side.toUpperCase()}: ${label(side)}" .original=${tensor.counts} .decoded=${detail?.counts} .range=${tensor.range} .outside=${detail?.outside ?? 0} .logarithmic=${this.logarithmic} .codes=${tensor.method.rotate ? [] : this.levels[side]}></bb-lab-histogram>`;
        })}</div>
        ${tensor.method.rotate ? nothing : html`<p class="small soft">The ticks below the axis are the code book of the block above: every value that its codes can give.</p>`}
      </section>
      ${this.lines ? linesSection(this.lines, [label('a'), label('b')], stale(asked.a) || stale(asked.b)) : nothing}`;
  }

  #rows(tensor: Tensor): TableRow[] {
    const limit = this.#limitOf(tensor);
    return this.#chosen().map((format) => {
      const measured = this.measured.get(format.id);
      return { format, measured, speed: this.speeds.get(format.id), refusal: this.refusals.get(format.id)?.message ?? '', gap: measured ? gapDb(measured, limit) : NaN, stale: !this.#fresh(format.id) };
    });
  }

  #limitOf(tensor: Tensor): Limit | undefined { return this.limit?.key === tensor.key ? this.limit : undefined; }

  #renderPicture(tensor: Tensor) {
    const { asked } = this;
    const points: RatePlot[] = this.#rows(tensor).filter(({ measured, refusal }) => measured && !refusal).map(({ format, measured, stale }) => ({
      id: format.id, label: format.label, bits: (8 * measured!.bytes) / measured!.report.count, sqnrDb: measured!.report.sqnrDb, stale,
      side: format.id === asked.a ? (asked.a === asked.b ? 'ab' : 'a') : format.id === asked.b ? 'b' : '',
    }));
    return html`<section aria-labelledby="rate"><h2 id="rate">What each bit buys</h2>
      <bb-lab-rate .points=${points} .atZeroBits=${this.#limitOf(tensor)?.atZeroBits ?? NaN}></bb-lab-rate>
      ${this.#renderLimit(tensor, this.#limitOf(tensor))}
    </section>`;
  }

  #renderFormats(tensor: Tensor) {
    const { asked } = this;
    const rows = this.#rows(tensor);
    const ids = rows.map(({ format }) => format.id);
    const setFormats = (next: string[]) => this.setParams({ formats: [...new Set(next)].join(',') });
    return html`
      <section aria-labelledby="formats"><div class="row between"><h2 id="formats">Formats on this tensor</h2>
        <div class="row no-print">
          <label><span class="sr">Add formats</span><select class="add" @change=${(event: Event) => {
            const select = event.target as HTMLSelectElement;
            const wanted = select.value;
            select.value = '';
            setFormats(wanted === 'all' ? this.#formats.map(({ id }) => id) : wanted === 'usual' ? kUsualFormats : wanted.startsWith('group ') ? [...ids, ...this.groups[Number(wanted.slice(6))]!.formats.map(({ id }) => id)] : [...ids, wanted]);
          }}><option value="" selected>Add a format …</option>
            <optgroup label="Many at once"><option value="usual">Back to the usual ones</option><option value="all">All ${this.#formats.length}</option>${this.groups.map(({ title, formats }, i) => html`<option value="group ${i}">All of “${title}” (${formats.length})</option>`)}</optgroup>
            ${this.groups.map(({ title, formats }) => html`<optgroup label=${title}>${formats.filter(({ id }) => !ids.includes(id)).map((format) => html`<option value=${format.id}>${format.label}</option>`)}</optgroup>`)}</select></label>
          <button class="button" ?disabled=${this.busy} @click=${() => { this.#timing = true; void this.#update(); }}>Measure all speeds</button>
          <button class="button" ?disabled=${this.#log.size === 0} @click=${() => save(new Blob([csvOf(this.#log.values(), this.speeds)], { type: 'text/csv' }), 'bitbudget-runs.csv')}>Save CSV</button>
        </div></div>
        ${formatTable({ tensor, rows, a: asked.a, b: asked.b, sort: asked.sort, onSort: (sort) => this.setParams({ sort }), choose: (side, id) => this.setParams({ [side]: id }), remove: (id) => setFormats(ids.filter((each) => each !== id)) })}
        ${recommendation({ rows, tensor, budget: asked.budget, setBudget: (budget) => this.setParams({ budget }), choose: (id) => this.setParams({ a: id }) })}
      </section>`;
  }

  #renderLimit(tensor: Tensor, limit: Limit | undefined) {
    if (!limit) return nothing;
    const { entropy, atZeroBits } = limit;
    return html`<details class="about"><summary>What the limit is, and how sure</summary>
      <p class="small">No code, however clever, can keep more of values like these at a given number of bits, as long as each value tells nothing about the others: Shannon’s lower bound on the error. Formats that find structure between values could pass it.</p>
      ${Number.isFinite(atZeroBits)
        ? html`<p class="small">It needs one figure, the differential entropy of the values: ${figure(entropy.bits)} bits, estimated from the gaps between ${integer(Math.min(tensor.values.length, kEntropySample))} sorted values (Vasicek’s estimator), give or take ${figure(2 * entropy.standardError)} bits, which is ${figure(2 * entropy.standardError * kDecibelsPerBit)} dB. For normal values the limit is D(R) = σ² 2⁻²ᴿ; these may keep ${figure(Math.abs(atZeroBits))} dB ${atZeroBits >= 0 ? 'more' : 'less'} than that.</p>
          <p class="small">“To the limit” in the table is the distance below this line: in decibels at the same bits, and in bits per weight at the same error.</p>`
        : html`<p class="small">These values have no density: single values repeat too often (zeros, or a tensor that was quantized before). The bound says nothing then, and only the limit for normal values is drawn.</p>`}
    </details>`;
  }

  /** A detail of the tensor on show, not of an earlier one. */
  #current(detail: Detail | undefined): Detail | undefined { return detail?.key === this.tensor?.key ? detail : undefined; }
}

function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

const typeNames: Record<string, string> = { F32: '32-bit floats', F64: '64-bit floats', F16: '16-bit floats (F16)', BF16: '16-bit floats (BF16)' };

const asCoreError = (thrown: unknown): CoreError => (thrown instanceof CoreError ? thrown : new CoreError({ name: 'Error', message: thrown instanceof Error ? thrown.message : String(thrown) }));

const doubling = (value: number, direction: number): number => (direction > 0 ? value * 2 : value / 2);
