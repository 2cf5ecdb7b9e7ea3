// The Tensor lab: what compression does to one tensor, measured.
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
import { asCoreError } from '../../worker/core.js';
import type { Progress } from '../../worker/protocol.js';
import { Bench, kSides, type BenchHost, type Side } from './bench.js';
import { closer } from './closer.js';
import { codedNote } from './coded.js';
import { comparison } from './comparison.js';
import { csvOf } from './csv.js';
import { differences } from './differences.js';
import { fileOf } from './export.js';
import type { TableRow } from './format-table.js';
import { handOver } from './hand-over.js';
import type { Cell } from './heat-maps.js';
import { formatInput, importanceInputs, methodInputs, tensorInputs, type Fold, type Inputs } from './inputs.js';
import { gapDb, limitNote, type Limit } from './limit.js';
import { figure, share, times } from './measures.js';
import { entryOf, readable } from './open-file.js';
import './rate-distortion.js';
import type { RatePlot } from './rate-distortion.js';
import './save-as.js';
import type { SaveRequest } from './save-as.js';
import { tensorKey } from './source.js';
import { readState } from './state.js';
import { styles } from './styles.js';
import { tableSection } from './table-section.js';
import type { Measured, Tensor } from './tensor.js';

@customElement('bb-lab')
export class Lab extends View implements BenchHost {
  static override styles = [base, styles];
  @state() private explained = '';
  @state() private logarithmic = false;
  @state() private described = '';
  @state() private allFigures = false;
  @state() private unfolded: ReadonlySet<Fold> = new Set();
  @state() private saveProblem = '';
  @state() private cell: Cell = { row: 0, column: 0 };
  @state() private levels: Record<Side, Float32Array> = { a: new Float32Array(), b: new Float32Array() };
  readonly #bench = new Bench(this);

  constructor() {
    super();
    watch(this, units);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#bench.leave();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#again();
  }

  protected override paramsChanged(): void {
    const { state, problems } = readState(this.params);
    if (problems.length > 0) this.reportProblems(problems);
    void this.#bench.answer(state);
  }

  #again = (): void => void this.#bench.answer(this.#bench.asked);

  /** Straight to the bar: nothing else of the view depends on it. */
  tell(progress: Progress | undefined): void {
    const bar = this.renderRoot.querySelector('bb-progress');
    if (bar) Object.assign(bar, { report: progress });
  }

  compared(): void { this.announce(this.#sentence()); }
  problems(list: string[]): void { this.reportProblems(list); }

  #sentence(): string {
    const { tensor, measured, asked } = this.#bench;
    const part = ({ format, bytes: size, report }: Measured) => `${format.label}: ${times(tensor!.storedBytes / size)} smaller, off by ${share(Math.sqrt(report.relativeMse))}.`;
    return kSides.flatMap((side) => (tensor ? measured.get(asked[side]) ?? [] : [])).map(part).join(' ');
  }

  // Taking what the reader gives

  async #take(file: File): Promise<void> {
    const open = await this.#bench.accept(file);
    if (!open) return;
    const { asked } = this.#bench;
    const named = asked.file === file.name && readable(open).some(({ name }) => name === asked.name);
    this.#bench.open = { ...this.#bench.open, tensor: open };
    this.#goTo(handOver(file, named ? asked.name : entryOf(open, '')!.name));
  }

