// A picture with its caption, and behind it the table of what it shows: for screen readers, for copying, and as CSV.
import { html, LitElement, css, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { base } from '../styles/base.js';
import { csv, download, svgText } from './save.js';

export interface Table {
  head: string[];
  /** Texts are shown as they are, numbers with up to five digits; the CSV has all of them. */
  rows: (string | number)[][];
}

const five = new Intl.NumberFormat(typeof navigator === 'undefined' ? 'en' : navigator.language, { maximumSignificantDigits: 5 });
const tiny = new Intl.NumberFormat(typeof navigator === 'undefined' ? 'en' : navigator.language, { maximumSignificantDigits: 4, notation: 'scientific' });

export function cellText(cell: string | number): string {
  if (typeof cell === 'string') return cell;
  if (!Number.isFinite(cell)) return Number.isNaN(cell) ? '–' : cell > 0 ? '∞' : '−∞';
  const size = Math.abs(cell);
  return (size !== 0 && (size < 1e-4 || size >= 1e9) ? tiny : five).format(cell).replace('-', '−');
}

/** `<bb-figure caption="…" .table=${…} name="file-name">` around a picture. */
@customElement('bb-figure')
export class Figure extends LitElement {
  static override styles = [base, css`
    :host { display: block; min-inline-size: 0; }
    figure { display: grid; gap: var(--s2); grid-template-columns: minmax(0, 1fr); }
    figcaption { font-size: var(--t0); color: var(--soft); line-height: 1.5; max-inline-size: 68ch; }
    details > summary { font-size: var(--t0); color: var(--soft); }
    .scroll { max-block-size: 24rem; overflow: auto; margin-block: var(--s2); }
    table { font-size: var(--t0); }
    th, td { white-space: nowrap; }
    thead th { position: sticky; inset-block-start: 0; background: var(--paper); }
  `];
  @property() override title = '';
  @property() caption = '';
  /** Of the files that it can be saved as, without an ending. */
  @property() name = 'bitbudget';
  @property({ attribute: false }) table: Table = { head: [], rows: [] };

  private savePicture(): void {
    const svg = this.querySelector('svg') ?? [...this.children].map((child) => child.shadowRoot?.querySelector('svg')).find(Boolean);
    if (svg) download(`${this.name}.svg`, svgText(svg), 'image/svg+xml');
  }

  protected override render() {
    const { head, rows } = this.table;
    const numeric = head.map((_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === 'number'));
    return html`<figure>
      <slot></slot>
      ${this.caption ? html`<figcaption>${this.caption}</figcaption>` : nothing}
      ${rows.length === 0 ? nothing : html`<details>
        <summary>The numbers behind this picture</summary>
        <div class="scroll" tabindex="0" role="region" aria-label=${`Numbers: ${this.caption || this.name}`}><table>
          <caption class="sr">${this.caption || this.name}</caption>
          <thead><tr>${head.map((each, i) => html`<th scope="col" class=${numeric[i] ? 'n' : ''}>${each}</th>`)}</tr></thead>
          <tbody>${rows.map((row) => html`<tr>${row.map((cell, i) => html`<td class=${numeric[i] ? 'n' : ''}>${cellText(cell)}</td>`)}</tr>`)}</tbody>
        </table></div>
        <div class="row small no-print">
          <button class="plain" @click=${() => download(`${this.name}.csv`, csv([head, ...rows]), 'text/csv')}>Save as CSV</button>
          <button class="plain" @click=${this.savePicture}>Save the picture (SVG)</button>
        </div>
      </details>`}
    </figure>`;
  }
}
