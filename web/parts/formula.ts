// A LaTeX formula as native MathML. The converter is loaded with the first formula that opens.
import { noChange } from 'lit';
import { AsyncDirective, directive } from 'lit/async-directive.js';
import { loadTemml } from 'virtual:temml';
import type { ElementPart, PartInfo } from 'lit/directive.js';

let converter: Promise<(latex: string, target: HTMLElement, display: boolean) => void> | undefined;

function load() {
  converter ??= loadTemml().then((temml) => (latex: string, target: HTMLElement, display: boolean) => {
    temml.render(latex, target, { displayMode: display, throwOnError: false, wrap: 'tex' });
  });
  converter.catch(() => { converter = undefined; });
  return converter;
}

class FormulaDirective extends AsyncDirective {
  #shown = '';
  constructor(info: PartInfo) { super(info); }
  render(_latex: string, _display = true) { return noChange; }
  override update(part: ElementPart, [latex, display = true]: [string, boolean?]) {
    if (latex === this.#shown) return noChange;
    this.#shown = latex;
    const target = part.element as HTMLElement;
    if (!target.firstChild) target.textContent = latex;  // readable until, and if never, converted
    load().then((render) => { if (this.#shown === latex) render(latex, target, display); }, () => { target.textContent = latex; });
    return noChange;
  }
}

/** On an element that holds nothing else: `<div ${formula(term.formula)}></div>`. */
export const formula = directive(FormulaDirective);
