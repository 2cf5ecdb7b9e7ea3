// A text area that a file can be dropped on, with what is wrong with the text below it.
import { html, LitElement, css, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { bytes } from '../../../../format/numbers.js';
import '../../../../parts/drop.js';
import '../../../../parts/notice.js';
import { units } from '../../../../shell/settings.js';
import { base } from '../../../../styles/base.js';

/** Larger texts are kept, but not put into the text area, which would stall. */
const kMostShown = 300_000;

/** Dispatches `bb-text` with the text, typed or loaded. */
@customElement('bb-pasted')
export class Pasted extends LitElement {
  static override styles = [base, css`
    :host { display: block; min-inline-size: 0; }
    textarea { display: block; white-space: pre; overflow: auto; }
    bb-notice { margin-block-start: var(--s2); }
  `];
  @property() label = '';
  @property() hint = '';
  @property() text = '';
  @property() error = '';
  @property({ type: Number }) rows = 6;
  @state() private trouble = '';

  #send(text: string): void {
    this.trouble = '';
    this.dispatchEvent(new CustomEvent<string>('bb-text', { detail: text }));
  }

  async #load(file: File): Promise<void> {
    try {
      this.#send(await file.text());
    } catch {
      this.trouble = `${file.name} could not be read. Load it again; if it was moved or changed since, choose it anew.`;
    }
  }

  protected override render() {
    const large = this.text.length > kMostShown;
    const wrong = this.error || this.trouble;
    return html`<bb-drop accept=".txt,.csv,.tsv,.json,.jsonl,text/*" label="Load a file" hint="or drop it here" @bb-file=${(event: CustomEvent<File>) => this.#load(event.detail)}>
        <label class="label" for="text">${this.label}</label>
        <textarea id="text" rows=${this.rows} spellcheck="false" autocomplete="off" aria-invalid=${wrong ? 'true' : 'false'} aria-describedby="about"
          placeholder=${large ? `${bytes(this.text.length, units.value)} of text, too much to show. Paste here to replace it.` : ''}
          .value=${live(large ? '' : this.text)} @change=${(event: Event) => this.#send((event.target as HTMLTextAreaElement).value)}></textarea>
      </bb-drop>
      <div id="about">${this.hint ? html`<p class="hint">${this.hint}</p>` : nothing}
        ${wrong ? html`<bb-notice kind="error"><p>${wrong}</p></bb-notice>` : nothing}</div>`;
  }
}
