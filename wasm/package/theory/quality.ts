import type { MainModule } from './theory.mjs';
import type { Perplexity, QualityApi } from './api.js';
import { finite, natural, require, typed, unwrap } from '../error.js';

function numbers(values: Float64Array, field: string): Float64Array {
  return typed(values, 'Float64Array', field);
}

function classes(values: Int32Array, field: string): Int32Array {
  return typed(values, 'Int32Array', field);
}

export function qualityApi(module: MainModule): QualityApi {
  return {
    perplexity: (logProbabilities) => unwrap<Perplexity>(() => module.perplexity(numbers(logProbabilities, 'logProbabilities'))),
    compare: (original, compressed) =>
      unwrap<ReturnType<QualityApi['compare']>>(() => module.compareQuality(numbers(original, 'original'), numbers(compressed, 'compressed'))),
    divergence: (p, q, vocabulary) =>
      unwrap<ReturnType<QualityApi['divergence']>>(() => module.divergence(numbers(p, 'p'), numbers(q, 'q'), natural(vocabulary, 'vocabulary'))),
    predictions: (truth, original, compressed) =>
      unwrap<ReturnType<QualityApi['predictions']>>(() =>
        module.comparePredictions(classes(truth, 'truth'), classes(original, 'original'), classes(compressed, 'compressed'))),
    pareto: (ratios, qualities, leastQuality = 0) => {
      require(numbers(ratios, 'ratios').length === numbers(qualities, 'qualities').length, 'qualities', 'Each ratio needs its quality.');
      return unwrap<ReturnType<QualityApi['pareto']>>(() => module.pareto(ratios, qualities, finite(leastQuality, 'leastQuality')));
    },
    fitPowerLaw: (sizes, times) =>
      unwrap<ReturnType<QualityApi['fitPowerLaw']>>(() => module.fitPowerLaw(numbers(sizes, 'sizes'), numbers(times, 'times'))),
  };
}
