// From this page to a machine: the set-up as commands and configuration files.
import { html, css, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import '../../../parts/notice.js';
import { download } from '../../../parts/save.js';
import { Section } from '../section.js';
import { findModel } from '../tasks.js';
import { recipes } from '../tools.js';
import { readTraining } from '../training.js';

@customElement('bb-fit-further')
export class Further extends Section {
  static override styles = [Section.styles, css`
    pre { margin: 0; padding: var(--s3) var(--s4); background: var(--sunk); border: 1px solid var(--rule); border-radius: var(--radius); overflow-x: auto; font: var(--t0) / 1.6 var(--mono); tab-size: 2; }
    .tabs { display: flex; flex-wrap: wrap; gap: var(--s1); }
    .tabs [aria-selected='true'] { background: var(--ink); color: var(--paper); border-color: var(--ink); }
  `];
  @state() private shown = 0;
  @state() private said = '';

  protected override render() {
    const { asked, catalog } = this.setup;
    const all = recipes({ asked, training: readTraining(asked.train), modelId: asked.config ? '' : (findModel(catalog.models, asked.model)?.id ?? '') });
    const recipe = all[this.shown]!;
    return html`
      <div class="tabs" role="tablist" aria-label="Tool" @keydown=${(event: KeyboardEvent) => this.#onKey(event, all.length)}>${all.map((each, index) => html`<button class="button" role="tab" id="tab-${index}" aria-controls="recipe"
        aria-selected=${index === this.shown ? 'true' : 'false'} tabindex=${index === this.shown ? 0 : -1} @click=${() => { this.shown = index; this.said = ''; }}>${each.title}</button>`)}</div>
      <div id="recipe" role="tabpanel" class="stack" aria-labelledby="tab-${this.shown}">
        <p>${recipe.about}</p>
        ${recipe.cannot.length > 0 ? html`<bb-notice>${recipe.cannot.map((line) => html`<p>${line}</p>`)}</bb-notice>` : nothing}
        <pre tabindex="0" aria-label=${recipe.file}>${recipe.text}</pre>
        <div class="row"><button class="button" @click=${() => this.#copy(recipe.text)}>Copy</button>
          <button class="button" @click=${() => download(recipe.file, recipe.text, 'text/plain')}>Save as ${recipe.file}</button> <span class="small soft" role="status">${this.said}</span></div>
      </div>`;
  }

  #onKey(event: KeyboardEvent, count: number): void {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (move === undefined) return;
    event.preventDefault();
    this.shown = (this.shown + move + count) % count;
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(`#tab-${this.shown}`)?.focus());
  }

  async #copy(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.said = 'Copied.';
    } catch {
      this.said = 'This browser does not let the page copy: select the text above.';
    }
  }
}
