// The Fit view's work, inside a worker.
import type { Bitbudget, FormatInfo, SizeOptions, SizeReport } from 'bitbudget';
import type { TaskContext } from '../../worker/task.js';
import type { FitState } from './state.js';

export interface Catalog { models: { id: string; label: string; config: string }[]; formats: FormatInfo[]; version: string; simd: string; }

export interface SizeQuestion { config: string; options: SizeOptions; memory: number; }
export interface SizeAnswer {
  report: SizeReport;
  /** The most tokens per sequence that fit the memory; 0 when not even one does; Infinity when context costs nothing. */
  longestContext: number;
  /** The most sequences of this context that fit; 0 when not even one does. */
  largestBatch: number;
}

export interface FormatRow {
  id: string; label: string; bits: number;
  weights: number; total: number;
  /** Bytes read for one token of each sequence: the weights that it uses, and the cache. */
  read: number;
  longest: number;
}

export interface TrainingAnswer {
  training: SizeReport['training'];
  step: SizeReport['flops']['trainingStep'];
  /** The fewest data-parallel ranks that fit, all else as asked; 0 if none do. */
  dataParallelNeeded: number;
}

export interface CurvePoint {
  context: number; total: number;
  /** Of it, what is not cache. */
  fixed: number;
}

/** The model that stands there before anything is touched: the first of these that the core knows. */
const kFirstModel = /llama-?3\.1-?8b/i;

export function findModel<M extends { id: string }>(models: readonly M[], id: string): M | undefined {
  return models.find((model) => model.id === id) ?? (id === '' ? (models.find((model) => kFirstModel.test(model.id)) ?? models[0]) : undefined);
}

export const optionsOf = (asked: FitState): SizeOptions => ({ weightFormat: asked.weights, kvFormat: asked.kv, context: asked.context, batch: asked.batch });

const kMost = 2 ** 40;

/**
 * The largest n in 1..2^40 whose cost is at most `limit`, for a cost that never falls: 0 if even 1 costs more, Infinity if none does.
 * Costs are nearly straight lines, so guesses on the line between the bounds end the search in a few steps; halving guards it.
 */
function largest(cost: (n: number) => number, limit: number): number {
  let low = 1;
  let lowCost = cost(1);
  if (!(lowCost <= limit)) return 0;
  let high = 2 ** 16;
  let highCost = cost(high);
  while (highCost <= limit) {
    if (high >= kMost) return Infinity;
    [low, lowCost] = [high, highCost];
    high *= 2 ** 8;
    highCost = cost(high);
  }
  for (let step = 1; high - low > 1; step++) {
    const line = step % 4 === 0 ? 0.5 : (limit - lowCost) / (highCost - lowCost);
    const guess = Math.min(high - 1, Math.max(low + 1, low + Math.floor((high - low) * (Number.isFinite(line) ? line : 0.5))));
    const guessCost = cost(guess);
    if (guessCost <= limit) [low, lowCost] = [guess, guessCost];
    else [high, highCost] = [guess, guessCost];
  }
  return low;
}

/** Infinity for sizes past what the core counts. */
function total(core: Bitbudget, config: string, options: SizeOptions): number {
  try {
    return core.sizeModel(config, options).inference.total;
  } catch (thrown) {
    if ((thrown as { code?: string }).code === 'too_large') return Infinity;
    throw thrown;
  }
}

/** Bytes per device never rise with the number of ranks, so the search halves. */
function ranksNeeded(core: Bitbudget, config: string, options: SizeOptions, memory: number): number {
  const step = options.training?.expertParallel ?? 1;
  const fits = (groups: number) => core.sizeModel(config, { ...options, training: { ...options.training, dataParallel: groups * step } }).training.total <= memory;
  let high = 1;
  while (!fits(high)) {
    if (high * step * 2 > 2 ** 20) return 0;
    high *= 2;
  }
  let low = high / 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) high = middle;
    else low = middle;
  }
  return Math.ceil(high) * step;
}

export const fitTasks = {
  'fit.catalog': ({ core }: TaskContext, _input: null): Catalog => ({ models: core.models(), formats: core.formats(), version: core.version, simd: core.simd }),

  'fit.size': ({ core }: TaskContext, { config, options, memory }: SizeQuestion): SizeAnswer => ({
    report: core.sizeModel(config, options),
    longestContext: largest((context) => total(core, config, { ...options, context }), memory),
    largestBatch: largest((batch) => total(core, config, { ...options, batch }), memory),
  }),

  'fit.formats': ({ core, progress }: TaskContext, { config, options, memory }: SizeQuestion): FormatRow[] =>
    core.formats().map(({ id, label, bitsPerWeight }, index, all) => {
      progress({ stage: 'Formats', done: index, total: all.length });
      const mine = { ...options, weightFormat: id };
      const report = core.sizeModel(config, mine);
      const { parameters, weights, kvCache, inference } = report;
      return {
        id, label, bits: bitsPerWeight, weights: weights.total, total: inference.total,
        read: weights.total * (parameters.active / parameters.total) + kvCache.total,
        longest: largest((context) => total(core, config, { ...mine, context }), memory),
      };
    }),

  'fit.curve': ({ core }: TaskContext, { config, options, from, to, count }: { config: string; options: SizeOptions; from: number; to: number; count: number }): CurvePoint[] =>
    Array.from({ length: count }, (_, index) => {
      const context = Math.round(from * (to / from) ** (index / (count - 1)));
      const { inference, kvCache } = core.sizeModel(config, { ...options, context });
      return { context, total: inference.total, fixed: inference.total - kvCache.total };
    }),

  'fit.training': ({ core }: TaskContext, { config, options, memory }: SizeQuestion): TrainingAnswer => {
    const { training, flops } = core.sizeModel(config, options);
    return { training, step: flops.trainingStep, dataParallelNeeded: training.total <= memory ? options.training?.dataParallel ?? 1 : ranksNeeded(core, config, options, memory) };
  },
};
