// Measures formats on a tensor: part by part on all workers, joined again.
import type { FormatInfo, LineErrors } from 'bitbudget';
import { poolSize, run, tellWorkers } from '../../worker/core.js';
import type { Progress } from '../../worker/protocol.js';
import { cut, partsTask, sliceOf, spread, Superseded, type Stretch } from './parts.js';
import type { PartResult } from './tasks.js';
import { kBins, type Detail, type Measured, type Speed, type Tensor } from './tensor.js';

export { Superseded };

export interface Watch {
  /** Hard: ends the workers' jobs at once (Cancel). */
  signal: AbortSignal;
  /** Soft: false once the question has changed; the parts that are being worked on finish, and nothing more is started. */
  live: () => boolean;
  onProgress: (progress: Progress) => void;
}

/** The workers keep no tensor any longer. */
export const releaseTensor = (): void => tellWorkers('lab.letGo', null);

/** The error report of one format, and with `closely` what the pictures need. */
export async function measure(tensor: Tensor, format: FormatInfo, closely: boolean, watch: Watch): Promise<{ measured: Measured; detail?: Detail }> {
  const { rows, columns, grid, range, method } = tensor;
  const stretches = cut(tensor, format);
  let done = 0;
  const task = partsTask(run, tensor, stretches, { format: format.id, columns, method, ...(closely && { detail: { grid, range } }) }, { signal: watch.signal });
  const results = await spread(stretches, poolSize, watch.live, async (some, worker, own) => {
    const found = await task(some, worker, own);
    done += some.reduce((sum, stretch) => sum + stretch.rows, 0) * columns;
    watch.onProgress({ stage: `Measuring ${format.label}`, done, total: rows * columns });
    return found;
  });
  if (!watch.live()) throw new Superseded();
  const { report, bytes } = await run('lab.report', { format: format.id, count: rows * columns, columns, sums: results.map(({ sums }) => sums) }, { signal: watch.signal });
  const measured = { format, key: tensor.key, bytes, report, ...weightedOf(results) };
  return closely ? { measured, detail: join(tensor, format, stretches, results) } : { measured };
}

function weightedOf(results: PartResult[]): Pick<Measured, 'weighted'> {
  if (!results[0]?.weighted) return {};
  const [error, signal] = [0, 1].map((which) => results.reduce((sum, { weighted }) => sum + weighted![which]!, 0)) as [number, number];
  return { weighted: { relativeMse: error / signal, sqnrDb: 10 * Math.log10(signal / error) } };
}

function join({ key, columns, grid }: Tensor, format: FormatInfo, stretches: Stretch[], results: PartResult[]): Detail {
  const details = results.map(({ detail }) => detail!);
  const cells = new Float32Array(grid.rows * grid.columns);
  const errors = new Float32Array(grid.rows * grid.columns);
  const counts = new Float64Array(kBins);
  details.forEach((part, i) => {
    const first = (stretches[i]!.firstRow / grid.rowsPerCell) * grid.columns;
    cells.set(part.cells, first);
    errors.set(part.errors, first);
    part.counts.forEach((count, bin) => { counts[bin]! += count; });
  });
  return {
    key, formatId: format.id, cells, errors, counts,
    parts: details.map(({ bytes }, i) => ({ bytes, ...stretches[i]! })),
    outside: details.reduce((sum, part) => sum + part.outside, 0),
    rows: concatenated(details.map((part) => part.rows)),
    columns: summed(details.map((part) => part.columns), columns),
  };
}

const emptyLines = (length: number): LineErrors => ({ squaredError: new Float64Array(length), squaredOriginal: new Float64Array(length), absMax: new Float64Array(length), maxAbsError: new Float64Array(length) });

function concatenated(parts: LineErrors[]): LineErrors {
  const out = emptyLines(parts.reduce((sum, part) => sum + part.absMax.length, 0));
  let first = 0;
  for (const part of parts) {
    for (const key of Object.keys(out) as (keyof LineErrors)[]) out[key].set(part[key], first);
    first += part.absMax.length;
  }
  return out;
}

/** Columns run through all parts: sums add up, and of maxima the largest counts. */
function summed(parts: LineErrors[], columns: number): LineErrors {
  const out = emptyLines(columns);
  for (const part of parts) {
    for (let column = 0; column < columns; column++) {
      out.squaredError[column]! += part.squaredError[column]!;
      out.squaredOriginal[column]! += part.squaredOriginal[column]!;
      out.absMax[column] = Math.max(out.absMax[column]!, part.absMax[column]!);
      out.maxAbsError[column] = Math.max(out.maxAbsError[column]!, part.maxAbsError[column]!);
    }
  }
  return out;
}

/** On at most kPart values of the tensor: enough to leave the small caches, and soon done. */
export async function speed(tensor: Tensor, format: FormatInfo, watch: Watch): Promise<Speed> {
  const stretch = cut(tensor, { ...format, tensorBytes: 0, encodesInParts: true })[0]!;
  const values = sliceOf(tensor, stretch);
  const count = values.length;
  watch.onProgress({ stage: `Timing ${format.label}`, done: 0, total: 0 });
  const time = await run('lab.speed', { format: format.id, values, columns: tensor.columns }, { signal: watch.signal, transfer: [values.buffer] });
  return { ...time, count };
}

/** The decoded tensor, its values stored as `as`: "f32", "f16" or "bf16"; one piece for each part. */
export async function decodedPieces(tensor: Tensor, detail: Detail, as: string, watch: Watch): Promise<Uint8Array[]> {
  const { rows, columns, method: { rotate } } = tensor;
  let done = 0;
  return spread(detail.parts, poolSize, watch.live, (some) => Promise.all(some.map(async (part) => {
    const bytes = part.bytes.slice();
    const stored = await run('lab.decode', { format: detail.formatId, bytes, rows: part.rows, columns, rotate, as }, { signal: watch.signal, transfer: [bytes.buffer] });
    done += part.rows * columns;
    watch.onProgress({ stage: 'Decoding', done, total: rows * columns });
    return stored;
  })));
}

/** The encoded tensor: what holds for the whole tensor stands at the beginning of each part, and is kept once. */
export const encodedPieces = ({ tensorBytes }: FormatInfo, { parts }: Detail): Uint8Array[] => parts.map(({ bytes }, i) => bytes.subarray(i === 0 ? 0 : tensorBytes));
