import type { MainModule } from './bitbudget.mjs';
import type { Bitbudget, FormatPlan, LedgerReport } from './api.js';
import { BitbudgetError, finite, listOf, natural, typed, unwrap } from './error.js';

export function ledgerApi(module: MainModule): Pick<Bitbudget, 'ledger' | 'planFormats' | 'exportPlan' | 'mixtureFormats' | 'fittingFormat' | 'transcode'> {
  return {
    ledger: (tensors, config = '') => {
      const list = listOf(module, tensors, ({ name, shape, byteLength }) => ({
        name: String(name), shape: shape.map((size) => natural(size, 'shape')), byteLength: natural(byteLength, 'byteLength'),
      }));
      return unwrap<LedgerReport>(() => module.ledger(list, String(config)));
    },
    planFormats: (candidates, budget) => {
      const list = listOf(module, candidates, ({ name, choices }) => ({
        name: String(name), choices: choices.map(({ format, bytes, error }) => ({ format: String(format), bytes: natural(bytes, 'bytes'), error: Number(error) })),
      }));
      return unwrap<FormatPlan>(() => module.allocate(list, natural(budget, 'budget')));
    },
    mixtureFormats: (mixture, tensors, architecture = '') => {
      const list = listOf(module, tensors, ({ name, shape }) => ({ name: String(name), shape: shape.map((size) => natural(size, 'shape')) }));
      return unwrap<string[]>(() => module.mixtureFormats(String(mixture), list, String(architecture)));
    },
    fittingFormat: (format, rowLength) => unwrap<string>(() => module.fittingFormat(String(format), natural(rowLength, 'rowLength'))),
    transcode: ({ type, shape }, stored, format, { rowLength = 0, tensorRange } = {}) => {
      const range = tensorRange ? [finite(tensorRange[0], 'tensorRange'), finite(tensorRange[1], 'tensorRange')] as const : [NaN, NaN] as const;
      return unwrap<{ bytes: Uint8Array; sums: Float64Array }>(() =>
        module.transcode(String(type), shape.map((size) => natural(size, 'shape')), typed(stored, 'Uint8Array', 'stored'), String(format), natural(rowLength, 'rowLength'), ...range));
    },
    exportPlan: (tool, assignments, { config = '' } = {}) => {
      if (!['llama-quantize', 'llm-compressor', 'compressed-tensors'].includes(tool)) {
        throw new BitbudgetError('invalid_argument', 'A plan is exported for "llama-quantize", "llm-compressor" or "compressed-tensors".', { field: 'tool' });
      }
      return unwrap<string>(() => module.recipe(tool, listOf(module, assignments, ({ tensor, format }) => ({ tensor: String(tensor), format: String(format) })), String(config)));
    },
  };
}
