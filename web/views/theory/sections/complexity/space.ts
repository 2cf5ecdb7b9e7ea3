// The course's table of space, filled with the bytes that the tensor at hand really takes.
import { css, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import { integer } from '../../../../format/numbers.js';
import type { RunOptions } from '../../../../worker/pool.js';
import { runTheory } from '../../../../worker/theory.js';
import { figure, share } from '../../../lab/measures.js';
import { TheorySection } from '../../section.js';
import { kParams } from '../../state.js';
import type { SpaceRow } from '../../tasks/complexity.js';

const formulas: Record<string, string> = { dense: 'n', int8: 'n/4 + n/g', int4: 'n/8 + 2 n/g', csr: 'n (1 − s) + indices', bitmask: 'n (1 − s) + indices', 'low-rank': '(m + n) r' };
const remarks: Record<string, string> = {
  dense: '',
  int8: 'The formula takes a float32 scale for each group; formats write it in 16 bits.',
  int4: 'The formula takes a float32 scale and a float32 zero point; formats write them in 16 and in 8 bits.',
  csr: 'Indices: a column number of 2 bytes for each weight kept, and for each row where it begins, 4 bytes, which the statement leaves out.',
  bitmask: 'Indices: one bit for every place, kept or not.',
  'low-rank': 'The same factors in 16 bits take half of it.',
};

@customElement('bb-complexity-space')
export class ComplexitySpace extends TheorySection<SpaceRow[]> {
  static override styles = [TheorySection.styles, css`.answer th.form { white-space: normal; min-inline-size: 13rem; }`];

  protected override question(): string {
    const { asked } = this.setup;
    return [asked['complexity.group'], asked['complexity.sparsity'], asked['complexity.rank']].join(' ');
  }

  protected override solve(options: RunOptions): Promise<SpaceRow[]> {
    const { tensor: { values, rows, columns }, asked } = this.setup;
    return runTheory('theory.space', { values, rows, columns, group: Number(asked['complexity.group']), sparsity: asked['complexity.sparsity'], rank: asked['complexity.rank'] }, options);
  }

  protected override renderText() {
    const { asked, tensor } = this.setup;
    const most = Math.min(tensor.rows, tensor.columns);
    const field = (key: 'complexity.sparsity' | 'complexity.rank', label: string, step: (value: number, direction: 1 | -1) => number, hint = '') => html`<bb-number-field label=${label} hint=${hint} .value=${asked[key]} .min=${kParams[key].min} .max=${kParams[key].max} .step=${step}
      @bb-change=${(event: CustomEvent<number>) => this.change({ [key]: String(kParams[key].whole ? Math.round(event.detail) : Number(event.detail.toFixed(4))) })}></bb-number-field>`;
    return html`<div class="text stack">
      <h3>Space</h3>
      <p>The course counts space in float32 words for n weights: groups of g share a scale, a share s of the weights is zero, a rank is r. Here is the same for the tensor at hand, and beside it the length of what was really written.</p>
      <div class="controls no-print">
        <div class="field"><label class="label" for="group">Group, g</label><select id="group" @change=${(event: Event) => this.change({ 'complexity.group': (event.target as HTMLSelectElement).value })}>
          ${kParams['complexity.group'].of.map((each) => html`<option value=${each} .selected=${asked['complexity.group'] === each}>${each}</option>`)}</select></div>
        ${field('complexity.sparsity', 'Sparsity, s', (value, direction) => value + 0.05 * direction)}
        ${field('complexity.rank', 'Rank, r', (value, direction) => value + direction, asked['complexity.rank'] > most ? `This tensor has ${most} at most: that is taken.` : '')}
      </div></div>`;
  }

  protected override renderAnswer(rows: SpaceRow[]) {
    const { asked, tensor } = this.setup;
    const dense = rows[0]!.real!;
    const count = tensor.rows * tensor.columns;
    const group = Number(asked['complexity.group']);
    const int4 = rows.find(({ id }) => id === 'int4')!;
    const larger = rows.filter(({ real, id }) => id !== 'dense' && real !== undefined && real >= dense);
    return html`
      <bb-equation .equation=${{
        symbols: '\\text{INT4:} \\quad \\frac{n}{8} + \\frac{2 n}{g} \\ \\text{words}', numbers: `\\frac{${count}}{8} + \\frac{2 \\cdot ${count}}{${group}}`, result: `${figure(int4.stated / 4)} words, ${integer(int4.stated)} bytes`,
        python: `n, g = ${count}, ${group}\nprint(n / 8 + 2 * n / g, "words", 4 * (n / 8 + 2 * n / g), "bytes")`, source: 'The course’s table of space',
      }}></bb-equation>
      <p class="finding">${int4.real === undefined ? html`INT4 in groups of ${group} does not apply here: ${int4.why}` : html`INT4 in groups of ${group} really takes ${integer(int4.real)} bytes, ${share(int4.real / int4.stated)} of the formula’s ${integer(Math.round(int4.stated))}.`}
        ${larger.length > 0 ? html`With these choices ${larger.map(({ label }) => label).join(' and ')} ${larger.length > 1 ? 'take' : 'takes'} no less than the tensor itself.` : nothing}</p>
      <div class="scroll" tabindex="0" role="region" aria-label="Space"><table>
        <caption class="sr">Space by the course’s formulas and as written</caption>
        <thead><tr><th scope="col">Form</th><th scope="col">Words</th><th scope="col" class="n">Formula, bytes</th><th scope="col" class="n">Written, bytes</th><th scope="col" class="n">Bits per weight</th><th scope="col" class="n">Relative error</th></tr></thead>
        <tbody>${rows.map(({ id, label, stated, real, error, why }) => html`<tr><th scope="row" class="form">${label}${real === undefined || remarks[id] ? html`<br><span class="small soft">${real === undefined ? why : remarks[id]}</span>` : nothing}</th><td>${formulas[id]}</td><td class="n">${integer(Math.round(stated))}</td>
          ${real === undefined ? html`<td class="n">–</td><td class="n">–</td><td class="n">–</td>` : html`<td class="n">${integer(real)}</td><td class="n">${((8 * real) / count).toFixed(2)}</td><td class="n">${share(error ?? 0)}</td>`}</tr>`)}</tbody>
      </table></div>
      <p class="small soft">The relative error is the root of the squared error over the squared weights, without any calibration. The same bytes mean very different losses: the table of space says nothing of them.</p>`;
  }
}
