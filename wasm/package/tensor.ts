import type { MainModule } from './bitbudget.mjs';
import type { Bitbudget } from './api.js';
import { BitbudgetError, finite, natural, unwrap } from './error.js';

export function tensorApi(module: MainModule): Pick<Bitbudget, 'randomTensor'> {
  return {
    randomTensor: (distribution, count, { seed = 0, mean = 0, scale = 1, nu = 5, first = 0 } = {}) => {
      if (!(finite(nu, 'nu') >= 0.25)) throw new BitbudgetError('invalid_argument', 'nu must be at least 0.25.', { field: 'nu' });
      return unwrap<Float32Array>(() =>
        module.randomTensor(String(distribution), natural(count, 'count'), natural(seed, 'seed'), finite(mean, 'mean'), finite(scale, 'scale'), nu, natural(first, 'first')));
    },
  };
}
