// The contract between the Theory view and its sections. A section is a function of the set-up: it asks the worker one question
// and draws the answer. Its text reads well before there is one; the last answer stays, greyed, while a new one is worked out.
import type { FormatInfo } from 'bitbudget';
import { html, LitElement, nothing, type CSSResultGroup, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import '../../parts/equation.js';
import '../../parts/figure.js';
import '../../parts/notice.js';
import '../../parts/number-field.js';
import '../../parts/plot.js';
import '../../parts/progress.js';
import { units } from '../../shell/settings.js';
import { watch } from '../../shell/watch.js';
import { base } from '../../styles/base.js';
import { asCoreError, CoreError } from '../../worker/core.js';
import type { RunOptions } from '../../worker/pool.js';
import type { Progress } from '../../worker/protocol.js';
import type { TheoryState } from './state.js';
import { sectionStyles } from './styles.js';
import type { TheoryTensor } from './tensor.js';

export interface Setup { tensor: TheoryTensor; asked: TheoryState; formats: FormatInfo[]; }
export type Patch = Partial<Record<keyof TheoryState, string>>;

/** A question running for longer than this is given up for a newer one; a shorter one is awaited, since starting a worker takes as long. */
const kPatience = 250;

export abstract class TheorySection<Answer> extends LitElement {
  static override styles: CSSResultGroup = [base, sectionStyles];
  /** An embed without controls: what can be chosen is not shown. */
  @property({ type: Boolean, reflect: true }) bare = false;
  /** The view lets sections work in turn: none does before this. */
  @property({ type: Boolean }) go = false;
  @state() protected answer: Answer | undefined;
  @state() private refusal: CoreError | undefined;
  @state() private busy = false;
  @state() private cancelled = false;
  @state() private report: Progress | undefined;
  /** The question that `answer` answers, and the newest one. */
  @state() private answeredTo = '';
  #setup!: Setup;
  /** The newest set-up in which `answer` was right: a stale answer is shown with the choices that it belongs to. */
  #answered: Setup | undefined;
  #drawing: Setup | undefined;
  #wanted = '';
  #abort: AbortController | undefined;
  #since = 0;
  /** The reader said Cancel: of whatever is being worked out, an older question's answer included. */
  #stopped = false;

  constructor() {
    super();
    watch(this, units);
  }

  /** While an answer is drawn, its own; otherwise the newest. */
  @property({ attribute: false })
  get setup(): Setup { return this.#drawing ?? this.#setup; }
  set setup(setup: Setup) { this.#setup = setup; }

  /** What the answer depends on besides the tensor, as text. */
  protected abstract question(): string;
  /** Works the answer out: `runTheory('theory.…', input, options)`, with `options` passed on. Values are copied, never transferred. */
  protected abstract solve(options: RunOptions): Promise<Answer>;
  /** What stands above the answer: prose and controls. */
  protected abstract renderText(): TemplateResult;
  protected abstract renderAnswer(answer: Answer): TemplateResult;

  protected change(patch: Patch, push = true): void {
    this.dispatchEvent(new CustomEvent('bb-set', { detail: { patch, push }, bubbles: true, composed: true }));
  }

  protected say(text: string): void {
    this.dispatchEvent(new CustomEvent('bb-announce', { detail: text, bubbles: true, composed: true }));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#abort?.abort();
  }

  protected override willUpdate(_changed: PropertyValues): void {
    if (!this.go || !this.setup) return;
    const wanted = `${this.setup.tensor.key} ${this.question()}`;
    if (wanted === this.answeredTo) this.#answered = this.setup;
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    this.cancelled = false;
    if (this.busy && performance.now() - this.#since > kPatience) this.#abort?.abort();
    if (!this.busy) void this.#run();
  }

  async #run(): Promise<void> {
    this.busy = true;
    while (this.#wanted !== '' && this.#wanted !== this.answeredTo) {
      const wanted = this.#wanted;
      const { setup } = this;
      this.#abort = new AbortController();
      this.#since = performance.now();
      this.report = undefined;
      this.#stopped = false;
      try {
        this.answer = await this.solve({ signal: this.#abort.signal, onProgress: (progress) => { this.report = progress; } });
        this.answeredTo = wanted;
        this.#answered = wanted === this.#wanted ? this.setup : setup;
        this.refusal = undefined;
      } catch (thrown) {
        if (wanted !== this.#wanted && !this.#stopped) continue;
        if (this.#abort.signal.aborted) this.cancelled = this.isConnected;
        else this.refusal = asCoreError(thrown);
        break;
      }
    }
    this.busy = false;
    this.dispatchEvent(new CustomEvent('bb-settled', { bubbles: true, composed: true }));
  }

  #cancel = (): void => {
    this.#stopped = true;
    this.#abort?.abort();
  };

  #again = (): void => {
    this.cancelled = false;
    if (!this.busy) void this.#run();
  };

  #draw(answer: Answer): TemplateResult {
    this.#drawing = this.#answered;
    try {
      return this.renderAnswer(answer);
    } finally {
      this.#drawing = undefined;
    }
  }

  protected override render() {
    if (!this.setup) return nothing;
    const stale = this.answer !== undefined && this.answeredTo !== this.#wanted;
    return html`
      ${this.renderText()}
      <bb-progress .active=${this.busy} .report=${this.report} unit="steps" @cancel=${this.#cancel}></bb-progress>
      ${this.cancelled ? html`<bb-notice kind="info"><p>Cancelled. <button class="plain" @click=${this.#again}>Work it out</button></p></bb-notice>` : nothing}
      ${this.refusal ? html`<bb-notice kind="error"><p>${this.refusal.message}</p></bb-notice>` : nothing}
      ${this.answer ? html`<div class="answer ${stale ? 'stale' : ''}">${this.#draw(this.answer)}</div>` : nothing}`;
  }
}
