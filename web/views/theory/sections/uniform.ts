// Theorem 2 of the course: the mean squared error of 2^b equal steps on [-M, M].
import { html } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { RunOptions } from '../../../worker/pool.js';
import { runTheory } from '../../../worker/theory.js';
import { figure } from '../../lab/measures.js';
import { TheorySection } from '../section.js';
import { kParams } from '../state.js';
import type { UniformAnswer, UniformKind, UniformRow } from '../tasks/uniform.js';
import { tex } from '../tex.js';

const kMostBits = kParams['uniform.bits'].max;
const kTicks = Array.from({ length: kMostBits }, (_, i) => i + 1);

@customElement('bb-theory-uniform')
export class UniformSection extends TheorySection<UniformAnswer> {
  /** Both kinds are measured at once: the choices only say which is spoken of. */
  protected override question(): string { return ''; }

  protected override solve(options: RunOptions): Promise<UniformAnswer> {
    return runTheory('theory.uniform', { values: this.setup.tensor.values, mostBits: kMostBits }, options);
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

  protected override renderAnswer(answer: UniformAnswer) {
    const { asked } = this.setup;
    const kind = asked['uniform.kind'] as UniformKind;
    const { tensor } = answer.rows[kind];
    // Mid-tread levels begin at two bits.
    const row = tensor.find(({ bits }) => bits === asked['uniform.bits']) ?? tensor[0]!;
    return html`${this.#renderFormula(answer, kind, row)} ${this.#renderErrors(answer, kind, row)} ${this.#renderRatios(answer, row)}`;
  }

  #renderFormula({ range }: UniformAnswer, kind: UniformKind, row: UniformRow) {
    const { bits } = row;
    const ratio = row.mse / row.formula;
    return html`
      <bb-equation .equation=${{
        symbols: '\\mathbb{E}\\,(w - Q(w))^2 \\approx \\frac{\\Delta^2}{12} = \\frac{M^2}{3 \\cdot 2^{2b}}', numbers: `\\frac{${tex(range)}^2}{3 \\cdot 2^{2 \\cdot ${bits}}}`, result: figure(row.formula),
        python: `${range}**2 / (3 * 2**(2 * ${bits}))`, source: 'The course’s Theorem 2',
      }}></bb-equation>
      ${kind === 'mid-tread' ? html`<p>${this.setup.asked['uniform.bits'] < 2 ? 'A level at zero and one on either side take two bits, so two are shown. ' : ''}With a level at zero there are 2<sup>b</sup> − 1 levels, and −M and M are levels themselves: the steps are wider than the formula’s.</p>
        <bb-equation .equation=${{ symbols: '\\Delta = \\frac{2M}{2^b - 2}, \\quad \\frac{\\Delta^2}{12} = \\frac{M^2}{3\\,(2^b - 2)^2}', numbers: `\\frac{${tex(range)}^2}{3 \\cdot (2^{${bits}} - 2)^2}`, result: `${figure(row.cells)}, ${figure(row.cells / row.formula)} times the formula`, python: `${range}**2 / (3 * (2**${bits} - 2)**2)`, source: 'The same for mid-tread levels' }}></bb-equation>` : ''}
      <p class="finding">On this tensor the measured mean is ${figure(row.mse)}, ${figure(ratio)} times the formula; the worst single weight is off by ${figure(Math.sqrt(row.worst))}, which squared is ${figure(row.worst)}, of at most ${figure(row.worstBound)}.</p>
      <p class="kindly">The course writes “≤”. It is a mean, not a bound: it holds exactly for values spread evenly over the range, and the error of one weight reaches (Δ/2)², three times as much.
        ${ratio > 1.05 ? html`Here the mean itself comes out above the formula${kind === 'mid-tread' ? ', most of it since the steps are wider' : ': the values crowd around zero, where these levels lie badly for so few bits'}.` : ratio < 0.95 ? html`Here the values crowd where the levels lie well, so the mean comes out below it.` : html`With as many steps as here, the values look even within each step, and the formula is right.`}</p>`;
  }

