// The table of terms: groups, their parts, how certain each is, and each number's formula below its row.
import { html, nothing, type TemplateResult } from 'lit';
import { bytes, percent } from '../../format/numbers.js';
import { certainties, mark } from '../../parts/certainty.js';
import { shortValue } from '../../parts/explain.js';
import { value } from '../../parts/value.js';
import { units } from '../../shell/settings.js';
import type { Group } from './groups.js';

export interface TermTable {
  groups: Group[];
  total: number;
  /** The id of the term whose formula is open, as "group/term". */
  open: string;
  toggle: (id: string) => void;
  pointed: string;
  point: (id: string) => void;
  /** A last row, below the total: what is kept free of the model, editable where it stands. */
  reserve?: TemplateResult;
  /** Said below the table: what its total is of. */
  note?: string;
}

export const termTable = ({ groups, total, open, toggle, pointed, point, reserve, note }: TermTable) => html`
  <div class="scroll">
  <table class="terms">
    <caption class="sr">Memory, term by term</caption>
    <thead><tr><th scope="col">Part</th><th scope="col"><span class="sr">Certainty</span></th><th scope="col" class="n">Size</th><th scope="col" class="n">Share</th></tr></thead>
    ${groups.map((group) => html`<tbody @pointerenter=${() => point(group.id)} @pointerleave=${() => point('')} @focusin=${() => point(group.id)} @focusout=${() => point('')}>
      <tr class="group ${pointed === group.id ? 'on' : ''}"><th scope="rowgroup" colspan="2">${group.title}</th>
        <td class="n">${bytes(group.breakdown.total, units.value, true)}</td><td class="n">${percent(total > 0 ? group.breakdown.total / total : 0)}</td></tr>
      ${group.breakdown.terms.map((term) => {
        const id = `${group.id}/${term.id}`;
        return html`<tr class="sub"><th scope="row">${term.label}</th><td class="m">${mark(term.certainty)}</td>
          <td class="n">${value(shortValue(term, true), open === id, () => toggle(id), term.label)}</td>
          <td class="n soft">${percent(total > 0 ? term.value / total : 0)}</td></tr>
          ${open === id ? html`<tr><td colspan="4"><bb-explain .term=${term}></bb-explain></td></tr>` : nothing}`;
      })}</tbody>`)}
    ${groups.length > 1 ? html`<tbody><tr class="total"><th scope="row" colspan="2">Total</th><td class="n">${bytes(total, units.value, true)}</td><td class="n">${percent(1)}</td></tr></tbody>` : nothing}
    ${reserve ? html`<tbody><tr class="reserve"><th scope="row">Kept free: driver, display, fragmentation</th><td class="m">${mark('assumed')}</td><td class="n" colspan="2">${reserve}</td></tr></tbody>` : nothing}
  </table></div>
  ${note ? html`<p class="small soft">${note}</p>` : nothing}
  <p class="legend small soft">${Object.entries(certainties).map(([id, { mark: sign, title, text }]) => html`<span title=${text}><span class="mark ${id}">${sign}</span> ${title.toLowerCase()}</span>`)}
    <span class="no-print">Click a number, or focus it and press i, for its formula.</span></p>`;
