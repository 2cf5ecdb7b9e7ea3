// What goes with the file, and the plan in the words of other engines: to copy, or to keep.
import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import '../../../parts/notice.js';
import { download } from '../../../parts/save.js';
import { base } from '../../../styles/base.js';
import type { Checkpoint } from '../checkpoint.js';
import { cautions, configName, engineConfig, needsConfig } from './engine-config.js';
import { exported, exportName, type Tool } from './export.js';
import { stemOf } from './metadata.js';
import type { Plan } from './plan.js';
import type { Session } from './session.js';
import { styles } from './styles.js';

/** 'config': what engines must be told of the file that is written here. */
type Shows = Tool | 'config';
interface Shown { tool: Shows; text: string; failed: boolean; copied: boolean; }

@customElement('bb-export-plan')
export class ExportPlan extends LitElement {
  static override styles = [base, styles];
  @property({ attribute: false }) session!: Session;
  @property({ attribute: false }) checkpoint!: Checkpoint;
  @property({ attribute: false }) plan!: Plan;
  @state() private shown: Shown | undefined;

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('plan') || changed.has('checkpoint')) this.shown = undefined;
  }

  async #show(tool: Shows): Promise<void> {
    const { plan, checkpoint, session } = this;
    try {
      const text = tool === 'config' ? await engineConfig(plan.rows, checkpoint) : await exported(tool, plan, session.basis!, stemOf(checkpoint));
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

  #renderShown(shown: Shown) {
    if (shown.failed) return html`<bb-notice kind="warning"><p>${shown.text}</p></bb-notice>`;
    const { checkpoint } = this;
    const [name, type, label] = shown.tool === 'config' ? [configName(checkpoint), 'application/json', 'What engines must know of the file'] : [exportName(shown.tool, stemOf(checkpoint)), 'text/plain', `The plan for ${shown.tool}`];
    return html`<pre class="export" tabindex="0" role="region" aria-label=${label}>${shown.text}</pre>
      <div class="row"><button class="button" type="button" @click=${() => this.#copy(shown)}>${shown.copied ? 'Copied' : 'Copy'}</button>
        <button class="button" type="button" @click=${() => download(name, shown.text, type)}>Download</button></div>`;
  }

  #button = (tool: Shows, label: string) =>
    html`<button class="button" type="button" aria-expanded=${this.shown?.tool === tool ? 'true' : 'false'} @click=${() => this.#show(tool)}>${label}</button>`;

  #renderConfig(shown: Shown | undefined) {
    const name = configName(this.checkpoint);
    return html`<section class="no-print" aria-labelledby="config-heading"><h3 id="config-heading">What engines must know of this file</h3>
      <p class="small soft">vLLM and transformers tell packed and scaled weights by the <code>quantization_config</code> in config.json. ${name === 'config.json'
        ? 'This is the model’s own with that added: save it beside the new file, which transformers looks for as model.safetensors, with the tokenizer’s files.'
        : 'Put this into the model’s own; or open its config.json beside the weights here, and get it whole.'}</p>
      ${cautions(this.plan.rows).map((text) => html`<p class="small">${text}</p>`)}
      <div class="row">${this.#button('config', name)}</div>
      ${shown?.tool === 'config' ? this.#renderShown(shown) : nothing}</section>`;
  }

  protected override render() {
    const { shown } = this;
    return html`${needsConfig(this.plan.rows) ? this.#renderConfig(shown) : nothing}
      <section class="no-print" aria-labelledby="heading"><h3 id="heading">The same plan on other engines</h3>
      <p class="small soft">For checkpoints that a browser is too small for, and for models that run: these tools make the file with everything that belongs to it.</p>
      <div class="row">${this.#button('llama-quantize', 'llama-quantize command')}${this.#button('llm-compressor', 'llm-compressor recipe')}</div>
      ${shown && shown.tool !== 'config' ? this.#renderShown(shown) : nothing}</section>`;
  }
}
