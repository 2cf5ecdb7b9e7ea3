// A formula in symbols, then with the numbers at hand, then its result; copied as LaTeX or Python.
import { html, LitElement, css, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { base } from '../styles/base.js';
import { copied } from './copy.js';
import { formula } from './formula.js';
import { toPython } from './python.js';

export interface Equation {
  /** LaTeX: "D(R) = \\sigma^2 2^{-2R}". */
  symbols: string;
  /** LaTeX: the right-hand side with numbers in; left out where the formula is a definition. */
  numbers?: string;
  /** The result in words and unit: "6.9 bits per weight". */
  result?: string;
  /** A Python expression or lines; default: made from `numbers`, where that is arithmetic. */
  python?: string;
  /** Where it comes from. */
  source?: string;
}

/** Runs as pasted: what it uses of the standard library is imported. */
const withImports = (python: string | undefined): string | undefined => (python?.includes('math.') && !python.includes('import math') ? `import math\n${python}` : python);

@customElement('bb-equation')
export class EquationElement extends LitElement {
  static override styles = [base, css`
    :host { display: block; border-inline-start: 3px solid var(--rule); padding: var(--s2) 0 var(--s2) var(--s4); max-inline-size: 100%; }
    .lines { overflow-x: auto; overflow-y: hidden; display: grid; gap: var(--s1); }
    .math { font-size: 1.1rem; padding-block: 0.25em; font-family: var(--math); inline-size: max-content; }
    .math math { font-family: var(--math); display: inline-block; text-align: start; }
    .result { font-weight: 600; font-variant-numeric: tabular-nums; }
    .foot { display: flex; flex-wrap: wrap; gap: var(--s1) var(--s4); margin-block-start: var(--s1); font-size: var(--t0); }
  `];
  @property({ attribute: false }) equation!: Equation;
  @state() private copied = '';

  private async copy(what: string, text: string): Promise<void> {
    this.copied = await copied(what, text);
  }

  protected override render() {
    const { symbols, numbers, result, source } = this.equation;
    const python = withImports(this.equation.python ?? (numbers ? toPython(numbers) : undefined));
    return html`
      <div class="lines" tabindex="0" role="group" aria-label="Formula">
        <div class="math" ${formula(symbols)}></div>
        ${numbers ? html`<div class="math" ${formula('= ' + numbers)}></div>` : nothing}
        ${result ? html`<div class="result">= ${result}</div>` : nothing}
      </div>
      <div class="foot soft no-print">
        <button class="plain" @click=${() => this.copy('LaTeX', [symbols, numbers].filter(Boolean).join(' = '))}>Copy LaTeX</button>
        ${python ? html`<button class="plain" @click=${() => this.copy('Python', python)}>Copy Python</button>` : nothing}
        ${source ? html`<span>${source}</span>` : nothing}
        <span role="status">${this.copied}</span>
      </div>`;
  }
}
