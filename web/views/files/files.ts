// The Files view: any checkpoint that is dropped on it, tensor by tensor.
import { html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { bytes, count, exact, integer } from '../../format/numbers.js';
import { droppedFiles } from '../../parts/drop.js';
import '../../parts/notice.js';
import '../../parts/progress.js';
import { download } from '../../parts/save.js';
import { units } from '../../shell/settings.js';
import { View } from '../../shell/view.js';
import { watch } from '../../shell/watch.js';
import { base } from '../../styles/base.js';
import { CoreError } from '../../worker/core.js';
import type { Progress } from '../../worker/protocol.js';
import { openCheckpoint, withoutFile, type Checkpoint, type OpenedFile, type OpenOptions } from './checkpoint.js';
import type { Compress, PlanChange } from './compress/compress.js';
import './compress/compress.js';
import { kPlanKeys } from './compress/state.js';
import { ledgerCsv } from './csv.js';
import { fileList, formatName } from './file-list.js';
import './ledger.js';
import type { LedgerChange } from './ledger.js';
import { metadata } from './metadata.js';
import { leftAside, refusals } from './refusal.js';
import { openSample, session } from './session.js';
import { kDefaults, readState, type FilesState } from './state.js';
import { styles } from './styles.js';
import { tieOut } from './tie-out.js';
import { checkpointName, fitAddress, isWhole } from './to-fit.js';

const kNoPlan = Object.fromEntries(kPlanKeys.map((key) => [key, undefined]));

@customElement('bb-files')
export class Files extends View {
  static override styles = [base, styles];
  @state() private asked: FilesState = kDefaults;
  @state() private checkpoint: Checkpoint | undefined;
  @state() private failure: CoreError | undefined;
  @state() private busy = false;
  @state() private report: Progress | undefined;
  #abort = new AbortController();
  /** One drop after another: shards may come in several. */
  #queue = Promise.resolve();

  constructor() {
    super();
    watch(this, units);
  }

  protected override paramsChanged(): void {
    const { state, problems } = readState(this.params);
    const sampleBefore = this.asked.sample;
    this.asked = state;
    if (problems.length > 0) this.reportProblems(problems);
    if (state.sample === '') this.checkpoint = session.own;
    else if (sampleBefore !== state.sample || !this.checkpoint) this.#enqueue(async (options) => { await this.#showSample(options); });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('dragover', this.#onDragOver);
    window.addEventListener('drop', this.#onDrop);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener('dragover', this.#onDragOver);
    window.removeEventListener('drop', this.#onDrop);
    this.#abort.abort(new DOMException('The view was left', 'AbortError'));
  }

  /** A file that is dropped beside the frame would otherwise be shown by the browser in place of this page. */
  #onDragOver = (event: DragEvent): void => { event.preventDefault(); };
  #onDrop = (event: DragEvent): void => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    void droppedFiles(event.dataTransfer).then((files) => { if (files.length > 0) this.#take(files); });
  };

  /** Runs after what is running, with progress and Cancel. */
  #enqueue(work: (options: Pick<OpenOptions, 'signal' | 'onProgress'>) => Promise<void>): void {
    this.#queue = this.#queue.then(async () => {
      if (this.#abort.signal.aborted) this.#abort = new AbortController();
      const { signal } = this.#abort;
      this.busy = true;
      try {
        await work({ signal, onProgress: (progress) => { this.report = progress; } });
        this.failure = undefined;
      } catch (thrown) {
        if (!signal.aborted) this.failure = thrown instanceof CoreError ? thrown : new CoreError({ name: 'Error', message: String(thrown) });
      } finally {
        this.busy = false;
        this.report = undefined;
      }
    });
  }

  async #showSample(options: Pick<OpenOptions, 'signal' | 'onProgress'>): Promise<void> {
    const sample = await openSample(options);
    if (this.asked.sample === '') return;
    this.checkpoint = sample;
    this.#tell(sample);
  }

  /** What is added to the sample is not added to the reader's own files. */
  #take(files: File[]): void {
    this.#enqueue(async (options) => {
      const { checkpoint, refused, aside, replaced } = await openCheckpoint(files, { ...options, ...(session.own && this.asked.sample === '' && { onto: session.own }) });
      Object.assign(session, { refused, aside });
      if (!checkpoint) {
        this.announce(refused.length === 1 ? `${refused[0]!.file.name} was not taken` : `${refused.length + aside.length} files were not taken`);
        return;
      }
      session.own = this.checkpoint = checkpoint;
      this.#tell(checkpoint);
      // A plan in the address is for whatever is opened first; another checkpoint begins anew.
      const plan = replaced || this.asked.sample !== '' ? kNoPlan : {};
      if (this.asked.sample !== '' || this.asked.find !== '' || replaced) this.setParams({ sample: undefined, find: undefined, ...plan });
    });
  }

  #remove = (opened: OpenedFile): void => {
    this.#enqueue(async () => {
      if (!session.own) return;
      session.own = await withoutFile(session.own, opened.file);
      Object.assign(session, { refused: [], aside: [] });
      this.checkpoint = session.own;
      this.announce(`${opened.file.name} removed`);
    });
  };

  #close = (): void => {
    Object.assign(session, { refused: [], aside: [] });
    if (this.asked.sample === '') session.own = this.checkpoint = undefined;
    this.setParams({ sample: undefined, find: undefined, sort: undefined, group: undefined, ...kNoPlan });
  };

  #tell(checkpoint: Checkpoint): void { this.announce(`${this.#headline(checkpoint)} open`); }

  #headline({ tensors, bytes: size, config, format }: Checkpoint): string {
    if (format === undefined) return config === undefined ? 'An index, without its files' : 'A model’s description, without its weights';
    return `${integer(tensors.length)} ${tensors.length === 1 ? 'tensor' : 'tensors'}, ${bytes(size, units.value)}`;
  }

  protected override render() {
    const { checkpoint } = this;
    if (!checkpoint) return this.#renderEmpty();
    return html`<div class="layout open">
      <div class="head">${this.#renderHead(checkpoint)}</div>
      <div class="side no-print">${this.#renderDrop('Add or open files', 'or drop them anywhere on the page')}${this.#renderRefused()}
        ${fileList(checkpoint, this.asked.sample === '' ? this.#remove : undefined)}
        <button class="button" type="button" @click=${this.#close}>${this.asked.sample === '' ? 'Close all' : 'Close the sample'}</button></div>
      <div class="detail">${checkpoint.tensors.length > 0 ? tieOut(checkpoint) : nothing}</div>
      <div class="wide">
        ${checkpoint.tensors.length > 0 ? this.#renderLedger(checkpoint) : nothing}
        ${metadata(checkpoint)}
        ${checkpoint.tensors.length > 0 ? html`<bb-compress .checkpoint=${checkpoint} .asked=${this.asked.plan} @bb-plan=${(event: CustomEvent<PlanChange>) => this.setParams(event.detail.params, event.detail.push)}></bb-compress>` : nothing}
      </div></div>`;
  }

  #renderEmpty() {
    return html`<div class="layout"><div class="head empty">
      <h1 class="answer">What is in a checkpoint?</h1>
      <p class="lead soft">Open the files of a model and see every tensor in them, whether they are what the model’s config.json says, and what they cost. Files are read where they are: nothing is sent anywhere, and of the largest file only its beginning is looked at.</p>
      ${this.#renderDrop('Open files', 'or drop either anywhere on the page')}
      ${this.#renderProgress()} ${this.#renderRefused()}
      <p>No such file at hand? <button class="plain" type="button" @click=${() => this.setParams({ sample: 'llama' })}>Look at a sample</button>, a very small Llama with random weights that is made on this page.</p>
      <details><summary>What can be opened</summary><ul class="steps small">
        <li><strong>safetensors</strong>: what most models are published as, often cut into shards. Open all of them at once, with <code>model.safetensors.index.json</code>, which lists them, and <code>config.json</code>, which describes the model.</li>
        <li><strong>GGUF</strong> (versions 2 and 3): what llama.cpp, Ollama and LM Studio run. It brings its description along.</li>
        <li><strong>NPY, NPZ</strong>: arrays of NumPy, one or several.</li>
        <li>A <strong>config.json</strong> by itself, to be sized.</li></ul>
        <p class="small">What a file is, is told from its content and not from its name. PyTorch’s <code>.bin</code> and <code>.pt</code> files are not opened: they are programs as much as data. Most models have safetensors beside them.</p></details>
    </div></div>`;
  }

  #renderDrop(label: string, hint: string) {
    return html`<bb-drop multiple label=${label} hint=${hint} @bb-files=${(event: CustomEvent<File[]>) => this.#take(event.detail)}>
      ${this.checkpoint ? nothing : html`<p class="zone-text">safetensors, GGUF, NPY, NPZ, config.json</p>`}</bb-drop>`;
  }

  #renderProgress() {
    return html`${this.busy ? html`<bb-progress .active=${true} .report=${this.report} unit="files" @cancel=${() => this.#abort.abort(new DOMException('Cancelled', 'AbortError'))}></bb-progress>` : nothing}
      ${this.failure ? html`<bb-notice kind="error"><p>${this.failure.message}</p></bb-notice>` : nothing}`;
  }

  #renderRefused() {
    if (this.asked.sample !== '') return nothing;
    return html`${session.refused.length > 0 ? refusals(session.refused, this.checkpoint !== undefined) : nothing}${session.aside.length > 0 ? leftAside(session.aside) : nothing}`;
  }

  #renderHead(checkpoint: Checkpoint) {
    const { format, tensors, ledger, types, bytes: size } = checkpoint;
    const fit = fitAddress(checkpoint);
    return html`
      <h1 class="answer">${this.#headline(checkpoint)}</h1>
      ${format ? html`<p class="lead soft">${checkpointName(checkpoint)}: ${count(ledger.elements)} values as ${formatName(format)}${ledger.elements > 0 ? html`, <span title="${exact(size)} bytes for ${exact(ledger.elements)} values">${Math.round((8000 * size) / ledger.elements) / 1000} bits each</span>` : nothing}.</p>` : nothing}
      ${this.asked.sample !== '' ? html`<bb-notice kind="info"><p><strong>This is a sample.</strong> A Llama far too small to speak, made on this page with random weights, so that you can see what the view shows. Open files of your own at any time.</p></bb-notice>` : nothing}
      ${types.length > 1 || types.some(({ decodes }) => !decodes) ? html`<ul class="types" aria-label="Types">${types.map((type) => html`<li><strong>${type.type}</strong> <span class="soft">${integer(type.tensors)} ${type.tensors === 1 ? 'tensor' : 'tensors'}, ${bytes(type.bytes, units.value)}${type.decodes ? '' : ', cannot decode'}</span></li>`)}</ul>` : nothing}
      <div class="row no-print">
        ${fit && this.controls === 'page' ? html`<a class="button primary" href=${fit}>${tensors.length === 0 || isWhole(checkpoint) ? 'Size it in Fit' : 'Size it in Fit, by its config'}</a>` : nothing}
        ${tensors.length > 0 ? html`<button class="button" type="button" @click=${() => this.renderRoot.querySelector<Compress>('bb-compress')?.show()}>Compress</button>
          <button class="button" type="button" @click=${() => download(`${checkpointName(checkpoint).replace(/[^\w.-]+/g, '-')}-ledger.csv`, ledgerCsv(checkpoint), 'text/csv')}>Save the ledger as CSV</button>` : nothing}
      </div>
      ${this.#renderProgress()}`;
  }

  #renderLedger(checkpoint: Checkpoint) {
    // Arrays have no layers: the default grouping is none.
    const { group, sort, find } = this.asked;
    const layered = checkpoint.tensors.some(({ layer }) => layer !== undefined);
    const look = { group: group === 'layer' && !layered ? ('none' as const) : group, sort, find };
    return html`<section aria-labelledby="ledger"><h2 id="ledger">Tensor by tensor</h2>
      <bb-ledger .checkpoint=${checkpoint} .look=${look} ?linked=${this.controls === 'page'} @bb-look=${(event: CustomEvent<LedgerChange>) => this.#look(event.detail)}></bb-ledger></section>`;
  }

  #look(change: LedgerChange): void {
    const left = Object.entries(change).map(([key, value]) => [key, value === kDefaults[key as keyof LedgerChange] ? undefined : value]);
    this.setParams(Object.fromEntries(left) as Record<string, string | undefined>, change.find === undefined);
  }
}
