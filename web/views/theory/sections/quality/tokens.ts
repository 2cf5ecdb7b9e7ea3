// Perplexity and cross-entropy of two models on the same tokens, paired.
import { html, nothing, type PropertyValues } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { integer } from '../../../../format/numbers.js';
import type { RunOptions } from '../../../../worker/pool.js';
import { runTheory } from '../../../../worker/theory.js';
import { figure } from '../../../lab/measures.js';
import { TheorySection } from '../../section.js';
import { kParams } from '../../state.js';
import type { TokensAnswer, TokensQuestion } from '../../tasks/quality.js';
import './pasted.js';
import { column, InputError, logProbabilities, readNumbers, type Logarithm } from './read.js';
import { kTokens, kTokenSeed, sampleTokens } from './samples.js';

const names: Record<Logarithm, string> = { natural: 'natural logarithms', log2: 'logarithms to base 2', log10: 'logarithms to base 10', loss: 'losses, −ln p' };
type Side = 'original' | 'compressed';

@customElement('bb-quality-tokens')
export class QualityTokens extends TheorySection<TokensAnswer> {
  /** What the reader gave; undefined: the sample. */
  @state() private given: Record<Side, string> | undefined;
  private texts: Record<Side, string> = { original: '', compressed: '' };
  private errors: Record<Side, string> = { original: '', compressed: '' };
  /** The last texts that could be read, as natural logarithms. */
  private read: TokensQuestion = { original: new Float64Array(), compressed: new Float64Array() };
  private revision = 0;
  private readFrom = '';

  private get base(): Logarithm { return this.setup.asked['quality.log'] as Logarithm; }

  protected override willUpdate(changed: PropertyValues): void {
    if (this.setup && (changed.has('given') || this.readFrom !== this.base)) this.#read();
    super.willUpdate(changed);
  }

