// Theorem 1 of the course: a function of one variable by a network of m units with b bits each.
import { html, nothing, type PropertyValues } from 'lit';
import { customElement } from 'lit/decorators.js';
import { integer } from '../../../format/numbers.js';
import type { RunOptions } from '../../../worker/pool.js';
import { runTheory } from '../../../worker/theory.js';
import { figure } from '../../lab/measures.js';
import { TheorySection } from '../section.js';
import { kParams } from '../state.js';
import { kDepths, kWidths, type ApproximationAnswer, type Fitted, type Shape } from '../tasks/approximation.js';
import './quality/pasted.js';
import { InputError, readNumbers } from './quality/read.js';

const shapes: Record<Shape, string> = { sine: 'a sine', step: 'a steep step, smooth', abs: 'a kink, |3x − 1|', bump: 'a bump', jump: 'a jump, not continuous', samples: 'samples of your own' };
const kSampleText = '0, 0.2, 0.7, 0.9, 0.4, -0.3, -0.5, 0.1, 0.6, 0.5';
const kMostSamples = 1000;
const kShownDepths = [4, 8, 12, 16, 24];
const colours = [2, 1, 3, 4, 5] as const;

@customElement('bb-theory-approximation')
export class ApproximationSection extends TheorySection<ApproximationAnswer> {
  private samples: number[] = [...readNumbers(kSampleText).values];
  private error = '';
  private readFrom: string | undefined;

  private get shape(): Shape { return this.setup.asked['approximation.function'] as Shape; }
  private get text(): string { return this.setup.asked['approximation.samples'] || kSampleText; }

  protected override willUpdate(changed: PropertyValues): void {
    if (this.setup && this.readFrom !== this.text) this.#read();
    super.willUpdate(changed);
  }

