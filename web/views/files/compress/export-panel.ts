// The plan in the words of other engines: to copy, or to keep.
import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import '../../../parts/notice.js';
import { download } from '../../../parts/save.js';
import { base } from '../../../styles/base.js';
import { exported, exportName, type Tool } from './export.js';
import { stemOf } from './metadata.js';
import type { Plan } from './plan.js';
import type { Session } from './session.js';
import { styles } from './styles.js';

interface Shown { tool: Tool; text: string; failed: boolean; copied: boolean; }

@customElement('bb-export-plan')
export class ExportPlan extends LitElement {
  static override styles = [base, styles];
  @property({ attribute: false }) session!: Session;
  @property({ attribute: false }) plan!: Plan;
  @state() private shown: Shown | undefined;

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('plan')) this.shown = undefined;
  }

  async #show(tool: Tool): Promise<void> {
    const { plan, session } = this;
    try {
      const text = await exported(tool, plan, session.basis!, stemOf(session.checkpoint));
      if (plan === this.plan) this.shown = { tool, text, failed: false, copied: false };
    } catch (thrown) {
      const { message, field } = thrown as Error & { field?: string };
      if (plan === this.plan) this.shown = { tool, text: `${message}${field ? ` (${field})` : ''}`, failed: true, copied: false };
    }
  }

  async #copy(shown: Shown): Promise<void> {
    try {
      await navigator.clipboard.writeText(shown.text);
      this.shown = { ...shown, copied: true };
    } catch {
      // A frame may not write to the clipboard: the text is selected, to be copied by hand.
      getSelection()?.selectAllChildren(this.renderRoot.querySelector('pre')!);
    }
  }

  protected override render() {
    const { shown } = this;
    const button = (tool: Tool, label: string) => html`<button class="button" type="button" aria-expanded=${shown?.tool === tool ? 'true' : 'false'} @click=${() => this.#show(tool)}>${label}</button>`;
    return html`<section class="no-print" aria-labelledby="heading"><h3 id="heading">The same plan on other engines</h3>
      <p class="small soft">For checkpoints that a browser is too small for, and for models that run: these tools make the file with everything that belongs to it.</p>
      <div class="row">${button('llama-quantize', 'llama-quantize command')}${button('llm-compressor', 'llm-compressor recipe')}</div>
      ${shown === undefined ? nothing : shown.failed ? html`<bb-notice kind="warning"><p>${shown.text}</p></bb-notice>` : html`
        <pre class="export" tabindex="0" role="region" aria-label="The plan for ${shown.tool}">${shown.text}</pre>
        <div class="row"><button class="button" type="button" @click=${() => this.#copy(shown)}>${shown.copied ? 'Copied' : 'Copy'}</button>
          <button class="button" type="button" @click=${() => download(exportName(shown.tool, stemOf(this.session.checkpoint)), shown.text, 'text/plain')}>Download</button></div>`}</section>`;
  }
}
