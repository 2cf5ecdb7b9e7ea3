// The tensor at hand: generated here, or the leading rows of one in a file. Every section measures on this one.
import type { Statistics } from 'bitbudget';
import { integer } from '../../format/numbers.js';
import { run, type CoreError } from '../../worker/core.js';
import { runTheory } from '../../worker/theory.js';
import { entryOf, matrixOf, sourceNames, type OpenFile } from '../lab/source.js';
import type { Source, TheoryState } from './state.js';

export interface TheoryTensor {
  /** Changes with the values. */
  key: string;
  title: string;
  rows: number;
  columns: number;
  /** Row-major; shared by all sections, so never transferred to a worker. */
  values: Float32Array;
  statistics: Statistics;
  note: string;
}

export type { OpenFile, CoreError };

/** What a page can decompose, sort and encode within seconds. */
export const kMaxCount = 2 ** 20;
export const kMaxColumns = 4096;

export const titles: Record<Exclude<Source, 'file'>, string> = { ...sourceNames, decaying: 'Matrix of decaying singular values' };

export function tensorKey(asked: TheoryState, open: OpenFile | undefined): string {
  const { tensor, rows, columns, seed, scale, nu, name } = asked;
  if (tensor === 'file') return open ? ['file', open.file.name, open.file.size, open.file.lastModified, entryOf(open, name)?.name].join(' ') : '';
  return [tensor, rows, columns, seed, scale, tensor === 'student-t' ? nu : ''].join(' ');
}

export async function loadTensor(asked: TheoryState, open: OpenFile | undefined, signal: AbortSignal): Promise<TheoryTensor> {
  const key = tensorKey(asked, open);
  if (asked.tensor !== 'file') {
    const { tensor, rows, columns, seed, scale, nu } = asked;
    const { values, statistics } = await runTheory('theory.generate', { source: tensor as Exclude<Source, 'file'>, rows, columns, seed, scale, nu }, { signal });
    return { key, title: titles[tensor as Exclude<Source, 'file'>], rows, columns, values, statistics, note: '' };
  }
  const entry = entryOf(open!, asked.name)!;
  const matrix = matrixOf(entry.shape);
  const { values } = await run('lab.read', { file: open!.file, entry, rows: matrix.rows, columns: matrix.columns }, { signal });
  return { key, title: entry.name, ...(await leading(values, matrix.rows, matrix.columns, signal)) };
}

/** The first rows and columns, so many that the sections stay quick. */
async function leading(values: Float32Array, rows: number, columns: number, signal: AbortSignal) {
  const width = Math.min(columns, kMaxColumns);
  const height = Math.max(1, Math.min(rows, Math.floor(kMaxCount / width)));
  const part = new Float32Array(height * width);
  for (let row = 0; row < height; row++) part.set(values.subarray(row * columns, row * columns + width), row * width);
  const whole = height === rows && width === columns;
  const note = whole ? '' : `Of its ${integer(rows)} × ${integer(columns)} values the first ${integer(height)} × ${integer(width)} are used here.`;
  return { rows: height, columns: width, values: part, statistics: await runTheory('theory.statistics', part, { signal }), note };
}
