// What the tasks on matrices share: a part of one that a page can work on within seconds, a way through a number format, and times.
import type { Bitbudget } from 'bitbudget';
import type { TheoryContext } from '../../../worker/task.js';

export interface Matrix { values: Float32Array; rows: number; columns: number; }

/** The leading rows and columns; the matrix itself where it is no larger. */
export function leadingPart({ values, rows, columns }: Matrix, mostRows: number, mostColumns: number): Matrix {
  const height = Math.min(rows, mostRows);
  const width = Math.min(columns, mostColumns);
  if (height === rows && width === columns) return { values, rows, columns };
  const part = new Float32Array(height * width);
  for (let row = 0; row < height; row++) part.set(values.subarray(row * columns, row * columns + width), row * width);
  return { values: part, rows: height, columns: width };
}

/** Relative errors need something to be relative to. */
export function requireValues(core: Bitbudget, values: Float32Array): void {
  const { nans, infinities, absMax } = core.statistics(values);
  if (nans + infinities > 0) throw new Error(`This tensor holds ${nans + infinities} values that are NaN or infinite. Choose another one, or mend it where it was made.`);
  if (absMax === 0) throw new Error('All values that would be used here are zero, so no error can be measured against them. Choose another tensor.');
}

/** Values as a format gives them back, and its bytes. Rows that the format does not take are written as one, with zeros at its end. */
export function throughFormat(core: Bitbudget, format: string, values: Float32Array, rowLength: number): { decoded: Float32Array; bytes: number } {
  const multiple = core.formats().find(({ id }) => id === format)!.rowMultiple;
  const fits = rowLength % multiple === 0;
  const input = fits ? values : new Float32Array(Math.ceil(values.length / multiple) * multiple);
  if (!fits) input.set(values);
  const row = fits ? rowLength : input.length;
  const bytes = core.encode(format, input, { rowLength: row });
  return { decoded: core.decode(format, bytes, input.length, { rowLength: row }).subarray(0, values.length), bytes: bytes.length };
}

/** Seconds for one call: the least of three batches, each at least `batch` milliseconds long. */
export function secondsFor(work: () => unknown, batch = 20): number {
  let least = Infinity;
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    let calls = 0;
    do { work(); calls++; } while (performance.now() - start < batch);
    least = Math.min(least, (performance.now() - start) / calls / 1000);
  }
  return least;
}

/** How a layer's made-up inputs come: see core/calibrate/inputs.h. */
export const kInputs = ['uneven', 'correlated', 'independent'] as const;
export type Inputs = (typeof kInputs)[number];
const shapes: Record<Inputs, { leastEigenvalue: number; spread: number }> = {
  uneven: { leastEigenvalue: 1e-3, spread: 1 },
  correlated: { leastEigenvalue: 1e-3, spread: 0 },
  independent: { leastEigenvalue: 1, spread: 0 },
};

/** `samples` inputs to calibrate on, and as many others to measure on. */
export function madeInputs({ theory }: TheoryContext, kind: Inputs, samples: number, columns: number, seed: number): { calibration: Float32Array; heldOut: Float32Array } {
  const all = theory.compressors.correlatedInputs(2 * samples, columns, { ...shapes[kind], seed });
  return { calibration: all.slice(0, samples * columns), heldOut: all.slice(samples * columns) };
}
