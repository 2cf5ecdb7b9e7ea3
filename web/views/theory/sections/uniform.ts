// Theorem 2 of the course: the mean squared error of 2^b equal steps on [-M, M].
import { html } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { RunOptions } from '../../../worker/pool.js';
import { runTheory } from '../../../worker/theory.js';
import { figure } from '../../lab/measures.js';
import { TheorySection } from '../section.js';
import { kParams } from '../state.js';
import type { UniformAnswer, UniformRow } from '../tasks/uniform.js';

const kMostBits = kParams['uniform.bits'].max;
/** A number inside LaTeX. */
const tex = (value: number): string => {
  const [mantissa, exponent] = value.toExponential(3).split('e');
  return Math.abs(Number(exponent)) <= 3 ? String(Number(value.toPrecision(4))) : `${mantissa} \\cdot 10^{${Number(exponent)}}`;
};

@customElement('bb-theory-uniform')
export class UniformSection extends TheorySection<UniformAnswer> {
  protected override question(): string { return this.setup.asked['uniform.kind']; }

  protected override solve(options: RunOptions): Promise<UniformAnswer> {
    return runTheory('theory.uniform', { values: this.setup.tensor.values, midTread: this.setup.asked['uniform.kind'] === 'mid-tread', mostBits: kMostBits }, options);
  }

  protected override renderText() {
    const { asked } = this.setup;
    return html`<div class="text stack">
      <p>Cut the range from −M to M into 2<sup>b</sup> equal steps and write down, for each weight, the number of its step. If every place within a step is equally likely, the
        error is spread evenly over the step, and the mean of its square is a twelfth of the step squared. One more bit halves the step and quarters the error: 6.02 dB.</p>
      <p>“Mid-rise” puts a step’s edge at zero and uses all 2<sup>b</sup> levels; “mid-tread” has a level at zero, so that zero stays zero, and gives up one level for it.</p>
      <div class="controls no-print">
        <bb-number-field label="Bits" .value=${asked['uniform.bits']} min="1" max=${kMostBits} .step=${(value: number, direction: 1 | -1) => value + direction}
          @bb-change=${(event: CustomEvent<number>) => this.change({ 'uniform.bits': String(Math.round(event.detail)) })}></bb-number-field>
        <div class="field"><label class="label" for="kind">Levels</label>
          <select id="kind" @change=${(event: Event) => this.change({ 'uniform.kind': (event.target as HTMLSelectElement).value })}>
            ${kParams['uniform.kind'].of.map((kind) => html`<option value=${kind} .selected=${asked['uniform.kind'] === kind}>${kind}</option>`)}</select></div>
      </div></div>`;
  }

  protected override renderAnswer({ range, source }: UniformAnswer) {
    const bits = this.setup.asked['uniform.bits'];
    const row = source.tensor[bits - 1]!;
    const ratio = row.mse / row.formula;
    return html`
      <bb-equation .equation=${{
        symbols: '\\mathbb{E}\\,(w - Q(w))^2 \\approx \\frac{\\Delta^2}{12} = \\frac{M^2}{3 \\cdot 2^{2b}}', numbers: `\\frac{${tex(range)}^2}{3 \\cdot 2^{2 \\cdot ${bits}}}`, result: figure(row.formula),
        python: `${range}**2 / (3 * 2**(2 * ${bits}))`, source: 'The course’s Theorem 2',
      }}></bb-equation>
      <p class="finding">On this tensor the measured mean is ${figure(row.mse)}, ${figure(ratio)} times the formula; the worst single weight is off by ${figure(Math.sqrt(row.worst))}, which squared is ${figure(row.worst)}, of at most ${figure(row.worstBound)}.</p>
      <p class="kindly">The course writes “≤”. It is a mean, not a bound: it holds exactly for values spread evenly over the range, and the error of one weight reaches (Δ/2)², three times as much.
        ${ratio > 1.05 ? html`Here the values crowd around zero, where these levels lie badly for so few bits, so even the mean comes out above the formula.` : ratio < 0.95 ? html`Here the values crowd where the levels lie well, so the mean comes out below it.` : html`With as many steps as here, the values look even within each step, and the formula is right.`}</p>
      <bb-figure name="uniform-quantizer-error" caption="Mean squared error of uniform quantization over M², by bits: the formula, and what was measured on three sources. The worst case is a quarter of the step squared."
        .table=${{ head: ['bits', 'formula', 'this tensor', 'uniform values', 'normal values', 'worst case (bound)', 'worst seen, squared'], rows: source.tensor.map((each, i) => [each.bits, each.formula, each.mse, source.uniform[i]!.mse, source.normal[i]!.mse, each.worstBound, each.worst]) }}>
        <bb-plot .x=${{ label: 'bits', ticks: source.tensor.map((each) => each.bits) }} .y=${{ label: 'error / M²', log: true }} .rules=${[{ x: bits, label: `${bits} bits` }]}
          label="Error over bits on a logarithmic scale: the measured lines follow the formula closely from about 4 bits on"
          .series=${[
            { label: 'formula M²/(3·2²ᵇ)', dashed: true, points: relative(source.tensor, 'formula') },
            { label: 'worst case', dashed: true, colour: 'soft', points: relative(source.tensor, 'worstBound') },
            { label: 'this tensor', kind: 'both', colour: 1, points: relative(source.tensor, 'mse') },
            { label: 'uniform values', kind: 'both', colour: 3, points: relative(source.uniform, 'mse') },
            { label: 'normal values', kind: 'both', colour: 2, points: relative(source.normal, 'mse') },
          ]}></bb-plot>
      </bb-figure>`;
  }
}

/** Over M², which is three times the formula's value at no bits. */
const relative = (rows: UniformRow[], key: 'formula' | 'mse' | 'worstBound'): [number, number][] => rows.map((row) => [row.bits, row[key] / (row.formula * 3 * 4 ** row.bits)]);
