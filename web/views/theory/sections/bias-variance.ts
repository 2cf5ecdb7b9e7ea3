// Bias and variance of rounding, and why it matters which: sums.
import { html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { Rounding } from 'bitbudget/theory';
import { integer } from '../../../format/numbers.js';
import type { RunOptions } from '../../../worker/pool.js';
import { runTheory } from '../../../worker/theory.js';
import { figure } from '../../lab/measures.js';
import { TheorySection } from '../section.js';
import { kParams } from '../state.js';
import type { BiasAnswer, SumCurve } from '../tasks/bias-variance.js';
import { tex } from '../tex.js';

const ways: Record<Rounding, { name: string; short: string; how: string; theory: number }> = {
  nearest: { name: 'to nearest', short: 'nearest', how: 'the nearest level', theory: 1 / 12 },
  truncate: { name: 'truncated', short: 'truncated', how: 'the level towards zero', theory: 1 / 3 },
  stochastic: { name: 'stochastic', short: 'stochastic', how: 'up or down at random, the nearer the likelier', theory: 1 / 6 },
  dithered: { name: 'dithered', short: 'dithered', how: 'noise of one step added, then the nearest level', theory: 1 / 6 },
  subtractive_dither: { name: 'dither taken off', short: 'subtractive', how: 'the same noise subtracted again after', theory: 1 / 12 },
};

@customElement('bb-theory-bias-variance')
export class BiasVarianceSection extends TheorySection<BiasAnswer> {
  protected override question(): string { return `${this.setup.asked['bias-variance.bits']} ${this.setup.asked['bias-variance.seed']}`; }

  protected override solve(options: RunOptions): Promise<BiasAnswer> {
    const { tensor, asked } = this.setup;
    return runTheory('theory.bias-variance', { values: tensor.values, bits: asked['bias-variance.bits'], seed: asked['bias-variance.seed'] }, options);
  }

  protected override renderText() {
    const { asked } = this.setup;
    return html`<div class="text stack">
      <p>An error can be one that always leans the same way, the bias, or one that scatters around the truth, the variance. The mean squared error is the sum of both, and of the noise σ² that is in the data and that no estimate can take away.
        Here the truth is a weight and the estimate is the rounded weight. A weight is known exactly, so its σ² is zero.</p>
      <p>For this to be a statement about chance, something must be random. Here it is the rounding alone: the weights stay, and each is rounded 64 times with fresh random numbers from a seed. Rounding to nearest draws none, so all of its error counts as bias, different for each weight.</p>
      <div class="controls no-print">
        <bb-number-field label="Bits" .value=${asked['bias-variance.bits']} min="1" max=${kParams['bias-variance.bits'].max} .step=${(value: number, direction: 1 | -1) => value + direction}
          @bb-change=${(event: CustomEvent<number>) => this.change({ 'bias-variance.bits': String(Math.round(event.detail)) })}></bb-number-field>
        <bb-number-field label="Seed of the rounding" .value=${asked['bias-variance.seed']} min="0" max="1000000000" .step=${(value: number, direction: 1 | -1) => value + direction}
          @bb-change=${(event: CustomEvent<number>) => this.change({ 'bias-variance.seed': String(Math.round(event.detail)) })}></bb-number-field>
      </div></div>`;
  }

  protected override renderAnswer(answer: BiasAnswer) {
    const { step, range, rows, count, repeats } = answer;
    const bits = this.setup.asked['bias-variance.bits'];
    const unit = step * step;
    // An estimate of nothing comes out a little below zero as often as above.
    const parts = rows.map((row) => ({ ...row, bias: Math.max(0, row.biasSquared) / unit, scatter: row.variance / unit, whole: row.mse / unit }));
    const [nearest, truncated, stochastic] = parts as [typeof parts[0], typeof parts[0], typeof parts[0]];
    return html`
      <bb-equation .equation=${{ symbols: '\\mathbb{E}\\,(f - \\hat f)^2 = \\underbrace{(f - \\mathbb{E} \\hat f)^2}_{\\text{bias}^2} + \\underbrace{\\mathrm{Var}\\, \\hat f}_{\\text{variance}} + \\sigma^2', python: 'import numpy as np\n\ndef split(estimates, truth):\n    """estimates: repeats x values; bias squared and variance, means over the values."""\n    variance = estimates.var(axis=0, ddof=1)\n    return np.mean((estimates.mean(axis=0) - truth)**2 - variance / len(estimates)), variance.mean()', source: 'The course’s decomposition' }}></bb-equation>
      <bb-equation .equation=${{ symbols: '\\Delta = \\frac{2 M}{2^b}', numbers: `\\frac{2 \\cdot ${tex(range)}}{2^{${bits}}}`, result: figure(step), python: `2 * ${range} / 2**${bits}`, source: 'The step; errors below are in units of Δ²' }}></bb-equation>
      <p class="finding">Rounding to nearest leaves ${figure(nearest.whole)} Δ², all bias; truncating ${figure(truncated.whole)} Δ², all bias and ${figure(truncated.whole / nearest.whole)} times as much; stochastic rounding ${figure(stochastic.whole)} Δ², all variance.</p>
      <bb-figure name="bias-variance" caption=${`Bias² and variance of five ways to round, in units of Δ²: means over ${integer(count)} weights, each rounded ${repeats} times.`}
        .table=${{ head: ['rounding', 'how', 'bias² / Δ²', 'variance / Δ²', 'mean squared error / Δ²', 'theory'], rows: parts.map((part, i) => [ways[part.rounding].name, ways[part.rounding].how, rows[i]!.biasSquared / unit, part.scatter, part.whole, ways[part.rounding].theory]) }}>
        <bb-plot .x=${{ label: '', domain: [-0.6, parts.length - 0.4], ticks: parts.map((_, i) => i), text: (i: number) => ways[parts[i]?.rounding ?? 'nearest'].short }} .y=${{ label: 'error / Δ²' }}
          label="Stacked bars: rounding to nearest and truncating are all bias, stochastic rounding and dither are all variance"
          .series=${[
            { label: 'bias²', kind: 'bars', colour: 1, points: parts.map(({ bias }, i): [number, number] => [i, bias]) },
            { label: 'variance', kind: 'bars', colour: 2, from: parts.map(({ bias }) => bias), points: parts.map(({ bias, scatter }, i): [number, number] => [i, bias + scatter]) },
          ]}></bb-plot></bb-figure>
      <p>Many small steps make theory exact: 1/12 of Δ² for rounding to nearest, 1/3 for truncating, 1/6 for stochastic rounding. Dithering by noise of one step’s width and stochastic rounding are the same thing, and come out the same number for number; taking the noise off again halves the
        error, but both sides must then know the noise.</p>
      <p class="kindly">“Compression raises bias and may lower variance” is a statement about models fitted to data, where the randomness is the choice of training data. It is not one about rounding: there, which of the two an error counts as is a choice of the method, and stochastic rounding buys no bias with twice the error.</p>
      ${this.#renderSums(answer)}`;
  }

  #renderSums({ curves, growth: { noise } }: BiasAnswer) {
    const of = (id: SumCurve['id']) => curves.find((curve) => curve.id === id)!.points;
    const [truncated, nearest, stochastic, mixed] = [of('truncate'), of('nearest'), of('stochastic'), of('mixed')];
    const last = truncated.at(-1);
    if (!last) return html`<p>This tensor has too few values to add up long sums of them.</p>`;
    const end = truncated.length - 1;
    return html`<h3>Why it matters: sums</h3>
      <p>A layer adds up many products. Take sums of n terms |w| x with positive inputs x, as after a rectifier, and cut the tensor into as many such sums as it holds. Now the randomness is that of the values as well. Each term that is truncated comes out a little too small,
        and n of them come out n times as much too small. Errors that lean no way partly cancel: their sum grows as √n.</p>
      <bb-equation .equation=${{ symbols: '\\mathbb{E}\\Big[\\sum_{i=1}^n e_i x_i\\Big] = n\\, \\mathbb{E}[e x], \\qquad \\mathrm{sd}\\Big[\\sum_{i=1}^n e_i x_i\\Big] = \\sqrt{n}\\; \\mathrm{sd}[e x]', source: 'for independent terms', python: 'import math\n\ndef sum_error(n, mean, deviation):\n    return n * mean, math.sqrt(n) * deviation' }}></bb-equation>
      <p class="finding">In sums of ${integer(last.length)} terms truncation is off by ${figure(Math.abs(last.mean))} on the whole, ${figure(Math.abs(last.mean) / last.deviation)} times what it scatters; stochastic rounding scatters by ${figure(stochastic[end]!.deviation)} and leans by ${figure(Math.abs(stochastic[end]!.mean))}.
        ${noise ? html`The scatter grows as n to the power of ${figure(noise.exponent)} ± ${figure(noise.standardError)}.` : nothing}</p>
      <bb-figure name="rounding-in-sums" caption="What rounding does to sums of n products: the lean (mean error) of truncation grows as n; the scatter of rounding grows as √n."
        .table=${{ head: ['n', 'sums', 'truncated: mean', 'truncated: scatter', 'nearest: mean', 'nearest: scatter', 'stochastic: mean', 'stochastic: scatter', 'truncated, both signs: mean', 'its scatter'],
          rows: truncated.map((point, i) => [point.length, point.sums, point.mean, point.deviation, nearest[i]!.mean, nearest[i]!.deviation, stochastic[i]!.mean, stochastic[i]!.deviation, mixed[i]!.mean, mixed[i]!.deviation]) }}>
        <bb-plot .x=${{ label: 'terms n', log: true, domain: [1, Math.max(2, last.length)] }} .y=${{ label: 'error of the sum', log: true }} label="Error of sums over their length on logarithmic scales: the lean of truncation rises twice as steeply as the scatter of rounding"
          .series=${[
            { label: 'truncated, lean', kind: 'both', colour: 1, points: truncated.map((point): [number, number] => [point.length, Math.abs(point.mean)]) },
            { label: 'to nearest, scatter', kind: 'both', colour: 'ink', points: nearest.map((point): [number, number] => [point.length, point.deviation]) },
            { label: 'stochastic, scatter', kind: 'both', colour: 2, points: stochastic.map((point): [number, number] => [point.length, point.deviation]) },
            { label: 'truncated, both signs, scatter', dashed: true, colour: 'soft', points: mixed.map((point): [number, number] => [point.length, point.deviation]) },
          ]}></bb-plot></bb-figure>
      <p class="kindly">The bias adds up only where the errors lean one way. With weights and inputs of both signs truncation pulls some terms up and others down, and its sums scatter like any other (the dashed line). In training, where the same small updates are added for thousands of steps, the lean is what stalls
        or drifts, and the reason why stochastic rounding is used there.</p>`;
  }
}
