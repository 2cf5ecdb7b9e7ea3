// Source coding: how few bits codes can be written in without losing any, and coders that do it.
import { html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import { publishedLossless } from '../../../data/lossless.js';
import { kDecibelsPerBit } from '../../../data/limits.js';
import { bytes as bytesText, integer, parseNumber, withPrefix } from '../../../format/numbers.js';
import { units } from '../../../shell/settings.js';
import type { RunOptions } from '../../../worker/pool.js';
import { runTheory } from '../../../worker/theory.js';
import { formatOptions, groupFormats } from '../../lab/formats.js';
import { bits, decibels, figure, share } from '../../lab/measures.js';
import { TheorySection } from '../section.js';
import { kDefaults, kParams } from '../state.js';
import type { Coded, CodingAnswer, CodingSource } from '../tasks/coding.js';
import { tex } from '../tex.js';

const sources: Record<CodingSource, string> = {
  steps: 'Equal steps of a width', 'int4-tensor': '4-bit integers, one scale', 'int2-tensor': '2-bit integers, one scale', 'int4-row': '4-bit integers, a scale per row',
  'int8-row': '8-bit integers, a scale per row', bytes: 'The bytes of a number format',
};
/** As many bars as can be told apart. */
const kMostBars = 96;
/** A list of counts this long is still worth copying. */
const kMostCounts = 2000;

@customElement('bb-theory-coding')
export class CodingSection extends TheorySection<CodingAnswer> {
  protected override question(): string {
    const { asked } = this.setup;
    const codes = asked['coding.codes'];
    return [codes, codes === 'steps' ? asked['coding.step'] : '', codes === 'bytes' ? this.#format() : ''].join(' ');
  }

  #format(): string {
    const asked = this.setup.asked['coding.format'];
    return this.setup.formats.some(({ id }) => id === asked) ? asked : kDefaults['coding.format'];
  }

  protected override solve(options: RunOptions): Promise<CodingAnswer> {
    const { asked, tensor } = this.setup;
    return runTheory('theory.coding', { values: tensor.values, columns: tensor.columns, codes: asked['coding.codes'] as CodingSource, step: asked['coding.step'], format: this.#format() }, options);
  }

  protected override renderText() {
    const { asked, formats } = this.setup;
    const codes = asked['coding.codes'];
    return html`<div class="text stack">
      <p>A quantizer’s codes are seldom equally likely: near zero they crowd, far out they are rare. Give the frequent ones short words and the rare ones long words, and nothing is lost while the file shrinks. How far?
        To the entropy H, the mean of −log<sub>2</sub> p over the codes, and for whole words of bits, as Huffman makes them, to less than one bit above it.</p>
      <div class="controls no-print">
        <div class="field wide"><label class="label" for="codes">What is coded</label>
          <select id="codes" @change=${(event: Event) => this.change({ 'coding.codes': (event.target as HTMLSelectElement).value })}>
            ${kParams['coding.codes'].of.map((id) => html`<option value=${id} .selected=${id === codes}>${sources[id as CodingSource]}</option>`)}</select></div>
        ${codes === 'steps' ? html`<bb-number-field label="Step, in deviations" .value=${asked['coding.step']} .min=${kParams['coding.step'].min} .max=${kParams['coding.step'].max} .parse=${parseNumber} .format=${String}
          .step=${(value: number, direction: 1 | -1) => value * 2 ** direction} @bb-change=${(event: CustomEvent<number>) => this.change({ 'coding.step': String(event.detail) })}></bb-number-field>` : nothing}
        ${codes === 'bytes' ? html`<div class="field wide"><label class="label" for="coding-format">Number format</label>
          <select id="coding-format" @change=${(event: Event) => this.change({ 'coding.format': (event.target as HTMLSelectElement).value })}>${formatOptions(groupFormats(formats), this.#format())}</select></div>` : nothing}
      </div></div>`;
  }

  protected override renderAnswer(answer: CodingAnswer) {
    return html`${this.#renderCodes(answer)} ${this.#renderCoders(answer)} ${this.#renderExponents(answer)} ${this.#renderDifferential(answer)} ${this.#renderMeasured(answer)}`;
  }

  #renderCodes({ entropyBits, huffmanBits, counts, lengths, symbols, first, fixedBits, alphabet }: CodingAnswer) {
    const shown = [...counts.keys()].filter((symbol) => counts[symbol]! > 0);
    const ideal = (symbol: number) => -Math.log2(counts[symbol]! / symbols);
    // Around the likeliest code, where there are more than can be drawn.
    const peak = shown.reduce((best, symbol) => (counts[symbol]! > counts[best]! ? symbol : best), shown[0]!);
    const drawn = shown.length <= kMostBars ? shown : shown.filter((symbol) => Math.abs(symbol - peak) <= kMostBars / 2);
    const bytes = this.setup.asked['coding.codes'] === 'bytes';
    return html`
      <bb-equation .equation=${{
        symbols: 'H(W) \\le \\mathbb{E}\\,L(W) < H(W) + 1, \\quad H(W) = -\\sum_i p_i \\log_2 p_i', numbers: `${tex(entropyBits)} \\le ${tex(huffmanBits)} < ${tex(entropyBits + 1)}`,
        result: `${bits(entropyBits)} bits of entropy, ${bits(huffmanBits)} with Huffman’s code, against ${fixedBits} of fixed length`, python: python(counts), source: 'Shannon 1948, Huffman 1952; the course’s source coding',
      }}></bb-equation>
      <p class="finding">Huffman’s code spends ${bits(huffmanBits - entropyBits)} bits per ${bytes ? 'byte' : 'code'} more than the entropy.
        ${huffmanBits - entropyBits > 0.2 ? html`A code word has one bit at least, and a code that occurs ${share(counts[peak]! / symbols)} of the time is worth only ${bits(ideal(peak))}: the “+ 1” is really needed. rANS, which does not write whole words, stays near the entropy.` : html`It could be a whole bit; it rarely is, unless one code takes most of the places.`}</p>
      <bb-figure name="code-lengths" caption=${`What each code is worth, −log₂ of its share, and the whole bits that Huffman’s code spends on it.${drawn.length < shown.length ? ` The ${integer(drawn.length)} codes around the likeliest of ${integer(shown.length)}; the table has all of them.` : ''}`} .table=${{
        head: [bytes ? 'byte' : 'code', 'times', 'worth, bits', 'Huffman, bits'], rows: shown.map((symbol) => [symbol + first, counts[symbol]!, ideal(symbol), lengths[symbol]!]),
      }}>
        <bb-plot .x=${{ label: bytes ? 'byte' : alphabet > 4 ? 'code (0: nearest to zero)' : 'code' }} .y=${{ label: 'bits' }} label="Ideal code lengths as bars, with the lengths of Huffman's code as points in whole bits"
          .series=${[{ label: 'worth −log₂ p', kind: 'bars', colour: 1, points: drawn.map((symbol) => [symbol + first, ideal(symbol)]) }, { label: 'length of its Huffman word', kind: 'points', colour: 2, points: drawn.map((symbol) => [symbol + first, lengths[symbol]!]) }]}></bb-plot>
      </bb-figure>`;
  }

  #renderCoders({ coders, symbols, entropyBits, fixedBits }: CodingAnswer) {
    const row = (name: string, length: number, table: number | undefined, rate: number, coded?: Coded) => html`<tr><th scope="row">${name}</th><td class="n">${integer(length)}</td><td class="n">${table === undefined ? '–' : integer(table)}</td><td class="n">${bits(rate)}</td>
      <td class="n">${coded ? speed(symbols, coded.encodeSeconds) : '–'}</td><td class="n">${coded ? speed(symbols, coded.decodeSeconds) : '–'}</td><td>${coded ? (coded.same ? 'all the same' : 'differs: a fault of this page') : '–'}</td></tr>`;
    const small = coders.some(({ tableBytes, bytes }) => tableBytes > bytes / 4);
    return html`<h3>Coders that really code</h3>
      <div class="scroll" tabindex="0" role="region" aria-label="What the coders made of the codes"><table><thead><tr><th scope="col">Coder</th><th scope="col" class="n">Bytes</th><th scope="col" class="n">of these, table</th><th scope="col" class="n">Bits per symbol</th><th scope="col" class="n">Encodes</th><th scope="col" class="n">Decodes</th><th scope="col">Decoded again</th></tr></thead>
        <tbody>${row('Entropy', Math.ceil((symbols * entropyBits) / 8), undefined, entropyBits)}${coders.map((coded) => row(coded.coder, coded.bytes, coded.tableBytes, (8 * coded.bytes) / symbols, coded))}${row('Fixed length', Math.ceil((symbols * fixedBits) / 8), undefined, fixedBits)}</tbody></table></div>
      <p>${coders.every(({ same }) => same) ? html`Both coders ran on this tensor’s ${integer(symbols)} symbols just now, and what they decoded was compared with what went in, symbol by symbol: all are the same.` : html`<strong>What was decoded is not what went in.</strong>`}
        ${small ? 'With so few symbols the table of lengths or frequencies is a good part of the bytes: entropy speaks of long messages.' : nothing}</p>`;
  }

  #renderExponents({ exponents, symbols }: CodingAnswer) {
    const best = exponents.coders.reduce((a, b) => (a.bytes < b.bytes ? a : b));
    return html`<h3>Losing nothing: the exponents of bfloat16</h3>
      <p>A bfloat16 has a sign, 8 bits of exponent and 7 of mantissa. Sign and mantissa are as good as random, but the exponents of weights of one size are nearly all among a handful. Coding them is all that lossless
        compression of weights can do.</p>
      <bb-equation .equation=${{
        symbols: '\\text{bits per weight} \\ge 8 + H(\\text{exponent})', numbers: `8 + ${tex(exponents.entropyBits)}`, result: `${bits(exponents.idealBits)} bits, ${share(exponents.idealBits / 16)} of 16`, python: `8 + ${exponents.entropyBits}`, source: 'The split that DFloat11 and ZipNN use',
      }}></bb-equation>
      <p class="finding">${best.coder} makes ${bytesText(2 * symbols, units.value)} of bfloat16 into ${share(best.bitsPerWeight / 16)}, ${bits(best.bitsPerWeight)} bits a weight with the table; put together again ${best.same ? 'it is the same, byte for byte' : 'it is not the same'}.
        For any normal weights the entropy is near 10.55 bits, whatever their size: lossless coding saves a third and no more.</p>
      <div class="scroll" tabindex="0" role="region" aria-label="Lossless coding of bfloat16"><table class="roomy"><thead><tr><th scope="col">Coder</th><th scope="col" class="n">Size, % of bfloat16</th><th scope="col">Source</th></tr></thead><tbody>
        ${exponents.coders.map(({ coder, bitsPerWeight }) => html`<tr><th scope="row">${coder}, this tensor</th><td class="n">${((100 * bitsPerWeight) / 16).toFixed(1)}</td><td class="text small soft">measured here</td></tr>`)}
        ${publishedLossless.map(({ name, percent, source }) => html`<tr><th scope="row">${name}</th><td class="n">${percent}</td><td class="text small soft">${source}</td></tr>`)}</tbody></table></div>`;
  }

  /** Sweeps over many widths take a part of a large tensor. */
  #sampled({ sample }: CodingAnswer): string {
    return sample < this.setup.tensor.values.length ? ` On ${integer(sample)} of the tensor’s ${integer(this.setup.tensor.values.length)} values, evenly spread.` : '';
  }

  #renderDifferential(answer: CodingAnswer) {
    const { variance, entropy, sweep } = answer;
    const deviation = Math.sqrt(variance);
    const normal = 0.5 * Math.log2(2 * Math.PI * Math.E * variance);
    const known = Number.isFinite(entropy);
    const h = known ? entropy : normal;
    const line = (step: number) => h - Math.log2(step * deviation);
    const worst = sweep.findLast(({ step, midTread }) => midTread - line(step) > 0.05);
    const fine = sweep.find(({ step, midTread }) => Math.abs(midTread - line(step)) < 0.01);
    return html`<h3>Entropy of a density, and where it misleads</h3>
      <p>The course gives normal weights an entropy “in bits per weight”:</p>
      <bb-equation .equation=${{
        symbols: 'h(W) = \\tfrac{1}{2} \\log_2 (2 \\pi e \\sigma^2)', numbers: `\\tfrac{1}{2} \\log_2 (2 \\pi e \\cdot ${tex(variance)})`, result: `${bits(normal).replace('-', '−')} bits`, python: `import math\n0.5 * math.log2(2 * math.pi * math.e * ${variance})`, source: 'The course’s entropy of Gaussian weights',
      }}></bb-equation>
      <p class="kindly">${normal < 0 ? html`It is negative here, and no weight takes less than no bits.` : html`For weights of a smaller deviation (below 0.24) it would be negative, and no weight takes less than no bits.`} It is a differential entropy: it counts no bits until it is told how finely the weights are to be known. With steps of Δ
        the codes cost about h − log<sub>2</sub> Δ. That, in turn, holds only for steps that are small beside the density.</p>
      <bb-equation .equation=${{ symbols: 'H(\\text{codes}) \\approx h(W) - \\log_2 \\Delta', numbers: `${tex(h)} - \\log_2 (${tex(deviation)})`, result: `${bits(h - Math.log2(deviation))} bits for steps of one deviation; measured: ${bits(sweep.find(({ step }) => step === 1)!.midTread)}`, python: `import math\n${h} - math.log2(${deviation})`, source: known ? 'With this tensor’s own h, estimated' : 'With the h of normal weights: these have no density' }}></bb-equation>
      <bb-figure name="entropy-of-steps" caption=${`Entropy of the codes, measured, and h − log₂ Δ, over the width of the steps. A step’s middle at zero (mid-tread) lets the entropy fall to nothing; an edge at zero (mid-rise) always costs the bit of the sign.${this.#sampled(answer)}`} .table=${{
        head: ['step / deviation', 'h − log₂ Δ', 'measured, mid-tread', 'measured, mid-rise'], rows: sweep.map(({ step, midTread, midRise }) => [step, line(step), midTread, midRise]),
      }}>
        <bb-plot .x=${{ label: 'step / deviation', log: true }} .y=${{ label: 'bits per code' }} .rules=${[{ y: 0, label: '' }]} label="Measured code entropy follows h minus log2 of the step for small steps and leaves it where steps are wide"
          .series=${[
            { label: 'h − log₂ Δ', dashed: true, points: sweep.map(({ step }) => [step, line(step)]) },
            { label: 'measured, mid-tread', kind: 'both', colour: 1, points: sweep.map(({ step, midTread }) => [step, midTread]) },
            { label: 'measured, mid-rise', kind: 'both', colour: 2, points: sweep.map(({ step, midRise }) => [step, midRise]) },
          ]}></bb-plot>
      </bb-figure>
      <p class="finding">${fine ? html`Up to steps of ${figure(fine.step)} deviations the rule is right to a hundredth of a bit.` : nothing} ${worst ? html`From ${figure(worst.step)} on it is off by more than a twentieth, and at ${figure(sweep[0]!.step)} it asks for ${bits(line(sweep[0]!.step)).replace('-', '−')} bits where ${bits(sweep[0]!.midTread)} are spent.` : nothing}</p>`;
  }

  #renderMeasured(answer: CodingAnswer) {
    const { measured } = answer;
    if (measured.length === 0) return nothing;
    const gapOf = (rate: number, distortion: number) => 10 * Math.log10(distortion) + kDecibelsPerBit * rate;
    const rows = measured.map(({ step, entropyBits, bits: spent, distortion }) => [step, entropyBits, spent, -10 * Math.log10(distortion), gapOf(entropyBits, distortion)]);
    const usable = measured.filter(({ distortion }) => distortion > 1e-12);
    const most = Math.max(1, ...measured.map(({ bits: spent }) => spent)) * 1.05;
    return html`<h3>Equal steps, really coded</h3>
      <p>Equal steps and an entropy coder make a number format of any rate. Here each step’s codes went through rANS; the bits are those of its bytes, table and all.</p>
      <bb-figure name="coded-steps" caption=${`Signal to noise over the bits per weight that rANS really took, its table included, and over the entropy of the same codes.${this.#sampled(answer)}`} .table=${{ head: ['step / deviation', 'entropy, bits', 'rANS, bits', 'signal to noise, dB', 'entropy from D(R), dB'], rows }}>
        <bb-plot .x=${{ label: 'bits per weight', domain: [0, most] }} .y=${{ label: 'signal to noise, dB' }} label="Entropy-coded uniform steps: bits really spent against signal to noise, close below the limit for normal values"
          .series=${[
            { label: 'limit for normal values, D(R)', dashed: true, colour: 'soft', points: [[0, 0], [most, most * kDecibelsPerBit]] },
            { label: 'entropy of the codes', kind: 'both', colour: 2, points: usable.map((each) => [each.entropyBits, -10 * Math.log10(each.distortion)]) },
            { label: 'bytes of rANS', kind: 'points', colour: 1, points: usable.map((each) => [each.bits, -10 * Math.log10(each.distortion)]) },
          ]}></bb-plot>
      </bb-figure>
      ${usable.length > 0 ? html`<p class="finding">At ${bits(usable.at(-1)!.entropyBits)} bits of entropy the steps lie ${decibels(gapOf(usable.at(-1)!.entropyBits, usable.at(-1)!.distortion))} from the normal limit; rANS takes ${bits(usable.at(-1)!.bits)} bits.</p>` : nothing}`;
  }
}

const speed = (symbols: number, seconds: number): string => (seconds > 0 ? withPrefix(symbols / seconds, 'sym/s') : 'too short to time');

/** Entropy and Huffman's mean length from the counts, in the standard library's own words. */
function python(counts: Float64Array): string {
  const used = [...counts].filter((count) => count > 0);
  if (used.length > kMostCounts) return '';
  return `import heapq, math
counts = [${used.join(', ')}]
n = sum(counts)
entropy = -sum(c / n * math.log2(c / n) for c in counts)
heap, bits = counts[:], 0
heapq.heapify(heap)
while len(heap) > 1:
    merged = heapq.heappop(heap) + heapq.heappop(heap)
    bits += merged
    heapq.heappush(heap, merged)
print(entropy, max(bits, n * (len(counts) == 1)) / n)`;
}