  async #takeImportance(file: File): Promise<void> {
    const open = await this.#bench.accept(file, 'importance');
    if (!open) return;
    handOver(file, '');
    this.#bench.open = { ...this.#bench.open, importance: open };
    this.#goTo({ importance: 'file', importanceFile: file.name, importanceName: '' });
  }

  /** Where the address is that already, the file of that name may be another one. */
  #goTo(patch: Record<string, string>): void {
    if (Object.entries(patch).every(([key, text]) => (this.params[key] ?? '') === text)) this.#again();
    else this.setParams(patch);
  }

  async #save({ side, kind }: SaveRequest): Promise<void> {
    const { tensor, asked } = this.#bench;
    const format = this.#bench.format(asked[side])!;
    const detail = this.#bench.detail(format.id);
    if (!tensor || !detail) return;
    this.saveProblem = '';
    try {
      await this.#bench.aside(async (watching) => {
        const { name, content } = await fileOf(tensor, format, detail, kind, watching);
        download(name, content, content.type);
        this.announce(`Saved ${name}`);
      });
    } catch (thrown) {
      this.saveProblem = asCoreError(thrown).message;
    }
  }

  #toggle = (id: string): void => { this.explained = this.explained === id ? '' : id; };

  // Rendering

  protected override render() {
    const { groups, tensorRefusal } = this.#bench;
    if (groups.length === 0) return html`<p class="soft">${tensorRefusal ? html`<bb-notice kind="error"><p>${tensorRefusal.message}</p></bb-notice>` : 'Loading the calculating core…'}</p>`;
    const page = this.controls === 'page';
    return html`<div class="layout ${this.controls}">
      <div class="head">${this.#renderHead()}</div>
      ${this.controls === 'none' ? nothing : html`<div class="side no-print"><form class="inputs" aria-label="What to compress" @submit=${(event: Event) => event.preventDefault()}>${this.#renderInputs()}</form></div>`}
      <div class="detail">${this.#renderResult()}</div>
      ${page ? html`<div class="wide">${this.#renderMore()}</div>` : nothing}
    </div>`;
  }

  #renderHead() {
    const { tensor, asked, open, busy, cancelled } = this.#bench;
    const stale = kSides.some((side) => !this.#bench.current(asked[side]));
    return html`
      <h1 class="answer ${stale ? 'stale' : ''}">${tensor ? this.#sentence() || 'Measuring…' : 'What does compression do to a tensor?'}</h1>
      ${tensor ? html`<p class="lead soft ${tensor.key === tensorKey(asked, open) ? '' : 'stale'}">${this.#tensorLine(tensor)}</p>` : nothing}
      <bb-progress .active=${busy} unit="values" @cancel=${() => this.#bench.cancel()}></bb-progress>
      ${cancelled ? html`<bb-notice kind="info"><p>Cancelled${tensor ? '; what is shown is the last result that was finished' : ''}. <button class="plain" @click=${this.#again}>Start again</button></p></bb-notice>` : nothing}`;
  }

  #tensorLine(tensor: Tensor) {
    const { statistics, rows, columns } = tensor;
    return html`${tensor.title}: ${integer(rows)} × ${integer(columns)} values, ${bytes(tensor.storedBytes, units.value)} as ${typeNames[tensor.storedType] ?? tensor.storedType}.
      Standard deviation ${figure(Math.sqrt(statistics.variance))}, values from ${figure(statistics.min)} to ${figure(statistics.max)}. ${tensor.note}${tensor.importanceTitle ? html` Columns count as ${tensor.importanceTitle}.` : nothing}`;
  }

  /** An embed with few controls keeps its tensor and lets the formats be chosen. */
  #renderInputs() {
    const { unfolded } = this;
    const { asked, open, groups, formats, tensor, tensorRefusal, refusals } = this.#bench;
    const inputs: Inputs = {
      asked, open, groups, formats, tensor, tensorRefusal, refusals, unfolded,
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
    const { tensor, asked, measured, speeds, types } = this.#bench;
    if (!tensor) return nothing;
    const sides = kSides.map((side) => ({ side, format: this.#bench.format(asked[side])!, measured: measured.get(asked[side]), speed: speeds.get(asked[side]), stale: !this.#bench.current(asked[side]) }));
    const [a, b] = sides.map(({ side, ...rest }) => ({ letter: side.toUpperCase(), ...rest }));
    return html`
      <div class="stack">
        ${comparison({ tensor, open: this.explained, toggle: this.#toggle, sides: [a!, b!], all: this.allFigures, showAll: (all) => { this.allFigures = all; } })}
        ${this.controls === 'page' || this.controls === 'full' ? html`<bb-lab-save class="no-print" .types=${types} .problem=${this.saveProblem} .sides=${sides.map(({ side, format, stale }) => ({ side, format, ready: !stale && this.#bench.detail(format.id) !== undefined }))}
          @bb-save=${(event: CustomEvent<SaveRequest>) => void this.#save(event.detail)}></bb-lab-save>` : nothing}
      </div>
      ${this.#renderPicture(tensor)}`;
  }

  #renderMore() {
    const { tensor, asked, formats, groups, busy, log, lines } = this.#bench;
    if (!tensor) return nothing;
    const [a, b] = kSides.map((side) => ({ side, format: this.#bench.format(asked[side])!, detail: this.#bench.detail(asked[side]), stale: !this.#bench.current(asked[side]), levels: this.levels[side] }));
    return html`
      ${tableSection({
        asked, tensor, rows: this.#rows(tensor), formats, groups, busy, runs: log.size,
        open: this.described, toggle: (id) => { this.described = this.described === id ? '' : id; },
        set: (patch) => this.setParams(patch), time: () => void this.#bench.answer(asked, true),
        saveCsv: () => download('bitbudget-runs.csv', csvOf(log.values(), this.#bench.speeds), 'text/csv'),
      })}
      ${differences({ formats, a: asked.a, b: asked.b, compare: (first, second) => this.setParams({ a: first, b: second }) })}
      ${closer({
        tensor, sides: [a!, b!], cell: this.cell, logarithmic: this.logarithmic, lines,
        point: (cell) => { this.cell = cell; }, setLevels: (side: Side, levels) => { this.levels = { ...this.levels, [side]: levels }; }, setLogarithmic: (on) => { this.logarithmic = on; },
      })}`;
  }

  #rows(tensor: Tensor): TableRow[] {
    const { measured, speeds, refusals } = this.#bench;
    const limit = this.#limitOf(tensor);
    return this.#bench.chosen().map((format) => {
      const done = measured.get(format.id);
      return { format, measured: done, speed: speeds.get(format.id), refusal: refusals.get(format.id)?.message ?? '', gap: done ? gapDb(done, limit) : NaN, stale: !this.#bench.current(format.id) };
    });
  }

  #limitOf({ source }: Tensor): Limit | undefined { return this.#bench.limit?.source === source ? this.#bench.limit : undefined; }

  #renderPicture(tensor: Tensor) {
    const { asked } = this.#bench;
    const points: RatePlot[] = this.#rows(tensor).filter(({ measured, refusal }) => measured && !refusal).map(({ format, measured, stale }) => ({
      id: format.id, label: format.label, bits: (8 * measured!.bytes) / measured!.report.count, sqnrDb: measured!.report.sqnrDb, stale,
      side: format.id === asked.a ? (asked.a === asked.b ? 'ab' : 'a') : format.id === asked.b ? 'b' : '',
    }));
    const limit = this.#limitOf(tensor);
    const coded = this.#bench.coded?.source === tensor.source ? this.#bench.coded : undefined;
    return html`<section aria-labelledby="rate"><h2 id="rate">What each bit buys</h2>
      <bb-lab-rate .points=${points} .coded=${coded?.points ?? []} .atZeroBits=${limit?.atZeroBits ?? NaN}></bb-lab-rate>
      ${limit ? limitNote(tensor, limit) : nothing}
      ${coded ? codedNote(coded, tensor, limit) : nothing}
    </section>`;
  }
}

const typeNames: Record<string, string> = { F32: '32-bit floats', F64: '64-bit floats', F16: '16-bit floats (F16)', BF16: '16-bit floats (BF16)' };
