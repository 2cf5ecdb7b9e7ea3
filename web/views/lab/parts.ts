// A tensor cut into parts of whole rows, and the parts spread over the workers.
import type { FormatInfo } from 'bitbudget';
import { CoreError, type RunOptions } from '../../worker/pool.js';
import { kNotKept } from './kept.js';
import type { PartResult, Parts } from './tasks.js';
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

/** Jobs that take less than this (milliseconds) are followed by larger ones, of kMostAtOnce items at most: messages cost time, too. */
const kQuick = 20;
const kMostAtOnce = 16;

/**
 * work(items, worker, own) until all are done. An item belongs to the same worker every time, so that it finds there what was kept; a
 * worker that is done with its own takes over what another does not do in one go.
 */
export async function spread<T, R>(items: T[], workers: number, live: () => boolean, work: (items: T[], worker: number, own: boolean) => Promise<R[]>): Promise<R[]> {
  const results = new Array<R>(items.length);
  const lanes = Array.from({ length: workers }, (_, worker) => ({ waiting: [...items.keys()].filter((index) => Math.floor((index * workers) / items.length) === worker), atOnce: 1 }));
  const take = (lane: (typeof lanes)[number]): number[] => {
    // Half of what is left at most, so that no worker is left with much to do when the others are done.
    if (lane.waiting.length > 0) return lane.waiting.splice(0, Math.min(lane.atOnce, Math.ceil(lane.waiting.length / 2)));
    const { waiting, atOnce } = lanes.reduce((most, each) => (each.waiting.length > most.waiting.length ? each : most));
    return atOnce > 1 && waiting.length <= atOnce ? [] : waiting.splice(-1);
  };
  await Promise.all(lanes.map(async (lane, worker) => {
    for (;;) {
      const own = lane.waiting.length > 0;
      const indices = take(lane);
      if (indices.length === 0) return;
      if (!live()) throw new Superseded();
      const start = performance.now();
      const done = await work(indices.map((index) => items[index]!), worker, own);
      indices.forEach((index, i) => { results[index] = done[i]!; });
      lane.atOnce = performance.now() - start < kQuick ? Math.min(2 * lane.atOnce, kMostAtOnce) : 1;
    }
  }));
  return results;
}

/** Works on parts of `tensor`, cut as `stretches`: their values go along only where the worker does not keep them. */
export function partsTask(run: (task: 'lab.parts', input: Parts, options: RunOptions) => Promise<PartResult[]>, tensor: Tensor, stretches: Stretch[], input: Omit<Parts, 'parts'>, options: RunOptions) {
  const name = `${tensor.source} in ${stretches[0]!.rows}`;
  return async (some: Stretch[], worker: number, own: boolean): Promise<PartResult[]> => {
    const parts = some.map(({ firstRow }) => ({ tensor: name, first: firstRow, keep: own && stretches.length > 1 }));
    try {
      return await run('lab.parts', { ...input, parts }, { ...options, worker });
    } catch (thrown) {
      if (!(thrown instanceof CoreError && thrown.code === kNotKept)) throw thrown;
      const sent = parts.map((part, i) => ({ ...part, values: sliceOf(tensor, some[i]!) }));
      return run('lab.parts', { ...input, parts: sent }, { ...options, worker, transfer: sent.map(({ values }) => values.buffer) });
    }
  };
}
