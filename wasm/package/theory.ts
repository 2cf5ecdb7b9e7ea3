import type { MainModule } from './bitbudget.mjs';
import type { Bitbudget, EntropyEstimate } from './api.js';
import { typed, unwrap } from './error.js';

export function theoryApi(module: MainModule): Pick<Bitbudget, 'estimateEntropy'> {
  return {
    estimateEntropy: (values) => unwrap<EntropyEstimate>(() => module.estimateEntropy(typed(values, 'Float32Array', 'values'))),
  };
}
