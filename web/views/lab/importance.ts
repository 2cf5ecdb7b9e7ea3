// Importance: one weight for each column of the tensor, as calibration gives it (llama.cpp's importance matrix holds the mean
// square of each input of a layer). It comes from a vector in a file, or from activations that are made up.
import type { TensorEntry } from 'bitbudget';
import { integer } from '../../format/numbers.js';
import { run } from '../../worker/core.js';
import { readable, refuse, type OpenFile } from './open-file.js';
import type { Watch } from './runner.js';
import type { LabState } from './state.js';

const countOf = ({ shape }: TensorEntry): number => shape.reduce((product, size) => product * size, 1);

/** The tensors of a file that can be weights of `columns` columns. */
export const vectorsOf = (open: OpenFile, columns: number): TensorEntry[] => readable(open).filter((entry) => countOf(entry) === columns);

/** Differs whenever the weights do; empty without importance. */
export function importanceKey({ importance, importanceSpread, importanceSeed, importanceFile, importanceName }: LabState, open: OpenFile | undefined): string {
  if (importance === 'computed') return `computed ${importanceSpread} ${importanceSeed}`;
  if (importance === 'file') return ['file', importanceFile, importanceName, open?.file.size, open?.file.lastModified].join(' ');
  return '';
}

const refused = (message: string) => refuse(message, 'importance');

export async function loadImportance(asked: LabState, open: OpenFile | undefined, columns: number, watch: Watch): Promise<{ weights: Float32Array; title: string } | undefined> {
  if (asked.importance === '') return undefined;
  if (asked.importance === 'computed') {
    const weights = await run('lab.activations', { columns, spread: asked.importanceSpread, seed: asked.importanceSeed }, { signal: watch.signal });
    return { weights, title: 'made-up activations' };
  }
  if (!open) throw refused(`The importance comes from ${asked.importanceFile || 'a file'}, which is not open. Open it below, or choose another importance.`);
  const vectors = vectorsOf(open, columns);
  const entry = asked.importanceName ? vectors.find(({ name }) => name === asked.importanceName) : vectors[0];
  if (!entry) {
    const named = readable(open).find(({ name }) => name === asked.importanceName);
    throw refused(named
      ? `${named.name} holds ${integer(countOf(named))} values, and this tensor has ${integer(columns)} columns. Choose a vector with one weight for each column.`
      : `${open.file.name} holds no vector of ${integer(columns)} values, one for each column of this tensor. Choose another file.`);
  }
  const { values } = await run('lab.read', { file: open.file, entry, rows: 1, columns }, watch);
  const wrong = values.findIndex((value) => !(value >= 0 && Number.isFinite(value)));
  if (wrong >= 0) throw refused(`Weight ${integer(wrong)} of ${entry.name} is ${values[wrong]}. Weights are finite and not negative, such as mean squares of activations.`);
  if (values.every((value) => value === 0)) throw refused(`All weights of ${entry.name} are zero: nothing would count. Choose another vector.`);
  return { weights: values, title: open.report.format === 'npy' ? open.file.name : `${entry.name} of ${open.file.name}` };
}
