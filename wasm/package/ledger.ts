import type { MainModule } from './bitbudget.mjs';
import type { Bitbudget, FormatPlan, LedgerReport } from './api.js';
import { BitbudgetError, natural, unwrap } from './error.js';

export function ledgerApi(module: MainModule): Pick<Bitbudget, 'ledger' | 'planFormats' | 'exportPlan'> {
  return {
    ledger: (tensors, config = '') => {
      const list = tensors.map(({ name, shape, byteLength }) => ({
        name: String(name), shape: shape.map((size) => natural(size, 'shape')), byteLength: natural(byteLength, 'byteLength'),
      }));
      return unwrap<LedgerReport>(() => module.ledger(list, String(config)));
    },
    planFormats: (candidates, budget) => {
      const list = candidates.map(({ name, choices }) => ({
        name: String(name), choices: choices.map(({ format, bytes, error }) => ({ format: String(format), bytes: natural(bytes, 'bytes'), error: Number(error) })),
      }));
      return unwrap<FormatPlan>(() => module.allocate(list, natural(budget, 'budget')));
    },
    exportPlan: (tool, assignments) => {
      if (tool !== 'llama-quantize' && tool !== 'llm-compressor') {
        throw new BitbudgetError('invalid_argument', 'A plan is exported for "llama-quantize" or "llm-compressor".', { field: 'tool' });
      }
      return unwrap<string>(() => module.recipe(tool, assignments.map(({ tensor, format }) => ({ tensor: String(tensor), format: String(format) }))));
    },
  };
}
