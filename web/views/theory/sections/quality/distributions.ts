// KL divergence and top-1 agreement, from whole distributions over a small vocabulary.
import { html, nothing, type PropertyValues } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { integer } from '../../../../format/numbers.js';
import { publishedDivergence } from '../../../../data/perplexity.js';
import type { RunOptions } from '../../../../worker/pool.js';
import { runTheory } from '../../../../worker/theory.js';
import { figure, share } from '../../../lab/measures.js';
import { TheorySection } from '../../section.js';
import { kParams } from '../../state.js';
import type { DivergenceAnswer, DivergenceQuestion } from '../../tasks/quality.js';
import './pasted.js';
import { InputError, readNumbers, type Table } from './read.js';
import { kLogitSeed, sampleDistributions } from './samples.js';

type Side = 'original' | 'compressed';
const kTolerance = 1e-3;

function checked(table: Table, logits: boolean): Table {
  const { values, width, where } = table;
  if (width < 2) throw new InputError('Here is one number per line. Each line needs one for every token of the vocabulary, with commas between.');
  for (let row = 0; row * width < values.length; row++) {
    const part = values.subarray(row * width, (row + 1) * width);
    const bad = part.find((value) => (logits ? !Number.isFinite(value) : !(value >= 0 && value <= 1)));
    if (bad !== undefined) throw new InputError(logits ? `${where(row)}: ${bad} is no logit; they are finite numbers.` : `${where(row)}: ${bad} is no probability; they lie from 0 to 1. If these are logits, say so at “The numbers are”.`);
    const sum = part.reduce((total, value) => total + value, 0);
    if (!logits && Math.abs(sum - 1) > kTolerance) throw new InputError(`${where(row)}: these probabilities add up to ${Number(sum.toPrecision(4))}, not to 1. If only the likeliest tokens are listed, add one column for all the others.`);
  }
  return table;
}

@customElement('bb-quality-distributions')
export class QualityDistributions extends TheorySection<DivergenceAnswer> {
  /** What the reader gave; undefined: the sample. */
  @state() private given: Record<Side, string> | undefined;
  private texts: Record<Side, string> = { original: '', compressed: '' };
  private errors: Record<Side, string> = { original: '', compressed: '' };
  private read: DivergenceQuestion | undefined;
  private revision = 0;
  private readFrom = '';

  private get kind(): string { return this.setup.asked['quality.kind']; }

  protected override willUpdate(changed: PropertyValues): void {
    if (this.setup && (changed.has('given') || this.readFrom !== this.kind)) this.#read();
    super.willUpdate(changed);
  }

