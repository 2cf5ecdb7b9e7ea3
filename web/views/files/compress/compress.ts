// Compresses the checkpoint that is open: a plan, a run, and what came of it.
import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { bytes, exact, integer } from '../../../format/numbers.js';
import '../../../parts/notice.js';
import '../../../parts/progress.js';
import { units } from '../../../shell/settings.js';
import { watch } from '../../../shell/watch.js';
import { base } from '../../../styles/base.js';
import { bits, times } from '../../lab/measures.js';
import type { Checkpoint } from '../checkpoint.js';
import { controls } from './controls.js';
import { configName } from './engine-config.js';
import './export-panel.js';
import { caveats } from './metadata.js';
import { isMatrix, type Plan } from './plan.js';
import { result } from './result.js';
import { sessionOf, type Session } from './session.js';
import { kBlobLimit, writesToDisk } from './sink.js';
import { writeChoices, type Choices, type PlanParams } from './state.js';
import { styles } from './styles.js';
import { kRows, planTable } from './table.js';

export interface PlanChange { params: Record<keyof PlanParams, string | undefined>; push: boolean; }

@customElement('bb-compress')
export class Compress extends LitElement {
  static override styles = [base, styles];
  @property({ attribute: false }) checkpoint?: Checkpoint;
  /** What the address says of the plan; another one is asked for with `bb-plan` (a CustomEvent<PlanChange>). */
  @property({ attribute: false, hasChanged: (now, before) => JSON.stringify(now) !== JSON.stringify(before) }) asked: PlanParams = {};
  @state() private open: ReadonlySet<string> = new Set();
  @state() private shown: ReadonlyMap<string, number> = new Map();
  #session: Session | undefined;
  #host: Element | undefined;

  constructor() {
    super();
    watch(this, units);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const root = this.getRootNode();
    this.#host = root instanceof ShadowRoot ? root.host : undefined;
    if (this.#session) this.#listen(this.#session);
  }

  /** Another view is shown: the job goes on. The checkpoint was closed, and what is around this stays: it ends. */
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    if (this.#host?.isConnected) {
      this.#session?.cancel();
      this.#session?.drop();
    }
    if (this.#session) this.#session.changed = this.#session.announce = () => {};
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('checkpoint')) this.#show();
    if (changed.has('checkpoint') || changed.has('asked')) this.#session?.ask(this.asked);
  }

  protected override updated(): void {
    const problems = this.#session?.problems ?? [];
    if (problems.length === 0) return;
    this.#session!.problems = [];
    this.dispatchEvent(new CustomEvent<string[]>('bb-problems', { detail: problems, bubbles: true, composed: true }));
  }

  #show(): void {
    const before = this.#session;
    this.#session = this.checkpoint && sessionOf(this.checkpoint, this.asked, before);
    if (before === this.#session) return;
    before?.cancel();
    before?.drop();
    if (this.#session) this.#listen(this.#session);
    this.open = new Set();
    this.shown = new Map();
  }

  #listen(session: Session): void {
    session.changed = () => this.requestUpdate();
    session.announce = (text) => this.dispatchEvent(new CustomEvent<string>('bb-announce', { detail: text, bubbles: true, composed: true }));
  }