  #renderErrors({ rows }: UniformAnswer, kind: UniformKind, { bits }: UniformRow) {
    const { tensor, uniform, normal } = rows[kind];
    return html`
      <bb-figure name="uniform-quantizer-error" caption=${`Mean squared error of ${kind} quantization over M², by bits: the formula, and what was measured on three sources. The worst case is a quarter of the step squared.`}
        .table=${{ head: ['bits', 'formula', 'this tensor', 'uniform values', 'normal values', 'worst case (bound)', 'worst seen, squared'], rows: tensor.map((each, i) => [each.bits, each.formula, each.mse, uniform[i]!.mse, normal[i]!.mse, each.worstBound, each.worst]) }}>
        <bb-plot .x=${{ label: 'bits', ticks: kTicks }} .y=${{ label: 'error / M²', log: true }} .rules=${[{ x: bits, label: `${bits} ${bits === 1 ? 'bit' : 'bits'}` }]}
          label="Error over bits on a logarithmic scale: the measured lines follow the formula closely from about 4 bits on"
          .series=${[
            { label: 'formula M²/(3·2²ᵇ)', dashed: true, points: relative(tensor, 'formula') },
            { label: 'worst case', dashed: true, colour: 'soft', points: relative(tensor, 'worstBound') },
            { label: 'this tensor', kind: 'both', colour: 1, points: relative(tensor, 'mse') },
            { label: 'uniform values', kind: 'both', colour: 3, points: relative(uniform, 'mse') },
            { label: 'normal values', kind: 'both', colour: 2, points: relative(normal, 'mse') },
          ]}></bb-plot>
      </bb-figure>`;
  }

  /** The logarithmic picture hides factors of two; this one shows nothing else. */
  #renderRatios({ rows }: UniformAnswer, { bits }: UniformRow) {
    const rise = rows['mid-rise'];
    const tread = rows['mid-tread'];
    const ratio = ({ mse, formula }: UniformRow) => mse / formula;
    const points = (list: UniformRow[]): [number, number][] => list.map((row) => [row.bits, ratio(row)]);
    const settled = rise.tensor.find((_, i) => rise.tensor.slice(i).every((later) => Math.abs(ratio(later) - 1) < 0.03));
    return html`
      <bb-figure name="uniform-quantizer-ratio" caption="The measured mean over the course’s formula, by bits, for both kinds of levels: 1 is where the formula is right, 3 where a single weight can be."
        .table=${{
          head: ['bits', 'tensor, mid-rise', 'tensor, mid-tread', 'uniform, mid-rise', 'uniform, mid-tread', 'normal, mid-rise', 'normal, mid-tread', 'Δ²/12 of mid-tread'],
          rows: rise.tensor.map((row, i) => [row.bits, ratio(row), i > 0 ? ratio(tread.tensor[i - 1]!) : NaN, ratio(rise.uniform[i]!), i > 0 ? ratio(tread.uniform[i - 1]!) : NaN, ratio(rise.normal[i]!), i > 0 ? ratio(tread.normal[i - 1]!) : NaN, i > 0 ? tread.tensor[i - 1]!.cells / row.formula : NaN]),
        }}>
        <bb-plot .x=${{ label: 'bits', ticks: kTicks, domain: [0.8, kMostBits + 0.2] }} .y=${{ label: 'measured / formula', domain: ratioDomain([...points(rise.tensor), ...points(rise.normal)]) }} .rules=${[{ x: bits, label: '' }, { y: 1, label: 'formula' }, { y: 3, label: 'worst case of one weight, mid-rise' }]}
          label="Measured error over the formula: mid-rise comes to one within a few bits, mid-tread from above"
          .series=${[
            { label: 'this tensor, mid-rise', kind: 'both', colour: 1, points: points(rise.tensor) },
            { label: 'this tensor, mid-tread', kind: 'both', colour: 4, points: points(tread.tensor) },
            { label: 'normal, mid-rise', kind: 'both', colour: 2, points: points(rise.normal) },
            { label: 'normal, mid-tread', kind: 'both', colour: 5, points: points(tread.normal) },
            { label: 'uniform, mid-rise', kind: 'both', colour: 3, points: points(rise.uniform) },
            { label: 'Δ²/12 of mid-tread', dashed: true, points: tread.tensor.map((row) => [row.bits, row.cells / row.formula]) },
          ]}></bb-plot>
      </bb-figure>
      <p class="finding">${settled ? html`With mid-rise levels the formula is right to 3 % from ${settled.bits} ${settled.bits === 1 ? 'bit' : 'bits'} on.` : html`Even at ${kMostBits} bits the formula is more than 3 % off for this tensor: most of its values lie within a few steps of zero.`}
        Mid-tread levels cost (2<sup>b</sup> / (2<sup>b</sup> − 2))² times as much: ${figure((16 / 14) ** 2)} times at 4 bits, ${figure((256 / 254) ** 2)} at 8; with few bits a level at zero, where most weights are, makes up for a part of it.</p>`;
  }
}

/** From 0 to what shows most, but not so far that the neighbourhood of 1 is lost. */
const ratioDomain = (points: [number, number][]): [number, number] => [0, Math.max(3.4, Math.min(5, ...[1.1 * Math.max(...points.map(([, y]) => y).filter(Number.isFinite))]))];

/** Over M², which is three times the formula's value at no bits. */
const relative = (rows: UniformRow[], key: 'formula' | 'mse' | 'worstBound'): [number, number][] => rows.map((row) => [row.bits, row[key] / (row.formula * 3 * 4 ** row.bits)]);
