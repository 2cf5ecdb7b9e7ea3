// Which of the two, and as what kind of file: one line below the comparison.
import type { ElementType, FormatInfo } from 'bitbudget';
import { html, LitElement, css, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { base } from '../../styles/base.js';
import { kindsFor, type Kind } from './export.js';

export interface SaveRequest { side: 'a' | 'b'; kind: Kind; }
/** ready: what is on show, with its bytes: a row of the table alone has none. */
export interface SaveSide { side: 'a' | 'b'; format: FormatInfo; ready: boolean; }

/** Dispatches `bb-save`, a CustomEvent<SaveRequest>. */
@customElement('bb-lab-save')
export class SaveAs extends LitElement {
  static override styles = [base, css`
    :host { display: block; }
    select { inline-size: auto; min-inline-size: 0; font-size: var(--t0); min-block-size: 2rem; padding-block: 0.15rem; }
    .button { font-size: var(--t0); min-block-size: 2rem; padding-block: 0.15rem; }
    .row { font-size: var(--t0); }
    label { display: inline-flex; gap: var(--s2); align-items: center; min-inline-size: 0; max-inline-size: 100%; }
  `];
  @property({ attribute: false }) sides: SaveSide[] = [];
  @property({ attribute: false }) types: readonly ElementType[] = [];
  @property({ attribute: false }) problem = '';
  @state() private side: 'a' | 'b' = 'a';
  @state() private kind = 'npy';

  protected override render() {
    const chosen = this.sides.find(({ side }) => side === this.side) ?? this.sides[0];
    if (!chosen) return nothing;
    const kinds = kindsFor(chosen.format, this.types);
    const kind = kinds.find(({ id }) => id === this.kind) ?? kinds.find(({ id }) => id === 'npy')!;
    const options = (what: Kind['what']) => kinds.filter((each) => each.what === what).map(({ id, label }) => html`<option value=${id} .selected=${id === kind.id}>${label}</option>`);
    return html`<div class="row" role="group" aria-label="Save the tensor">
      <label>Save <select aria-label="Which of the two" @change=${(event: Event) => { this.side = (event.target as HTMLSelectElement).value as 'a' | 'b'; }}>
        ${this.sides.map(({ side, format }) => html`<option value=${side} .selected=${side === chosen.side}>${side.toUpperCase()}: ${format.label}</option>`)}</select></label>
      <label>as <select aria-label="As what file" @change=${(event: Event) => { this.kind = (event.target as HTMLSelectElement).value; }}>
        <optgroup label="Decoded: values again">${options('decoded')}</optgroup>
        <optgroup label="Encoded in ${chosen.format.label}">${options('encoded')}</optgroup></select></label>
      <button class="button" type="button" ?disabled=${!chosen.ready} @click=${() => this.dispatchEvent(new CustomEvent<SaveRequest>('bb-save', { detail: { side: chosen.side, kind } }))}>Save file</button>
    </div>
    ${this.problem ? html`<bb-notice kind="error"><p>${this.problem}</p></bb-notice>` : nothing}`;
  }
}
