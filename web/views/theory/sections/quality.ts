// Quality: what is left of a model. Four parts, each with data of its own: tokens, distributions, answers, and size against quality.
import { html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import '../../../parts/equation.js';
import { base } from '../../../styles/base.js';
import type { Setup } from '../section.js';
import { sectionStyles } from '../styles.js';
import './quality/answers.js';
import './quality/distributions.js';
import './quality/front.js';
import './quality/tokens.js';

@customElement('bb-theory-quality')
export class QualitySection extends LitElement {
  static override styles = [base, sectionStyles];
  @property({ attribute: false }) setup!: Setup;
  @property({ type: Boolean }) go = false;

  protected override render() {
    if (!this.setup) return nothing;
    const { setup, go } = this;
    return html`
      <p>All sections above measure weights. What counts is the model’s answers, and they can only be measured by running it, which this page does not do. It reads what your runs wrote down. Until you
        give it something of yours, each part below works on a small sample that was generated for this page: made-up numbers that behave as real ones do.</p>
      <p class="small soft">These figures belong to whole models, so the tensor at hand plays no part in this section.</p>
      <bb-quality-tokens .setup=${setup} .go=${go}></bb-quality-tokens>
      <bb-quality-distributions .setup=${setup} .go=${go}></bb-quality-distributions>
      <bb-quality-answers .setup=${setup} .go=${go}></bb-quality-answers>
      <bb-quality-front .setup=${setup} .go=${go}></bb-quality-front>`;
  }
}
