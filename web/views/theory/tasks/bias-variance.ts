// Bias and variance of five ways to round, and what each does to a sum of many products.
import type { Rounding } from 'bitbudget/theory';
import type { TheoryContext } from '../../../worker/task.js';
import { requireValues } from './matrix.js';

export interface BiasQuestion { values: Float32Array; bits: number; seed: number; }
export interface BiasRow { rounding: Rounding; biasSquared: number; variance: number; mse: number; }
export interface SumCurve { id: 'truncate' | 'nearest' | 'stochastic' | 'mixed'; points: { length: number; sums: number; mean: number; deviation: number }[]; }
export interface Growth { exponent: number; standardError: number; }
export interface BiasAnswer {
  range: number; step: number; count: number; repeats: number;
  rows: BiasRow[];
  curves: SumCurve[];
  /** Of the stochastically rounded sums' deviation with their length; absent where there are too few lengths. */
  growth: { noise?: Growth };
}

export const kRoundings: readonly Rounding[] = ['nearest', 'truncate', 'stochastic', 'dithered', 'subtractive_dither'];
const kMostValues = 2 ** 16;
const kRepeats = 64;
const kFewestSums = 16;

export const biasTasks = {
  'theory.bias-variance': ({ core, theory: { limits, quality }, progress }: TheoryContext, question: BiasQuestion): BiasAnswer => {
    requireValues(core, question.values);
    const range = core.statistics(question.values).absMax;
    const step = (2 * range) / 2 ** question.bits;
    const values = question.values.subarray(0, kMostValues);
    const { seed } = question;
    const rows = kRoundings.map((rounding, i) => {
      progress({ stage: 'Rounding again and again', done: i, total: kRoundings.length + 1 });
      return { rounding, ...limits.biasAndVariance(values, step, rounding, { repeats: kRepeats, seed }) };
    });
    progress({ stage: 'Adding up', done: kRoundings.length, total: kRoundings.length + 1 });
    const inputs = core.randomTensor('normal', values.length, { seed: seed + 1 });
    const [sizes, weights] = [inputs.map(Math.abs), values.map(Math.abs)];
    const lengths = Array.from({ length: 12 }, (_, i) => 2 ** i).filter((length) => values.length / length >= kFewestSums);
    const curve = (id: SumCurve['id'], of: Float32Array, by: Float32Array, rounding: Rounding): SumCurve => ({
      id, points: lengths.map((length) => ({ length, ...limits.sumError(of, by, length, step, rounding, { seed }) })),
    });
    const curves = [
      curve('truncate', weights, sizes, 'truncate'), curve('nearest', weights, sizes, 'nearest'),
      curve('stochastic', weights, sizes, 'stochastic'), curve('mixed', values, inputs, 'truncate'),
    ];
    const scatter = curves[2]!.points.filter(({ deviation }) => deviation > 0);
    const noise = scatter.length < 4 ? undefined : quality.fitPowerLaw(Float64Array.from(scatter, ({ length }) => length), Float64Array.from(scatter, ({ deviation }) => deviation));
    return { range, step, count: values.length, repeats: kRepeats, rows, curves, growth: { ...(noise && { noise }) } };
  },
};
