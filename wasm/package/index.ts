// The package's entry: loads the wasm module and gives it the API of api.d.ts.
import createModule, { type MainModule } from './bitbudget.mjs';
import type * as api from './api.js';
import { BitbudgetError, unwrap } from './error.js';
import { filesApi } from './files.js';
import { formatsApi } from './formats.js';
import { ledgerApi } from './ledger.js';
import { measureApi } from './measure.js';
import { packingsApi } from './packings.js';
import { sizingApi } from './sizing.js';
import { sparseApi } from './sparse.js';
import { tensorApi } from './tensor.js';
import { theoryApi } from './theory.js';

export { BitbudgetError };

export async function load({ wasmBinary, alive }: api.LoadOptions = {}): Promise<api.Bitbudget> {
  const module: MainModule = await createModule({ ...(wasmBinary && { wasmBinary }), ...(alive && { alive }), printErr: () => {} });  // what stops a module is thrown, as a typed error
  return {
    version: module.version(),
    simd: module.simd(),
    heapBytes: () => module.heapBytes(),
    ...filesApi(module),
    ...formatsApi(module),
    ...ledgerApi(module),
    ...measureApi(module),
    ...packingsApi(module),
    ...sizingApi(module),
    ...sparseApi(module),
    ...tensorApi(module),
    ...theoryApi(module),
  };
}
