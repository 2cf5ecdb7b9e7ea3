import type { MainModule } from './theory.mjs';
import type { Distribution } from '../api.js';
import type { EntropyCoded, LimitsApi, Rounding, ScalarQuantizer } from './api.js';
import { finite, natural, oneOf, require, typed, unwrap } from '../error.js';

const distributions: readonly Distribution[] = ['normal', 'laplace', 'student_t', 'uniform'];
/** In the order of the core's enum. */
const roundings: readonly Rounding[] = ['nearest', 'truncate', 'stochastic', 'dithered', 'subtractive_dither'];

function positive(value: number, field: string): number {
  require(finite(value, field) > 0, field, `${field} must be positive.`);
  return value;
}

function finiteArray(values: Float64Array, field: string): Float64Array {
  require(typed(values, 'Float64Array', field).every(Number.isFinite), field, `${field} must hold finite numbers.`);
  return values;
}

export function limitsApi(module: MainModule): LimitsApi {
  return {
    gaussianDistortion: (rate, variance) => module.gaussianDistortion(finite(rate, 'rate'), finite(variance, 'variance')),
    gaussianRate: (distortion, variance) => module.gaussianRate(positive(distortion, 'distortion'), positive(variance, 'variance')),
    differentialEntropy: (distribution, deviation, nu = 5) => {
      oneOf(distribution, distributions, 'distribution');
      require(distribution !== 'student_t' || nu > 2, 'nu', 'A Student t has a standard deviation for nu > 2 only.');
      return module.differentialEntropy(distribution, positive(deviation, 'deviation'), finite(nu, 'nu'));
    },
    shannonLowerBound: (entropyBits, rate) => module.shannonLowerBound(finite(entropyBits, 'entropyBits'), finite(rate, 'rate')),
    reverseWaterFilling: (variances, rate) => {
      require(finiteArray(variances, 'variances').every((variance) => variance >= 0), 'variances', 'Variances cannot be negative.');
      require(finite(rate, 'rate') >= 0, 'rate', 'The rate cannot be negative.');
      return unwrap<ReturnType<LimitsApi['reverseWaterFilling']>>(() => module.reverseWaterFilling(variances, rate));
    },
    lloydMax: (source, bits) => {
      natural(bits, 'bits');
      if (typeof source !== 'string') return unwrap<ScalarQuantizer>(() => module.lloydMaxOfSamples(typed(source, 'Float32Array', 'source'), bits));
      oneOf(source, distributions, 'source');
      return unwrap<ScalarQuantizer>(() => module.lloydMaxOfDensity(source, bits));
    },
    entropyCodedUniform: (rate) => unwrap<EntropyCoded>(() => module.entropyCodedUniform(finite(rate, 'rate'))),
    entropyCodedSteps: (values, steps, { midTread = true } = {}) => {
      require(finiteArray(steps, 'steps').every((step) => step > 0), 'steps', 'Steps must be positive.');
      return unwrap<EntropyCoded[]>(() => module.entropyCodedSteps(typed(values, 'Float32Array', 'values'), steps, Boolean(midTread)));
    },
    entropyCodedRates: (values, rates) => unwrap<EntropyCoded[]>(() => module.entropyCodedRates(typed(values, 'Float32Array', 'values'), finiteArray(rates, 'rates'))),
    uniformQuantizerError: (values, bits, { midTread = false, range = 0, differentialEntropyBits = 0 } = {}) =>
      unwrap<ReturnType<LimitsApi['uniformQuantizerError']>>(() =>
        module.uniformQuantizerError(typed(values, 'Float32Array', 'values'), natural(bits, 'bits'), Boolean(midTread), finite(range, 'range'), finite(differentialEntropyBits, 'differentialEntropyBits'))),
    blahutArimoto: (probability, points, reproduction, slope, { tolerance = 1e-6 } = {}) => {
      require(finiteArray(probability, 'probability').length === finiteArray(points, 'points').length && points.length > 0, 'points', 'Each point needs its probability.');
      require(finiteArray(reproduction, 'reproduction').length > 0, 'reproduction', 'There must be a reproduction value.');
      return unwrap<ReturnType<LimitsApi['blahutArimoto']>>(() => module.blahutArimoto(probability, points, reproduction, positive(slope, 'slope'), positive(tolerance, 'tolerance')));
    },
    biasAndVariance: (values, step, rounding, { repeats = 64, seed = 0 } = {}) =>
      unwrap<ReturnType<LimitsApi['biasAndVariance']>>(() =>
        module.biasAndVariance(typed(values, 'Float32Array', 'values'), finite(step, 'step'), oneOf(rounding, roundings, 'rounding'), natural(repeats, 'repeats'), natural(seed, 'seed'))),
    sumError: (values, inputs, length, step, rounding, { seed = 0 } = {}) => {
      require(typed(values, 'Float32Array', 'values').length === typed(inputs, 'Float32Array', 'inputs').length, 'inputs', 'Each value needs its input.');
      return unwrap<ReturnType<LimitsApi['sumError']>>(() =>
        module.sumError(values, inputs, natural(length, 'length'), finite(step, 'step'), oneOf(rounding, roundings, 'rounding'), natural(seed, 'seed')));
    },
    approximate: (target, units, bits = 0) => {
      require(bits === 0 || (natural(bits, 'bits') >= 2 && bits <= 24), 'bits', 'bits must be from 2 to 24.');
      return unwrap<ReturnType<LimitsApi['approximate']>>(() => module.approximate(finiteArray(target, 'target'), natural(units, 'units'), bits));
    },
  };
}
