import type { MainModule } from './bitbudget.mjs';
import type { Bitbudget, ErrorReport, LineErrors, RoundTrip, Throughput } from './api.js';
import { BitbudgetError, finite, natural, typed, unwrap } from './error.js';
import { encodeOptions } from './formats.js';

const kSumsLength = 12;

function pair(original: Float32Array, decoded: Float32Array): [Float32Array, Float32Array] {
  typed(original, 'Float32Array', 'original');
  typed(decoded, 'Float32Array', 'decoded');
  if (original.length !== decoded.length) {
    throw new BitbudgetError('invalid_argument', `original has ${original.length} values and decoded ${decoded.length}: they must be as many.`, { field: 'decoded' });
  }
  return [original, decoded];
}

export function measureApi(module: MainModule): Pick<Bitbudget, 'compare' | 'errorSums' | 'roundTrip' | 'errorReport' | 'throughput' | 'lineErrors' | 'outliers'> {
  return {
    compare: (original, decoded) => unwrap<ErrorReport>(() => module.compare(...pair(original, decoded))),
    errorSums: (original, decoded) => unwrap<Float64Array>(() => module.errorSums(...pair(original, decoded))),
    roundTrip: (format, values, options = {}) =>
      unwrap<RoundTrip>(() =>
        module.roundTrip(String(format), typed(values, 'Float32Array', 'values'), natural(options.rowLength ?? 0, 'rowLength'), options.rotate === true, options.keep === true, ...encodeOptions(options))),
    errorReport: (parts) => {
      const joined = new Float64Array(parts.length * kSumsLength);
      parts.forEach((part, index) => {
        if (typed(part, 'Float64Array', 'parts').length !== kSumsLength) throw new BitbudgetError('invalid_argument', 'parts must hold results of errorSums.', { field: 'parts' });
        joined.set(part, index * kSumsLength);
      });
      return unwrap<ErrorReport>(() => module.errorReport(joined));
    },
    lineErrors: (original, decoded, rowLength) => {
      const [a, b] = pair(original, decoded);
      if (!(natural(rowLength, 'rowLength') >= 1 && a.length % rowLength === 0)) {
        throw new BitbudgetError('invalid_argument', `${a.length} values are not whole rows of ${rowLength}.`, { field: 'rowLength' });
      }
      return unwrap<{ rows: LineErrors; columns: LineErrors }>(() => module.lineErrors(a, b, rowLength));
    },
    outliers: (figures, deviations = 6) => unwrap<Uint32Array>(() => module.outliers(typed(figures, 'Float64Array', 'figures'), finite(deviations, 'deviations'))),
    throughput: (format, values, { rowLength = 0, batchSeconds = 0.05, batches = 3 } = {}) =>
      unwrap<Throughput>(() =>
        module.throughput(String(format), typed(values, 'Float32Array', 'values'), natural(rowLength, 'rowLength'), finite(batchSeconds, 'batchSeconds'), natural(batches, 'batches'))),
  };
}
