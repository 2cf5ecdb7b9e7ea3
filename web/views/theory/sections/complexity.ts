// Time and space: how the work grows with the number of weights, and what each compressed form really takes.
import { html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { base } from '../../../styles/base.js';
import type { Setup } from '../section.js';
import { sectionStyles } from '../styles.js';
import type { TheoryTensor } from '../tensor.js';
import './complexity/space.js';
import './complexity/times.js';

@customElement('bb-theory-complexity')
export class ComplexitySection extends LitElement {
  static override styles = [base, sectionStyles];
  @property({ attribute: false }) setup!: Setup;
  @property({ type: Boolean }) go = false;
  /** Times are taken on values of their own: another tensor is no reason to take them again. */
  #any: TheoryTensor | undefined;

  protected override render() {
    if (!this.setup) return nothing;
    this.#any ??= this.setup.tensor;
    return html`<bb-complexity-times .setup=${{ ...this.setup, tensor: this.#any }} .go=${this.go}></bb-complexity-times>
      <bb-complexity-space .setup=${this.setup} .go=${this.go}></bb-complexity-space>`;
  }
}
