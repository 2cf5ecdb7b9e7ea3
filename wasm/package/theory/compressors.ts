import type { MainModule } from './theory.mjs';
import type { CompressorsApi, LowRank } from './api.js';
import { layouts } from '../sparse.js';
import { finite, natural, oneOf, require, typed, unwrap } from '../error.js';

/** Of the mean of the Hessian's diagonal, added to it: as GPTQ's code has it. */
const kDamping = 0.01;

function floats(values: Float32Array, field: string): Float32Array {
  return typed(values, 'Float32Array', field);
}

function share(sparsity: number): number {
  require(finite(sparsity, 'sparsity') >= 0 && sparsity <= 1, 'sparsity', 'sparsity is a share from 0 to 1.');
  return sparsity;
}

/** A matrix with whole rows of `columns`, which the core takes for granted. */
function rowsOf(values: Float32Array, columns: number, field: string): Float32Array {
  require(natural(columns, 'columns') >= 1 && floats(values, field).length % columns === 0, field, `${field} must have whole rows of ${columns}.`);
  return values;
}

export function compressorsApi(module: MainModule): CompressorsApi {
  const factored = (method: string, weights: Float32Array, factors: Float32Array, field: string) => {
    require(floats(factors, field).length > 0 && floats(weights, 'weights').length % factors.length === 0, field, `${field} needs one entry per column.`);
    return unwrap<Float32Array>(() => module.saliency(method, weights, factors));
  };
  const hessian: CompressorsApi['hessian'] = (inputs, columns, { damping = kDamping } = {}) =>
    unwrap<Float64Array>(() => module.hessian(rowsOf(inputs, columns, 'inputs'), columns, finite(damping, 'damping')));
  /** What methods need of the inputs: made from them, or given. */
  const hessianOf = (inputs: Float32Array | Float64Array, columns: number, damping: number): Float64Array => {
    if (inputs instanceof Float32Array) return hessian(inputs, columns, { damping });
    require(typed(inputs, 'Float64Array', 'inputs').length === columns * columns, 'inputs', 'A Hessian has columns x columns entries.');
    return inputs;
  };
  const awq: CompressorsApi['awq'] = (weights, columns, inputs, { bits = 4, group = 64 } = {}) =>
    unwrap<ReturnType<CompressorsApi['awq']>>(() => module.awq(rowsOf(weights, columns, 'weights'), columns, rowsOf(inputs, columns, 'inputs'), natural(bits, 'bits'), natural(group, 'group')));
  return {
    magnitude: (weights) => unwrap<Float32Array>(() => module.saliency('magnitude', floats(weights, 'weights'), new Float32Array())),
    wanda: (weights, inputNorms) => factored('wanda', weights, inputNorms, 'inputNorms'),
    brainDamage: (weights, hessianDiagonal) => factored('obd', weights, hessianDiagonal, 'hessianDiagonal'),
    pruneGlobal: (scores, sparsity, { search = 'select' } = {}) =>
      unwrap<Uint8Array>(() => module.pruneGlobal(floats(scores, 'scores'), share(sparsity), oneOf(search, ['select', 'sort'], 'search') === 1)),
    pruneRows: (scores, rowLength, sparsity) => unwrap<Uint8Array>(() => module.pruneRows(rowsOf(scores, rowLength, 'scores'), rowLength, share(sparsity))),
    pruneBlocks: (scores, rowLength, blockRows, blockColumns, sparsity) =>
      unwrap<Uint8Array>(() =>
        module.pruneBlocks(rowsOf(scores, rowLength, 'scores'), rowLength, natural(blockRows, 'blockRows'), natural(blockColumns, 'blockColumns'), share(sparsity))),
    pruneNOfM: (scores, rowLength, keep, group) =>
      unwrap<Uint8Array>(() => module.pruneNOfM(rowsOf(scores, rowLength, 'scores'), rowLength, natural(keep, 'keep'), natural(group, 'group'))),
    multiplyVectors: (weights, columns, vectors) =>
      unwrap<Float32Array>(() => module.multiplyDense(rowsOf(weights, columns, 'weights'), columns, rowsOf(vectors, columns, 'vectors'))),
    multiplySparse: (layout, stored, { rows, columns, kept }, vectors) =>
      unwrap<Float32Array>(() => module.multiplySparse(oneOf(layout, layouts, 'layout'), typed(stored, 'Uint8Array', 'stored'), natural(rows, 'rows'), natural(columns, 'columns'), natural(kept, 'kept'), rowsOf(vectors, columns, 'vectors'))),
    truncatedSvd: (weights, columns, rank) => unwrap<LowRank>(() => module.truncatedSvd(floats(weights, 'weights'), natural(columns, 'columns'), natural(rank, 'rank'))),
    randomizedSvd: (weights, columns, rank, { seed = 0 } = {}) =>
      unwrap<LowRank>(() => module.randomizedSvd(floats(weights, 'weights'), natural(columns, 'columns'), natural(rank, 'rank'), natural(seed, 'seed'))),
    multiply: (left, right, rank) => {
      rowsOf(left, rank, 'left');
      rowsOf(right, rank, 'right');
      return unwrap<Float32Array>(() => module.multiplyFactors(left, right, rank));
    },
    correctError: (weights, quantized, columns, rank, { columnWeights = new Float32Array() } = {}) => {
      require(rowsOf(weights, columns, 'weights').length === rowsOf(quantized, columns, 'quantized').length, 'quantized', 'The two matrices must have the same shape.');
      return unwrap<LowRank>(() => module.correctError(weights, quantized, columns, natural(rank, 'rank'), floats(columnWeights, 'columnWeights')));
    },
    correlatedInputs: (samples, columns, { leastEigenvalue = 1e-3, spread = 0, seed = 0 } = {}) => {
      require(natural(samples, 'samples') >= 1 && natural(columns, 'columns') >= 1, 'samples', 'There must be a sample and a column at least.');
      require(finite(leastEigenvalue, 'leastEigenvalue') > 0 && leastEigenvalue <= 1, 'leastEigenvalue', 'The least eigenvalue lies above 0, up to 1.');
      return unwrap<Float32Array>(() => module.correlatedInputs(samples, columns, leastEigenvalue, finite(spread, 'spread'), natural(seed, 'seed')));
    },
    hessian,
    roundCalibrated: (method, weights, columns, inputs, options = {}) => {
      oneOf(method, ['nearest', 'gptq', 'awq'], 'method');
      if (method === 'awq') {
        require(inputs instanceof Float32Array, 'inputs', 'AWQ needs the inputs themselves.');
        return awq(weights, columns, inputs as Float32Array, options).weights;
      }
      const { bits = 4, group = 64 } = options;
      rowsOf(weights, columns, 'weights');
      if (method === 'nearest') return unwrap<Float32Array>(() => module.roundNearest(weights, columns, natural(bits, 'bits'), natural(group, 'group')));
      return unwrap<Float32Array>(() => module.gptq(weights, columns, hessianOf(inputs, columns, kDamping), natural(bits, 'bits'), natural(group, 'group')));
    },
    awq,
    brainSurgeon: (weights, columns, inputs, sparsity, { block = 128, compensate = true } = {}) =>
      unwrap<Float32Array>(() =>
        module.brainSurgeon(rowsOf(weights, columns, 'weights'), columns, hessianOf(inputs, columns, kDamping), share(sparsity), natural(block, 'block'), Boolean(compensate))),
    outputError: (weights, changed, columns, inputs) => {
      require(rowsOf(weights, columns, 'weights').length === rowsOf(changed, columns, 'changed').length, 'changed', 'The two layers must have the same shape.');
      return unwrap<number>(() => module.outputError(weights, changed, columns, hessianOf(inputs, columns, 0)));
    },
  };
}