  #side(side: Side): Table | undefined {
    try {
      return checked(readNumbers(this.texts[side]), this.kind === 'logits');
    } catch (thrown) {
      if (!(thrown instanceof InputError)) throw thrown;
      this.errors[side] = thrown.message;
      return undefined;
    }
  }

  #read(): void {
    this.readFrom = this.kind;
    this.texts = this.given ?? sampleDistributions(this.kind === 'logits');
    this.errors = { original: '', compressed: '' };
    const original = this.#side('original');
    const compressed = this.#side('compressed');
    if (!original || !compressed) return;
    if (original.width !== compressed.width) this.errors.compressed = `The original has ${original.width} numbers on a line and the compressed model ${compressed.width}. Both need the same vocabulary.`;
    else if (original.values.length !== compressed.values.length) this.errors.compressed = `The original has ${integer(original.values.length / original.width)} lines and the compressed model ${integer(compressed.values.length / compressed.width)}. Both need the same places of the same text.`;
    else {
      this.read = { original: original.values, compressed: compressed.values, vocabulary: original.width, logits: this.kind === 'logits' };
      this.revision++;
    }
  }

  protected override question(): string { return String(this.revision); }
  protected override solve(options: RunOptions): Promise<DivergenceAnswer> { return runTheory('theory.divergence', this.read!, options); }

  protected override renderText() {
    return html`<div class="text stack">
      <h3>Divergence: the whole distribution, not one token</h3>
      <p>Perplexity looks at one probability per token. Two models can agree on it and differ on all the others, and it is from those that the next token is drawn. The Kullback-Leibler divergence of a
        compressed model Q from the original P compares whole distributions; it is zero only if they are the same. Top-1 agreement counts how often both would choose the same token.</p>
      <div class="controls no-print">
        <div class="field"><label class="label" for="kind">The numbers are</label>
          <select id="kind" @change=${(event: Event) => this.change({ 'quality.kind': (event.target as HTMLSelectElement).value })}>
            ${kParams['quality.kind'].of.map((each) => html`<option value=${each} .selected=${this.kind === each}>${each}</option>`)}</select></div>
      </div>
      <div class="pair no-print">
        ${this.#renderSide('original', 'The original’s distributions', 'One line per place in the text, one number per token of the vocabulary.')}
        ${this.#renderSide('compressed', 'The compressed model’s distributions', 'The same places and the same order of tokens.')}
      </div>
      ${this.given === undefined ? html`<p class="small soft">Generated (seed ${kLogitSeed}), not measured: random distributions over a vocabulary of six at 24 places, and the same with a little noise.</p>`
        : html`<p class="small no-print"><button class="plain" @click=${() => { this.given = undefined; }}>Put the generated sample back</button></p>`}</div>`;
  }

  #renderSide(side: Side, label: string, hint: string) {
    return html`<bb-pasted label=${label} hint=${hint} .text=${this.texts[side]} .error=${this.errors[side]} @bb-text=${(event: CustomEvent<string>) => { this.given = { ...this.texts, [side]: event.detail }; }}></bb-pasted>`;
  }

  protected override renderAnswer({ positions, meanKl, standardError, top1Agreement, each, impossible }: DivergenceAnswer) {
    return html`
      ${this.errors.original || this.errors.compressed ? html`<p class="small">What follows is about the last numbers that could be read.</p>` : nothing}
      <bb-equation .equation=${{
        symbols: 'D(P \\parallel Q) = \\sum_v P(v) \\ln \\frac{P(v)}{Q(v)}', ...(impossible > 0 ? {} : { result: `${figure(meanKl)} nats = ${figure(meanKl / Math.LN2)} bits on average` }),
        python: 'import math\ndef divergence(p, q):\n    return sum(a * math.log(a / b) for a, b in zip(p, q) if a > 0)\nprint(divergence([0.7, 0.2, 0.1], [0.6, 0.3, 0.1]))', source: 'Kullback and Leibler, 1951',
      }}></bb-equation>
      ${impossible > 0 ? html`<p class="finding">At ${integer(impossible)} of ${integer(positions)} places the compressed model gives no probability at all to a token that the original allows. There the divergence has no limit, so there is no mean to show: take logits, or probabilities of more digits.</p>`
        : html`<p class="finding">Averaged over ${integer(positions)} places, the divergence is ${figure(meanKl)} ± ${figure(standardError)} nats (one standard error). Both models would choose the same token at ${integer(Math.round(top1Agreement * positions))} of them, ${share(top1Agreement)}.</p>
        <bb-figure name="divergence" caption=${`Divergence at each place${positions > each.length ? `, of the first ${integer(each.length)}` : ''}: a mean hides that most of it comes from few places.`}
          .table=${{ head: ['place', 'divergence, nats'], rows: each.map((value, i) => [i + 1, value]) }}>
          <bb-plot height="230" .x=${{ label: 'place in the text' }} .y=${{ label: 'nats' }} .rules=${[{ y: meanKl, label: 'mean' }]} label="Bars of the divergence at each place: a few are much higher than the rest"
            .series=${[{ label: 'divergence', kind: 'bars', colour: 1, points: each.map((value, i) => [i + 1, value]) }]}></bb-plot>
        </bb-figure>`}
      <p>What is much? By llama.cpp’s own measurements on WikiText-2, the same format damages a newer model, trained on more tokens, more:
        ${publishedDivergence.rows.map(({ format, llama2, llama3 }, i) => html`${i > 0 ? '; ' : ''}${format} ${figure(llama2)} nats for Llama 2 7B and ${figure(llama3)} for Llama 3 8B`)}. <span class="small soft">${publishedDivergence.source}</span></p>`;
  }
}