  #read(): void {
    this.readFrom = this.text;
    try {
      const { values } = readNumbers(this.text);
      if (values.length < 2) throw new InputError('One value is no function: give at least two, at even steps from 0 to 1.');
      if (values.length > kMostSamples) throw new InputError(`These are ${integer(values.length)} values; ${integer(kMostSamples)} are the most that fit into a link.`);
      if (!values.every(Number.isFinite)) throw new InputError('One of the values is infinite.');
      this.samples = [...values];
      this.error = '';
    } catch (thrown) {
      if (!(thrown instanceof InputError)) throw thrown;
      this.error = thrown.message;
    }
  }

  protected override question(): string {
    const { asked } = this.setup;
    return [this.shape, asked['approximation.units'], asked['approximation.bits'], this.shape === 'samples' ? this.samples.join() : ''].join(' ');
  }

  protected override solve(options: RunOptions): Promise<ApproximationAnswer> {
    const { asked } = this.setup;
    return runTheory('theory.approximation', { shape: this.shape, samples: this.samples, units: asked['approximation.units'], bits: asked['approximation.bits'] }, options);
  }

  protected override renderText() {
    const { asked } = this.setup;
    const field = (key: 'approximation.units' | 'approximation.bits', label: string, step: (value: number, direction: 1 | -1) => number) => html`<bb-number-field label=${label} .value=${asked[key]} .min=${kParams[key].min} .max=${kParams[key].max} .step=${step}
      @bb-change=${(event: CustomEvent<number>) => this.change({ [key]: String(Math.round(event.detail)) })}></bb-number-field>`;
    return html`<div class="text stack">
      <p>A network with one hidden layer of m rectified linear units, each max(0, x − k), draws a broken line with m pieces. With enough of them it follows any continuous function as closely as one likes: that is the
        universal approximation theorem (Cybenko 1989, Hornik 1991). It says nothing about bits. Give each weight b of them, and there are two ways to be wrong: too few pieces, or pieces that point in slightly wrong directions.</p>
      <p>Here the knots k are even, the output weights and the offset are fitted by least squares and then rounded to b bits with one 16-bit scale: (m + 1) b + 16 bits in all. The tensor at hand plays no part.</p>
      <div class="controls no-print">
        <div class="field"><label class="label" for="function">Function on [0, 1]</label>
          <select id="function" @change=${(event: Event) => this.change({ 'approximation.function': (event.target as HTMLSelectElement).value })}>
            ${(kParams['approximation.function'].of as Shape[]).map((each) => html`<option value=${each} .selected=${this.shape === each}>${shapes[each]}</option>`)}</select></div>
        ${field('approximation.units', 'Units, m', (value, direction) => Math.round(value * 2 ** direction))}
        ${field('approximation.bits', 'Bits, b', (value, direction) => value + direction)}
      </div>
      ${this.shape === 'samples' ? html`<bb-pasted class="no-print" label="Values at even steps from 0 to 1" rows="3" hint="Two or more, joined by straight lines." .text=${this.text} .error=${this.error}
        @bb-text=${(event: CustomEvent<string>) => this.change({ 'approximation.samples': event.detail.trim() })}></bb-pasted>` : nothing}</div>`;
  }

  protected override renderAnswer(answer: ApproximationAnswer) {
    const { units, bits, totalBits, error, unrounded, curve, slope } = answer;
    const rounding = error > 1.5 * unrounded;
    return html`
      <bb-equation .equation=${{
        symbols: 'f(x) \\approx c + \\sum_{k=1}^{m} w_k \\max(0, x - t_k), \\qquad \\text{bits} = (m + 1)\\, b + 16', numbers: `(${units} + 1) \\cdot ${bits} + 16`, result: `${integer(totalBits)} bits`,
        python: `print((${units} + 1) * ${bits} + 16)`,
      }}></bb-equation>
      <p class="finding">With ${integer(units)} ${units === 1 ? 'unit' : 'units'} of ${bits} bits, ${integer(totalBits)} bits in all, the network is nowhere further from the function than ${figure(error)}. Without rounding it would be ${figure(unrounded)}:
        ${rounding ? 'here the bits are the limit, and more units would not help.' : error < unrounded ? 'rounding happens to help a little, and the units are the limit.' : 'the units are the limit, and more bits would not help.'}</p>
      <div class="pair">
        <bb-figure name="approximation" caption="The function and the network with its rounded weights." .table=${{ head: ['x', 'function', 'network', 'error'], rows: curve.map(({ x, target, fitted }) => [x, target, fitted, fitted - target]) }}>
          <bb-plot .x=${{ label: 'x', domain: [0, 1] }} .y=${{ label: 'f(x)' }} label="The function, and the network’s broken line close to it"
            .series=${[{ label: 'function', dashed: true, points: curve.map(({ x, target }) => [x, target]) }, { label: 'network', colour: 1, points: curve.map(({ x, fitted }) => [x, fitted]) }]}></bb-plot></bb-figure>
        <bb-figure name="approximation-error" caption="Their difference. The theorem is about its largest value." .table=${{ head: ['x', 'error'], rows: curve.map(({ x, target, fitted }) => [x, fitted - target]) }}>
          <bb-plot .x=${{ label: 'x', domain: [0, 1] }} .y=${{ label: 'error' }} .rules=${[{ y: 0, label: '' }]} label="The error of the network over x" .series=${[{ label: 'error', colour: 2, points: curve.map(({ x, target, fitted }) => [x, fitted - target]) }]}></bb-plot></bb-figure>
      </div>
      ${this.#renderBits(answer)}
      ${this.#renderSlope(slope)}
      ${this.#renderTheorem(answer)}`;
  }

  #renderBits({ grid, reached }: ApproximationAnswer) {
    const row = (depth: number) => grid.filter((each) => each.bits === depth);
    const points = (fits: readonly Fitted[]) => fits.map((each) => [each.totalBits, each.error] as const);
    const coarse = row(8);
    const best = coarse.reduce((a, b) => (b.error < a.error ? b : a));
    const last = coarse.at(-1)!;
    return html`<h3>Units or bits?</h3>
      <bb-figure name="approximation-bits" caption="Largest error over all bits spent. Each line keeps the bits per weight and doubles the units from 2 to 512; grey: the best of all."
        .table=${{ head: ['units', 'bits each', 'bits in all', 'largest error'], rows: grid.filter((each) => each.bits > 0).map((each) => [each.units, each.bits, each.totalBits, each.error]) }}>
        <bb-plot .x=${{ label: 'bits in all', log: true }} .y=${{ label: 'largest error', log: true }} label="Lines for each number of bits fall with more units, then stop falling: fewer bits stop earlier"
          .series=${[...kShownDepths.map((depth, i) => ({ label: `${depth} bits`, kind: 'both' as const, colour: colours[i]!, points: points(row(depth)) })), { label: 'best of all', dashed: true, colour: 'soft' as const, points: points(reached) }]}></bb-plot></bb-figure>
      <p>${best.units < last.units ? html`With 8 bits the error is least at ${integer(best.units)} units, ${figure(best.error)}; at ${integer(last.units)} it is ${figure(last.error)}. That is the floor that fixed bits leave, and beyond it the error can even rise:
          each unit changes the slope by its weight, so every rounding error tilts all of the line to its right, and more units are more tilts.` : html`For this function 8 bits are still enough at ${integer(last.units)} units: no floor shows yet. Try 4.`}
        Enough units for the error you want, and then bits until rounding no longer shows, is the cheapest way; the grey line is that.</p>`;
  }

  #renderSlope(slope: ApproximationAnswer['slope']) {
    if (!slope) return html`<p class="finding">Here the network meets the function at every width of 16 or more up to the accuracy of the arithmetic, so there is no rate to measure: the function is itself a broken line with its corners on the knots.</p>`;
    const smooth = slope.exponent < -1.6;
    const kinked = !smooth && slope.exponent < -0.6;
    return html`<p class="finding">Unrounded, from ${slope.from} to ${slope.to} units, the error falls as m to the ${slope.exponent.toFixed(2).replace('-', '−')} ± ${slope.standardError.toFixed(2)}${smooth ? ': m⁻², as it must for a smooth function, since a short piece of it differs from a straight line by its curvature times the length squared.'
      : kinked ? ': about m⁻¹, as for a function with a kink, which a broken line rounds off over the length of one piece.' : ': hardly at all. A jump is not continuous, and the theorem promises nothing: whatever the network, close to the jump it is half of it away.'}</p>`;
  }

  #renderTheorem({ direction, reached, reference }: ApproximationAnswer) {
    const ratio = (each: Fitted): number => reference.totalBits / each.totalBits;
    return html`<h3>The course’s Theorem 1</h3>
      <bb-equation .equation=${{ symbols: '\\forall \\varepsilon > 0: \\quad \\lVert f - \\hat{f} \\rVert_\\infty < \\varepsilon \\quad \\text{with ratio } \\rho, \\text{ provided } \\rho < O\\bigl(1 / \\varepsilon^{d/r}\\bigr)',
        source: 'd: dimension of the input, here 1; r: smoothness, 2 for a smooth function and broken lines', python: 'epsilon, d, r = 0.01, 1, 2\nprint(epsilon ** (-d / r), "parameters are needed, up to a constant")' }}></bb-equation>
      <p>It assumes a continuous function on a compact set, and r derivatives that are bounded. Then about ε<sup>−d/r</sup> parameters are enough, and for methods that choose them continuously no fewer will do (DeVore, Howard and Micchelli 1989; for rectified units Yarotsky 2017), with a further log(1/ε) bits in each.</p>
      <p class="kindly">Read as it stands, the condition lets ρ grow as ε shrinks: the more exactly you ask, the more you may compress. It must be the other way round. ε<sup>−d/r</sup> is the size that has to be <em>kept</em>; from a network of N parameters the ratio can be N divided by that, ρ &lt; O(N ε<sup>d/r</sup>).
        ${direction ? html`Measured here, against ${reference.units} units of 32 bits: the ratio goes as ε to the ${direction.exponent.toFixed(2).replace('-', '−')} ± ${direction.standardError.toFixed(2)}, ${direction.exponent > 0 ? 'falling as more is asked' : 'not as either says'}.${direction.exponent > 0 && direction.exponent < 1.5 ? ' Bits for the rounding come on top of parameters, which moves the exponent a little from d/r.' : ''}` : 'Too few networks of this table lie on the way there to fit an exponent for this function.'}</p>
      <bb-figure name="approximation-ratio" caption="The ratio that still reaches an error: bits of the reference network over the fewest bits found." .table=${{ head: ['largest error ε', 'units', 'bits each', 'bits in all', 'ratio ρ'], rows: reached.map((each) => [each.error, each.units, each.bits, each.totalBits, ratio(each)]) }}>
        <bb-plot .x=${{ label: 'largest error ε', log: true }} .y=${{ label: 'ratio ρ', log: true }} label="The ratio rises with the error that is allowed"
          .series=${[{ label: 'reached', kind: 'both', colour: 1, points: reached.map((each) => [each.error, ratio(each)]) }]}></bb-plot></bb-figure>
      <p class="small soft">Networks tried: ${kWidths.join(', ')} units with ${kDepths.join(', ')} bits. Fitted by least squares, not trained, and rounded after; a network whose knots move, or that is trained with its rounding, needs fewer.</p>`;
  }
}
