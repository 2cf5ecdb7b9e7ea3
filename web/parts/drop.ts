// A place to drop a file, around whatever it holds, with a button that opens the file dialogue for those who do not drag.
import { html, LitElement, css } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { base } from '../styles/base.js';

/** `<bb-drop accept=".json" label="Choose a config.json" @bb-file=${(e: CustomEvent<File>) => …}>` */
@customElement('bb-drop')
export class Drop extends LitElement {
  static override styles = [base, css`
    :host { display: block; }
    .zone { border: 1px dashed transparent; border-radius: var(--radius); }
    .zone.over { border-color: var(--link); background: var(--sunk); }
    .row { margin-block-start: var(--s2); }
  `];
  @property() accept = '';
  @property() label = 'Choose a file';
  @property() hint = 'or drop one here';
  @state() private over = false;
  @query('input') private input!: HTMLInputElement;

  private take(file: File | undefined): void {
    if (file) this.dispatchEvent(new CustomEvent<File>('bb-file', { detail: file }));
  }

  protected override render() {
    return html`<div class="zone ${this.over ? 'over' : ''}"
      @dragover=${(event: DragEvent) => { event.preventDefault(); this.over = true; }}
      @dragleave=${() => { this.over = false; }}
      @drop=${(event: DragEvent) => { event.preventDefault(); this.over = false; this.take(event.dataTransfer?.files[0]); }}>
      <slot></slot>
      <div class="row">
        <button class="button" type="button" @click=${() => this.input.click()}>${this.label}</button>
        <span class="small soft">${this.hint}</span>
      </div>
      <input type="file" hidden accept=${this.accept} aria-label=${this.label} @change=${() => { this.take(this.input.files?.[0]); this.input.value = ''; }}>
    </div>`;
  }
}
