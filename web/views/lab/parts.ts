// A tensor cut into parts of whole rows, and the parts spread over the workers.
import type { FormatInfo } from 'bitbudget';
import { CoreError, type RunOptions } from '../../worker/pool.js';
import { kNotKept } from './kept.js';
import type { Part, PartResult } from './tasks.js';
import type { Tensor } from './tensor.js';

/** Values of one part: small enough for an even spread and a steady progress bar, large beside the cost of a message. */
const kPart = 2 ** 18;

export interface Stretch { firstRow: number; rows: number; }

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
const lcm = (a: number, b: number): number => (a / gcd(a, b)) * b;

/** Whole rows, whole cells of the picture, and whole blocks of the format, which need not end with a row. */
export function cut({ rows, columns, grid: { rowsPerCell }, method }: Tensor, { blockLength, tensorBytes, encodesInParts }: FormatInfo): Stretch[] {
  // One scale for the tensor is searched over all of it.
  if (!encodesInParts || (tensorBytes > 0 && method.search !== 'absmax')) return [{ firstRow: 0, rows }];
  const unit = lcm(rowsPerCell, blockLength > 0 ? blockLength / gcd(blockLength, columns) : 1);
  const step = Math.max(1, Math.round(kPart / columns / unit)) * unit;
  return Array.from({ length: Math.ceil(rows / step) }, (_, i) => ({ firstRow: i * step, rows: Math.min(step, rows - i * step) }));
}

export const sliceOf = ({ values, columns }: Tensor, { firstRow, rows }: Stretch): Float32Array<ArrayBuffer> => values.slice(firstRow * columns, (firstRow + rows) * columns) as Float32Array<ArrayBuffer>;

/** Thrown by work whose question has changed. */
export class Superseded extends Error {}

/**
 * work(item, worker, own) for each. An item belongs to the same worker every time, so that it finds there what was kept; a worker
 * that is done with its own takes over what others have not begun.
 */
export async function spread<T, R>(items: T[], workers: number, live: () => boolean, work: (item: T, worker: number, own: boolean) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  const waiting = Array.from({ length: workers }, (_, worker) => [...items.keys()].filter((index) => Math.floor((index * workers) / items.length) === worker));
  const lane = async (mine: number[], worker: number) => {
    for (;;) {
      const own = mine.length > 0;
      const index = own ? mine.shift() : waiting.reduce((most, each) => (each.length > most.length ? each : most)).pop();
      if (index === undefined) return;
      if (!live()) throw new Superseded();
      results[index] = await work(items[index]!, worker, own);
    }
  };
  await Promise.all(waiting.map(lane));
  return results;
}

/** Works on one part of `tensor`, cut as `stretches`: its values go along only where the worker does not keep them. */
export function partTask(run: (task: 'lab.part', input: Part, options: RunOptions) => Promise<PartResult>, tensor: Tensor, stretches: Stretch[], input: Omit<Part, 'part'>, options: RunOptions) {
  const name = `${tensor.source} in ${stretches[0]!.rows}`;
  return async (stretch: Stretch, worker: number, own: boolean): Promise<PartResult> => {
    const part = { tensor: name, first: stretch.firstRow, keep: own && stretches.length > 1 };
    try {
      return await run('lab.part', { ...input, part }, { ...options, worker });
    } catch (thrown) {
      if (!(thrown instanceof CoreError && thrown.code === kNotKept)) throw thrown;
      const values = sliceOf(tensor, stretch);
      return run('lab.part', { ...input, part: { ...part, values } }, { ...options, worker, transfer: [values.buffer] });
    }
  };
}
