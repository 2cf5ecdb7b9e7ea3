// Low rank: the best product of two thin matrices, and a thin product that takes up what quantization lost.
import { html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import { bytes, integer } from '../../../format/numbers.js';
import { units } from '../../../shell/settings.js';
import type { RunOptions } from '../../../worker/pool.js';
import { runTheory } from '../../../worker/theory.js';
import { bits, figure, share } from '../../lab/measures.js';
import { cutNote } from '../inputs.js';
import { TheorySection } from '../section.js';
import { kParams } from '../state.js';
import type { LowRankAnswer, SizedError } from '../tasks/low-rank.js';

@customElement('bb-theory-low-rank')
export class LowRankSection extends TheorySection<LowRankAnswer> {
  protected override question(): string { return `${this.setup.asked['low-rank.rank']} ${this.setup.asked['low-rank.factors']}`; }

  protected override solve(options: RunOptions): Promise<LowRankAnswer> {
    const { tensor: { values, rows, columns }, asked } = this.setup;
    return runTheory('theory.low-rank', { values, rows, columns, rank: asked['low-rank.rank'], format: asked['low-rank.factors'] }, options);
  }

  #label = (id: string): string => this.setup.formats.find((format) => format.id === id)?.label ?? id;

  protected override renderText() {
    const { asked } = this.setup;
    return html`<div class="text stack">
      <p>A matrix W of m × n numbers can be replaced by a product L R, where L is m × r and R is r × n: (m + n) r numbers instead of m n. The best such product for a given rank r comes from the singular value decomposition,
        which writes W as a sum of pieces of rank one, each of a strength σ<sub>k</sub>, the strongest first; keep the first r (Eckart and Young 1936). Whether that is any good depends on how fast the strengths fall.</p>
      <div class="controls no-print">
        <bb-number-field label="Rank" .value=${asked['low-rank.rank']} min="1" max=${kParams['low-rank.rank'].max}
          @bb-change=${(event: CustomEvent<number>) => this.change({ 'low-rank.rank': String(Math.round(event.detail)) })}></bb-number-field>
        <div class="field"><label class="label" for="factors">Factors stored as</label>
          <select id="factors" @change=${(event: Event) => this.change({ 'low-rank.factors': (event.target as HTMLSelectElement).value })}>
            ${kParams['low-rank.factors'].of.map((id) => html`<option value=${id} .selected=${asked['low-rank.factors'] === id}>${this.#label(id)}</option>`)}</select></div>
      </div></div>`;
  }

  protected override renderAnswer(answer: LowRankAnswer) {
    const { part: { rows, columns }, chosen, singularValues, points, randomized, fullSeconds } = answer;
    const note = [cutNote(this.setup.tensor, answer.part), this.setup.asked['low-rank.rank'] > chosen.rank ? `A matrix of ${rows} × ${columns} has at most rank ${chosen.rank}, which is what is shown.` : ''].filter(Boolean).join(' ');
    const most = Math.floor((rows * columns - 1) / (rows + columns));
    const numbers = (rows + columns) * chosen.rank;
    return html`
      <div class="pair">
        <bb-equation .equation=${{ symbols: '(m + n)\\, r < m n', numbers: `(${rows} + ${columns}) \\cdot ${chosen.rank}`, result: `${integer(numbers)} of ${integer(rows * columns)} numbers`, source: most > 0 ? `It saves up to rank ${most}, the break-even rank` : 'No rank saves anything for this shape' }}></bb-equation>
        <bb-equation .equation=${{
          symbols: '\\frac{\\|W - W_r\\|_F^2}{\\|W\\|_F^2} = \\frac{\\sum_{k > r} \\sigma_k^2}{\\sum_k \\sigma_k^2}', result: figure(chosen.allowed),
          python: `s = ${JSON.stringify([...singularValues].map((s) => Number(s.toPrecision(9))))}\nprint(sum(x * x for x in s[${chosen.rank}:]) / sum(x * x for x in s))`, source: 'Eckart and Young: no other product of this rank comes closer',
        }}></bb-equation>
      </div>
      ${note ? html`<p class="small soft">${note}</p>` : nothing}
      <p class="finding">Rank ${chosen.rank} keeps ${share(chosen.energy)} of the energy with ${share(numbers / (rows * columns))} of the numbers. The singular values leave a squared error of ${figure(chosen.allowed)}; the product of the factors, multiplied out, is off by ${figure(chosen.measured)}.
        ${chosen.allowed > 0.2 && numbers < rows * columns ? 'That is a poor bargain: the values here are nearly independent of each other, and independent values have no structure for a low rank to find.' : nothing}</p>
      <div class="pair">
        <bb-figure name="singular-values" caption="The singular values, largest first: the faster they fall, the fewer are needed." .table=${{ head: ['k', 'singular value'], rows: [...singularValues].map((s, k) => [k + 1, s]) }}>
          <bb-plot .x=${{ label: 'k' }} .y=${{ label: 'singular value', log: true, domain: spectrumDomain(singularValues) }} .rules=${[{ x: chosen.rank, label: `rank ${chosen.rank}` }]} label="Singular values in falling order on a logarithmic scale"
            .series=${[{ label: 'singular values', colour: 1, points: [...singularValues].map((s, k): [number, number] => [k + 1, s]) }]}></bb-plot></bb-figure>
        <bb-figure name="low-rank-error" caption="Relative squared error by rank: what Eckart and Young allow (dashed), and the factors multiplied out (points)." .table=${{ head: ['rank', 'energy kept', 'least error', 'measured error', 'share of the numbers'], rows: points.map((point) => [point.rank, point.energy, point.allowed, point.measured, ((rows + columns) * point.rank) / (rows * columns)]) }}>
          <bb-plot .x=${{ label: 'rank', log: true }} .y=${{ label: 'error', domain: [0, 1] }} .rules=${most > 1 ? [{ x: most, label: 'break-even' }] : []} label="Relative squared error over rank: the measured points lie on the curve of the least possible error"
            .series=${[{ label: 'least possible', dashed: true, points: points.map((point): [number, number] => [point.rank, point.allowed]) }, { label: 'measured', kind: 'points', colour: 1, points: points.map((point): [number, number] => [point.rank, point.measured]) }]}></bb-plot></bb-figure>
      </div>
      <p class="kindly">The decomposition costs O(m n min(m, n)), which the course’s table leaves out: here ${figure(1000 * fullSeconds)} ms. A random sketch (Halko, Martinsson and Tropp 2011) needs O(m n r): ${figure(1000 * randomized.seconds)} ms for rank ${chosen.rank}, with an error of
        ${figure(randomized.error)}${chosen.measured > 1e-9 ? `, ${figure(randomized.error / chosen.measured)} times the least` : ''}. And “inference O(n r / d)” supposes that r is well below the break-even: above it, the two thin products cost more than the whole one.</p>
      ${this.#renderFactors(answer)}
      ${this.#renderCorrection(answer)}`;
  }

  #renderFactors({ factors, factored, plain, chosen, part }: LowRankAnswer) {
    const count = part.rows * part.columns;
    const format = this.setup.asked['low-rank.factors'];
    return html`<h3>Factors in fewer bits</h3>
      <p>Factors are matrices like any other and can be quantized. Each singular vector is written as one row, so that scales serve one vector.</p>
      <div class="scroll" tabindex="0" role="region" aria-label="Factors in number formats"><table>
        <caption>The factors of rank ${chosen.rank}</caption>
        <thead><tr><th scope="col">factors as</th><th scope="col" class="n">bytes</th><th scope="col" class="n">bits per weight of W</th><th scope="col" class="n">error</th></tr></thead>
        <tbody>${factors.map((each) => html`<tr><th scope="row">${this.#label(each.format)}</th><td class="n">${bytes(each.bytes, units.value)}</td><td class="n">${bits((8 * each.bytes) / count)}</td><td class="n">${figure(each.error)}</td></tr>`)}</tbody>
      </table></div>
      ${this.#renderSizes('low-rank-or-bits', `Low rank against fewer bits: relative squared error over bits per weight, factors as ${this.#label(format)}, and plain integers of 2 to 8 bits in groups of 64.`,
        [{ label: `low rank, ${this.#label(format)}`, colour: 1, points: factored }, { label: 'fewer bits', colour: 2, points: plain }])}`;
  }

  #renderCorrection({ corrected, plain, rounds }: LowRankAnswer) {
    const verdicts = corrected.map(({ base, points }) => ({ base, ...verdict(points, plain) }));
    const gains = verdicts.filter(({ ratio }) => ratio < 1);
    const usable = verdicts.filter(({ ratio }) => Number.isFinite(ratio));
    const best = usable.length > 0 ? usable.reduce((a, b) => (b.ratio < a.ratio ? b : a)) : undefined;
    return html`<h3>Low rank for what quantization lost</h3>
      <bb-equation .equation=${{ symbols: 'W \\approx Q(W) + L R, \\qquad L R = \\mathrm{SVD}_r\\,(W - Q(W))', python: 'import numpy as np\n\ndef correction(W, quantized, rank):\n    U, s, Vt = np.linalg.svd(W - quantized, full_matrices=False)\n    return U[:, :rank] * s[:rank], Vt[:rank]', source: 'LQER, ZeroQuant-V2; LoftQ quantizes W − L R again, in turn' }}></bb-equation>
      <p>Quantize first, then spend a few more bytes on the best low-rank product for the error. Is that better than spending the same bytes on more bits?</p>
      ${best ? html`<p class="finding">${gains.length > 0 ? html`On this tensor it can be: ${this.#label(best.base)} with rank ${best.rank} takes ${bits(best.bits)} bits per weight and is off by ${figure(best.error)}, ${figure(best.ratio)} times what plain integers come to at the same size.`
        : html`Not on this tensor: the best case, ${this.#label(best.base)} with rank ${best.rank} at ${bits(best.bits)} bits per weight, is off by ${figure(best.error)}, ${figure(best.ratio)} times what plain integers come to at the same size. The error of rounding is nearly independent from weight to weight, and such errors have no low rank.`}</p>` : nothing}
      ${this.#renderSizes('low-rank-correction', 'Relative squared error over bits per weight, everything counted: plain integers of 2 to 8 bits, and integers of 2, 3 and 4 bits with corrections of growing rank.',
        [{ label: 'more bits', colour: 2, points: plain }, ...corrected.map(({ base, points }, i) => ({ label: `${base.charAt(3)} bits and L R`, colour: ([1, 3, 4] as const)[i]!, points }))])}
      <p class="kindly">The papers weigh the error by the size of the inputs, and measure a model’s answers rather than its weights: a few directions then matter far more than the rest, which is where corrections pay. ${rounds.errors.length > 1 ? html`Quantizing and correcting in turn (LoftQ) helps a little:
        ${this.#label(rounds.base)} with rank ${rounds.rank} goes from ${figure(rounds.errors[0]!)} to ${figure(rounds.errors.at(-1)!)} in ${rounds.errors.length} rounds, the factors exact.` : nothing}</p>`;
  }

  #renderSizes(name: string, caption: string, lines: { label: string; colour: 1 | 2 | 3 | 4; points: SizedError[] }[]) {
    const shown = lines.map(({ label, colour, points }) => ({ label, colour, kind: 'both' as const, points: points.filter(({ bits: size }) => size <= 16).map((point): [number, number] => [point.bits, point.error]) }));
    return html`<bb-figure name=${name} .caption=${caption} .table=${{ head: ['what', 'rank', 'bits per weight', 'error'], rows: lines.flatMap(({ label, points }) => points.map((point) => [label === 'more bits' || label === 'fewer bits' ? this.#label(point.label) : label, point.rank, point.bits, point.error])) }}>
      <bb-plot .x=${{ label: 'bits per weight' }} .y=${{ label: 'error', log: true }} label=${caption} .series=${shown}></bb-plot></bb-figure>`;
  }
}

/** Values that rounding alone leaves, at 1e-9 of the largest and below, would stretch the scale. */
const spectrumDomain = (values: Float64Array): [number, number] => {
  const top = values[0]! * 1.3;
  const least = values.filter((value) => value > values[0]! * 1e-7).at(-1) ?? values[0]!;
  return [least / 1.5, top];
};

/** The corrected point that compares best with plain integers of the same size, their errors joined by straight lines on a logarithmic scale. */
function verdict(points: SizedError[], plain: SizedError[]): SizedError & { ratio: number } {
  const line = [...plain].sort((a, b) => a.bits - b.bits);
  const at = (size: number): number => {
    const above = line.findIndex((point) => point.bits >= size);
    if (above < 1) return NaN;
    const [low, high] = [line[above - 1]!, line[above]!];
    return Math.exp(Math.log(low.error) + ((Math.log(high.error) - Math.log(low.error)) * (size - low.bits)) / (high.bits - low.bits));
  };
  const rated = points.filter(({ rank }) => rank > 0).map((point) => ({ ...point, ratio: point.error / at(point.bits) })).filter(({ ratio }) => Number.isFinite(ratio));
  return rated.length > 0 ? rated.reduce((best, point) => (point.ratio < best.ratio ? point : best)) : { ...points[0]!, ratio: NaN };
}
