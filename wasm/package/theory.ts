import type { MainModule } from './bitbudget.mjs';
import type { Bitbudget, CodedUniform, EntropyEstimate } from './api.js';
import { finite, typed, unwrap } from './error.js';

export function theoryApi(module: MainModule): Pick<Bitbudget, 'estimateEntropy' | 'codedUniform'> {
  return {
    estimateEntropy: (values) => unwrap<EntropyEstimate>(() => module.estimateEntropy(typed(values, 'Float32Array', 'values'))),
    codedUniform: (values, step) => unwrap<CodedUniform>(() => module.codedUniform(typed(values, 'Float32Array', 'values'), finite(step, 'step'))),
  };
}
