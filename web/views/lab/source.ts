// Where the tensor comes from: generated here, or read from a file that was opened.
import type { Distribution, TensorEntry } from 'bitbudget';
import { bytes, integer } from '../../format/numbers.js';
import { run } from '../../worker/core.js';
import { importanceKey, loadImportance } from './importance.js';
import { entryOf, refuse, type OpenFile } from './open-file.js';
import type { Watch } from './runner.js';
import { kMaxCount, kMaxRead, type LabState, type Source } from './state.js';
import type { Loaded } from './tasks.js';
import type { Tensor } from './tensor.js';

export { entryOf, openFile, readable, type OpenFile } from './open-file.js';

export const sourceNames: Record<Exclude<Source, 'file'>, string> = {
  normal: 'Normal distribution',
  laplace: 'Laplace distribution (heavier tails)',
  'student-t': 'Student t distribution (heaviest tails)',
  uniform: 'Uniform distribution',
  outliers: 'Normal, with outlier columns',
};

export interface Matrix { rows: number; columns: number; note: string; }

/** Vectors are folded where whole blocks of 256 allow it; leading dimensions become rows. */
export function matrixOf(shape: number[]): Matrix {
  const count = shape.reduce((product, size) => product * size, 1);
  if (shape.length >= 2) {
    const columns = shape.at(-1)!;
    return { rows: count / columns, columns, note: shape.length > 2 ? `Its shape is ${shape.join(' × ')}; all but the last dimension are taken as rows.` : '' };
  }
  if (count < 512 || count % 256 !== 0) return { rows: 1, columns: count, note: '' };
  let columns = 256;
  while (count % (columns * 2) === 0 && columns * columns < count) columns *= 2;
  return { rows: count / columns, columns, note: `It is one row of ${integer(count)} values, taken here as rows of ${integer(columns)}.` };
}

/** What the tensor that is asked for depends on. */
function sourceKey(asked: LabState, open: OpenFile | undefined): string {
  const { tensor, rows, columns, seed, scale, nu, name } = asked;
  if (tensor === 'file') return open ? ['file', open.file.name, open.file.size, open.file.lastModified, entryOf(open, name)?.name].join(' ') : '';
  return [tensor, rows, columns, seed, scale, tensor === 'student-t' ? nu : ''].join(' ');
}

/** What is opened: the file of the tensor, and the one of its columns' importance. */
export interface Opened { tensor: OpenFile | undefined; importance: OpenFile | undefined; }

/** And what is done to it. */
export const tensorKey = (asked: LabState, open: Opened): string => [sourceKey(asked, open.tensor), asked.search, asked.rotate, importanceKey(asked, open.importance)].join(' ');

/** `last` is used again where only the method differs. */
export async function loadTensor(asked: LabState, open: Opened, last: Tensor | undefined, watch: Watch): Promise<Tensor> {
  const source = sourceKey(asked, open.tensor);
  const tensor = last?.source === source ? last : await loadValues(asked, open.tensor, source, watch);
  const { columns, statistics, values } = tensor;
  const importance = await loadImportance(asked, open.importance, columns, watch);
  const rotate = asked.rotate === 'on';
  const tensorRange: [number, number] = rotate ? await run('lab.rotatedRange', { values, columns }, watch) : [statistics.min, statistics.max];
  return {
    ...tensor, key: tensorKey(asked, open), importanceTitle: importance?.title ?? '',
    method: { search: asked.search, rotate, tensorRange, ...(importance && { importance: importance.weights }) },
  };
}

async function loadValues(asked: LabState, open: OpenFile | undefined, source: string, watch: Watch): Promise<Omit<Tensor, 'key' | 'method' | 'importanceTitle'>> {
  if (asked.tensor !== 'file') {
    const { tensor, rows, columns, seed, scale, nu } = asked;
    const distribution: Distribution = tensor === 'outliers' ? 'normal' : tensor === 'student-t' ? 'student_t' : tensor;
    const loaded = await run('lab.generate', { distribution, rows, columns, seed, scale, nu, outliers: tensor === 'outliers' }, watch);
    return { ...whole(loaded), source, rows, columns, title: sourceNames[tensor], name: tensor, shape: [rows, columns], storedType: 'F32', storedBytes: 4 * rows * columns, note: '' };
  }
  const { file, report } = open!;
  const entry = entryOf(open!, asked.name)!;
  const matrix = matrixOf(entry.shape);
  const npy = report.format === 'npy';
  refuseTooLarge(file, npy ? { ...entry, name: file.name } : entry, matrix.rows * matrix.columns);
  const loaded = await run('lab.read', { file, entry, rows: matrix.rows, columns: matrix.columns }, watch);
  return {
    ...whole(loaded), ...matrix, source, title: npy ? file.name : `${entry.name} of ${file.name}`, name: npy ? file.name.replace(/\.npy$/, '') : entry.name,
    shape: entry.shape, storedType: entry.type, storedBytes: entry.byteLength,
  };
}

/** Before anything is read: the values as 32-bit floats, and beside them in a worker what they are made from. */
function refuseTooLarge(file: File, entry: TensorEntry, count: number): void {
  if (count > kMaxCount) {
    throw refuse(`${entry.name} has ${integer(count)} values: as 32-bit floats ${bytes(4 * count, 'GiB')}. This page takes up to ${integer(kMaxCount)} at once (${bytes(4 * kMaxCount, 'GiB')}). Choose a smaller tensor, or cut a part of this one out.`);
  }
  const read = entry.deflated ? file.size : entry.byteLength;
  if (read > kMaxRead) {
    throw refuse(entry.deflated
      ? `${entry.name} is compressed inside ${file.name}, which has to be read as a whole: ${bytes(read, 'GiB')}, and this page takes up to ${bytes(kMaxRead, 'GiB')}. Unpack it, and open the .npy in it.`
      : `${entry.name} takes ${bytes(read, 'GiB')}; this page reads up to ${bytes(kMaxRead, 'GiB')} at once. Choose a smaller tensor.`);
  }
}

const whole = ({ values, statistics, cells, grid, range, counts }: Loaded) => ({ values, statistics, cells, grid, range, counts });
