// Making the tensor at hand.
import type { Distribution, Statistics } from 'bitbudget';
import type { TheoryContext } from '../../../worker/task.js';
import { widenColumns } from '../../lab/widen-columns.js';
import type { Source } from '../state.js';

export interface Generate { source: Exclude<Source, 'file'>; rows: number; columns: number; seed: number; scale: number; nu: number; }

/** Random directions with singular values 1/k, scaled to the deviation asked for: what low rank is good at. */
function decaying({ theory, core }: TheoryContext, { rows, columns, seed, scale }: Generate): Float32Array {
  const rank = Math.min(rows, columns, 64);
  const left = core.randomTensor('normal', rows * rank, { seed });
  const right = core.randomTensor('normal', rank * columns, { seed: seed + 1 });
  for (let i = 0; i < left.length; i++) left[i]! /= (i % rank) + 1;
  const values = theory.compressors.multiply(left, right, rank);
  const factor = scale / Math.sqrt(core.statistics(values).variance);
  return values.map((value) => value * factor);
}

export const tensorTasks = {
  'theory.generate': (context: TheoryContext, input: Generate): { values: Float32Array; statistics: Statistics } => {
    const { core, transfer } = context;
    const { source, rows, columns, seed, scale, nu } = input;
    const distribution: Distribution = source === 'student-t' ? 'student_t' : source === 'outliers' || source === 'decaying' ? 'normal' : source;
    const values = source === 'decaying' ? decaying(context, input) : core.randomTensor(distribution, rows * columns, { seed, scale, nu });
    if (source === 'outliers') widenColumns(values, columns);
    transfer(values.buffer);
    return { values, statistics: core.statistics(values) };
  },

  'theory.statistics': ({ core }: TheoryContext, values: Float32Array): Statistics => core.statistics(values),
};
