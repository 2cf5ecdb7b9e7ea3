// Accuracy from predictions, and the answers that flipped.
import { html, nothing, type PropertyValues } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { integer } from '../../../../format/numbers.js';
import type { RunOptions } from '../../../../worker/pool.js';
import { runTheory } from '../../../../worker/theory.js';
import { figure, share } from '../../../lab/measures.js';
import { TheorySection } from '../../section.js';
import type { AnswersAnswer } from '../../tasks/quality.js';
import './pasted.js';
import { InputError, readPredictions, type Predictions } from './read.js';
import { kAnswerSeed, sampleAnswers } from './samples.js';

const sample = sampleAnswers();
const points = (value: number): string => `${value < 0 ? '−' : ''}${figure(100 * Math.abs(value))}`;

@customElement('bb-quality-answers')
export class QualityAnswers extends TheorySection<AnswersAnswer> {
  @state() private text = sample;
  private error = '';
  private read: Predictions | undefined;
  private revision = 0;

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('text')) this.#read();
    super.willUpdate(changed);
  }

  #read(): void {
    try {
      this.read = readPredictions(this.text);
      this.error = '';
      this.revision++;
    } catch (thrown) {
      if (!(thrown instanceof InputError)) throw thrown;
      this.error = thrown.message;
    }
  }

  protected override question(): string { return String(this.revision); }
  protected override solve(options: RunOptions): Promise<AnswersAnswer> { return runTheory('theory.answers', this.read!, options); }

  protected override renderText() {
    return html`<div class="text stack">
      <h3>Accuracy, and what it hides</h3>
      <p>Accuracy is the share of questions answered rightly. Compression makes some answers wrong and, by luck, others right; accuracy shows only what is left when the two are set against each other. Count the answers that <em>flipped</em> as well.</p>
      <bb-pasted class="no-print" label="Answers" rows="7" hint="Per line: what is right, the original’s answer, the compressed model’s. Letters, numbers or words." .text=${this.text} .error=${this.error}
        @bb-text=${(event: CustomEvent<string>) => { this.text = event.detail; }}></bb-pasted>
      ${this.text === sample ? html`<p class="small soft">Generated (seed ${kAnswerSeed}), not measured: 200 questions of four choices.</p>` : html`<p class="small no-print"><button class="plain" @click=${() => { this.text = sample; }}>Put the generated sample back</button></p>`}</div>`;
  }

  protected override renderAnswer(answer: AnswersAnswer) {
    const { originalAccuracy, compressedAccuracy, rightToWrong, wrongToRight, changed, q, count, bothRight, bothWrong, low, high } = answer;
    const difference = compressedAccuracy - originalAccuracy;
    return html`
      ${this.error ? html`<p class="small">What follows is about the last answers that could be read.</p>` : nothing}
      <bb-equation .equation=${{
        symbols: 'Q = \\frac{\\text{accuracy}}{\\text{accuracy}_0}', ...(originalAccuracy > 0 ? {
          numbers: `\\frac{${Math.round(compressedAccuracy * count)} / ${count}}{${Math.round(originalAccuracy * count)} / ${count}}`, result: figure(q),
          python: `print((${Math.round(compressedAccuracy * count)} / ${count}) / (${Math.round(originalAccuracy * count)} / ${count}))` } : { result: 'undefined: the original has no answer right' }),
        source: 'Higher is better, so this way up',
      }}></bb-equation>
      <p class="finding">${difference === 0 ? html`Both models get ${share(originalAccuracy)} right: by accuracy nothing was lost. Yet` : html`The original gets ${share(originalAccuracy)} right, the compressed model ${share(compressedAccuracy)}.`}
        ${difference === 0 ? 'the' : 'The'} compressed model answers ${integer(changed)} of ${integer(count)} questions differently: ${integer(rightToWrong)} went from right to wrong and ${integer(wrongToRight)} from wrong to right.</p>
      <div class="scroll" tabindex="0" role="region" aria-label="Answers of both models"><table>
        <caption>Questions by the answers of both models</caption>
        <thead><tr><th scope="col"></th><th scope="col" class="n">compressed right</th><th scope="col" class="n">compressed wrong</th></tr></thead>
        <tbody><tr><th scope="row">original right</th><td class="n">${integer(bothRight)}</td><td class="n">${integer(rightToWrong)}</td></tr>
          <tr><th scope="row">original wrong</th><td class="n">${integer(wrongToRight)}</td><td class="n">${integer(bothWrong)}</td></tr></tbody>
      </table></div>
      <p>Accuracy changed by ${points(difference)} percentage points, with 95 % confidence by ${points(low)} to ${points(high)} (paired, question by question; a normal approximation, rough below some ten flips).
        ${changed > rightToWrong + wrongToRight ? html`The other ${integer(changed - rightToWrong - wrongToRight)} changed answers went from one wrong choice to another.` : nothing}</p>`;
  }
}
