// A notice or an error, beside what caused it.
import { html, LitElement, css } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { base } from '../styles/base.js';

/** `<bb-notice kind="error">What is wrong, where, and what to do next.</bb-notice>` */
@customElement('bb-notice')
export class Notice extends LitElement {
  static override styles = [base, css`
    :host { display: block; padding: var(--s2) var(--s3); border-inline-start: 3px solid var(--c2); background: var(--warn-paper); font-size: var(--t0); }
    :host([kind='error']) { border-color: var(--bad); background: var(--bad-paper); }
    :host([kind='info']) { border-color: var(--rule); background: var(--sunk); }
    .body { display: flex; gap: var(--s3); align-items: start; justify-content: space-between; }
    ::slotted(*) { margin: 0; }
  `];
  @property() kind: 'error' | 'warning' | 'info' = 'warning';
  @property({ type: Boolean }) dismissable = false;

  protected override render() {
    return html`<div class="body" role=${this.kind === 'error' ? 'alert' : 'status'}><div><slot></slot></div>
      ${this.dismissable ? html`<button class="plain" @click=${() => this.dispatchEvent(new Event('dismiss'))}>Dismiss</button>` : ''}</div>`;
  }
}
