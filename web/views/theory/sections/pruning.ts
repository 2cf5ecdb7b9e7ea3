// Pruning: which weights may go, what that costs in the weights and in the layer's output, and what the masks cost in bytes.
import { html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import { bytes, integer, parseNumber } from '../../../format/numbers.js';
import { units } from '../../../shell/settings.js';
import type { RunOptions } from '../../../worker/pool.js';
import { runTheory } from '../../../worker/theory.js';
import { figure, share } from '../../lab/measures.js';
import { cutNote, inputChoice, inputMeaning } from '../inputs.js';
import { TheorySection } from '../section.js';
import { kParams } from '../state.js';
import type { Inputs } from '../tasks/matrix.js';
import type { PrunedPoint, PruningAnswer, PruningMethod } from '../tasks/pruning.js';
import { tex } from '../tex.js';

const names: Record<PruningMethod, string> = {
  global: 'smallest of all', row: 'smallest of each row', rows: 'whole rows', columns: 'whole columns', blocks: 'blocks of 4 × 4', wanda: 'Wanda, in each row',
  obd: 'OBD, of all', obs: 'OBS, the rest moved', '2:4': '2 of 4, smallest', '2:4 wanda': '2 of 4, Wanda',
};
const layoutNames = { bitmask: 'a bit per weight', csr: 'compressed rows (CSR)', '2:4': '2 of 4, packed' };

@customElement('bb-theory-pruning')
export class PruningSection extends TheorySection<PruningAnswer> {
  #asked() {
    const { asked } = this.setup;
    return { sparsity: asked['pruning.sparsity'], inputs: asked['pruning.inputs'] as Inputs, seed: asked['pruning.seed'], format: asked['pruning.values'] };
  }

  protected override question(): string { return JSON.stringify(this.#asked()); }

  protected override solve(options: RunOptions): Promise<PruningAnswer> {
    const { values, rows, columns } = this.setup.tensor;
    return runTheory('theory.pruning', { values, rows, columns, ...this.#asked() }, options);
  }

  protected override renderText() {
    const { sparsity, inputs, seed, format } = this.#asked();
    return html`<div class="text stack">
      <p>A weight that hardly matters can be set to zero and then need not be stored. The question is which ones: the smallest; those that matter least to the layer’s output; or whole rows,
        columns and blocks, which lose more but leave a smaller dense matrix. The sparsity s is the share that goes.</p>
      <p>What the output loses depends on the inputs. There is no model here to take them from, so they are made up from a seed: ${inputMeaning[inputs]}. Half of them choose the weights, the other half measure the damage.</p>
      <div class="controls no-print">
        <bb-number-field label="Sparsity" suffix="%" .value=${Number((100 * sparsity).toPrecision(6))} min="0" max="99" .parse=${parseNumber} .step=${(value: number, direction: 1 | -1) => Math.round(value / 10 + direction) * 10}
          @bb-change=${(event: CustomEvent<number>) => this.change({ 'pruning.sparsity': String(Number((event.detail / 100).toPrecision(6))) })}></bb-number-field>
        ${inputChoice(inputs, (kind) => this.change({ 'pruning.inputs': kind }))}
        <bb-number-field label="Seed of the inputs" .value=${seed} min="0" max="1000000000" .step=${(value: number, direction: 1 | -1) => value + direction}
          @bb-change=${(event: CustomEvent<number>) => this.change({ 'pruning.seed': String(Math.round(event.detail)) })}></bb-number-field>
        <div class="field"><label class="label" for="values">Kept values stored as</label>
          <select id="values" @change=${(event: Event) => this.change({ 'pruning.values': (event.target as HTMLSelectElement).value })}>
            ${kParams['pruning.values'].of.map((id) => html`<option value=${id} .selected=${id === format}>${this.#label(id)}</option>`)}</select></div>
      </div></div>`;
  }

  #label = (id: string): string => this.setup.formats.find((format) => format.id === id)?.label ?? id;

  protected override renderAnswer(answer: PruningAnswer) {
    const { sparsity } = this.#asked();
    const at = new Map(answer.methods.map(({ method, points }) => [method, nearest(points, sparsity)]));
    const { weight, curvature } = answer.example;
    const [global, wanda, obs] = (['global', 'wanda', 'obs'] as const).map((method) => at.get(method)!) as [PrunedPoint, PrunedPoint, PrunedPoint];
    const note = cutNote(this.setup.tensor, answer.part);
    return html`
      <bb-equation .equation=${{
        symbols: 's_i = \\tfrac{1}{2} H_{ii} w_i^2', numbers: `\\frac{1}{2} \\cdot ${tex(curvature)} \\cdot (${tex(weight)})^2`, result: figure(0.5 * curvature * weight * weight),
        python: `0.5 * ${curvature} * (${weight})**2`, source: 'Optimal Brain Damage (LeCun et al. 1990), here for the first weight',
      }}></bb-equation>
      <p>H is the second derivative of what should stay small. For the squared error of this layer’s output it is known: H = 2 E[x x<sup>T</sup>], the same for every row, so that
        s<sub>i</sub> = E[x<sub>j</sub><sup>2</sup>] w<sub>i</sub><sup>2</sup>. That is the square of Wanda’s score, |w| times the size of its input: the two differ only in whether weights compete within a row or in the whole matrix.</p>
      <bb-equation .equation=${{ symbols: '\\delta w = -\\frac{w_q}{[H^{-1}]_{qq}} H^{-1}_{:,q}', python: 'import numpy as np\n\ndef delete(w, H, q):\n    inverse = np.linalg.inv(H)\n    return w - w[q] / inverse[q, q] * inverse[:, q]', source: 'Optimal Brain Surgeon (Hassibi and Stork 1992): when weight q goes, the others move to make up for it' }}></bb-equation>
      <p class="finding">At ${share(sparsity)} sparsity, cutting the smallest weights costs ${share(global.weight)} of the weights’ energy and ${share(global.output)} of the output’s. Wanda costs
        ${share(wanda.weight)} of the weights’ and ${share(wanda.output)} of the output’s; OBS ${share(obs.output)} of the output’s.</p>
      ${note ? html`<p class="small soft">${note}</p>` : nothing}
      ${answer.missing.length > 0 ? html`<p class="small soft">Left out for this shape: ${answer.missing.join('; ')}.</p>` : nothing}
      <div class="pair">
        ${this.#renderErrors(answer, 'weight', 'Squared error of the weights, relative to them: cutting the smallest is the least by construction; structure costs most.', ['global', 'blocks', 'rows', 'obs', '2:4'])}
        ${this.#renderErrors(answer, 'output', 'Squared error of the output on inputs that were held out: here methods that look at the inputs win, and moving the rest wins more.', ['global', 'columns', 'wanda', 'obs', '2:4 wanda'])}
      </div>
      <div class="scroll" tabindex="0" role="region" aria-label="Errors of each method at this sparsity"><table>
        <caption>At ${share(sparsity)} sparsity, or as near as whole rows, columns and groups come</caption>
        <thead><tr><th scope="col">what goes</th><th scope="col" class="n">sparsity</th><th scope="col" class="n">error of weights</th><th scope="col" class="n">error of output</th></tr></thead>
        <tbody>${[...at].map(([method, point]) => html`<tr><th scope="row">${names[method]}</th><td class="n">${share(point.sparsity)}</td><td class="n">${figure(point.weight)}</td><td class="n">${figure(point.output)}</td></tr>`)}</tbody>
      </table></div>
      <p class="kindly">OBD’s formula leaves out the gradient, as if training had come to rest, and all weights’ effects on each other. In a small experiment of ours (a network 2-96-96-3 on a three-armed spiral, 1,500 steps of Adam, the true change of the loss
        on deleting each of 400 weights) the ranking by ½ h w² agreed with the truth by a Spearman correlation of 0.70, by |w| 0.53, by Wanda 0.59 – and with the gradient’s term 0.92. The gradient’s term was 2.9 times the Hessian’s in the median, and deleting
        15 % of the weights made the loss smaller.</p>
      ${this.#renderBytes(answer)}
      ${this.#renderProduct(answer)}
      ${this.#renderSearch(answer)}
      <h3>The lottery ticket</h3>
      <p>Frankle and Carbin (2019; the course writes Carlin) state that a randomly initialised dense network holds a subnetwork – a mask m – that, trained alone from the same start, reaches the dense network’s accuracy in at most as many steps. It is a conjecture, found in
        experiments: the mask is known only after training the dense network, usually several times; the weights go back to their own start (for large networks to an early step, not to the very first); and “reaches” is within the spread of repeated training. In our own small
        try (same spiral, 9,696 weights, eight rounds of pruning 40 %) the ticket kept an accuracy of 0.985 with 1.7 % of the weights; from a new random start the same mask reached 0.926, and a random mask 0.529. Tickets need training, which this page does not do.</p>`;
  }

  #renderErrors({ methods }: PruningAnswer, of: 'weight' | 'output', caption: string, shown: PruningMethod[]) {
    const colours = ['ink', 2, 'soft', 1, 3] as const;
    const series = shown.flatMap((method, i) => {
      const found = methods.find((each) => each.method === method);
      return found ? [{ label: names[method], colour: colours[i]!, kind: found.points.length > 1 ? 'line' as const : 'points' as const, points: found.points.map((point): [number, number] => [point.sparsity, point[of]]) }] : [];
    });
    return html`<bb-figure name=${`pruning-${of}-error`} .caption=${caption}
      .table=${{ head: ['what goes', 'sparsity', 'error of weights', 'error of output'], rows: methods.flatMap(({ method, points }) => points.map((point) => [names[method], point.sparsity, point.weight, point.output])) }}>
      <bb-plot .x=${{ label: 'sparsity', domain: [0, 1], text: percent }} .y=${{ label: of === 'weight' ? 'error of the weights' : 'error of the output', log: true }} .rules=${[{ x: this.#asked().sparsity, label: percent(this.#asked().sparsity) }]}
        label=${`Relative squared error of the ${of === 'weight' ? 'weights' : 'output'} over sparsity, one line for each method`} .series=${series}></bb-plot>
    </bb-figure>`;
  }

  #renderBytes({ bytes: { dense, stored, curves, breakEven } }: PruningAnswer) {
    const { sparsity, format } = this.#asked();
    const { rows, columns } = this.setup.tensor;
    const count = rows * columns;
    const bits = this.setup.formats.find(({ id }) => id === format)!.bitsPerWeight;
    const kept = Math.round((1 - sparsity) * count);
    const mask = stored.find(({ layout }) => layout === 'bitmask')!;
    const csr = stored.find(({ layout }) => layout === 'csr')!;
    const own = breakEven.find((each) => each.format === format)!;
    return html`<h3>What a mask costs</h3>
      <p>A zero is saved only if the places of the others are written down. With one bit per weight the places cost the same at any sparsity; compressed sparse rows store the column of each kept weight and pay per weight; 2 of 4 stores two bits for each of two.</p>
      <bb-equation .equation=${{
        symbols: 'B = \\lceil n / 8 \\rceil + (1 - s)\\, n\\, b', numbers: `${Math.ceil(count / 8)} + ${kept} \\cdot ${tex(bits / 8)}`, result: `${integer(Math.ceil(count / 8) + (kept * bits) / 8)} bytes`,
        python: `import math\nn, kept = ${count}, ${kept}\nprint(math.ceil(n / 8) + kept * ${bits / 8})`, source: 'a mask of one bit per weight, then the kept values at b bytes each',
      }}></bb-equation>
      <p class="finding">Stored for real, ${share(sparsity)} sparsity takes ${bytes(mask.bytes, units.value)} with a bit per weight and ${bytes(csr.bytes, units.value)} with compressed rows; dense ${this.#label(format)} takes ${bytes(dense, units.value)}.
        With a bit per weight it pays from ${evenText(own.bitmask)} sparsity, with compressed rows from ${evenText(own.csr)}.</p>
      <bb-figure name="pruning-bytes" caption="Bytes over sparsity, masks and indices counted. Points are bytes that were written; below the dense line a layout saves." .table=${{
        head: ['sparsity', ...curves.map(({ layout }) => layoutNames[layout]), 'dense'], rows: curves[0]!.points.map(([s], i) => [s, ...curves.map(({ points }) => points[i]![1]), dense]),
      }}><bb-plot .x=${{ label: 'sparsity', domain: [0, 1], text: percent }} .y=${{ label: 'bytes', ticks: roundSizes(Math.max(dense, ...curves.flatMap(({ points }) => points.map(([, y]) => y)))), text: (value: number) => bytes(value, units.value) }} .rules=${[{ y: dense, label: `dense ${this.#label(format)}` }]}
          label="Bytes over sparsity for each layout: compressed rows begin far above the dense matrix, the bit mask just above"
          .series=${[...curves.map(({ layout, points }, i) => ({ label: layoutNames[layout], colour: (i + 1) as 1 | 2, points })),
            { label: 'written', kind: 'points', colour: 'ink', points: stored.map((each): [number, number] => [each.sparsity, each.bytes]) }]}></bb-plot></bb-figure>
      <div class="scroll" tabindex="0" role="region" aria-label="Break-even sparsities"><table>
        <caption>The sparsity from which a layout takes fewer bytes than the dense matrix in the same format</caption>
        <thead><tr><th scope="col">values</th><th scope="col" class="n">a bit per weight</th><th scope="col" class="n">compressed rows</th><th scope="col">2 of 4</th></tr></thead>
        <tbody>${breakEven.map((each) => html`<tr><th scope="row">${this.#label(each.format)}</th><td class="n">${evenText(each.bitmask)}</td><td class="n">${evenText(each.csr)}</td><td>${each.twoOfFour ? 'saves' : 'does not save'}</td></tr>`)}</tbody>
      </table></div>
      <p class="kindly">The fewer bits a value takes, the more its place costs beside it: pruning and quantizing do not multiply.</p>`;
  }

  #renderProduct({ product }: PruningAnswer) {
    const dense = product[0]!;
    const pays = product.find(({ form, seconds }) => form === 'csr' && seconds < dense.seconds);
    return html`<h3>When a mask saves time</h3>
      <p>What a layer does is multiply its matrix by a vector. Here this tensor does, in float32, in one worker of this browser: the dense matrix, which vector instructions go through, and the stored layouts, whose values are multiplied as they stand.</p>
      <div class="scroll" tabindex="0" role="region" aria-label="Time of multiplying by a vector"><table>
        <caption>Multiplying by one vector</caption>
        <thead><tr><th scope="col">matrix</th><th scope="col" class="n">sparsity</th><th scope="col" class="n">bytes</th><th scope="col" class="n">time</th><th scope="col" class="n">of the dense time</th></tr></thead>
        <tbody>${product.map(({ form, sparsity, bytes: size, seconds }) => html`<tr><th scope="row">${form === 'dense' ? 'dense' : layoutNames[form]}</th><td class="n">${share(sparsity)}</td><td class="n">${bytes(size, units.value)}</td>
          <td class="n">${seconds > 0 ? `${figure(1e6 * seconds)} µs` : 'too short to time'}</td><td class="n">${seconds > 0 && dense.seconds > 0 ? `${figure(seconds / dense.seconds)} ×` : '–'}</td></tr>`)}</tbody>
      </table></div>
      <p class="kindly">The course’s “inference in O(n (1 − s))” counts multiplications. ${pays ? html`Here compressed rows are faster than the dense matrix from ${share(pays.sparsity)} sparsity, of those tried.` : html`Here compressed rows are not faster than the dense matrix at any sparsity that was tried.`} Processors go through
        dense rows several values at a time; a scattered value costs the reading of its place and a jump to its input. So scattered zeros save memory sooner than time; 2 of 4 is made for tensor cores that know it; whole rows and columns save time anywhere.</p>`;
  }

  #renderSearch({ search: { count, sort, select, same } }: PruningAnswer) {
    return html`<h3>Sorting, or only selecting</h3>
      <p class="kindly">The course counts O(n log n) for pruning, since scores are sorted. The order of those that stay is not needed: selection (Hoare’s quickselect) finds the k smallest in O(n) on average.
        For the ${integer(count)} weights here sorting took ${milliseconds(sort)} and selecting ${milliseconds(select)}${same ? ', and both cut the same mask' : ''}.</p>`;
  }
}

const percent = (value: number): string => `${Number((100 * value).toPrecision(3))} %`;
/** About five ticks at sizes that read as whole numbers of the reader's unit. */
const roundSizes = (most: number): number[] => {
  const step = units.value === 'GiB' ? 2 ** Math.ceil(Math.log2(most / 5)) : Math.ceil(most / 5 / 10 ** Math.floor(Math.log10(most / 5))) * 10 ** Math.floor(Math.log10(most / 5));
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
};
const milliseconds = (seconds: number): string => `${figure(1000 * seconds)} ms`;
/** 1 stands for a layout that never saves. */
const evenText = (sparsity: number): string => (sparsity >= 1 ? 'none' : share(sparsity));
const nearest = (points: PrunedPoint[], sparsity: number): PrunedPoint => points.reduce((best, point) => (Math.abs(point.sparsity - sparsity) < Math.abs(best.sparsity - sparsity) ? point : best));
