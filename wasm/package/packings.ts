import type { MainModule } from './bitbudget.mjs';
import type { Bitbudget, PackedTensors, Packing, UniformRule, UniformWeight } from './api.js';
import { BitbudgetError, natural, typed, unwrap } from './error.js';

const kPackings: readonly string[] = ['compressed-tensors', 'compressed-tensors-whole-codes', 'gptq', 'gptq_v2', 'awq'] satisfies Packing[];
const kRules: readonly string[] = ['compressed-tensors', 'compressed-tensors-asymmetric', 'awq'] satisfies UniformRule[];

/** The name's index, or the error that lists the names. */
function oneOf(name: string, names: readonly string[], field: string): number {
  const index = names.indexOf(name);
  if (index < 0) throw new BitbudgetError('invalid_argument', `${field} must be one of ${names.join(', ')}.`, { field });
  return index;
}

function checked(weight: UniformWeight): UniformWeight {
  for (const field of ['rows', 'columns', 'bits', 'group'] as const) natural(weight[field], field);
  typed(weight.codes, 'Uint8Array', 'codes');
  typed(weight.scales, 'Float32Array', 'scales');
  typed(weight.zeros, 'Uint16Array', 'zeros');
  if (weight.groupIndex) typed(weight.groupIndex, 'Int32Array', 'groupIndex');
  return weight;
}

function checkedTensors(tensors: PackedTensors): PackedTensors {
  for (const [name, array] of Object.entries(tensors)) {
    const kind = name.endsWith('g_idx') ? 'Int32Array' : name.includes('scale') ? 'Float32Array' : 'Uint32Array';
    typed(array, kind, name);
  }
  return tensors;
}

type PackingsApi = Pick<Bitbudget, 'packWeight' | 'unpackWeight' | 'quantizeWeight' | 'dequantizeWeight' | 'rotate'>;

export function packingsApi(module: MainModule): PackingsApi {
  return {
    packWeight: (weight, packing) => {
      oneOf(packing, kPackings, 'packing');
      return unwrap<PackedTensors>(() => module.packWeight(checked(weight), packing));
    },
    unpackWeight: (tensors, packing, { rows, columns, bits = 4, group }) => {
      oneOf(packing, kPackings, 'packing');
      return unwrap<UniformWeight>(() =>
        module.unpackWeight(checkedTensors(tensors), packing, natural(rows, 'rows'), natural(columns, 'columns'), natural(bits, 'bits'), natural(group, 'group')));
    },
    quantizeWeight: (values, { columns, bits, group, rule }) =>
      unwrap<UniformWeight>(() =>
        module.quantizeWeight(typed(values, 'Float32Array', 'values'), natural(columns, 'columns'), natural(bits, 'bits'), natural(group, 'group'), oneOf(rule, kRules, 'rule'))),
    dequantizeWeight: (weight) => unwrap<Float32Array>(() => module.dequantizeWeight(checked(weight))),
    rotate: (values, { rowLength = values.length, block = 0, seed, back = false } = {}) =>
      unwrap<Float32Array>(() =>
        module.rotate(typed(values, 'Float32Array', 'values'), natural(rowLength, 'rowLength'), natural(block, 'block'), seed === undefined ? -1 : natural(seed, 'seed'), back)),
  };
}
