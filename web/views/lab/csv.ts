// Every run of this visit as comma-separated values (RFC 4180).
import type { Measured, Speed, Tensor } from './tensor.js';

export interface Run { tensor: Pick<Tensor, 'title' | 'rows' | 'columns' | 'storedBytes' | 'method' | 'importanceTitle'>; measured: Measured; }

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

export function csvOf(runs: Iterable<Run>, speeds: ReadonlyMap<string, Speed>): string {
  const head = ['tensor', 'rows', 'columns', 'stored_bytes', 'format', 'bytes', 'bits_per_weight', 'sqnr_db', 'relative_mse', 'mse', 'rmse', 'max_abs_error', 'mean_error', 'cosine', 'encode_gb_per_s', 'decode_gb_per_s', 'scale_search', 'rotated', 'importance', 'weighted_sqnr_db', 'weighted_relative_mse'];
  const lines = [...runs].map(({ tensor, measured: { format, bytes, report, weighted } }) => {
    const speed = speeds.get(format.id);
    const rate = (seconds: number | undefined) => (speed && seconds ? String((4 * speed.count) / seconds / 1e9) : '');
    return [tensor.title, tensor.rows, tensor.columns, tensor.storedBytes, format.id, bytes, (8 * bytes) / report.count, report.sqnrDb, report.relativeMse, report.mse, report.rmse, report.maxAbsError, report.meanError, report.cosine, rate(speed?.encodeSeconds), rate(speed?.decodeSeconds), tensor.method.search, tensor.method.rotate, tensor.importanceTitle, weighted?.sqnrDb ?? '', weighted?.relativeMse ?? '']
      .map((cell) => quoted(String(cell))).join(',');
  });
  return [head.join(','), ...lines, ''].join('\r\n');
}
