// Why a file was refused, beside its name: the rule, where it is broken, and what to do next.
import { html, nothing } from 'lit';
import { exact } from '../../format/numbers.js';
import '../../parts/notice.js';
import type { CoreError } from '../../worker/core.js';
import type { RefusedFile } from './checkpoint.js';

const advice: Readonly<Record<string, string>> = {
  invalid_file: 'Its writer made a mistake, or it was damaged on the way: download it again, or convert the model anew.',
  invalid_json: 'Download it again, or mend the text there.',
  invalid_field: 'Correct that entry, or take the file as it was published.',
  missing_field: 'Add it, or take the file as it was published.',
  worker_lost: 'Try it once more.',
};

/** What was dropped along with the weights, as a folder holds it. */
export const leftAside = (files: readonly File[]) => html`<details class="small soft"><summary>Left aside: ${files.length === 1 ? 'one file that holds' : `${files.length} files that hold`} no tensors</summary><p>${files.map(({ name }) => name).join(', ')}</p></details>`;

/** JSON is text: its offsets are characters to the reader. */
const where = ({ code, offset, field }: CoreError) => html`${field ? html`At <code>${field}</code>${offset !== undefined ? ', ' : '.'}` : nothing}${offset !== undefined ? html`${field ? '' : 'At '}${code === 'invalid_json' ? 'character' : 'byte'} ${exact(offset)}.` : nothing}`;

/** Where the message does not say it; that a whole file is of the wrong kind is not at its byte 0. */
function hasPlace({ code, field, offset, message }: CoreError): boolean {
  if (field && !message.includes(field)) return true;
  return offset !== undefined && !(code === 'unsupported' && offset === 0) && !message.includes(` ${offset}`);
}

export const refusalText = (error: CoreError) => html`${error.message} ${hasPlace(error) ? where(error) : nothing} ${advice[error.code] ?? ''}`;

export const refusals = (refused: readonly RefusedFile[], more: boolean) => html`<bb-notice kind="error" class="refusals">
  <p><strong>${refused.length === 1 ? 'One file was not taken' : `${refused.length} files were not taken`}.</strong> ${more ? 'The others are open.' : ''}</p>
  <ul>${refused.map(({ file, error }) => html`<li><strong class="filename">${file.name}</strong>: ${refusalText(error)}</li>`)}</ul></bb-notice>`;
