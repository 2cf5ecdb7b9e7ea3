// Where the tensor comes from: generated here, or read from a file that was opened.
import type { Distribution, FileReport, TensorEntry } from 'bitbudget';
import { integer } from '../../format/numbers.js';
import { CoreError, run } from '../../worker/core.js';
import type { Watch } from './runner.js';
import { kMaxCount, type LabState, type Source } from './state.js';
import type { Loaded } from './tasks.js';
import type { Tensor } from './tensor.js';

export const sourceNames: Record<Exclude<Source, 'file'>, string> = {
  normal: 'Normal distribution',
  laplace: 'Laplace distribution (heavier tails)',
  'student-t': 'Student t distribution (heaviest tails)',
  uniform: 'Uniform distribution',
  outliers: 'Normal, with outlier columns',
};

export interface OpenFile { file: File; report: FileReport; }

/** The tensors of a file that can be read: those with a type and some values. */
export const readable = ({ report }: OpenFile): TensorEntry[] => report.tensors.filter((entry) => entry.type !== '' && entry.byteLength > 0);

const refuse = (message: string) => new CoreError({ name: 'Error', code: 'invalid_argument', message });

export async function openFile(file: File, watch: Pick<Watch, 'signal' | 'onProgress'>): Promise<OpenFile> {
  const report = await run('lab.inspect', file, { ...watch, silence: 30_000 });
  const open = { file, report };
  if (report.format === 'config') throw refuse(`${file.name} describes a model and holds no tensor. Open it in Fit, or choose an .npy, .safetensors or .gguf file here.`);
  if (report.format === 'safetensors-index') throw refuse(`${file.name} is an index: its tensors are in ${report.shards?.[0] ?? 'the files it names'} and the files beside it. Open one of those.`);
  if (readable(open).length === 0) throw refuse(`${file.name} holds no tensor with values.`);
  return open;
}

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

/** And what is done to it. */
export const tensorKey = (asked: LabState, open: OpenFile | undefined): string => [sourceKey(asked, open), asked.search, asked.rotate].join(' ');

export const entryOf = (open: OpenFile, name: string): TensorEntry | undefined => readable(open).find((entry) => entry.name === name) ?? readable(open)[0];

/** `last` is used again where only the method differs. */
export async function loadTensor(asked: LabState, open: OpenFile | undefined, last: Tensor | undefined, watch: Watch): Promise<Tensor> {
  const source = sourceKey(asked, open);
  const tensor = last?.source === source ? last : await loadValues(asked, open, source, watch);
  const { columns, statistics, values } = tensor;
  const rotate = asked.rotate === 'on';
  const tensorRange: [number, number] = rotate ? await run('lab.rotatedRange', { values, columns }, { ...watch, silence: 60_000 }) : [statistics.min, statistics.max];
  return { ...tensor, key: tensorKey(asked, open), method: { search: asked.search, rotate, tensorRange } };
}

async function loadValues(asked: LabState, open: OpenFile | undefined, source: string, watch: Watch): Promise<Omit<Tensor, 'key' | 'method'>> {
  if (asked.tensor !== 'file') {
    const { tensor, rows, columns, seed, scale, nu } = asked;
    const distribution: Distribution = tensor === 'outliers' ? 'normal' : tensor === 'student-t' ? 'student_t' : tensor;
    const loaded = await run('lab.generate', { distribution, rows, columns, seed, scale, nu, outliers: tensor === 'outliers' }, { ...watch, silence: 30_000 });
    return { ...whole(loaded), source, rows, columns, title: sourceNames[tensor], storedType: 'F32', storedBytes: 4 * rows * columns, note: '' };
  }
  const entry = entryOf(open!, asked.name)!;
  const matrix = matrixOf(entry.shape);
  const count = matrix.rows * matrix.columns;
  if (count > kMaxCount) throw refuse(`${entry.name} has ${integer(count)} values; this page takes ${integer(kMaxCount)} at once. Choose a smaller tensor.`);
  const loaded = await run('lab.read', { file: open!.file, entry, rows: matrix.rows, columns: matrix.columns }, { ...watch, silence: 60_000 });
  const title = open!.report.format === 'npy' ? open!.file.name : `${entry.name} of ${open!.file.name}`;
  return { ...whole(loaded), ...matrix, source, title, storedType: entry.type, storedBytes: entry.byteLength };
}

const whole = ({ values, statistics, cells, grid, range, counts }: Loaded) => ({ values, statistics, cells, grid, range, counts });
