// The course's formulas beside the exact figures, with what lies between them.
import type { CourseFigure } from 'bitbudget';
import { html, css, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { brief } from '../../../format/numbers.js';
import '../../../parts/explain.js';
import { shortValue } from '../../../parts/explain.js';
import '../../../parts/notice.js';
import { value } from '../../../parts/value.js';
import { run, type CoreError } from '../../../worker/core.js';
import { Latest, Section } from '../section.js';

@customElement('bb-fit-course')
export class Course extends Section {
  static override styles = [Section.styles, css`
    tr.why > * { border-block-end: 0; padding-block: 0.1rem; }
    tr.why:last-child > * { border-block-end: 1px solid var(--rule); padding-block-end: 0.5rem; }
    tbody > tr:not(.why):has(+ .why) > * { border-block-end: 0; }
  `];
  @state() private figures: CourseFigure[] | undefined;
  @state() private refusal: CoreError | undefined;
  @state() private open = '';
  #ask = new Latest((question: Parameters<typeof run<'fit.course'>>[1]) => run('fit.course', question), (figures) => { this.figures = figures; this.refusal = undefined; }, (error) => { this.refusal = error; });

  protected override willUpdate(changed: Map<string, unknown>): void {
    const { config, options } = this.setup;
    if (changed.has('setup')) this.#ask.put({ config, options });
  }

  protected override render() {
    if (this.refusal) return html`<bb-notice kind="error"><p>${this.refusal.message}</p></bb-notice>`;
    if (!this.figures) return html`<p class="soft">Calculating…</p>`;
    return html`
      <p>Rules of thumb are for the blackboard: quick, and good to know when to trust. Here each stands beside what this model really takes, and below it what lies between the two.</p>
      <div class="scroll"><table>
        <caption class="sr">The course’s formulas and the exact figures</caption>
        <thead><tr><th scope="col">Quantity</th><th scope="col" class="n">Course</th><th scope="col" class="n">Exact</th><th scope="col" class="n">Course / exact</th></tr></thead>
        ${this.figures.map((figure) => this.#renderFigure(figure))}
      </table></div>`;
  }

  #renderFigure({ id, course, exact, differences }: CourseFigure) {
    const ratio = exact > 0 ? course.value / exact : 1;
    const amount = (number: number) => `${number < 0 ? '−' : '+'}${shortValue({ value: Math.abs(number), unit: course.unit }, true)}`;
    return html`<tbody>
      <tr><th scope="row">${course.label}</th>
        <td class="n">${value(shortValue(course, true), this.open === id, () => { this.open = this.open === id ? '' : id; }, `${course.label}, course`)}</td>
        <td class="n">${shortValue({ value: exact, unit: course.unit }, true)}</td><td class="n ${Math.abs(ratio - 1) > 0.1 ? 'no' : ''}">${brief(ratio)}</td></tr>
      ${this.open === id ? html`<tr class="why"><td colspan="4"><bb-explain .term=${course}></bb-explain></td></tr>` : nothing}
      ${differences.map((difference) => html`<tr class="why small soft"><th scope="row" colspan="2">${difference.label}</th><td class="n">${amount(difference.value)}</td><td></td></tr>`)}</tbody>`;
  }
}
