import type { MainModule } from './bitbudget.mjs';
import type { Bitbudget, CodedUniform, EntropyEstimate } from './api.js';
import { BitbudgetError, typed, unwrap } from './error.js';

export function theoryApi(module: MainModule): Pick<Bitbudget, 'estimateEntropy' | 'codedUniform'> {
  return {
    estimateEntropy: (values) => unwrap<EntropyEstimate>(() => module.estimateEntropy(typed(values, 'Float32Array', 'values'))),
    codedUniform: (values, steps) => {
      if (!typed(steps, 'Float64Array', 'steps').every((step) => step > 0 && step < Infinity)) throw new BitbudgetError('invalid_argument', 'Steps must be positive numbers.', { field: 'steps' });
      return unwrap<CodedUniform[]>(() => module.codedUniform(typed(values, 'Float32Array', 'values'), steps));
    },
  };
}