  /** The choice is made, and the address says so; `push` as View.setParams has it. */
  #set = (patch: Partial<Choices>, push = true): void => {
    const session = this.#session!;
    session.set(patch);
    this.dispatchEvent(new CustomEvent<PlanChange>('bb-plan', { detail: { params: writeChoices(session.choices, session.checkpoint), push } }));
  };

  /** Brings the heading into view, and the keyboard to it. */
  show(): void {
    const heading = this.renderRoot.querySelector('h2');
    heading?.scrollIntoView({ block: 'start' });
    heading?.focus({ preventScroll: true });
  }

  #toggle = (key: string): void => {
    const open = new Set(this.open);
    if (!open.delete(key)) open.add(key);
    this.open = open;
  };

  #more = (key: string): void => { this.shown = new Map(this.shown).set(key, (this.shown.get(key) ?? kRows) + kRows); };

  protected override render() {
    if (!this.#session) return nothing;
    const { plan } = this.#session;
    return html`<section class="panel" aria-labelledby="compress-heading"><h2 id="compress-heading" tabindex="-1">Compress</h2>
      ${plan ? this.#renderPlan(this.#session, plan) : this.#renderFailure(this.#session)}</section>`;
  }

  #renderFailure({ failure }: Session) {
    return failure ? html`<bb-notice kind=${failure.cancelled ? 'info' : 'error'}><p>${failure.message}</p></bb-notice>` : nothing;
  }

  #renderPlan(session: Session, plan: Plan) {
    const { busy, choices, checkpoint, basis, budgetProblem, solved, outcome, report } = session;
    const disabled = busy !== undefined;
    const kinds = [...new Set(checkpoint.tensors.filter((tensor) => tensor.kind === 'norm' || isMatrix(tensor, basis!.types)).map(({ kind }) => kind))];
    const tooLarge = session.tooLarge(plan.bytes);
    return html`
      ${controls({ choices, plan, basis: basis!, kinds, disabled, budgetProblem, solved, set: this.#set, solve: session.solve })}
      <p class="answer" role="status">${answer(plan)}</p>
      ${session.stale ? stale(session, plan) : nothing}
      ${plan.blocked.length > 0 ? html`<bb-notice kind="warning"><p>${integer(plan.blocked.length)} ${plan.blocked.length === 1 ? 'tensor has' : 'tensors have'} no place in this kind of file. “${plan.blocked[0]!.tensor.name}”: ${plan.blocked[0]!.blocked}</p></bb-notice>` : nothing}
      ${caveats(checkpoint, choices.container).map((text) => html`<bb-notice kind="info"><p>${text}</p></bb-notice>`)}
      ${tooLarge ? html`<bb-notice kind="warning"><p>${tooLarge}</p></bb-notice>` : nothing}
      <div class="row no-print">
        <button class="button primary" type="button" ?disabled=${disabled || plan.blocked.length > 0 || tooLarge !== undefined} @click=${session.compress}>${writesToDisk() ? 'Compress to a file…' : 'Compress'}</button>
        <button class="button" type="button" ?disabled=${disabled} @click=${session.measure}>Measure on samples</button>
        ${choices.byHand.size > 0 ? html`<button class="button" type="button" ?disabled=${disabled} @click=${session.undoByHand}>Undo ${integer(choices.byHand.size)} by hand</button>` : nothing}
        ${!writesToDisk() && !tooLarge ? html`<span class="hint">${plan.bytes > kBlobLimit ? html`Kept in this browser’s own storage until you save it, which has room for ${bytes(session.room, units.value)}.`
          : html`Kept in memory until you save it${session.room > kBlobLimit ? nothing : html`; at most ${bytes(kBlobLimit, units.value)} in this browser`}.`}</span>` : nothing}
      </div>
      <bb-progress ?active=${disabled} .report=${report} unit=${busy?.writing ? 'MB' : 'tensors'} @cancel=${session.cancel}></bb-progress>
      ${this.#renderFailure(session)}
      ${outcome ? result(outcome, configName(checkpoint), session) : nothing}
      ${planTable({ plan, groups: session.groups, measurements: session.measurements, shown: this.shown, open: this.open, disabled, choose: session.choose, toggle: this.#toggle, more: this.#more })}
      <bb-export-plan .session=${session} .checkpoint=${checkpoint} .plan=${plan}></bb-export-plan>`;
  }
}

function stale({ choices: { budget }, busy, solve }: Session, plan: Plan) {
  const left = budget.bytes - plan.bytes;
  return html`<bb-notice kind="info"><p>Formats were changed by hand or by name after the budget was solved: ${left < 0 ? html`the plan takes ${bytes(-left, units.value)} more than it allows` : html`${bytes(left, units.value)} of it are not spent`}.
    <button class="button" type="button" ?disabled=${busy !== undefined} @click=${solve}>Solve again around these changes</button></p></bb-notice>`;
}

function answer(plan: Plan) {
  const change = plan.bytesBefore / Math.max(1, plan.bytes);
  const after = html`<span title="${exact(plan.bytes)} bytes">${bytes(plan.bytes, units.value)}</span>`;
  const each = html`${bits((8 * plan.bytes) / Math.max(1, plan.elements))} bits per weight`;
  if (Math.abs(change - 1) < 0.005) return html`All ${after} stay as they are: ${each}.`;
  return html`${bytes(plan.bytesBefore, units.value)} ${change > 1 ? 'shrink' : 'grow'} to ${after}: ${each}, ${change > 1 ? html`${times(change)} smaller` : html`${times(1 / change)} larger`}.`;
}
