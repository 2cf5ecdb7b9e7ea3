// Shannon's rate-distortion function, its bounds for the tensor at hand, and the quantizers that come near.
import { html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import { kDecibelsPerBit } from '../../../data/limits.js';
import { vectorQuantizers } from '../../../data/vector-quantizers.js';
import { integer, parseNumber } from '../../../format/numbers.js';
import type { RunOptions } from '../../../worker/pool.js';
import { runTheory } from '../../../worker/theory.js';
import { bits, decibels, figure } from '../../lab/measures.js';
import { TheorySection } from '../section.js';
import { kParams } from '../state.js';
import type { RateAnswer, RatePoint } from '../tasks/rate-distortion.js';
import { tex } from '../tex.js';

const kFormats = ['q8_0', 'q6_k', 'q5_k', 'q4_k', 'q4_0', 'nf4', 'mxfp4', 'nvfp4_tensor', 'int4_sym_row', 'int8_sym_row', 'q3_k', 'q2_k'];
/** 1/2 log2(pi e / 6): what uniform steps with an ideal entropy code stay from the limit at high rates. */
const kCodedGapDb = 10 * Math.log10((Math.PI * Math.E) / 6);
/** sqrt(3) pi / 2: what the best fixed-length levels for normal values do (Panter and Dite 1951). */
const kFixedGapDb = 10 * Math.log10((Math.sqrt(3) * Math.PI) / 2);
const kFewValues = 4096;

interface Filling { level: number; rate: number; distortion: number; rates: Float64Array; }
interface Answer extends RateAnswer { rate: number; over: 'rows' | 'columns'; water: Filling; }

const db = (distortion: number): number => -10 * Math.log10(distortion);

@customElement('bb-theory-rate-distortion')
export class RateDistortionSection extends TheorySection<Answer> {
  /** What does not depend on the choices, and the tensor that it is of. */
  #known: { key: string; answer: RateAnswer } | undefined;

  protected override question(): string {
    const { asked } = this.setup;
    return `${asked['rate-distortion.rate']} ${asked['rate-distortion.over']}`;
  }

  protected override async solve(options: RunOptions): Promise<Answer> {
    const { asked, tensor } = this.setup;
    const rate = asked['rate-distortion.rate'];
    const over = asked['rate-distortion.over'] as 'rows' | 'columns';
    if (this.#known?.key !== tensor.key) {
      this.#known = { key: tensor.key, answer: await runTheory('theory.rateDistortion', { values: tensor.values, columns: tensor.columns, formats: kFormats }, options) };
    }
    const { answer } = this.#known;
    return { ...answer, rate, over, water: await runTheory('theory.waterFilling', { variances: answer.filling[over], rate }, options) };
  }

  protected override renderText() {
    const { asked } = this.setup;
    return html`<div class="text stack">
      <p>Fewer bits, more error: how good can the bargain get? Shannon’s answer does not depend on any method. Among all ways to replace a weight W by a Ŵ whose mean squared error is D at most, take the one in which Ŵ
        tells least about W. The information I(W; Ŵ) that it still tells is the least number of bits per weight, and long enough blocks come as near to it as one likes.</p>
      <bb-equation .equation=${{ symbols: 'R(D) = \\min_{p(\\hat{w} \\mid w)\\,:\\; \\mathbb{E}(W - \\hat{W})^2 \\le D} I(W; \\hat{W})', source: 'Shannon 1959; the course’s rate-distortion function' }}></bb-equation>
      <p>For independent normal weights of variance σ² the minimum is known in closed form. Read either way, one more bit quarters the error (6.02 dB).</p>
      <div class="controls no-print">
        <bb-number-field label="Bits per weight" .value=${asked['rate-distortion.rate']} min=${kParams['rate-distortion.rate'].min} max=${kParams['rate-distortion.rate'].max} .parse=${parseNumber} .format=${String}
          .step=${(value: number, direction: 1 | -1) => value + 0.5 * direction} @bb-change=${(event: CustomEvent<number>) => this.change({ 'rate-distortion.rate': String(event.detail) })}></bb-number-field>
      </div></div>`;
  }

  protected override renderAnswer(answer: Answer) {
    return html`${this.#renderGaussian(answer)} ${this.#renderOwn(answer)} ${this.#renderPictures(answer)} ${this.#renderVectors()} ${this.#renderWater(answer)}`;
  }

  #renderGaussian({ variance, rate, lloydMax, coded, sample }: Answer) {
    const limit = variance * 4 ** -rate;
    const fixed = lloydMax.find((each) => each.bits === rate);
    const variable = at(coded, rate);
    const spent = fixed ?? (Number.isFinite(variable) ? { bits: rate, distortion: variable } : undefined);
    const name = fixed ? `the best ${2 ** rate} levels of fixed length (Lloyd-Max)` : 'equal steps with an entropy code';
    return html`
      <bb-equation .equation=${{
        symbols: 'D(R) = \\sigma^2\\, 2^{-2R}', numbers: `${tex(variance)} \\cdot 2^{-2 \\cdot ${rate}}`, result: `${figure(limit)}, ${decibels(rate * kDecibelsPerBit)} below the weights themselves`,
        python: `${variance} * 2**(-2 * ${rate})`, source: 'A normal source of this tensor’s variance',
      }}></bb-equation>
      ${spent ? html`<p>Designed on ${sample === this.setup.tensor.values.length ? 'its values' : `${integer(sample)} of its values`} and run on them, ${name} leave ${figure(spent.distortion * variance)}. Normal weights could have had that error for fewer bits:</p>
        <bb-equation .equation=${{
          symbols: 'R(D) = \\tfrac{1}{2} \\log_2 \\frac{\\sigma^2}{D}', numbers: `\\tfrac{1}{2} \\log_2 \\frac{${tex(variance)}}{${tex(spent.distortion * variance)}}`,
          result: spent.distortion > 0 ? `${bits(-0.5 * Math.log2(Math.min(1, spent.distortion)))} bits per weight, where ${bits(rate)} were spent` : 'no limit: every value got a level of its own', python: spent.distortion > 0 ? `import math\n0.5 * math.log2(${variance} / ${spent.distortion * variance})` : '', source: 'The same, solved for R',
        }}></bb-equation>` : nothing}`;
  }

  #renderOwn(answer: Answer) {
    const { variance, entropy, entropyError, rate } = answer;
    const bound = boundAt(answer, rate);
    if (!Number.isFinite(entropy)) {
      return html`<p class="kindly">${Number.isNaN(entropy) ? 'This tensor has too few values to say how its weights are distributed.' : 'Single values repeat so often here that the weights have no density; the bound below needs one.'}
        Distances are measured from the normal limit instead. ${this.#few(answer)}</p>`;
    }
    const saved = 0.5 * Math.log2((2 * Math.PI * Math.E * variance)) - entropy;
    return html`<p>Real weights are not quite normal. Whatever their density, its differential entropy h gives a bound that no code passes, and that good codes reach at high rates. This tensor’s h, estimated from the spacings
        of its values, is ${bits(entropy).replace('-', '−')} bits (± ${bits(entropyError)}).</p>
      <bb-equation .equation=${{
        symbols: 'D(R) \\ge \\frac{2^{2(h - R)}}{2 \\pi e}', numbers: `\\frac{2^{2 (${tex(entropy)} - ${rate})}}{2 \\pi e}`, result: `${figure(bound * variance)}, ${decibels(db(bound))} below the weights`,
        python: `import math\n2**(2 * (${entropy} - ${rate})) / (2 * math.pi * math.e)`, source: 'Shannon’s lower bound',
      }}></bb-equation>
      <p class="finding">${saved > 0.02 ? html`At the same variance no density is as hard to code as the normal one. This one is easier by ${bits(saved)} bits per weight at every rate: ${decibels(saved * kDecibelsPerBit)}.` : html`It lies where the normal limit does (${decibels(saved * kDecibelsPerBit)} apart): as far as coding goes, these weights are normal.`} ${this.#few(answer)}</p>`;
  }

  #few({ sample }: Answer) {
    return sample < kFewValues ? html`With only ${integer(sample)} values, levels fitted to them know them by heart: points beyond a limit here are not better codes, they leave out the table of levels.` : nothing;
  }

  #renderPictures(answer: Answer) {
    const { coded, lloydMax, formats, own, refused } = answer;
    const normal = Number.isFinite(answer.entropy) ? undefined : 'normal';
    const gap = ({ bits: rate, distortion }: RatePoint): number => 10 * Math.log10(distortion / boundAt(answer, rate));
    const curves = [
      { label: 'best levels, fixed length (Lloyd-Max)', points: lloydMax.filter(({ distortion }) => distortion > 1e-9) },
      { label: 'equal steps, entropy coded', points: coded.filter(({ distortion }) => distortion > 1e-9) },
      { label: 'number formats', points: formats.filter(({ distortion }) => distortion > 1e-9) },
      { label: 'R(D) of its values, computed', points: own },
    ] as const;
    const rows = [
      ...lloydMax.map((each) => ['Lloyd-Max', each] as const), ...coded.map((each) => [`steps of ${figure(each.step)}, entropy coded`, each] as const),
      ...formats.map((each) => [each.label, each] as const), ...own.map((each) => ['Blahut-Arimoto', each] as const),
    ].map(([name, each]) => [name, each.bits, each.distortion, db(each.distortion), gap(each), gap(each) / kDecibelsPerBit]);
    const head = ['method', 'bits per weight', 'error / variance', 'signal to noise, dB', `from the ${normal ?? 'tensor’s'} limit, dB`, 'the same, bits'];
    const most = Math.max(8, ...formats.map((each) => each.bits)) + 0.4;
    const limits = [0, most].map((rate): [number, number] => [rate, db(boundAt(answer, rate))]);
    const spectrum = curves[0]!.points.at(-1);
    const fine = curves[1]!.points.findLast(({ bits: rate }) => rate <= 6.5);
    const below = Math.max(0, ...own.map(({ gap: each }) => each));
    return html`
      <bb-figure name="rate-distortion" caption="Signal to noise over bits per weight. Nothing can lie above the limit; the straight lines rise by 6.02 dB a bit." .table=${{ head, rows }}>
        <bb-plot .x=${{ label: 'bits per weight', domain: [0, most] }} .y=${{ label: 'signal to noise, dB' }} label="Signal to noise of quantizers and formats rises with the bits, below the limits"
          .rules=${[{ x: answer.rate, label: `${bits(answer.rate)} bits` }]}
          .series=${[
            { label: 'limit for normal values, D(R)', dashed: true, colour: 'soft', points: [[0, 0], [most, most * kDecibelsPerBit]] },
            ...(normal ? [] : [{ label: 'limit for this tensor (Shannon’s bound)', points: limits }]),
            { label: curves[0]!.label, kind: 'both', colour: 1, points: curves[0]!.points.map((each) => [each.bits, db(each.distortion)]) },
            { label: curves[1]!.label, kind: 'both', colour: 2, points: curves[1]!.points.map((each) => [each.bits, db(each.distortion)]) },
            { label: curves[2]!.label, kind: 'points', colour: 3, names: formats.map(({ label }) => label), points: formats.map((each) => [each.bits, db(each.distortion)]) },
          ]}></bb-plot>
      </bb-figure>
      <p>The picture hides what matters: everything hugs the limit. Below is the same as distance from it. Lloyd and Max’s fixed-length levels fall behind as bits grow, for normal weights to ${decibels(kFixedGapDb)} (0.72 bit);
        equal steps with an entropy code stay at ${decibels(kCodedGapDb)}, a quarter of a bit, for every density, and nothing that codes one weight at a time does better at high rates.</p>
      <bb-equation .equation=${{
        symbols: '\\tfrac{1}{2} \\log_2 \\frac{\\pi e}{6}', result: `0.2546 bit = ${decibels(kCodedGapDb)}${fine ? `; measured at ${bits(fine.bits)} bits: ${bits(gap(fine) / kDecibelsPerBit)} bit = ${decibels(gap(fine))}` : ''}`,
        python: 'import math\n0.5 * math.log2(math.pi * math.e / 6)', source: 'Gish and Pierce 1968: a cube wastes this much over a ball of many dimensions',
      }}></bb-equation>
      <bb-figure name="gap-to-the-limit" caption=${`Distance from the ${normal ? 'limit for normal values' : 'tensor’s own limit'} in decibels, over bits per weight: lower is better, 6.02 dB are one bit.`} .table=${{ head, rows }}>
        <bb-plot .x=${{ label: 'bits per weight', domain: [0, most] }} .y=${{ label: 'dB from the limit', domain: gapDomain(curves.flatMap(({ points }) => points.map(gap))) }}
          .rules=${[{ y: kCodedGapDb, label: '1.53 dB' }, { y: kFixedGapDb, label: '4.35 dB (normal)' }]} label="Distance from the limit: entropy-coded steps settle at 1.53 dB, Lloyd-Max and formats lie higher"
          .series=${[
            { label: curves[0]!.label, kind: 'both', colour: 1, points: curves[0]!.points.map((each) => [each.bits, gap(each)]) },
            { label: curves[1]!.label, kind: 'both', colour: 2, points: curves[1]!.points.map((each) => [each.bits, gap(each)]) },
            { label: curves[2]!.label, kind: 'points', colour: 3, names: formats.map(({ label }) => label), named: true, points: formats.map((each) => [each.bits, gap(each)]) },
            { label: curves[3]!.label, colour: 4, points: own.map((each) => [each.bits, gap(each)]) },
          ]}></bb-plot>
      </bb-figure>
      <p class="finding">${spectrum ? html`At ${bits(spectrum.bits)} bits Lloyd-Max is ${decibels(gap(spectrum))} off.` : nothing} ${formatSentence(formats, gap)}</p>
      ${own.length > 0 ? html`<p>The thin line is this tensor’s own R(D), from the algorithm of Blahut and Arimoto on ${integer(answer.cells)} cells that stand for its values: its rates are right to ${bits(Math.max(below, 0.001))} bit.
        The true curve lies between it and the bound at 0 dB. Where it stands above 0 at low rates, the bound is too hopeful for this density; where it bends up at high rates, only the cells have become too coarse.</p>` : nothing}
      ${refused.length > 0 ? html`<p class="small soft">Left out, since they do not fit rows of ${integer(this.setup.tensor.columns)}: ${refused.join(', ')}.</p>` : nothing}`;
  }

  #renderVectors() {
    return html`<h3>Many weights at once</h3>
      <p>The quarter bit between equal steps and the limit is only won by coding many weights together, as lattices and trellises do. At 2 bits on normal values, where the limit is 0.0625:</p>
      <div class="scroll" tabindex="0" role="region" aria-label="Quantizers of many weights at 2 bits"><table class="roomy"><thead><tr><th scope="col">Quantizer</th><th scope="col" class="n">Weights at once</th><th scope="col" class="n">Error / variance</th><th scope="col" class="n">From the limit</th><th scope="col">Source</th></tr></thead>
        <tbody>${vectorQuantizers.map(({ name, dimensions, mse, source }) => html`<tr><th scope="row">${name}</th><td class="n">${dimensions}</td><td class="n">${figure(mse)}</td><td class="n">${decibels(10 * Math.log10(mse * 16))}</td><td class="text small soft">${source}</td></tr>`)}</tbody></table></div>`;
  }

  #renderWater({ filling, over, water, rate }: Answer) {
    const each = filling[over];
    const sorted = [...each].sort((a, b) => b - a);
    const even = each.reduce((sum, variance) => sum + variance * 4 ** -rate, 0);
    const gain = 10 * Math.log10(even / water.distortion);
    const one = over === 'rows' ? 'row' : 'column';
    const widest = sorted[0]!;
    const silent = [...water.rates].filter((given) => given === 0).length;
    const drawn = sorted.flatMap((variance, i) => (variance > 0 ? [[i + 1, variance] as [number, number]] : []));
    return html`<h3>Where the bits should go</h3>
      <p>Parts of different variance should not get the same bits. Pour water to one level over all of them: a part that rises above the water is coded down to it, a part below the water gets no bits at all.</p>
      <div class="controls no-print"><div class="field"><label class="label" for="over">Parts</label>
        <select id="over" @change=${(event: Event) => this.change({ 'rate-distortion.over': (event.target as HTMLSelectElement).value })}>${kParams['rate-distortion.over'].of.map((name) => html`<option value=${name} .selected=${name === over}>the tensor’s ${name}</option>`)}</select></div></div>
      <bb-equation .equation=${{
        symbols: `D_i = \\min(\\theta, \\sigma_i^2), \\quad R_i = \\tfrac{1}{2} \\log_2 \\frac{\\sigma_i^2}{D_i}, \\quad \\frac{1}{${each.length}} \\sum_i R_i = ${rate}`,
        result: `θ = ${figure(water.level)}; the widest ${one} gets ${bits(Math.max(...water.rates))} bits a weight, the narrowest ${bits(Math.min(...water.rates))}`,
        python: `import math\ntheta = ${water.level}\n0.5 * math.log2(${widest} / min(theta, ${widest}))  # bits for the widest ${one}`, source: 'Reverse water-filling: Kolmogorov 1956; Cover and Thomas, chapter 10',
      }}></bb-equation>
      <p class="finding">${gain > 0.1 ? html`Bits given by water-filling over ${over} save ${decibels(gain)} over the same ${bits(rate)} for every ${one}${silent > 0 ? `; ${integer(silent)} of ${integer(each.length)} get none` : ''}. One step size for the whole tensor with an entropy code gives bits in just this way, without being told.`
        : html`The ${over} of this tensor are so alike that water-filling saves ${decibels(Math.max(0, gain))}: the same bits for every ${one} are as good. ${over === 'rows' ? 'Columns may differ more; outlier columns do.' : nothing}`}</p>
      <bb-figure name="water-filling" caption=${`Variance of each ${one}, in order, and the error that it is left with: the water level, or its variance where that is lower.`} .table=${{
        head: [over, 'variance', 'error', 'bits per weight'], rows: [...each].map((variance, i) => [i + 1, variance, Math.min(variance, water.level), water.rates[i]!]),
      }}>
        <bb-plot .x=${{ label: `${over}, the widest first` }} .y=${{ label: 'variance', log: true }} label=${`Variances of the ${over} in order, above the water level`} .rules=${water.level > 0 ? [{ y: water.level, label: 'water level θ' }] : []}
          .series=${[{ label: `variance of the ${one}`, colour: 1, points: drawn }, { label: 'error it is left with', colour: 2, points: drawn.map(([x, variance]) => [x, Math.min(variance, water.level)]) }]}></bb-plot>
      </bb-figure>`;
  }
}

/** Shannon's lower bound over the variance, or D(R) where there is no density. */
function boundAt({ entropy, variance }: RateAnswer, rate: number): number {
  return (Number.isFinite(entropy) ? 2 ** (2 * entropy) / (2 * Math.PI * Math.E * variance) : 1) * 4 ** -rate;
}

/** The distortion at a rate between two measured ones: straight in decibels. */
function at(points: RatePoint[], rate: number): number {
  const sorted = [...points].sort((a, b) => a.bits - b.bits);
  const right = sorted.findIndex((each) => each.bits >= rate - 0.02);
  if (right < 0) return NaN;
  const [high, low] = [sorted[right]!, sorted[right - 1]];
  if (!low || high.bits - rate < 0.02) return high.distortion;
  const share = (rate - low.bits) / (high.bits - low.bits);
  return low.distortion ** (1 - share) * high.distortion ** share;
}

/** From the limit up to what most points need; a format far off does not squeeze the rest. */
function gapDomain(gaps: number[]): [number, number] {
  const sorted = gaps.filter(Number.isFinite).sort((a, b) => a - b);
  return [Math.min(-0.5, sorted[0] ?? 0), Math.max(5, Math.min((sorted.at(-1) ?? 5) + 0.5, 16))];
}

function formatSentence(formats: RateAnswer['formats'], gap: (point: RatePoint) => number) {
  const measured = formats.filter(({ distortion }) => distortion > 1e-9).sort((a, b) => gap(a) - gap(b));
  if (measured.length < 2) return nothing;
  const [best, worst] = [measured[0]!, measured.at(-1)!];
  return html`Of the formats ${best.label} comes nearest, ${decibels(gap(best))} off, its scales counted; ${worst.label} is ${decibels(gap(worst))} off, ${bits(gap(worst) / kDecibelsPerBit)} bits per weight that buy nothing.`;
}
