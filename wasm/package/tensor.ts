import type { MainModule } from './bitbudget.mjs';
import type { Bitbudget, Histogram, Statistics } from './api.js';
import { BitbudgetError, finite, natural, typed, unwrap } from './error.js';

export function tensorApi(module: MainModule): Pick<Bitbudget, 'randomTensor' | 'statistics' | 'histogram'> {
  return {
    randomTensor: (distribution, count, { seed = 0, mean = 0, scale = 1, nu = 5, first = 0 } = {}) => {
      if (!(finite(nu, 'nu') >= 0.25)) throw new BitbudgetError('invalid_argument', 'nu must be at least 0.25.', { field: 'nu' });
      return unwrap<Float32Array>(() =>
        module.randomTensor(String(distribution), natural(count, 'count'), natural(seed, 'seed'), finite(mean, 'mean'), finite(scale, 'scale'), nu, natural(first, 'first')));
    },
    statistics: (values) => unwrap<Statistics>(() => module.statistics(typed(values, 'Float32Array', 'values'))),
    histogram: (values, low, high, bins) => {
      const [from, to] = [Math.fround(finite(low, 'low')), Math.fround(finite(high, 'high'))];
      if (!(from < to && Number.isFinite(Math.fround(to - from)))) throw new BitbudgetError('invalid_argument', 'low must be below high, both within 32-bit floats.', { field: 'high' });
      if (!(natural(bins, 'bins') >= 1 && bins <= 65536)) throw new BitbudgetError('invalid_argument', 'bins must be from 1 to 65536.', { field: 'bins' });
      return unwrap<Histogram>(() => module.histogram(typed(values, 'Float32Array', 'values'), from, to, bins));
    },
  };
}
