import type { MainModule } from './bitbudget.mjs';
import type { Bitbudget, FormatInfo } from './api.js';
import { natural, typed, unwrap } from './error.js';

export function formatsApi(module: MainModule): Pick<Bitbudget, 'formats' | 'encodedSize' | 'encode' | 'decode'> {
  return {
    formats: () => module.formats() as FormatInfo[],
    encodedSize: (format, count, rowLength = 0) =>
      unwrap<number>(() => module.encodedSize(String(format), natural(count, 'count'), natural(rowLength, 'rowLength'))),
    encode: (format, values, { rowLength = 0 } = {}) =>
      unwrap<Uint8Array>(() => module.encode(String(format), typed(values, 'Float32Array', 'values'), natural(rowLength, 'rowLength'))),
    decode: (format, bytes, count, { rowLength = 0 } = {}) =>
      unwrap<Float32Array>(() =>
        module.decode(String(format), typed(bytes, 'Uint8Array', 'bytes'), natural(count, 'count'), natural(rowLength, 'rowLength'))),
  };
}
