// Compresses the checkpoint that is open: a plan, a run, and what came of it.
import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { bytes, exact, integer, percent } from '../../../format/numbers.js';
import '../../../parts/notice.js';
import '../../../parts/progress.js';
import { download } from '../../../parts/save.js';
import { units } from '../../../shell/settings.js';
import { watch } from '../../../shell/watch.js';
import { base } from '../../../styles/base.js';
import { CoreError, run } from '../../../worker/core.js';
import type { Progress } from '../../../worker/protocol.js';
import { bits, times } from '../../lab/measures.js';
import type { Checkpoint } from '../checkpoint.js';
import { controls } from './controls.js';
import { exported, exportName, type Tool } from './export.js';
import { layOut, runJob, type Outcome } from './job.js';
import { flexible, leastBytes, measure, solve, wishesFor, type Measurements } from './measure.js';
import { caveats, metadataFor, stemOf } from './metadata.js';
import { isMatrix, Planner, type Plan, type PlanRow } from './plan.js';
import { result } from './result.js';
import { blobSink, chooseFile, fileSink, kBlobLimit, writesToDisk, type Sink } from './sink.js';
import { architectureOf, startFor, type Choices } from './state.js';
import { styles } from './styles.js';
import { groupsOf, kRows, planTable, type Group } from './table.js';
import { rowLength } from './targets.js';
import type { Basis } from './tasks.js';

/** The size of a file that the browser would have to hold is too large; undefined: it is not, or it goes to disk. */
const tooLargeForBlob = (size: number): string | undefined => (writesToDisk() || size <= kBlobLimit ? undefined
  : `This browser cannot write to disk while it works: the file is kept in memory until it is saved, ${bytes(kBlobLimit, units.value)} at most, and this one would have ${bytes(size, units.value)}. Choose smaller formats, or open the page in a browser that can (Chrome, Edge and others built on Chromium).`);

interface Busy { title: string; unit: string; controller: AbortController; }

@customElement('bb-compress')
export class Compress extends LitElement {
  static override styles = [base, styles];
  @property({ attribute: false }) checkpoint?: Checkpoint;
  @state() private choices?: Choices;
  @state() private basis: Basis | undefined;
  @state() private plan: Plan | undefined;
  @state() private busy: Busy | undefined;
  @state() private report: Progress | undefined;
  @state() private failure: { message: string; cancelled?: boolean } | undefined;
  @state() private budgetProblem = '';
  @state() private outcome: Outcome | undefined;
  @state() private saved = false;
  @state() private exportText: { tool: Tool; text: string; failed: boolean; copied: boolean } | undefined;
  @state() private open: ReadonlySet<string> = new Set();
  @state() private shown: ReadonlyMap<string, number> = new Map();
  #planner: Planner | undefined;
  #groups: Group[] = [];
  #measurements: Measurements = new Map();
  /** What the mixture or the budget gives each tensor. */
  #given: ReadonlyMap<string, string> = new Map();
  #solved = false;
  #asked = 0;

  constructor() {
    super();
    watch(this, units);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#cancel();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('checkpoint')) void this.#begin();
  }

  #announce(text: string): void { this.dispatchEvent(new CustomEvent<string>('bb-announce', { detail: text, bubbles: true, composed: true })); }

  async #begin(): Promise<void> {
    const { checkpoint } = this;
    this.#cancel();
    this.plan = undefined;
    this.basis = undefined;
    this.failure = undefined;
    this.outcome = undefined;
    this.exportText = undefined;
    this.#measurements = new Map();
    this.open = new Set();
    this.shown = new Map();
    if (!checkpoint) return;
    try {
      const basis = await run('files.planBasis', [...new Set(checkpoint.tensors.map(rowLength))], { silence: 10_000 });
      if (this.checkpoint !== checkpoint) return;
      this.basis = basis;
      this.#start(startFor(checkpoint));
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #start(choices: Choices): void {
    this.#planner = new Planner(this.basis!, choices.container);
    this.#solved = false;
    this.#given = new Map();
    void this.#apply(choices);
  }

