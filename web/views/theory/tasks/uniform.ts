// Theorem 2: the uniform quantizer's error at every bit depth, with either kind of levels, on the tensor and on uniform and
// normal values.
import type { TheoryContext } from '../../../worker/task.js';

export interface UniformQuestion { values: Float32Array; mostBits: number; }
export type UniformKind = 'mid-rise' | 'mid-tread';
/** formula: the course's; cells: a twelfth of this kind's own step, squared. worst: the largest squared error seen. */
export interface UniformRow { bits: number; step: number; formula: number; cells: number; mse: number; worstBound: number; worst: number; }
export type UniformSource = 'tensor' | 'uniform' | 'normal';
export interface UniformAnswer { range: number; deviation: number; rows: Record<UniformKind, Record<UniformSource, UniformRow[]>>; }

const kSamples = 2 ** 17;

export const uniformTasks = {
  'theory.uniform': ({ core, theory, progress }: TheoryContext, { values, mostBits }: UniformQuestion): UniformAnswer => {
    const { absMax: range, variance, nans, infinities } = core.statistics(values);
    if (nans + infinities > 0) throw new Error(`${nans + infinities} of the values are NaN or infinite and have no step. Choose another tensor.`);
    if (range === 0) throw new Error('All values are zero: there is no range to divide. Choose another tensor.');
    const deviation = Math.sqrt(variance) || range;
    const samples: Record<UniformSource, Float32Array> = {
      tensor: values,
      // Width chosen so that ±M is just covered: the theorem's own assumption.
      uniform: core.randomTensor('uniform', kSamples, { seed: 11, scale: range / Math.sqrt(3) }),
      normal: core.randomTensor('normal', kSamples, { seed: 12, scale: deviation }),
    };
    let done = 0;
    const measure = (kind: UniformKind, source: UniformSource): UniformRow[] => {
      progress({ stage: `Quantizing, ${kind}`, done: done++, total: 6 });
      // One level at zero and one on either side take two bits.
      const first = kind === 'mid-tread' ? 2 : 1;
      return Array.from({ length: mostBits + 1 - first }, (_, i) => {
        const bits = first + i;
        const { step, formula, mse, worstBound, worst } = theory.limits.uniformQuantizerError(samples[source], bits, { midTread: kind === 'mid-tread' });
        return { bits, step, formula, cells: step ** 2 / 12, mse, worstBound, worst };
      });
    };
    const all = (kind: UniformKind) => ({ tensor: measure(kind, 'tensor'), uniform: measure(kind, 'uniform'), normal: measure(kind, 'normal') });
    return { range, deviation, rows: { 'mid-rise': all('mid-rise'), 'mid-tread': all('mid-tread') } };
  },
};
