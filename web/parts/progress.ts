// Work in progress: nothing for 100 ms, a spinner to one second, then a bar with stage, rate, time left and Cancel (Esc).
import { html, LitElement, css, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { brief, percent, seconds } from '../format/numbers.js';
import { base } from '../styles/base.js';
import type { Progress as Report } from '../worker/protocol.js';

/** Shown while `active`; dispatches `cancel`. `report`'s unit names what is counted: "values". */
@customElement('bb-progress')
export class Progress extends LitElement {
  static override styles = [base, css`
    :host { display: block; font-size: var(--t0); min-block-size: 1.5em; }
    progress { inline-size: 100%; block-size: 0.5rem; accent-color: var(--link); display: block; margin-block: var(--s1); }
    .row { justify-content: space-between; }
  `];
  @property({ type: Boolean }) active = false;
  @property({ attribute: false }) report?: Report;
  @property() unit = '';
  @state() private now = 0;
  #start = 0;
  /** When the count on show began: a new one counts from the start again. */
  #countStart = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && !event.defaultPrevented) this.dispatchEvent(new Event('cancel'));
  };

  protected override willUpdate(changed: Map<string, unknown>): void {
    const before = changed.get('report') as Report | undefined;
    if (changed.has('report') && (!before || !this.report || this.report.total !== before.total || this.report.done < before.done)) this.#countStart = performance.now();
    if (!changed.has('active')) return;
    clearInterval(this.#timer);
    document.removeEventListener('keydown', this.#onKey);
    if (!this.active) return;
    this.#start = this.now = performance.now();
    this.#timer = setInterval(() => { this.now = performance.now(); }, 100);
    document.addEventListener('keydown', this.#onKey);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
    document.removeEventListener('keydown', this.#onKey);
  }

  protected override render() {
    const elapsed = (this.now - this.#start) / 1000;
    if (!this.active || elapsed < 0.1) return nothing;
    const stage = this.report?.stage ?? 'Working';
    if (elapsed < 1) return html`<span role="status"><span class="spinner" aria-hidden="true"></span> ${stage}…</span>`;
    const { done = 0, total = 0 } = this.report ?? {};
    const rate = done / Math.max(0.1, (this.now - this.#countStart) / 1000);
    return html`
      <div class="row">
        <span><span role="status">${stage}${total > 0 ? nothing : '…'}</span>${total > 0 ? html` <span class="num">${percent(done / total)}</span>` : nothing}</span>
        <span class="soft num">${rate > 0 ? html`${brief(rate)} ${this.unit}/s${total > done ? html`, ${seconds((total - done) / rate)} left` : nothing}` : nothing}</span>
        <button class="button" @click=${() => this.dispatchEvent(new Event('cancel'))}>Cancel <span class="soft">Esc</span></button>
      </div>
      ${total > 0 ? html`<progress max=${total} .value=${done} aria-label=${stage}></progress>` : html`<progress aria-label=${stage}></progress>`}`;
  }
}
