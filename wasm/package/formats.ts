import type { MainModule } from './bitbudget.mjs';
import type { Anatomy, Bitbudget, EncodedParts, EncodeOptions, FormatInfo, ScaleSearch } from './api.js';
import { BitbudgetError, finite, natural, typed, unwrap } from './error.js';

const kSearches: readonly string[] = ['absmax', 'percentile', 'mse'] satisfies ScaleSearch[];

/** Encode's options as the module takes them: importance (empty: none), low and high (NaN: none), the search's number, percentile. */
export function encodeOptions(options: EncodeOptions): [Float32Array, number, number, number, number] {
  const { importance = new Float32Array(), tensorRange, scaleSearch = 'absmax', percentile = 99.9 } = options;
  const search = kSearches.indexOf(scaleSearch);
  if (search < 0) throw new BitbudgetError('invalid_argument', `scaleSearch must be one of ${kSearches.join(', ')}.`, { field: 'scaleSearch' });
  return [
    typed(importance, 'Float32Array', 'importance'),
    tensorRange ? finite(tensorRange[0], 'tensorRange') : NaN,
    tensorRange ? finite(tensorRange[1], 'tensorRange') : NaN,
    search,
    finite(percentile, 'percentile'),
  ];
}

export function formatsApi(module: MainModule): Pick<Bitbudget, 'formats' | 'encodedSize' | 'encodedParts' | 'encode' | 'decode' | 'anatomy'> {
  return {
    formats: () => module.formats() as FormatInfo[],
    encodedSize: (format, count, rowLength = 0) =>
      unwrap<number>(() => module.encodedSize(String(format), natural(count, 'count'), natural(rowLength, 'rowLength'))),
    encodedParts: (format, count, rowLength = 0) =>
      unwrap<EncodedParts>(() => module.encodedParts(String(format), natural(count, 'count'), natural(rowLength, 'rowLength'))),
    encode: (format, values, options = {}) =>
      unwrap<Uint8Array>(() =>
        module.encode(String(format), typed(values, 'Float32Array', 'values'), natural(options.rowLength ?? 0, 'rowLength'), ...encodeOptions(options))),
    decode: (format, bytes, count, { rowLength = 0 } = {}) =>
      unwrap<Float32Array>(() =>
        module.decode(String(format), typed(bytes, 'Uint8Array', 'bytes'), natural(count, 'count'), natural(rowLength, 'rowLength'))),
    anatomy: (format, bytes, count, element) =>
      unwrap<Anatomy>(() => module.anatomy(String(format), typed(bytes, 'Uint8Array', 'bytes'), natural(count, 'count'), natural(element, 'element'))),
  };
}
