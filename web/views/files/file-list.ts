// The files that are open, with those that are missing and those that are too many.
import { html, nothing } from 'lit';
import { bytes, exact, integer } from '../../format/numbers.js';
import { units } from '../../shell/settings.js';
import type { Checkpoint, OpenedFile } from './checkpoint.js';

const formatNames: Readonly<Record<string, string>> = { safetensors: 'safetensors', 'safetensors-index': 'index of the shards', gguf: 'GGUF', npy: 'NPY array', npz: 'NPZ archive', config: 'model description' };
export const formatName = (format: string): string => formatNames[format] ?? format;

/** More than these are folded. */
const kFew = 8;

function about({ report, file }: OpenedFile): string {
  const size = bytes(file.size, units.value);
  if (report.format === 'config') return `${formatName(report.format)}, ${size}`;
  const tensors = report.tensors.length === 1 ? '1 tensor' : `${integer(report.tensors.length)} tensors`;
  return report.format === 'safetensors-index' ? `${formatName(report.format)}: ${tensors} in ${integer(report.shards!.length)} files` : `${formatName(report.format)}, ${tensors}, ${size}`;
}

const names = (list: readonly string[]) => html`<ul class="names">${list.slice(0, 20).map((name) => html`<li><code>${name}</code></li>`)}${list.length > 20 ? html`<li>and ${integer(list.length - 20)} more</li>` : nothing}</ul>`;
const several = (count: number, one: string, many: string): string => (count === 1 ? `1 ${one}` : `${integer(count)} ${many}`);

/** What the index says and the files do not bear out. */
const doubts = ({ missing, extra, lost, unnamed }: Checkpoint) => html`
  ${missing.length > 0 ? html`<bb-notice><p><strong>${several(missing.length, 'file of this checkpoint is', 'files of this checkpoint are')} not here.</strong> The totals are of what is open. Open ${missing.length === 1 ? 'it' : 'them'} too:</p>${names(missing)}</bb-notice>` : nothing}
  ${extra.length > 0 ? html`<bb-notice><p><strong>${several(extra.length, 'file', 'files')} that the index does not name.</strong> ${extra.length === 1 ? 'It counts' : 'They count'} all the same; remove what does not belong here:</p>${names(extra)}</bb-notice>` : nothing}
  ${lost.length > 0 ? html`<bb-notice><p><strong>${several(lost.length, 'tensor is', 'tensors are')} not where the index says.</strong> Index and files are of different versions:</p>${names(lost)}</bb-notice>` : nothing}
  ${unnamed.length > 0 && extra.length === 0 ? html`<bb-notice><p><strong>${several(unnamed.length, 'tensor', 'tensors')} that the index does not name.</strong> Index and files are of different versions:</p>${names(unnamed)}</bb-notice>` : nothing}`;

export function fileList(checkpoint: Checkpoint, remove: ((opened: OpenedFile) => void) | undefined) {
  const { files } = checkpoint;
  const read = files.reduce((sum, opened) => sum + opened.read, 0);
  const all = files.reduce((sum, { file }) => sum + file.size, 0);
  const list = html`<ul class="files">${files.map((opened) => html`<li><span><span class="filename">${opened.file.name}</span> <span class="small soft">${about(opened)}</span></span>
    ${remove ? html`<button class="plain small" type="button" aria-label="Remove ${opened.file.name}" @click=${() => remove(opened)}>Remove</button>` : nothing}</li>`)}</ul>`;
  return html`${files.length > kFew ? html`<details><summary>${integer(files.length)} files</summary>${list}</details>` : list}
    <p class="hint" title="${exact(read)} of ${exact(all)} bytes">Looked at: ${bytes(read, units.value)} of ${bytes(all, units.value)}.${read < all ? ' The weights are not read until something needs them.' : ''}</p>
    ${doubts(checkpoint)}`;
}
