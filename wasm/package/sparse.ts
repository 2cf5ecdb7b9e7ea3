import type { MainModule } from './bitbudget.mjs';
import type { Bitbudget, SparseLayout } from './api.js';
import { natural, oneOf, require, typed, unwrap } from './error.js';

/** In the order of the core's enum. */
export const layouts: readonly SparseLayout[] = ['bitmask', 'csr', '2:4'];

export function sparseApi(module: MainModule): Pick<Bitbudget, 'sparseSize' | 'sparseStore' | 'breakEvenSparsity'> {
  return {
    sparseSize: (layout, format, rows, columns, kept) =>
      unwrap<number>(() => module.sparseSize(oneOf(layout, layouts, 'layout'), String(format), natural(rows, 'rows'), natural(columns, 'columns'), natural(kept, 'kept'))),
    breakEvenSparsity: (layout, format, rows, columns) =>
      unwrap<number>(() => module.breakEvenSparsity(oneOf(layout, layouts, 'layout'), String(format), natural(rows, 'rows'), natural(columns, 'columns'))),
    sparseStore: (layout, format, weights, mask, rowLength) => {
      require(natural(rowLength, 'rowLength') >= 1 && typed(weights, 'Float32Array', 'weights').length % rowLength === 0, 'weights', `weights must have whole rows of ${rowLength}.`);
      require(weights.length === typed(mask, 'Uint8Array', 'mask').length, 'mask', 'The mask needs one entry per weight.');
      return unwrap<Uint8Array>(() => module.sparseStore(oneOf(layout, layouts, 'layout'), String(format), weights, mask, rowLength));
    },
  };
}