  #side(side: Side): Float64Array | undefined {
    try {
      const table = readNumbers(this.texts[side]);
      if (table.width !== 1) throw new InputError(`Here are ${table.width} columns. Give one number per line, or two columns: the original’s and the compressed model’s.`);
      return logProbabilities(table.values, this.base, table.where);
    } catch (thrown) {
      if (!(thrown instanceof InputError)) throw thrown;
      this.errors[side] = thrown.message;
      return undefined;
    }
  }

  #read(): void {
    this.readFrom = this.base;
    this.texts = this.given ?? sampleTokens(this.base);
    this.errors = { original: '', compressed: '' };
    const original = this.#side('original');
    const compressed = this.#side('compressed');
    if (!original || !compressed) return;
    if (original.length !== compressed.length) {
      this.errors.compressed = `The original has ${integer(original.length)} numbers and the compressed model ${integer(compressed.length)}. Both need one for every token of the same text, in the same order.`;
      return;
    }
    this.read = { original, compressed };
    this.revision++;
  }

  /** Two columns pasted into either side are both models’. */
  #take(side: Side, text: string): void {
    try {
      const table = readNumbers(text);
      if (table.width === 2) {
        this.given = { original: column(table, 0).join('\n'), compressed: column(table, 1).join('\n') };
        this.say('Two columns: the first is taken for the original, the second for the compressed model.');
        return;
      }
    } catch (thrown) {
      if (!(thrown instanceof InputError)) throw thrown;
      // It is refused beside the text area, by #read.
    }
    this.given = { ...this.texts, [side]: text };
  }

  protected override question(): string { return String(this.revision); }
  protected override solve(options: RunOptions): Promise<TokensAnswer> { return runTheory('theory.tokens', this.read, options); }

  protected override renderText() {
    return html`<div class="text stack">
      <h3>Perplexity</h3>
      <p>A language model reads a text and says, before each token, how likely each next token is. The probability p that it gave to the one that came is all that counts here. Its mean logarithm, with
        the sign turned, is the <em>cross-entropy</em>: the bits (or nats) that the model needs to write a token down. Perplexity is the same number on another scale: a model of perplexity k is as
        uncertain as one that chooses among k equally likely tokens.</p>
      <div class="controls no-print">
        <div class="field wide"><label class="label" for="log">The numbers are</label>
          <select id="log" @change=${(event: Event) => this.change({ 'quality.log': (event.target as HTMLSelectElement).value })}>
            ${(kParams['quality.log'].of as Logarithm[]).map((each) => html`<option value=${each} .selected=${this.base === each}>${names[each]}</option>`)}</select></div>
      </div>
      <div class="pair no-print">
        ${this.#renderSide('original', 'Log-probabilities of the original model', 'One number per token and line; two columns, or JSON with two lists, fill both sides.')}
        ${this.#renderSide('compressed', 'Log-probabilities of the compressed model', 'For the same tokens in the same order. Nothing leaves this page.')}
      </div>
      ${this.given === undefined ? html`<p class="small soft">The ${integer(kTokens)} tokens above are generated (seed ${kTokenSeed}), not measured: losses spread like a language model’s, and a second model that differs a little on each token.</p>`
        : html`<p class="small no-print"><button class="plain" @click=${() => { this.given = undefined; }}>Put the generated sample back</button></p>`}</div>`;
  }

  #renderSide(side: Side, label: string, hint: string) {
    return html`<bb-pasted label=${label} hint=${hint} .text=${this.texts[side]} .error=${this.errors[side]} @bb-text=${(event: CustomEvent<string>) => this.#take(side, event.detail)}></bb-pasted>`;
  }

  protected override renderAnswer(answer: TokensAnswer) {
    const { original, compressed, difference, low, high, q, tight, loose } = answer;
    const wrong = this.errors.original || this.errors.compressed;
    const certain = low > 0 ? 'so the compressed model really is worse' : high < 0 ? 'so the compressed model is the better one on this text' : 'and no difference lies within it: these tokens do not show that compression did anything';
    return html`
      ${wrong ? html`<p class="small">What follows is about the last numbers that could be read.</p>` : nothing}
      <bb-equation .equation=${{
        symbols: '\\mathrm{PPL} = \\exp\\Bigl(-\\frac{1}{N} \\sum_{i=1}^{N} \\ln p(x_i \\mid x_{<i})\\Bigr) = 2^{H(p,q)}',
        numbers: `\\exp(${original.crossEntropy.toPrecision(5)}) = 2^{${original.bitsPerToken.toPrecision(5)}}`, result: `${figure(original.perplexity)} for the original, ${figure(compressed.perplexity)} compressed`,
        python: `import math\nprint(math.exp(${original.crossEntropy}), math.exp(${compressed.crossEntropy}))`, source: 'H: cross-entropy in bits per token',
      }}></bb-equation>
      <p class="finding">Over ${integer(original.tokens)} tokens, cross-entropy rose by ${figure(difference)} nats per token, with 95 % confidence by ${figure(low)} to ${figure(high)}, ${certain}.</p>
      <div class="scroll" tabindex="0" role="region" aria-label="Both models"><table>
        <caption class="sr">Both models on the same tokens</caption>
        <thead><tr><th scope="col">Model</th><th scope="col" class="n">Cross-entropy, nats</th><th scope="col" class="n">Bits per token</th><th scope="col" class="n">Perplexity</th></tr></thead>
        <tbody>${([['Original', original], ['Compressed', compressed]] as const).map(([name, each]) => html`<tr><th scope="row">${name}</th><td class="n">${each.crossEntropy.toFixed(4)}</td><td class="n">${each.bitsPerToken.toFixed(4)}</td><td class="n">${each.perplexity.toFixed(4)}</td></tr>`)}</tbody>
      </table></div>
      <p>Both models read the same text, and what is hard for one is hard for the other. So compare token by token: the differences spread far less than the losses themselves.
        ${tight > 0 ? html`Taken as two unrelated numbers, these perplexities would leave an interval ${figure(loose / tight)} times as wide${loose > Math.abs(difference) && low > 0 ? ', too wide to see the damage at all' : ''}.` : html`Here every token differs by the same amount, so the paired interval has no width.`}
        Tokens are taken as independent; in running text they are not quite, and the true interval is somewhat wider.</p>
      <bb-figure name="paired-difference" caption="The rise in cross-entropy with its 95 % confidence interval: paired token by token, and as if the two models had been run on unrelated texts."
        .table=${{ head: ['comparison', 'difference, nats per token', 'low', 'high'], rows: [['paired', difference, low, high], ['unpaired', difference, difference - loose, difference + loose]] }}>
        <bb-plot height="230" .x=${{ label: '', domain: [0.5, 2.5], ticks: [1, 2], text: (value: number) => (value === 1 ? 'paired' : 'as if unpaired') }}
          .y=${{ label: 'nats per token', domain: this.#around(difference, Math.max(loose, tight)) }} .rules=${[{ y: 0, label: 'no difference' }]}
          label="Two intervals around the same difference; the paired one is much narrower"
          .series=${[{ label: 'paired', kind: 'points', colour: 1, points: [[1, difference]], errors: [tight] }, { label: 'as if unpaired', kind: 'points', colour: 2, points: [[2, difference]], errors: [loose] }]}></bb-plot>
      </bb-figure>
      <bb-equation .equation=${{
        symbols: 'Q = \\frac{\\mathrm{PPL}_0}{\\mathrm{PPL}} = e^{-\\Delta}', numbers: `\\frac{${original.perplexity.toPrecision(6)}}{${compressed.perplexity.toPrecision(6)}}`, result: figure(q),
        python: `print(${original.perplexity} / ${compressed.perplexity})`, source: 'Δ: the rise in nats per token; 1 is no loss',
      }}></bb-equation>
      <p class="kindly">The course defines Q as the compressed model’s metric over the original’s. For accuracy that is right. Perplexity is better when it is <em>lower</em>, so the same division would give
        ${figure(1 / q)} here and ${q < 1 ? 'call a damaged model improved' : 'turn the comparison round'}. Turned over, Q again is 1 for no loss and less for damage.</p>`;
  }

  #around(middle: number, reach: number): [number, number] {
    const wide = Math.max(reach, Math.abs(middle), 1e-9) * 1.25;
    return [Math.min(middle - wide, 0), Math.max(middle + wide, 0)];
  }
}
