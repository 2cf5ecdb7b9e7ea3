// The Fit view's work, inside a worker.
import type { Bitbudget, FormatInfo, SizeOptions, SizeReport } from 'bitbudget';
import type { TaskContext } from '../../worker/task.js';

export interface Catalog { models: { id: string; label: string; config: string }[]; formats: FormatInfo[]; version: string; simd: string; }

export interface SizeQuestion { config: string; options: SizeOptions; memory: number; }
export interface SizeAnswer {
  report: SizeReport;
  /** The most tokens per sequence that fit the memory; 0 when not even one does; Infinity when context costs nothing. */
  longestContext: number;
  /** The most sequences of this context that fit; 0 when not even one does. */
  largestBatch: number;
}

const kMost = 2 ** 40;

/** The largest n in 1..kMost for which `fits`, which is true up to some n and false above it. */
function largest(fits: (n: number) => boolean): number {
  if (!fits(1)) return 0;
  let low = 1;
  let high = 2;
  while (high <= kMost && fits(high)) { low = high; high *= 2; }
  if (high > kMost) return Infinity;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

function total(core: Bitbudget, config: string, options: SizeOptions): number {
  return core.sizeModel(config, options).inference.total;
}

export const fitTasks = {
  'fit.catalog': ({ core }: TaskContext, _input: null): Catalog => ({ models: core.models(), formats: core.formats(), version: core.version, simd: core.simd }),

  'fit.size': ({ core }: TaskContext, { config, options, memory }: SizeQuestion): SizeAnswer => ({
    report: core.sizeModel(config, options),
    longestContext: largest((context) => total(core, config, { ...options, context }) <= memory),
    largestBatch: largest((batch) => total(core, config, { ...options, batch }) <= memory),
  }),
};
