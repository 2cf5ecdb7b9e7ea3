// The course's formulas beside the exact figures.
import { html } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { brief } from '../../../format/numbers.js';
import '../../../parts/explain.js';
import { shortValue } from '../../../parts/explain.js';
import { value } from '../../../parts/value.js';
import { courseRows, shapeOf } from '../course.js';
import { Section } from '../section.js';

@customElement('bb-fit-course')
export class Course extends Section {
  @state() private open = '';

  protected override render() {
    const { config, answer: { report }, asked, catalog } = this.setup;
    const shape = shapeOf(config, report);
    if (!shape) return html`<p>This model has no plain count of layers and heads, so the course’s formulas do not apply to it.</p>`;
    const bits = (id: string) => Math.floor(catalog.weights.find((choice) => choice.id === id)?.bits ?? 16);
    const rows = courseRows({ shape, report, batch: asked.batch, context: asked.context, weightBits: bits(asked.weights), kvBits: bits(asked.kv) });
    return html`
      <p>Rules of thumb are for the blackboard: quick, and good to know when to trust. Here each stands beside what this model really takes.</p>
      <div class="scroll"><table>
        <caption class="sr">The course’s formulas and the exact figures</caption>
        <thead><tr><th scope="col">Quantity</th><th scope="col" class="n">Course</th><th scope="col" class="n">Exact</th><th scope="col" class="n">Course / exact</th></tr></thead>
        ${rows.map((row) => html`<tbody><tr><th scope="row">${row.course.label}</th>
          <td class="n">${value(shortValue(row.course, true), this.open === row.id, () => { this.open = this.open === row.id ? '' : row.id; }, `${row.course.label}, course`)}</td>
          <td class="n" title=${row.exactly}>${shortValue({ value: row.exact, unit: row.course.unit }, true)}</td>
          <td class="n ${Math.abs(row.course.value / row.exact - 1) > 0.1 ? 'no' : ''}">${brief(row.course.value / row.exact)}</td></tr>
          ${this.open === row.id ? html`<tr><td colspan="4"><bb-explain .term=${{ ...row.course, note: row.why }}></bb-explain></td></tr>` : html`<tr class="why"><td colspan="4" class="small soft">${row.why}</td></tr>`}</tbody>`)}
      </table></div>`;
  }
}
