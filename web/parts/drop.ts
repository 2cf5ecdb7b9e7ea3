// A place to drop files, around whatever it holds, with a button that opens the file dialogue for those who do not drag.
import { html, LitElement, css, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { base } from '../styles/base.js';

/** Of a folder all files are taken, those in folders within it too, up to this many. */
const kMostFiles = 2000;

/**
 * `<bb-drop accept=".json" label="Choose a config.json" @bb-file=${(e: CustomEvent<File>) => …}>`; with `multiple` there is one
 * `bb-files` with all of them (a CustomEvent<File[]>), and folders may be dropped or opened.
 */
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
  @property({ type: Boolean }) multiple = false;
  @state() private over = false;
  @query('input') private input!: HTMLInputElement;

  private take(files: readonly File[]): void {
    if (files.length === 0) return;
    if (this.multiple) this.dispatchEvent(new CustomEvent<File[]>('bb-files', { detail: [...files] }));
    else this.dispatchEvent(new CustomEvent<File>('bb-file', { detail: files[0]! }));
  }

  /** One dialogue for both: a folder's comes with all files in it. */
  private choose(folder: boolean): void {
    this.input.webkitdirectory = folder;
    this.input.click();
  }

  private chosen(): File[] {
    const files = [...(this.input.files ?? [])];
    return this.input.webkitdirectory ? files.filter(({ webkitRelativePath }) => !/(^|\/)\./.test(webkitRelativePath)).slice(0, kMostFiles) : files;
  }

  private async takeDropped(transfer: DataTransfer | null): Promise<void> {
    this.take(this.multiple ? await droppedFiles(transfer) : [...(transfer?.files ?? [])]);
  }

  protected override render() {
    return html`<div class="zone ${this.over ? 'over' : ''}" part="zone"
      @dragover=${(event: DragEvent) => { event.preventDefault(); this.over = true; }}
      @dragleave=${() => { this.over = false; }}
      @drop=${(event: DragEvent) => { event.preventDefault(); this.over = false; void this.takeDropped(event.dataTransfer); }}>
      <slot></slot>
      <div class="row">
        <button class="button" type="button" @click=${() => this.choose(false)}>${this.label}</button>
        ${this.multiple ? html`<button class="button" type="button" @click=${() => this.choose(true)}>Open a folder</button>` : nothing}
        <span class="small soft">${this.hint}</span>
      </div>
      <input type="file" hidden accept=${this.accept} ?multiple=${this.multiple} aria-label=${this.label} @change=${() => { this.take(this.chosen()); this.input.value = ''; }}>
    </div>`;
  }
}

/** All files of a drop, those in folders too. To be called while the event is handled. */
export async function droppedFiles(transfer: DataTransfer | null): Promise<File[]> {
  if (!transfer) return [];
  // Both lists are gone once the event has been handled: they are taken before anything is waited for.
  const files = [...transfer.files];
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry?.() ?? []);
  return entries.some((entry) => entry.isDirectory) ? filesIn(entries) : files;
}

const fileOf = (entry: FileSystemFileEntry): Promise<File> => new Promise((resolve, reject) => entry.file(resolve, reject));
const listOf = (reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> => new Promise((resolve, reject) => reader.readEntries(resolve, reject));

/** Hidden files are no one's checkpoint. */
async function filesIn(entries: readonly FileSystemEntry[]): Promise<File[]> {
  const files: File[] = [];
  const waiting = [...entries];
  while (waiting.length > 0 && files.length < kMostFiles) {
    const entry = waiting.shift()!;
    if (entry.isFile && !entry.name.startsWith('.')) files.push(await fileOf(entry as FileSystemFileEntry));
    if (!entry.isDirectory || (entry.name.startsWith('.') && entry.name !== '.')) continue;
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    // A reader gives up to 100 entries at a time.
    for (let more = await listOf(reader); more.length > 0; more = await listOf(reader)) waiting.push(...more);
  }
  return files;
}
