// This result as a file, a picture or a link.
import { html } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { csv, download, pngOf, svgText } from '../../../parts/save.js';
import { groupsOf } from '../groups.js';
import { Section } from '../section.js';

@customElement('bb-fit-save')
export class Save extends Section {
  @state() private said = '';

  protected override render() {
    const button = (text: string, about: string, save: () => unknown) => html`<tr><th scope="row"><button class="button" @click=${async () => {
      try {
        await save();
        this.said = `${text}: done.`;
      } catch (thrown) {
        this.said = `${text} did not work here: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
      }
    }}>${text}</button></th><td class="soft">${about}</td></tr>`;
    return html`<table><caption class="sr">Ways to save</caption><tbody>
      ${button('JSON', 'Everything: the question, each term with its formula, every tensor.', () => download(`${this.#name()}.json`, JSON.stringify(this.#everything(), null, 2), 'application/json'))}
      ${button('CSV', 'The table of terms, one line each, exact bytes.', () => download(`${this.#name()}.csv`, this.#csv(), 'text/csv'))}
      ${button('SVG', 'The bar as a drawing.', () => download(`${this.#name()}.svg`, svgText(this.#picture()), 'image/svg+xml'))}
      ${button('PNG', 'The bar as a picture.', async () => download(`${this.#name()}.png`, await pngOf(this.#picture()), 'image/png'))}
      ${button('Link', 'Everything on this page as an address, copied.', () => navigator.clipboard.writeText(location.href))}
      ${button('Print', 'A clean report on paper or as PDF.', () => print())}
    </tbody></table><p class="small soft" role="status">${this.said}</p>`;
  }

  #name(): string { return `bitbudget-${this.setup.label}-${this.setup.asked.weights}`.toLowerCase().replace(/[^a-z0-9.]+/g, '-'); }

  #everything(): unknown {
    const { label, config, options, asked, answer, catalog } = this.setup;
    return { made_by: `bitbudget ${catalog.version}`, link: location.href, model: label, config: JSON.parse(config) as unknown, options, memory: asked.memory, ...answer };
  }

  #csv(): string {
    const { report } = this.setup.answer;
    return csv([['group', 'term', 'bytes', 'certainty', 'formula', 'with numbers'],
      ...groupsOf(report).flatMap(({ title, breakdown }) => breakdown.terms.map((term) => [title, term.label, term.value, term.certainty, term.formula, term.substituted]))]);
  }

  /** The bar of the answer, which stands in the view around this section. */
  #picture(): SVGSVGElement {
    const bar = (this.getRootNode() as ShadowRoot).querySelector('bb-bar')?.shadowRoot?.querySelector('svg');
    if (!bar) throw new Error('there is no picture on the page.');
    return bar;
  }
}
