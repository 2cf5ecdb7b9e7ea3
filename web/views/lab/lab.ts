// The Tensor lab: what compression does to one tensor, measured.
import type { ElementType, FormatInfo } from 'bitbudget';
import { html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { bytes, integer } from '../../format/numbers.js';
import '../../parts/notice.js';
import '../../parts/progress.js';
import { download } from '../../parts/save.js';
import { units } from '../../shell/settings.js';
import { View } from '../../shell/view.js';
import { watch } from '../../shell/watch.js';
import { base } from '../../styles/base.js';
import { CoreError, run } from '../../worker/core.js';
import type { Progress } from '../../worker/protocol.js';
import { closer } from './closer.js';
import { codedNote, kCodedRates, kCodedSample, type Coded } from './coded.js';
import { comparison } from './comparison.js';
import { csvOf, type Run } from './csv.js';
import { differences } from './differences.js';
import { fileOf } from './export.js';
import type { TableRow } from './format-table.js';
import { groupFormats, type FormatGroup } from './formats.js';
import { handedFile, handOver } from './hand-over.js';
import type { Cell } from './heat-maps.js';
import { formatInput, importanceInputs, methodInputs, tensorInputs, type Fold, type Inputs, type Side } from './inputs.js';
import { gapDb, kEntropySample, limitNote, limitOf, sampleOf, type Limit } from './limit.js';
import { lineFigures, type Lines } from './lines.js';
import { figure, share, times } from './measures.js';
import { entryOf, openFile, readable, type OpenFile } from './open-file.js';
import './rate-distortion.js';
import type { RatePlot } from './rate-distortion.js';
import { measure, speed, Superseded, type Watch } from './runner.js';
import './save-as.js';
import type { SaveRequest } from './save-as.js';
import { loadTensor, tensorKey, type Opened } from './source.js';
import { kDefaults, kUsualFormats, readState, type LabState } from './state.js';
import { styles } from './styles.js';
import { tableSection } from './table-section.js';
import type { Detail, Measured, Speed, Tensor } from './tensor.js';

const kSides = ['a', 'b'] as const;

@customElement('bb-lab')
export class Lab extends View {
  static override styles = [base, styles];
  @state() private asked: LabState = kDefaults;
  @state() private groups: FormatGroup[] = [];
  @state() private tensor: Tensor | undefined;
  @state() private open: Opened = { tensor: undefined, importance: undefined };
  /** The latest of each format, perhaps of an earlier tensor: shown greyed until the new one is there. */
  @state() private measured = new Map<string, Measured>();
  @state() private details = new Map<string, Detail>();
  @state() private speeds = new Map<string, Speed>();
  @state() private refusals = new Map<string, CoreError>();
  @state() private tensorRefusal: CoreError | undefined;
  @state() private cancelled = false;
  @state() private busy = false;
  @state() private explained = '';
  @state() private logarithmic = false;
  @state() private described = '';
  @state() private allFigures = false;
  @state() private unfolded: ReadonlySet<Fold> = new Set();
  @state() private saveProblem = '';
  @state() private limit: Limit | undefined;
  @state() private coded: Coded | undefined;
  @state() private lines: Lines | undefined;
  @state() private cell: Cell = { row: 0, column: 0 };
  @state() private levels: Record<Side, Float32Array> = { a: new Float32Array(), b: new Float32Array() };
  /** Every run of this visit, for the CSV. */
  #log = new Map<string, Run>();
  /** The speed of all rows was asked for. */
  #timing = false;
  #formats: FormatInfo[] = [];
  #types: ElementType[] = [];
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
      onProgress: (progress) => { if (turn === this.#turn) this.#tell(progress); },
    };
    this.cancelled = false;
    this.busy = true;
    try {
      await this.#loadFormats();
      const tensor = await this.#loadTensor(watching);
      if (!tensor) return;
      await this.#compare(tensor, watching);
      this.announce(this.#sentence());
      await this.#findLimit(watching);
      for (const format of this.#chosen()) await this.#measure(format, watching);
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
        this.#tell(undefined);
      }
    }
  }

  async #loadFormats(): Promise<void> {
    if (this.#formats.length === 0) {
      [this.#formats, this.#types] = await Promise.all([run('lab.formats', null), run('lab.elementTypes', null)]);
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

  /** The tensor that is asked for; it is not on show yet, unless nothing was. */
  async #loadTensor(watching: Watch): Promise<Tensor | undefined> {
    const { asked } = this;
    if (!(await this.#findFiles(watching))) return undefined;
    if (this.tensor?.key === tensorKey(asked, this.open)) { this.tensorRefusal = undefined; return this.tensor; }
    try {
      const tensor = await loadTensor(asked, this.open, this.tensor, watching);
      if (!watching.live()) throw new Superseded();
      this.tensor ??= tensor;
      this.tensorRefusal = undefined;
      return tensor;
    } catch (thrown) {
      if (!watching.live() || watching.signal.aborted) throw thrown;
      this.tensorRefusal = asCoreError(thrown);
      return undefined;
    }
  }

  /** Opens the files of the address, as far as they were opened on this page. True unless the tensor's own is missing. */
  async #findFiles(watching: Watch): Promise<boolean> {
    const { asked } = this;
    const find = async (name: string, ...held: (OpenFile | undefined)[]): Promise<OpenFile | undefined> => {
      const there = held.find((open) => open && (name === '' || open.file.name === name) && (handedFile(open.file.name) ?? open.file) === open.file);
      const handed = handedFile(name);
      return there ?? (handed && openFile(handed, watching));
    };
    const { tensor: held } = this.open;
    const tensor = asked.tensor === 'file' ? await find(asked.file, held) : held;
    const importance = asked.importance === 'file' ? await find(asked.importanceFile, tensor, this.open.importance) : this.open.importance;
    if (!watching.live()) throw new Superseded();
    if (tensor !== held || importance !== this.open.importance) this.open = { tensor, importance };
    return asked.tensor !== 'file' || tensor !== undefined;
  }

  /** Measures A and B; only then the tensor is put on show with them, so that what is cancelled leaves the last result whole. */
  async #compare(tensor: Tensor, watching: Watch): Promise<void> {
    const found: { measured: Measured; detail?: Detail }[] = [];
    for (const format of new Set(kSides.map((side) => this.#format(this.asked[side])!))) {
      if (this.details.get(format.id)?.key === tensor.key) continue;
      const result = await this.#attempt(tensor, format, true, watching);
      if (result) found.push(result);
    }
    this.tensor = tensor;
    for (const { measured } of found) this.#keep(tensor, measured);
    // Only what is on show is kept: an encoded tensor may be large.
    const details = [...this.details.values(), ...found.flatMap(({ detail }) => detail ?? [])];
    this.details = new Map(details.filter(({ formatId }) => kSides.some((side) => this.asked[side] === formatId)).map((detail) => [detail.formatId, detail]));
  }

  async #measure(format: FormatInfo, watching: Watch): Promise<void> {
    const tensor = this.tensor!;
    if (this.measured.get(format.id)?.key === tensor.key) return;
    const result = await this.#attempt(tensor, format, false, watching);
    if (result) this.#keep(tensor, result.measured);
  }

  /** Undefined where the format refuses the tensor: its refusal is kept. */
  async #attempt(tensor: Tensor, format: FormatInfo, closely: boolean, watching: Watch): Promise<{ measured: Measured; detail?: Detail } | undefined> {
    try {
      const result = await measure(tensor, format, closely, watching);
      this.#refuse(format.id, undefined);
      return result;
    } catch (thrown) {
      if (!watching.live() || watching.signal.aborted || thrown instanceof Superseded) throw thrown;
      this.#refuse(format.id, asCoreError(thrown));
      return undefined;
    }
  }

  #keep(tensor: Tensor, measured: Measured): void {
    const { title, rows, columns, storedBytes, method, importanceTitle } = tensor;
    this.measured = new Map(this.measured).set(measured.format.id, measured);
    this.#log.set(`${tensor.key} ${measured.format.id}`, { tensor: { title, rows, columns, storedBytes, method, importanceTitle }, measured });
  }

  /** The rows of the table: those asked for, with A and B. */
  #chosen(): FormatInfo[] {
    const ids = new Set([...(this.asked.formats ? this.asked.formats.split(',') : kUsualFormats), this.asked.a, this.asked.b]);
    return this.#formats.filter(({ id }) => ids.has(id));
  }

  async #findLimit(watching: Watch): Promise<void> {
    const tensor = this.tensor!;
    if (this.limit?.source === tensor.source && this.coded?.source === tensor.source) return;
    const options = { signal: watching.signal, silence: 20_000 };
    try {
      this.limit = limitOf(tensor, await run('lab.entropy', sampleOf(tensor, kEntropySample), options));
      const sample = sampleOf(tensor, kCodedSample);
      const count = sample.length;
      const points = await run('lab.coded', { values: sample, entropyBits: this.limit.entropy.bits, rates: kCodedRates }, { ...options, transfer: [sample.buffer] });
      if (watching.live()) this.coded = { source: tensor.source, count, points };
    } catch (thrown) {
      if (!(thrown instanceof CoreError)) throw thrown;
      this.limit = this.coded = undefined;  // too few values, or some that are not finite: the picture goes without
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

  /** Straight to the bar: work reports many times a second, and nothing else of the view depends on it. */
  #tell = (progress: Progress | undefined): void => {
    const bar = this.renderRoot.querySelector('bb-progress');
    if (bar) Object.assign(bar, { report: progress });
  };

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

  #take = (file: File): Promise<void> => this.#accept(file, (open) => {
    const first = entryOf(open, '')!.name;
    const named = this.asked.file === file.name && readable(open).some(({ name }) => name === this.asked.name);
    this.open = { ...this.open, tensor: open };
    return handOver(file, named ? this.asked.name : first);
  });

  #takeImportance = (file: File): Promise<void> => this.#accept(file, (open) => {
    handOver(file, '');
    this.open = { ...this.open, importance: open };
    return { importance: 'file', importanceFile: file.name, importanceName: '' };
  });

  /** Opens a file that was given, and goes to where `use` says; there already, the file itself may be another one. */
  async #accept(file: File, use: (open: OpenFile) => Record<string, string>): Promise<void> {
    this.#abort.abort();
    this.#abort = new AbortController();
    const turn = ++this.#turn;
    this.busy = true;
    try {
      const open = await openFile(file, { signal: this.#abort.signal, onProgress: this.#tell });
      if (turn !== this.#turn) return;
      const patch = use(open);
      if (Object.entries(patch).every(([key, text]) => (this.params[key] ?? '') === text)) void this.#update();
      else this.setParams(patch);
    } catch (thrown) {
      if (turn !== this.#turn) return;
      this.tensorRefusal = asCoreError(thrown);
    } finally {
      if (turn === this.#turn) this.busy = false;
    }
  }

  async #save({ side, kind }: SaveRequest): Promise<void> {
    const { tensor } = this;
    const format = this.#format(this.asked[side])!;
    const detail = this.details.get(format.id);
    if (!tensor || !detail || detail.key !== tensor.key) return;
    const abort = this.#abort.signal.aborted ? (this.#abort = new AbortController()) : this.#abort;
    this.busy = true;
    this.saveProblem = '';
    try {
      const { name, content } = await fileOf(tensor, format, detail, kind, { signal: abort.signal, live: () => true, onProgress: this.#tell });
      download(name, content, content.type);
      this.announce(`Saved ${name}`);
    } catch (thrown) {
      if (!abort.signal.aborted) this.saveProblem = asCoreError(thrown).message;
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
      <bb-progress .active=${this.busy} unit="values" @cancel=${this.#cancel}></bb-progress>
      ${this.cancelled ? html`<bb-notice kind="info"><p>Cancelled${tensor ? '; what is shown is the last result that was finished' : ''}. <button class="plain" @click=${() => this.#update()}>Start again</button></p></bb-notice>` : nothing}`;
  }

  #tensorLine(tensor: Tensor) {
    const { statistics, rows, columns } = tensor;
    return html`${tensor.title}: ${integer(rows)} × ${integer(columns)} values, ${bytes(tensor.storedBytes, units.value)} as ${typeNames[tensor.storedType] ?? tensor.storedType}.
      Standard deviation ${figure(Math.sqrt(statistics.variance))}, values from ${figure(statistics.min)} to ${figure(statistics.max)}. ${tensor.note}${tensor.importanceTitle ? html` Columns count as ${tensor.importanceTitle}.` : nothing}`;
  }

  /** An embed with few controls keeps its tensor and lets the formats be chosen. */
  #renderInputs() {
    const { asked, open, groups, tensor, tensorRefusal, refusals, unfolded } = this;
    const inputs: Inputs = {
      asked, open, groups, formats: this.#formats, tensor, tensorRefusal, refusals, unfolded,
      set: (patch) => this.setParams(patch), take: (file) => void this.#take(file), takeImportance: (file) => void this.#takeImportance(file),
      unfold: (fold, on) => {
        if (on === unfolded.has(fold)) return;
        const next = new Set(unfolded);
        if (on) next.add(fold);
        else next.delete(fold);
        this.unfolded = next;
      },
    };
    const min = this.controls === 'min';
    return html`${min ? nothing : tensorInputs(inputs)}<div class="formats stack">${kSides.map((side) => formatInput(inputs, side))}${methodInputs(inputs)}${min ? nothing : importanceInputs(inputs)}</div>`;
  }

  #renderResult() {
    const { tensor, asked } = this;
    if (!tensor) return nothing;
    const sides = kSides.map((side) => ({ side, format: this.#format(asked[side])!, measured: this.measured.get(asked[side]), speed: this.speeds.get(asked[side]), stale: !this.#fresh(asked[side]) }));
    const [a, b] = sides.map(({ side, ...rest }) => ({ letter: side.toUpperCase(), ...rest }));
    return html`
      <div class="stack">
        ${comparison({ tensor, open: this.explained, toggle: this.#toggle, sides: [a!, b!], all: this.allFigures, showAll: (all) => { this.allFigures = all; } })}
        ${this.controls === 'page' ? html`<bb-lab-save class="no-print" .types=${this.#types} .problem=${this.saveProblem} .sides=${sides.map(({ side, format, measured, stale }) => ({ side, format, ready: measured !== undefined && !stale }))}
          @bb-save=${(event: CustomEvent<SaveRequest>) => void this.#save(event.detail)}></bb-lab-save>` : nothing}
      </div>
      ${this.#renderPicture(tensor)}`;
  }

  #renderMore() {
    const { tensor, asked } = this;
    if (!tensor) return nothing;
    const [a, b] = kSides.map((side) => ({ side, format: this.#format(asked[side])!, detail: this.#current(this.details.get(asked[side])), stale: !this.#fresh(asked[side]), levels: this.levels[side] }));
    return html`
      ${tableSection({
        asked, tensor, rows: this.#rows(tensor), formats: this.#formats, groups: this.groups, busy: this.busy, runs: this.#log.size,
        open: this.described, toggle: (id) => { this.described = this.described === id ? '' : id; },
        set: (patch) => this.setParams(patch), time: () => { this.#timing = true; void this.#update(); },
        saveCsv: () => download('bitbudget-runs.csv', csvOf(this.#log.values(), this.speeds), 'text/csv'),
      })}
      ${differences({ formats: this.#formats, a: asked.a, b: asked.b, compare: (first, second) => this.setParams({ a: first, b: second }) })}
      ${closer({
        tensor, sides: [a!, b!], cell: this.cell, logarithmic: this.logarithmic, lines: this.lines,
        point: (cell) => { this.cell = cell; }, setLevels: (side: Side, levels) => { this.levels = { ...this.levels, [side]: levels }; }, setLogarithmic: (on) => { this.logarithmic = on; },
      })}`;
  }

  #rows(tensor: Tensor): TableRow[] {
    const limit = this.#limitOf(tensor);
    return this.#chosen().map((format) => {
      const measured = this.measured.get(format.id);
      return { format, measured, speed: this.speeds.get(format.id), refusal: this.refusals.get(format.id)?.message ?? '', gap: measured ? gapDb(measured, limit) : NaN, stale: !this.#fresh(format.id) };
    });
  }

  #limitOf(tensor: Tensor): Limit | undefined { return this.limit?.source === tensor.source ? this.limit : undefined; }

  #renderPicture(tensor: Tensor) {
    const { asked } = this;
    const points: RatePlot[] = this.#rows(tensor).filter(({ measured, refusal }) => measured && !refusal).map(({ format, measured, stale }) => ({
      id: format.id, label: format.label, bits: (8 * measured!.bytes) / measured!.report.count, sqnrDb: measured!.report.sqnrDb, stale,
      side: format.id === asked.a ? (asked.a === asked.b ? 'ab' : 'a') : format.id === asked.b ? 'b' : '',
    }));
    const limit = this.#limitOf(tensor);
    const coded = this.coded?.source === tensor.source ? this.coded : undefined;
    return html`<section aria-labelledby="rate"><h2 id="rate">What each bit buys</h2>
      <bb-lab-rate .points=${points} .coded=${coded?.points ?? []} .atZeroBits=${limit?.atZeroBits ?? NaN}></bb-lab-rate>
      ${limit ? limitNote(tensor, limit) : nothing}
      ${coded ? codedNote(coded, tensor, limit) : nothing}
    </section>`;
  }

  /** A detail of the tensor on show, not of an earlier one. */
  #current(detail: Detail | undefined): Detail | undefined { return detail?.key === this.tensor?.key ? detail : undefined; }
}

const typeNames: Record<string, string> = { F32: '32-bit floats', F64: '64-bit floats', F16: '16-bit floats (F16)', BF16: '16-bit floats (BF16)' };

const asCoreError = (thrown: unknown): CoreError => (thrown instanceof CoreError ? thrown : new CoreError({ name: 'Error', message: thrown instanceof Error ? thrown.message : String(thrown) }));
