// A file that was opened in the lab, and what is in it.
import type { FileReport, TensorEntry } from 'bitbudget';
import { CoreError, run } from '../../worker/core.js';
import type { Watch } from './runner.js';

export interface OpenFile { file: File; report: FileReport; }

/** The tensors of a file that can be read: those with a type and some values. */
export const readable = ({ report }: OpenFile): TensorEntry[] => report.tensors.filter((entry) => entry.type !== '' && entry.byteLength > 0);

/** The one of that name, or the first. */
export const entryOf = (open: OpenFile, name: string): TensorEntry | undefined => readable(open).find((entry) => entry.name === name) ?? readable(open)[0];

export const refuse = (message: string, field?: string): CoreError => new CoreError({ name: 'Error', code: 'invalid_argument', message, ...(field && { field }) });

export async function openFile(file: File, watch: Pick<Watch, 'signal' | 'onProgress'>): Promise<OpenFile> {
  const report = await run('lab.inspect', file, watch);
  const open = { file, report };
  if (report.format === 'config') throw refuse(`${file.name} describes a model and holds no tensor. Open it in Fit, or choose an .npy, .safetensors or .gguf file here.`);
  if (report.format === 'safetensors-index') throw refuse(`${file.name} is an index: its tensors are in ${report.shards?.[0] ?? 'the files it names'} and the files beside it. Open one of those.`);
  if (readable(open).length === 0) throw refuse(`${file.name} holds no tensor with values.`);
  return open;
}

