// The Files view: any checkpoint that is dropped on it, tensor by tensor.
import { html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { bytes, integer } from '../../format/numbers.js';
import '../../parts/drop.js';
import '../../parts/notice.js';
import { units } from '../../shell/settings.js';
import { View } from '../../shell/view.js';
import { watch } from '../../shell/watch.js';
import { base } from '../../styles/base.js';
import './compress/compress.js';
import { openCheckpoint, type Checkpoint, type RefusedFile } from './checkpoint.js';
import { styles } from './styles.js';

@customElement('bb-files')
export class Files extends View {
  static override styles = [base, styles];
  @state() private checkpoint: Checkpoint | undefined;
  @state() private refused: RefusedFile[] = [];

  constructor() {
    super();
    watch(this, units);
  }

  async #take(files: File[]): Promise<void> {
    const { checkpoint, refused } = await openCheckpoint(files, { ...(this.checkpoint && { onto: this.checkpoint }) });
    this.refused = refused;
    if (checkpoint) this.checkpoint = checkpoint;
  }

  protected override render() {
    return html`
      <bb-drop multiple label="Open files" hint="or drop them here" @bb-files=${(event: CustomEvent<File[]>) => this.#take(event.detail)}></bb-drop>
      ${this.refused.map(({ file, error }) => html`<bb-notice kind="error"><p><strong>${file.name}</strong>: ${error.message}</p></bb-notice>`)}
      ${this.checkpoint ? this.#renderCheckpoint(this.checkpoint) : nothing}`;
  }

  #renderCheckpoint(checkpoint: Checkpoint) {
    return html`
      <p class="lead">${integer(checkpoint.tensors.length)} tensors, ${bytes(checkpoint.bytes, units.value)}</p>
      <bb-compress .checkpoint=${checkpoint}></bb-compress>`;
  }
}
