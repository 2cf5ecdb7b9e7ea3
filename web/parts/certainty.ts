// How sure a number is, and the small mark that says so.
import type { Term } from 'bitbudget';
import { html } from 'lit';

export const certainties: Record<Term['certainty'], { mark: string; title: string; text: string }> = {
  exact: { mark: '=', title: 'Exact', text: 'It follows from the shapes of the tensors; nothing is estimated.' },
  formula: { mark: '≈', title: 'Formula', text: 'A model of what engines do, which they agree with closely.' },
  assumed: { mark: '?', title: 'Assumed', text: 'A figure taken for granted; change it if you know better.' },
};

export const mark = (certainty: Term['certainty']) =>
  html`<abbr class="mark ${certainty}" title="${certainties[certainty].title}: ${certainties[certainty].text}">${certainties[certainty].mark}<span class="sr"> ${certainties[certainty].title}</span></abbr>`;
