// Calibrated rounding: the weights' error rises so that the output's falls.
import { html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import { integer } from '../../../format/numbers.js';
import type { RunOptions } from '../../../worker/pool.js';
import { runTheory } from '../../../worker/theory.js';
import { figure } from '../../lab/measures.js';
import { cutNote, inputChoice, inputMeaning } from '../inputs.js';
import { TheorySection } from '../section.js';
import { kParams } from '../state.js';
import type { CalibratedAnswer, CalibratedMethod, CalibratedRow } from '../tasks/calibrated.js';
import type { Inputs } from '../tasks/matrix.js';

const names: Record<CalibratedMethod, string> = { nearest: 'to nearest', gptq: 'GPTQ', awq: 'AWQ' };
const colours = { nearest: 'ink', gptq: 1, awq: 2 } as const;
const methods: CalibratedMethod[] = ['nearest', 'gptq', 'awq'];

@customElement('bb-theory-calibrated')
export class CalibratedSection extends TheorySection<CalibratedAnswer> {
  #asked() {
    const { asked } = this.setup;
    return { inputs: asked['calibrated.inputs'] as Inputs, seed: asked['calibrated.seed'], group: asked['calibrated.group'] };
  }

  protected override question(): string { return JSON.stringify(this.#asked()); }

  protected override solve(options: RunOptions): Promise<CalibratedAnswer> {
    const { values, rows, columns } = this.setup.tensor;
    return runTheory('theory.calibrated', { values, rows, columns, ...this.#asked() }, options);
  }

  protected override renderText() {
    const { inputs, seed, group } = this.#asked();
    return html`<div class="text stack">
      <p>A layer multiplies its inputs by W, and only the product matters. If two inputs go up and down together, the rounding error of one weight can be made up for by its neighbour: rounded the “wrong” way, on purpose. GPTQ does this column by column,
        moving the columns that are still to come; AWQ scales columns whose inputs are large before rounding, and back after, so that they are rounded more finely.</p>
      <p>The layer is the tensor at hand. Its inputs are made up from a seed: ${inputMeaning[inputs]}. Methods see half of them; the output’s error is measured on the other half.</p>
      <div class="controls no-print">
        ${inputChoice(inputs, (kind) => this.change({ 'calibrated.inputs': kind }))}
        <bb-number-field label="Seed of the inputs" .value=${seed} min="0" max="1000000000" .step=${(value: number, direction: 1 | -1) => value + direction}
          @bb-change=${(event: CustomEvent<number>) => this.change({ 'calibrated.seed': String(Math.round(event.detail)) })}></bb-number-field>
        <bb-number-field label="Columns that share a scale" .value=${group} min="1" max=${kParams['calibrated.group'].max}
          @bb-change=${(event: CustomEvent<number>) => this.change({ 'calibrated.group': String(Math.round(event.detail)) })}></bb-number-field>
      </div></div>`;
  }

  protected override renderAnswer({ part, rows, samples }: CalibratedAnswer) {
    const of = (bits: number, method: CalibratedMethod): CalibratedRow => rows.find((row) => row.bits === bits && row.method === method)!;
    const [nearest, gptq, awq] = methods.map((method) => of(3, method)) as [CalibratedRow, CalibratedRow, CalibratedRow];
    const note = cutNote(this.setup.tensor, part);
    return html`
      <bb-equation .equation=${{
        symbols: '\\min_{\\hat W} \\|X (W - \\hat W)^{\\mathsf T}\\|_F^2 = \\min_{\\hat W} \\mathrm{tr}\\,(W - \\hat W)\\, X^{\\mathsf T} X\\, (W - \\hat W)^{\\mathsf T}',
        python: 'import numpy as np\n\ndef output_error(W, V, X):\n    return np.sum((X @ (W - V).T)**2) / np.sum((X @ W.T)**2)', source: 'What calibrated rounding makes small, instead of ‖W − Ŵ‖²',
      }}></bb-equation>
      <bb-equation .equation=${{
        symbols: '\\delta w = -\\frac{w_q - Q(w_q)}{[H^{-1}]_{qq}} H^{-1}_{:,q}, \\qquad H = \\tfrac{2}{N} X^{\\mathsf T} X + \\lambda I',
        python: 'import numpy as np\n\ndef gptq_row(w, H, quantize):\n    """One row, one weight after another; quantize rounds one number to the grid."""\n    U = np.linalg.cholesky(np.linalg.inv(H)).T\n    w = w.copy()\n    for q in range(len(w)):\n        rounded = quantize(w[q])\n        w[q + 1:] -= (w[q] - rounded) / U[q, q] * U[q, q + 1:]\n        w[q] = rounded\n    return w',
        source: 'GPTQ (Frantar et al. 2022), the step of OBS with rounding in place of deleting',
      }}></bb-equation>
      <p class="finding">At 3 bits GPTQ’s weights are off by ${figure(gptq.weight)}, ${ratioText(gptq.weight / nearest.weight)} the error of rounding to nearest, and its output by ${figure(gptq.output)}, ${ratioText(gptq.output / nearest.output)} that of rounding to nearest.
        AWQ’s output is off by ${figure(awq.output)}${awq.exponent === 0 ? html`: it found no scaling better than none` : nothing}.</p>
      ${note ? html`<p class="small soft">${note}</p>` : nothing}
      <div class="pair">${(['weight', 'output'] as const).map((which) => this.#renderErrors(rows, which))}</div>
      <div class="scroll" tabindex="0" role="region" aria-label="Errors of the weights and of the output"><table>
        <caption>Squared errors, relative to the weights and to the output; ${integer(samples)} inputs to calibrate on, ${integer(samples)} held out</caption>
        <thead><tr><th scope="col">bits</th><th scope="col">rounding</th><th scope="col" class="n">weights</th><th scope="col" class="n">output, held out</th><th scope="col" class="n">output, calibrated on</th><th scope="col" class="n">AWQ’s exponent</th></tr></thead>
        <tbody>${rows.map((row) => html`<tr><td>${row.bits}</td><th scope="row">${names[row.method]}</th><td class="n">${figure(row.weight)}</td><td class="n">${figure(row.output)}</td><td class="n">${figure(row.seen)}</td><td class="n">${row.method === 'awq' ? row.exponent : '–'}</td></tr>`)}</tbody>
      </table></div>
      <p class="kindly">The error of weights, which most tables of formats show, can point the wrong way: here the method with the larger one may have the better layer. And the gain is the inputs’, not the method’s. With independent inputs there is nothing to make up for: GPTQ then fits the noise of
        its sample (the column “calibrated on” looks better than “held out”) and comes out a little worse than rounding. AWQ gains only where some inputs are larger than others.</p>`;
  }

  #renderErrors(rows: CalibratedRow[], which: 'weight' | 'output') {
    const what = which === 'weight' ? 'weights' : 'output';
    return html`<bb-figure name=${`calibrated-${what}`} .caption=${which === 'weight' ? 'Relative squared error of the weights: calibration makes it larger.' : 'Relative squared error of the output on held-out inputs.'}
      .table=${{ head: ['bits', 'rounding', `error of the ${what}`], rows: rows.map((row) => [row.bits, names[row.method], row[which]]) }}>
      <bb-plot .x=${{ label: 'bits', ticks: [2, 3, 4] }} .y=${{ label: `error of the ${what}`, log: true }} label=${`Error of the ${what} at 2, 3 and 4 bits for three ways of rounding`}
        .series=${methods.map((method) => ({ label: names[method], kind: 'both', colour: colours[method], points: rows.filter((row) => row.method === method).map((row): [number, number] => [row.bits, row[which]]) }))}></bb-plot></bb-figure>`;
  }
}

const ratioText = (ratio: number): string => (Number.isFinite(ratio) ? `${figure(ratio)} times` : 'beside');
