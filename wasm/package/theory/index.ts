// The entry of bitbudget/theory.
import type { LoadOptions } from '../api.js';
import type * as api from './api.js';
import { BitbudgetError } from '../error.js';
import { compressorsApi } from './compressors.js';
import { entropyApi } from './entropy.js';
import { limitsApi } from './limits.js';
import { qualityApi } from './quality.js';
import createModule, { type MainModule } from './theory.mjs';

export { BitbudgetError };

export async function load({ wasmBinary, alive }: LoadOptions = {}): Promise<api.Theory> {
  const module: MainModule = await createModule({ ...(wasmBinary && { wasmBinary }), ...(alive && { alive }), printErr: () => {} });  // what stops a module is thrown, as a typed error
  return {
    limits: limitsApi(module),
    entropy: entropyApi(module),
    compressors: compressorsApi(module),
    quality: qualityApi(module),
  };
}
