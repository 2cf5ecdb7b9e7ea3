// The package's entry: loads the wasm module and gives it the API of api.d.ts.
import createModule, { type MainModule } from './bitbudget.mjs';
import type * as api from './api.js';
import { BitbudgetError, unwrap } from './error.js';
import { filesApi } from './files.js';
import { formatsApi } from './formats.js';
import { measureApi } from './measure.js';
import { tensorApi } from './tensor.js';

export { BitbudgetError };

/** What of the API is bound. */
type Bound = Pick<api.Bitbudget, 'version' | 'simd' | 'formats' | 'encodedSize' | 'encode' | 'decode' | 'compare' | 'errorSums' | 'errorReport' | 'throughput' | 'randomTensor' | 'statistics' | 'histogram' | 'lineErrors' | 'outliers' | 'inspect' | 'readTensor' | 'decodeTensor' | 'npyHeader'>;

export async function load(options: { wasmBinary?: ArrayBuffer | Uint8Array } = {}): Promise<Bound> {
  const module: MainModule = await createModule(options.wasmBinary ? { wasmBinary: options.wasmBinary } : {});
  return {
    version: module.version(),
    simd: module.simd(),
    ...filesApi(module),
    ...formatsApi(module),
    ...measureApi(module),
    ...tensorApi(module),
  };
}
