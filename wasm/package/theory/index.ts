// The entry of bitbudget/theory.
import type * as api from './api.js';
import { BitbudgetError } from '../error.js';
import { compressorsApi } from './compressors.js';
import { entropyApi } from './entropy.js';
import { limitsApi } from './limits.js';
import { qualityApi } from './quality.js';
import createModule, { type MainModule } from './theory.mjs';

export { BitbudgetError };

export async function load(options: { wasmBinary?: ArrayBuffer | Uint8Array } = {}): Promise<api.Theory> {
  const module: MainModule = await createModule({ ...(options.wasmBinary && { wasmBinary: options.wasmBinary }), printErr: () => {} });  // what stops a module is thrown, as a typed error
  return {
    limits: limitsApi(module),
    entropy: entropyApi(module),
    compressors: compressorsApi(module),
    quality: qualityApi(module),
  };
}
