// Measured time over size on logarithmic axes, with the exponent that fits, beside the stated O().
import { html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { integer, seconds as duration } from '../../../../format/numbers.js';
import type { RunOptions } from '../../../../worker/pool.js';
import { runTheory } from '../../../../worker/theory.js';
import { figure } from '../../../lab/measures.js';
import { TheorySection } from '../../section.js';
import type { Curve, TimesAnswer } from '../../tasks/complexity.js';

/** A standard error of an exponent above which points no longer lie on a line. */
const kRagged = 0.15;

interface Stated {
  /** As the course has it, and as the algorithm has it where that differs. */
  course: string;
  algorithm: string;
  /** How the time grows between two sizes if that is all there is. */
  grows: (size: number) => number;
}
const linear: Stated = { course: 'O(n)', algorithm: 'O(n)', grows: (n) => n };
const stated: Record<string, Stated> = {
  sort: { course: 'O(n log n)', algorithm: 'O(n log n)', grows: (n) => n * Math.log(n) },
  select: { course: 'O(n log n)', algorithm: 'O(n)', grows: (n) => n },
  svd: { course: 'O(n r)', algorithm: 'O(n√n), square', grows: (n) => n ** 1.5 },
  sketch: { course: 'O(n r)', algorithm: 'O(n r)', grows: (n) => n },
  huffman: { course: '–', algorithm: 'O(n)', grows: (n) => n },
  rans: { course: '–', algorithm: 'O(n)', grows: (n) => n },
};
const of = ({ id }: Curve): Stated => stated[id] ?? linear;

const families: { id: Curve['family']; title: string; caption: string }[] = [
  { id: 'quantize', title: 'Quantization', caption: 'One pass over the weights, a few operations for each; the formats differ in how many.' },
  { id: 'prune', title: 'Pruning', caption: 'Finding the threshold. Sorting all weights does more than is needed: selection finds the one place that counts.' },
  { id: 'low-rank', title: 'Low rank', caption: 'Square matrices, rank 8: the whole decomposition, and a random sketch of it.' },
  { id: 'code', title: 'Entropy coding', caption: '8-bit codes of normal values: count, build the code, write.' },
];

/** What the course lists besides, and what each line takes for granted. */
const taken: [what: string, time: string, inference: string, assumes: string][] = [
  ['Quantization after training', 'O(n)', 'O(n / k) for a ratio of k', 'That reading the weights is all the work, and that the hardware computes with the codes or unpacks them for nothing. Bytes read per token do fall by k; time does so only while memory is what one waits for. GPTQ solves a linear system per layer besides.'],
  ['Pruning', 'O(n log n)', 'O(n (1 − s)) for a sparsity of s', 'That zeros are skipped at no cost. Scattered zeros rarely are: unstructured sparsity helps the size before it helps the time; 2:4 needs hardware that knows it.'],
  ['Distillation', 'O(T n_teacher)', 'O(n_student)', 'T training tokens, for each of which the teacher runs forward. The student also learns from each: forward and backward, about three times its own forward pass. That share is missing.'],
  ['Low rank', 'O(n r)', 'O(n r / d)', 'A sketch for the time. For inference a d × d matrix, n = d²: two products of d r instead of one of d², so 2 n r / d, and less work only below r = d / 2.'],
];

@customElement('bb-complexity-times')
export class ComplexityTimes extends TheorySection<TimesAnswer> {
  @state() private again = 0;

  private get thorough(): boolean { return this.setup.asked['complexity.run'] === 'thorough'; }
  protected override question(): string { return `${this.thorough} ${this.again}`; }
  protected override solve(options: RunOptions): Promise<TimesAnswer> { return runTheory('theory.times', { thorough: this.thorough }, options); }

  protected override renderText() {
    return html`<div class="text stack">
      <p>O(n) says how work grows, not how long it takes: twice the weights, twice the time, whatever the time. Plotted with both axes logarithmic, a time of c·n<sup>a</sup> is a straight line of slope a, so the
        exponent can be measured. These curves are taken on this device, in this browser, now.</p>
      <div class="row no-print">
        <button class="button" @click=${() => { if (this.thorough) this.again++; else this.change({ 'complexity.run': 'thorough' }); }}>${this.thorough ? 'Measure thoroughly again' : 'Measure thoroughly'}</button>
        ${this.thorough ? html`<button class="button" @click=${() => this.change({ 'complexity.run': 'quick' })}>Quick run</button>`
          : html`<span class="small soft">Up to 4 million weights and longer batches; half a minute or more.</span>`}
      </div></div>`;
  }

  protected override renderAnswer({ curves, tick, batch }: TimesAnswer) {
    const find = (id: string): Curve => curves.find((curve) => curve.id === id)!;
    const svd = find('svd');
    const sketch = find('sketch');
    const ragged = curves.filter(({ standardError }) => standardError > kRagged);
    const selected = this.#perWeight(find('sort')) / this.#perWeight(find('select'));
    return html`
      <bb-equation .equation=${{
        symbols: 't = c \\, n^{a}, \\qquad a = \\frac{\\sum (\\ln n - \\overline{\\ln n}) (\\ln t - \\overline{\\ln t})}{\\sum (\\ln n - \\overline{\\ln n})^2}', result: `${this.#exponent(find('q8_0'))} for q8_0`,
        python: `import math\nn = ${JSON.stringify(find('q8_0').sizes)}\nt = ${JSON.stringify(find('q8_0').seconds)}\nx, y = [math.log(v) for v in n], [math.log(v) for v in t]\nmx, my = sum(x) / len(x), sum(y) / len(y)\nprint(sum((a - mx) * (b - my) for a, b in zip(x, y)) / sum((a - mx) ** 2 for a in x))`,
        source: 'Least squares on logarithms; ± is one standard error',
      }}></bb-equation>
      <p class="finding">On this device q8_0 grows as n to the ${this.#exponent(find('q8_0'))}, sorting as n to the ${this.#exponent(find('sort'))}, the full decomposition as n to the ${this.#exponent(svd)} and its random sketch as n to the ${this.#exponent(sketch)}.</p>
      <div class="pair">${families.map((family) => this.#renderFamily(family, curves.filter((curve) => curve.family === family.id)))}</div>
      <div class="scroll" tabindex="0" role="region" aria-label="Exponents"><table>
        <caption>Exponents, measured and expected over the same sizes</caption>
        <thead><tr><th scope="col">Method</th><th scope="col">Course</th><th scope="col">Algorithm</th><th scope="col" class="n">Expected a</th><th scope="col" class="n">Measured a</th><th scope="col" class="n">Largest n</th><th scope="col" class="n">Time there</th></tr></thead>
        <tbody>${curves.map((curve) => html`<tr><th scope="row">${curve.label}</th><td>${of(curve).course}</td><td>${of(curve).algorithm}</td><td class="n">${this.#expected(curve).toFixed(2)}</td><td class="n">${this.#exponent(curve)}</td>
          <td class="n">${integer(curve.sizes.at(-1)!)}</td><td class="n">${duration(curve.seconds.at(-1)!)}</td></tr>`)}</tbody>
      </table></div>
      ${ragged.length > 0 ? html`<p class="small">The lines of ${ragged.map(({ label }) => label).join(', ')} came out ragged: something else kept this device busy meanwhile. Measure again when it is idle.</p>` : nothing}
      <p>Measured exponents stray from the whole numbers for two honest reasons. At the small end every call has a fixed cost, which flattens the line. At the large end the weights outgrow the processor’s caches
        (tens of kilobytes, then about a megabyte, then main memory), each slower than the one before, which steepens it. Batches of at least ${duration(batch)} are timed, since this browser’s clock moves in steps of ${duration(tick)}; each point is the fastest of three.
        The sketch approaches its exponent from below: part of its work is on small matrices that grow only with the side of the large one, √n.</p>
      <p class="kindly">Two of the course’s lines are worth a closer look. Pruning needs no sort: the threshold is found by selection in O(n), here ${selected > 1 ? html`${figure(selected)} times as fast at ${integer(find('sort').sizes.at(-1)!)} weights` : html`though at these sizes it gained nothing`}, and the mask is the same.
        And O(n r) holds for a <em>sketch</em>; the full decomposition of an m × n matrix takes m n min(m, n) operations, for square ones the number of weights to the power of 1.5, whatever the rank. ${this.#beside(svd, sketch)}</p>
      <details><summary>The course’s other times, and what they assume</summary>
        <div class="scroll" tabindex="0" role="region" aria-label="The course’s times"><table class="small"><caption class="sr">The course’s times and their assumptions</caption>
          <thead><tr><th scope="col">Method</th><th scope="col">Compression</th><th scope="col">Inference</th><th scope="col">What it assumes</th></tr></thead>
          <tbody>${taken.map(([what, time, inference, assumes]) => html`<tr><th scope="row">${what}</th><td>${time}</td><td>${inference}</td><td class="text">${assumes}</td></tr>`)}</tbody></table></div></details>`;
  }

  /** Both at the largest size that both were taken at. */
  #beside(svd: Curve, sketch: Curve) {
    const size = Math.max(...svd.sizes.filter((each) => sketch.sizes.includes(each)));
    const at = ({ sizes, seconds }: Curve): number => seconds[sizes.indexOf(size)]!;
    const side = integer(Math.sqrt(size));
    return html`At ${side} × ${side} it took ${figure(at(svd) / at(sketch))} times as long as the sketch.`;
  }

  #exponent({ exponent, standardError }: Curve): string { return `${exponent.toFixed(2).replace('-', '−')} ± ${standardError.toFixed(2)}`; }
  #perWeight({ sizes, seconds }: Curve): number { return seconds.at(-1)! / sizes.at(-1)!; }
  #expected(curve: Curve): number {
    const [low, high] = [curve.sizes[0]!, curve.sizes.at(-1)!];
    return Math.log(of(curve).grows(high) / of(curve).grows(low)) / Math.log(high / low);
  }

  #renderFamily({ id, title, caption }: (typeof families)[number], curves: Curve[]) {
    // Dashed guides end where the measurement does, so that only the slopes are compared.
    const guides = [...new Map(curves.map((curve) => [of(curve).algorithm, curve])).values()];
    return html`<div><h3>${title}</h3><bb-figure name=${`time-${id}`} caption=${`${caption} Dashed: the stated growth, through the last point.`}
      .table=${{ head: ['method', 'weights', 'seconds'], rows: curves.flatMap(({ label, sizes, seconds }) => sizes.map((size, i) => [label, size, seconds[i]!])) }}>
      <bb-plot .x=${{ label: 'weights', log: true }} .y=${{ label: 'seconds', log: true }} label=${`${title}: nearly straight lines on logarithmic axes`}
        .series=${[
          ...curves.map(({ label, sizes, seconds }, i) => ({ label, kind: 'both' as const, colour: (i + 1) as 1 | 2 | 3 | 4, points: sizes.map((size, k) => [size, seconds[k]!] as const) })),
          ...guides.map((curve) => ({ label: of(curve).algorithm, dashed: true, colour: 'soft' as const, points: curve.sizes.map((size) => [size, curve.seconds.at(-1)! * (of(curve).grows(size) / of(curve).grows(curve.sizes.at(-1)!))] as const) })),
        ]}></bb-plot></bb-figure></div>`;
  }
}
