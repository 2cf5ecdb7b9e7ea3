// A number opened: its formula in symbols, the same with this case's numbers, the result, how certain it is, and copies.
import type { Term } from 'bitbudget';
import { html, LitElement, nothing, css } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { bytes, count, exact, nbsp, seconds, withPrefix } from '../format/numbers.js';
import { units } from '../shell/settings.js';
import { watch } from '../shell/watch.js';
import { base } from '../styles/base.js';
import { certainties } from './certainty.js';
import { copied } from './copy.js';
import { formula } from './formula.js';
import { toPython } from './python.js';
import { symbolsIn } from './symbols.js';

/** A number with its reasons. `note`: prose; `source`: where the formula comes from. */
export interface Explained extends Omit<Term, 'id'> { note?: string; source?: string; }

/** The result in its unit, short; then every digit. */
export function shortValue(term: Pick<Term, 'value' | 'unit'>, pad = false): string {
  switch (term.unit) {
    case 'bytes': return bytes(term.value, units.value, pad);
    case 'parameters': return count(term.value);
    case 'flops': return withPrefix(term.value, 'FLOP');
    case 'seconds': return seconds(term.value);
  }
}

const exactValue = (term: Explained): string => (term.unit === 'seconds' ? `${term.value.toPrecision(6)} s` : `${exact(Number.isInteger(term.value) ? term.value : Number(term.value.toPrecision(15)))} ${term.unit === 'flops' ? 'FLOP' : term.unit}`);

@customElement('bb-explain')
export class Explain extends LitElement {
  static override styles = [base, css`
    :host { display: block; background: var(--sunk); border-inline-start: 3px solid var(--link); padding: var(--s3) var(--s4); font-weight: 400; max-inline-size: 100%; }
    .lines { display: grid; gap: var(--s1); overflow-x: auto; }
    .math { font-size: 1.1rem; padding-block: 0.3em; font-family: var(--math); inline-size: max-content; max-inline-size: none; }
    .math math { font-family: var(--math); display: inline-block; text-align: start; }
    .result { font-weight: 600; }
    .symbols math { font-family: var(--math); }
    .copy { margin-block-start: var(--s3); }
    .copy .button { min-block-size: 1.9rem; font-size: var(--t0); }
  `];
  @property({ attribute: false }) term?: Explained;
  @state() private copied = '';
  constructor() { super(); watch(this, units); }

  private async copy(what: string, text: string): Promise<void> {
    this.copied = await copied(what, text);
  }

  protected override render() {
    const term = this.term;
    if (!term) return nothing;
    const short = shortValue(term);
    const digits = exactValue(term);
    const python = term.substituted ? toPython(term.substituted) : undefined;
    const certainty = certainties[term.certainty];
    const symbols = symbolsIn(term.formula);
    const latex = [term.formula, term.substituted].filter(Boolean).join(' = ');
    return html`
      <div class="stack">
        <div class="lines">
          ${term.formula ? html`<div class="math" ${formula(term.formula)}></div>` : nothing}
          ${term.substituted ? html`<div class="math" ${formula('= ' + term.substituted)}></div>` : nothing}
          <div class="result num">= ${digits}${digits.startsWith(short) ? nothing : html` <span class="soft">≈ ${short}</span>`}</div>
        </div>
        ${symbols.length > 0 ? html`<p class="small soft symbols">${symbols.map(([symbol, meaning], index) => html`<span><span ${formula(symbol, false)}></span>${nbsp}${meaning}${index < symbols.length - 1 ? ',' : '.'}</span> `)}</p>` : nothing}
        ${term.note ? html`<p class="small">${term.note}</p>` : nothing}
        <p class="small soft"><strong>${certainty.title}.</strong> ${certainty.text}${term.source ? html` Source: ${term.source}.` : nothing}</p>
      </div>
      <div class="row copy no-print">
        ${latex ? html`<button class="button" @click=${() => this.copy('LaTeX', latex)}>Copy LaTeX</button>` : nothing}
        ${python ? html`<button class="button" @click=${() => this.copy('Python', python)}>Copy Python</button>` : nothing}
        <button class="button" @click=${() => this.copy('Value', String(term.value))}>Copy value</button>
        <span class="small soft" role="status">${this.copied}</span>
      </div>`;
  }
}
