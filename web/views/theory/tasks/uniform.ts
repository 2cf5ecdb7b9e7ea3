// Theorem 2: the uniform quantizer's error at every bit depth, on the tensor and on uniform and normal values.
import type { TheoryContext } from '../../../worker/task.js';

export interface UniformQuestion { values: Float32Array; midTread: boolean; mostBits: number; }
export interface UniformRow { bits: number; step: number; formula: number; mse: number; worstBound: number; worst: number; }
export interface UniformAnswer { range: number; source: Record<'tensor' | 'uniform' | 'normal', UniformRow[]>; }

const kSamples = 2 ** 17;

export const uniformTasks = {
  'theory.uniform': ({ core, theory, progress }: TheoryContext, { values, midTread, mostBits }: UniformQuestion): UniformAnswer => {
    const range = core.statistics(values).absMax;
    const deviation = Math.sqrt(core.statistics(values).variance);
    const sources = {
      tensor: values,
      // Width chosen so that ±M is just covered: the theorem's own assumption.
      uniform: core.randomTensor('uniform', kSamples, { seed: 11, scale: range / Math.sqrt(3) }),
      normal: core.randomTensor('normal', kSamples, { seed: 12, scale: deviation }),
    };
    const measure = (name: string, samples: Float32Array): UniformRow[] =>
      Array.from({ length: mostBits }, (_, i) => {
        progress({ stage: `Quantizing the ${name} values`, done: i, total: mostBits });
        const { step, formula, mse, worstBound, worst } = theory.limits.uniformQuantizerError(samples, i + 1, { midTread });
        return { bits: i + 1, step, formula, mse, worstBound, worst };
      });
    return { range, source: { tensor: measure('tensor’s', sources.tensor), uniform: measure('uniform', sources.uniform), normal: measure('normal', sources.normal) } };
  },
};