  #set = (patch: Partial<Choices>): void => {
    const before = this.choices!;
    const next = { ...before, ...patch };
    if (next.container !== before.container) return this.#start({ ...startFor(this.checkpoint!, next.container), patterns: '' });
    if (next.approach !== before.approach) this.#given = new Map();
    void this.#apply(next).then(() => { if (next.approach === 'budget' && this.#solved && next.budget !== before.budget) void this.#solveBudget(); });
  };

  /** The plan of `choices`; a mixture is asked for first. */
  async #apply(choices: Choices): Promise<void> {
    const asked = ++this.#asked;
    const { tensors } = this.checkpoint!;
    this.choices = choices;
    this.budgetProblem = '';
    if (choices.approach === 'mixture') {
      const list = tensors.map(({ name, shape }) => ({ name, shape: [...shape] }));
      const formats = await run('files.mixtureFormats', { mixture: choices.mixture, tensors: list, architecture: architectureOf(this.checkpoint!) }, { silence: 10_000 });
      if (asked !== this.#asked) return;
      this.#given = new Map(tensors.map(({ name }, i) => [name, formats[i]!]));
    }
    this.#replan();
  }

  #replan(): void {
    this.plan = this.#planner!.plan(this.checkpoint!.tensors, this.choices!, this.#given);
    this.#groups = groupsOf(this.plan);
    this.exportText = undefined;
  }

  /** Runs `work` with progress and Cancel; what goes wrong is said, and the next can start. */
  async #work(title: string, unit: string, work: (watch: { signal: AbortSignal; onProgress: (progress: Progress) => void }) => Promise<void>): Promise<void> {
    const controller = new AbortController();
    this.busy = { title, unit, controller };
    this.report = undefined;
    this.failure = undefined;
    const mine = () => this.busy?.controller === controller;
    try {
      await work({ signal: controller.signal, onProgress: (report) => {
        if (!mine()) return;
        this.report = unit === 'MB' ? { ...report, done: report.done / 1e6, total: report.total / 1e6 } : report;
        if (report.total > 0) this.#announce(`${report.stage}: ${percent(report.done / report.total)}`);
      } });
    } catch (thrown) {
      if (mine()) this.#fail(thrown);
    } finally {
      if (mine()) this.busy = undefined;
    }
  }

  #fail(thrown: unknown): void {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    this.failure = { message };
    this.#announce(message);
  }

  #cancel = (): void => {
    if (!this.busy) return;
    this.busy.controller.abort(new DOMException('Cancelled', 'AbortError'));
    this.failure = { message: this.busy.unit === 'MB' ? 'Cancelled. No file was kept.' : 'Cancelled. What was measured so far is kept.', cancelled: true };
    this.busy = undefined;
    this.#announce(this.failure.message);
  };

  /** The formats of this plan, on a sample of each tensor. */
  #measure = (): Promise<void> => this.#work('Measuring', 'tensors', async (watching) => {
    const wishes = this.plan!.rows.flatMap(({ tensor, target }) => (target ? [{ tensor, targets: [target] }] : []));
    await measure(wishes, this.#measurements, this.basis!.types, watching);
    this.requestUpdate();
  });

  #solveBudget = (): Promise<void> => this.#work('Measuring', 'tensors', async (watching) => {
    const { checkpoint, choices, basis } = this;
    const planner = this.#planner!;
    const { budget } = choices!;
    const fixed = new Set(this.plan!.rows.filter(({ by }) => by !== 'method').map(({ tensor }) => tensor.name));
    const free = flexible(checkpoint!.tensors, fixed, basis!.types);
    const wishes = wishesFor(free, budget.candidates, planner);
    await measure(wishes, this.#measurements, basis!.types, watching);
    const names = new Set(free.map(({ name }) => name));
    const fixedBytes = this.plan!.rows.reduce((sum, { tensor, bytes: size }) => sum + (names.has(tensor.name) ? 0 : size), 0);
    const least = leastBytes(wishes, fixedBytes, planner);
    if (least > budget.bytes) {
      this.budgetProblem = `The smallest of these formats need ${exact(least)} bytes (${bytes(least, units.value)}), ${bytes(least - budget.bytes, units.value)} more than that. Allow more, or add smaller formats.`;
      return;
    }
    this.#given = await solve(wishes, this.#measurements, budget, fixedBytes, planner, watching.signal);
    this.#solved = true;
    this.budgetProblem = '';
    this.#replan();
    this.#announce(`Solved: ${bytes(this.plan!.bytes, units.value)}`);
  });

  #fileName(): string {
    const { container, approach, mixture, one } = this.choices!;
    const label = approach === 'mixture' ? this.basis!.mixtures.find(({ id }) => id === mixture)!.label : approach === 'one' ? one.toUpperCase().replace('PACKED_', '') : 'mix';
    return `${stemOf(this.checkpoint!)}-${label.replaceAll(' ', '-')}.${container}`;
  }

  async #sinkFor(name: string, size: number): Promise<{ sink: Sink; name: string } | undefined> {
    if (writesToDisk()) {
      try {
        const handle = await chooseFile(name);
        return handle && { sink: await fileSink(handle, size), name: handle.name };
      } catch (thrown) {
        // In a frame of another site the page may not ask: what fits in memory is saved from there.
        if ((thrown as DOMException).name !== 'SecurityError' || size > kBlobLimit) throw thrown;
      }
    }
    const problem = tooLargeForBlob(size);
    if (problem) throw new CoreError({ name: 'Error', code: 'too_large', message: problem });
    return { sink: blobSink(size), name };
  }

  #compress = (): Promise<void> => this.#work('Compressing', 'MB', async (watching) => {
    const { checkpoint, plan, choices, basis } = this;
    const { container, approach, mixture } = choices!;
    const layout = await layOut(plan!, { container, ...metadataFor(checkpoint!, plan!, container, approach === 'mixture' ? mixture : '') }, watching.signal);
    const place = await this.#sinkFor(this.#fileName(), layout.fileSize);
    if (!place) return;
    this.outcome = undefined;
    this.saved = false;
    const types = new Map(basis!.types.map((type) => [type.name, type]));
    const outcome = await runJob({ checkpoint: checkpoint!, plan: plan!, container, layout, name: place.name, types, sink: place.sink }, watching);
    this.outcome = outcome;
    this.#announce(`${outcome.name} is ${outcome.blob ? 'made' : 'written'}: ${bytes(outcome.fileBytes, units.value)}`);
  });

  #save = (): void => {
    download(this.outcome!.name, this.outcome!.blob!, 'application/octet-stream');
    this.saved = true;
  };

  #export = async (tool: Tool): Promise<void> => {
    try {
      this.exportText = { tool, text: await exported(tool, this.plan!, this.basis!, stemOf(this.checkpoint!), new AbortController().signal), failed: false, copied: false };
    } catch (thrown) {
      const { message, field } = thrown as CoreError;
      this.exportText = { tool, text: `${message}${field ? ` (${field})` : ''}`, failed: true, copied: false };
    }
  };

  #copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(this.exportText!.text);
    this.exportText = { ...this.exportText!, copied: true };
    this.#announce('Copied');
  };

  #choose = (rows: readonly PlanRow[], target: string): void => {
    const byHand = new Map(this.choices!.byHand);
    for (const { tensor } of rows) byHand.set(tensor.name, target);
    this.choices = { ...this.choices!, byHand };
    this.#replan();
  };

  #toggle = (key: string): void => {
    const open = new Set(this.open);
    if (!open.delete(key)) open.add(key);
    this.open = open;
  };

  #more = (key: string): void => { this.shown = new Map(this.shown).set(key, (this.shown.get(key) ?? kRows) + kRows); };

  protected override render() {
    const { checkpoint, plan, choices, basis } = this;
    if (!checkpoint) return nothing;
    return html`<section class="panel" aria-labelledby="compress-heading">
      <h2 id="compress-heading">Compress</h2>
      ${plan && choices && basis ? this.#renderPlan(plan, choices, basis) : this.#renderFailure()}</section>`;
  }

  #renderFailure() {
    return this.failure ? html`<bb-notice kind=${this.failure.cancelled ? 'info' : 'error'}><p>${this.failure.message}</p></bb-notice>` : nothing;
  }

  #renderPlan(plan: Plan, choices: Choices, basis: Basis) {
    const { busy, checkpoint } = this;
    const disabled = busy !== undefined;
    const kinds = [...new Set(checkpoint!.tensors.filter((tensor) => tensor.kind === 'norm' || isMatrix(tensor, basis.types)).map(({ kind }) => kind))];
    const tooLarge = tooLargeForBlob(plan.bytes);
    return html`
      ${controls({ choices, plan, basis, kinds, disabled, budgetProblem: this.budgetProblem, solved: this.#solved, set: this.#set, solve: this.#solveBudget })}
      <p class="answer" role="status">${this.#renderAnswer(plan)}</p>
      ${plan.blocked.length > 0 ? html`<bb-notice kind="warning"><p>${integer(plan.blocked.length)} ${plan.blocked.length === 1 ? 'tensor has' : 'tensors have'} no place in this kind of file. “${plan.blocked[0]!.tensor.name}”: ${plan.blocked[0]!.blocked}</p></bb-notice>` : nothing}
      ${caveats(checkpoint!, choices.container).map((text) => html`<bb-notice kind="info"><p>${text}</p></bb-notice>`)}
      ${tooLarge ? html`<bb-notice kind="warning"><p>${tooLarge}</p></bb-notice>` : nothing}
      <div class="row no-print">
        <button class="button primary" type="button" ?disabled=${disabled || plan.blocked.length > 0 || tooLarge !== undefined} @click=${this.#compress}>${writesToDisk() ? 'Compress to a file…' : 'Compress'}</button>
        <button class="button" type="button" ?disabled=${disabled} @click=${this.#measure}>Measure on samples</button>
        ${choices.byHand.size > 0 ? html`<button class="button" type="button" ?disabled=${disabled} @click=${() => { this.choices = { ...choices, byHand: new Map() }; this.#replan(); }}>Undo ${integer(choices.byHand.size)} by hand</button>` : nothing}
        ${!writesToDisk() && !tooLarge ? html`<span class="hint">Kept in memory until you save it; at most ${bytes(kBlobLimit, units.value)} in this browser.</span>` : nothing}
      </div>
      <bb-progress ?active=${busy !== undefined} .report=${this.report} unit=${busy?.unit ?? ''} @cancel=${this.#cancel}></bb-progress>
      ${this.#renderFailure()}
      ${this.outcome ? result(this.outcome, this.saved, this.#save) : nothing}
      ${planTable({ plan, groups: this.#groups, measurements: this.#measurements, shown: this.shown, open: this.open, disabled, choose: this.#choose, toggle: this.#toggle, more: this.#more })}
      ${this.#renderExports()}`;
  }

  #renderAnswer(plan: Plan) {
    const change = plan.bytesBefore / Math.max(1, plan.bytes);
    return html`${bytes(plan.bytesBefore, units.value)} ${change >= 1 ? 'shrinks' : 'grows'} to <span title="${exact(plan.bytes)} bytes">${bytes(plan.bytes, units.value)}</span>: ${bits((8 * plan.bytes) / Math.max(1, plan.elements))} bits per weight, ${change >= 1 ? html`${times(change)} smaller` : html`${times(1 / change)} larger`}.`;
  }

  #renderExports() {
    const { exportText } = this;
    const button = (tool: Tool, label: string) => html`<button class="button" type="button" aria-expanded=${exportText?.tool === tool ? 'true' : 'false'} @click=${() => this.#export(tool)}>${label}</button>`;
    return html`<section class="no-print" aria-labelledby="export-heading"><h3 id="export-heading">The same plan on other engines</h3>
      <p class="small soft">For checkpoints that a browser is too small for, and for models that run: the tools below make the file with everything that belongs to it.</p>
      <div class="row">${button('llama-quantize', 'llama-quantize command')}${button('llm-compressor', 'llm-compressor recipe')}</div>
      ${exportText === undefined ? nothing : exportText.failed ? html`<bb-notice kind="warning"><p>${exportText.text}</p></bb-notice>` : html`
        <pre class="export" tabindex="0" role="region" aria-label="The plan for ${exportText.tool}">${exportText.text}</pre>
        <div class="row"><button class="button" type="button" @click=${this.#copy}>${exportText.copied ? 'Copied' : 'Copy'}</button>
          <button class="button" type="button" @click=${() => download(exportName(exportText.tool, stemOf(this.checkpoint!)), exportText.text, 'text/plain')}>Download</button></div>`}</section>`;
  }
}
