// The Tensor lab's work, inside a worker.
import type { Anatomy, Distribution, ElementType, EncodeOptions, EntropyEstimate, ErrorReport, FileLayout, FileReport, FormatInfo, LineErrors, RoundTrip, Statistics, TensorEntry, Throughput } from 'bitbudget';
import { bytes as size } from '../../format/numbers.js';
import type { TaskContext } from '../../worker/task.js';
import type { CodedPoint } from './coded.js';
import { KeptParts, type TensorPart } from './kept.js';
import { kMaxRead } from './state.js';
import { gridFor, kBins, type Grid, type Method } from './tensor.js';
import { widenColumns } from './widen-columns.js';

const kChunk = 2 ** 19;

/** Of this worker. */
const kept = new KeptParts();

export interface Generate { distribution: Distribution; rows: number; columns: number; seed: number; scale: number; nu: number; outliers: boolean; }

export interface Loaded { values: Float32Array; statistics: Statistics; cells: Float32Array; grid: Grid; range: number; counts: Float64Array; }

/** The value of largest magnitude of each cell, for `values` that begin at a cell's first row. */
function extremes(values: Float32Array, columns: number, grid: Grid, alive: () => void): Float32Array {
  const rows = values.length / columns;
  const out = new Float32Array(Math.ceil(rows / grid.rowsPerCell) * grid.columns);
  for (let row = 0, at = 0; row < rows; row++) {
    if (row % grid.rowsPerCell === 0) alive();
    const first = Math.floor(row / grid.rowsPerCell) * grid.columns;
    for (let column = 0; column < columns; column++, at++) {
      const cell = first + Math.floor(column / grid.columnsPerCell);
      const value = values[at]!;
      if (Math.abs(value) > Math.abs(out[cell]!)) out[cell] = value;
    }
  }
  return out;
}

function rmsErrors(original: Float32Array, decoded: Float32Array, columns: number, grid: Grid, alive: () => void): Float32Array {
  const rows = original.length / columns;
  const size = Math.ceil(rows / grid.rowsPerCell) * grid.columns;
  const sums = new Float64Array(size);
  const counts = new Uint32Array(size);
  for (let row = 0, at = 0; row < rows; row++) {
    if (row % grid.rowsPerCell === 0) alive();
    const first = Math.floor(row / grid.rowsPerCell) * grid.columns;
    for (let column = 0; column < columns; column++, at++) {
      const cell = first + Math.floor(column / grid.columnsPerCell);
      sums[cell]! += (decoded[at]! - original[at]!) ** 2;
      counts[cell]!++;
    }
  }
  return Float32Array.from(sums, (sum, cell) => Math.sqrt(sum / counts[cell]!));
}

/** Wide enough for all values, unless a few lie far out: then six standard deviations, and those beyond are counted apart. */
function histogramRange({ absMax, variance, mean }: Statistics): number {
  const bulk = Math.abs(mean) + 6 * Math.sqrt(variance);
  const range = Math.min(absMax, bulk > 0 ? bulk : absMax);
  return range > 0 && Number.isFinite(2 * range) ? range : 1;
}

function describe({ core, progress, alive, transfer }: TaskContext, values: Float32Array, rows: number, columns: number): Loaded {
  progress({ stage: 'Looking at the values', done: 0, total: 0 });
  const statistics = core.statistics(values);
  const grid = gridFor(rows, columns);
  const cells = extremes(values, columns, grid, alive);
  progress({ stage: 'Looking at the values', done: 0, total: 0 });
  const range = histogramRange(statistics);
  const { counts } = core.histogram(values, -range, range, kBins);
  transfer(values.buffer, cells.buffer, counts.buffer);
  return { values, statistics, cells, grid, range, counts };
}

export interface Parts {
  format: string;
  parts: TensorPart[];
  columns: number;
  method: Method;
  /** For the closer look: the grid and the histogram of the whole. */
  detail?: { grid: Grid; range: number };
}

export interface PartResult {
  sums: Float64Array;
  /** With importance: the sums of squared errors and of squares, each column by its weight. */
  weighted?: [error: number, signal: number];
  detail?: { bytes: Uint8Array; cells: Float32Array; errors: Float32Array; counts: Float64Array; outside: number; rows: LineErrors; columns: LineErrors };
}

/**
 * A tensor range takes the place of a search: it is passed on only where nothing is searched. Rotation mixes the columns, so
 * that no weight belongs to one of them: then formats do without.
 */
const encodeOptions = ({ search: scaleSearch, tensorRange, rotate, importance }: Method): EncodeOptions => ({ scaleSearch, ...(scaleSearch === 'absmax' && { tensorRange }), ...(importance && !rotate && { importance }) });

const dot = (weights: Float32Array, sums: Float64Array): number => sums.reduce((total, sum, i) => total + weights[i]! * sum, 0);

function partResult({ core, alive, transfer }: TaskContext, values: Float32Array, { format, columns, method, detail }: Omit<Parts, 'parts'>): PartResult {
  const { rotate, importance } = method;
  const options = { rowLength: columns, rotate, ...encodeOptions(method) };
  if (!detail && !importance) return { sums: core.roundTrip(format, values, options).sums };
  const { sums, bytes, decoded } = core.roundTrip(format, values, { ...options, keep: true }) as Required<RoundTrip>;
  const lines = core.lineErrors(values, decoded, columns);
  const weighted: [number, number] | undefined = importance && [dot(importance, lines.columns.squaredError), dot(importance, lines.columns.squaredOriginal)];
  if (!detail) return { sums, weighted: weighted! };
  const cells = extremes(decoded, columns, detail.grid, alive);
  const errors = rmsErrors(values, decoded, columns, detail.grid, alive);
  const { counts, below, above } = core.histogram(decoded, -detail.range, detail.range, kBins);
  transfer(bytes.buffer, cells.buffer, errors.buffer, counts.buffer);
  return { sums, ...(weighted && { weighted }), detail: { bytes, cells, errors, counts, outside: below + above, ...lines } };
}

/** offset: what its values share is a scale and an offset, not a scale alone. */
export interface Opened { bytes: Uint8Array; decoded: Float32Array; anatomy: Anatomy; offset: boolean; }

const opened = ({ core }: TaskContext, format: string, bytes: Uint8Array, count: number, element: number): Opened => ({
  bytes, decoded: core.decode(format, bytes, count), anatomy: core.anatomy(format, bytes, count, element), offset: core.encodedParts(format, count).offsetBits > 0,
});

/** Each read asks for what the one before it said was missing: an .npy or a .safetensors takes two or three. */
async function inspectFile({ core, progress }: TaskContext, file: File): Promise<FileReport> {
  let needed = Math.min(file.size, 65_536);
  for (;;) {
    if (needed > kMaxRead) {
      throw Object.assign(new Error(`${file.name} can only be read as a whole, and it has ${size(needed, 'GiB')}; this page reads up to ${size(kMaxRead, 'GiB')} at once. Unpack it, and open one of the files in it.`), { code: 'unsupported' });
    }
    const bytes = new Uint8Array(await file.slice(0, needed).arrayBuffer());
    progress({ stage: `Reading ${file.name}`, done: needed, total: file.size });
    try {
      return core.inspect(bytes, { name: file.name, fileSize: file.size });
    } catch (thrown) {
      const { code, offset } = thrown as { code?: string; offset?: number };
      if (code !== 'truncated' || offset === undefined || offset <= needed || offset > file.size) throw thrown;
      needed = offset;
    }
  }
}

export const labTasks = {
  'lab.formats': ({ core }: TaskContext, _input: null): FormatInfo[] => core.formats(),

  'lab.generate': (context: TaskContext, input: Generate): Loaded => {
    const { core, progress } = context;
    const { distribution, rows, columns, seed, scale, nu } = input;
    const values = new Float32Array(rows * columns);
    for (let first = 0; first < values.length; first += kChunk) {
      progress({ stage: 'Generating the tensor', done: first, total: values.length });
      values.set(core.randomTensor(distribution, Math.min(kChunk, values.length - first), { seed, scale, nu, first }), first);
    }
    if (input.outliers) widenColumns(values, columns);
    return describe(context, values, rows, columns);
  },

  /** Mean squares of made-up activations, one for each column: their sizes are log-normal, as those of real layers roughly are. */
  'lab.activations': ({ core }: TaskContext, { columns, spread, seed }: { columns: number; spread: number; seed: number }): Float32Array =>
    core.randomTensor('normal', columns, { seed }).map((draw) => Math.exp(2 * spread * draw)),

  'lab.inspect': (context: TaskContext, file: File): Promise<FileReport> => inspectFile(context, file),

  /** One tensor of a file, in a matrix of `columns` columns. */
  'lab.read': async (context: TaskContext, { file, entry, rows, columns }: { file: File; entry: TensorEntry; rows: number; columns: number }): Promise<Loaded> => {
    const { core, progress } = context;
    progress({ stage: `Reading ${entry.name}`, done: 0, total: 0 });
    const bytes = async (from: number, to: number) => new Uint8Array(await file.slice(from, to).arrayBuffer());
    const values = entry.deflated
      ? core.readTensor(await bytes(0, file.size), entry.name, { name: file.name }).values
      : core.decodeTensor(entry, await bytes(entry.offset, entry.offset + entry.byteLength));
    return describe(context, values, rows, columns);
  },

  /** Smallest and largest value once every row is rotated. */
  'lab.rotatedRange': ({ core }: TaskContext, { values, columns }: { values: Float32Array; columns: number }): [number, number] => {
    const { min, max } = core.statistics(core.rotate(values, { rowLength: columns }));
    return [min, max];
  },

  'lab.parts': (context: TaskContext, input: Parts): PartResult[] => {
    const values = input.parts.map((part) => kept.values(part));
    return values.map((each) => partResult(context, each, input));
  },

  'lab.letGo': (_context: TaskContext, _input: null): void => kept.letGo(),

  'lab.report': ({ core }: TaskContext, { format, count, columns, sums }: { format: string; count: number; columns: number; sums: Float64Array[] }): { report: ErrorReport; bytes: number } => ({
    report: core.errorReport(sums),
    bytes: core.encodedSize(format, count, columns),
  }),

  'lab.speed': ({ core }: TaskContext, { format, values, columns }: { format: string; values: Float32Array; columns: number }): Throughput =>
    core.throughput(format, values, { rowLength: columns }),

  'lab.entropy': ({ core }: TaskContext, values: Float32Array): EntropyEstimate => core.estimateEntropy(values),

  /** Uniform steps with an entropy code at about each of the rates; those that have too many levels for the values are left out. */
  'lab.coded': ({ core }: TaskContext, { values, entropyBits, rates }: { values: Float32Array; entropyBits: number; rates: readonly number[] }): CodedPoint[] => {
    const { variance, mean } = core.statistics(values);
    // At high rates the rate is h - log2(step). Values without a density are taken for normal ones.
    const entropy = Number.isFinite(entropyBits) ? entropyBits : 0.5 * Math.log2(2 * Math.PI * Math.E * variance);
    const steps = Float64Array.from(rates, (rate) => 2 ** (entropy - rate)).filter((step) => step > 0);
    return core.codedUniform(values, steps)
      .filter(({ mse, rateBits }) => mse > 0 && 2 ** rateBits <= values.length / 64)
      .map(({ step, rateBits, mse }) => ({ step, bits: rateBits, sqnrDb: 10 * Math.log10((variance + mean ** 2) / mse) }));
  },

  'lab.outliers': ({ core }: TaskContext, figures: Float64Array[]): Uint32Array[] => figures.map((each) => core.outliers(each)),

  /** One stretch of a row by itself, and what each bit of its encoding is for. */
  'lab.block': (context: TaskContext, { format, values, element, method }: { format: string; values: Float32Array; element: number; method: Method }): Opened => {
    const { importance: _, ...plain } = method;
    return opened(context, format, context.core.encode(format, values, encodeOptions(plain)), values.length, element);
  },

  /** The same of a weighted format, whose blocks take a look at their whole row: the block of `row` that begins at `first`. */
  'lab.weightedBlock': (context: TaskContext, { format, row, first, length, element, method }: { format: FormatInfo; row: Float32Array; first: number; length: number; element: number; method: Method }): Opened => {
    const { id, blockLength, bytesPerBlock } = format;
    const from = (first / blockLength) * bytesPerBlock;
    const bytes = context.core.encode(id, row, encodeOptions(method)).slice(from, from + (length / blockLength) * bytesPerBlock);
    return opened(context, id, bytes, length, element);
  },

  /** A part of an encoded tensor as values again, stored as 32-bit or 16-bit floats. */
  'lab.decode': ({ core, transfer }: TaskContext, { format, bytes, rows, columns, rotate, as }: { format: string; bytes: Uint8Array; rows: number; columns: number; rotate: boolean; as: string }): Uint8Array => {
    const straight = core.decode(format, bytes, rows * columns, { rowLength: columns });
    const values = rotate ? core.rotate(straight, { rowLength: columns, back: true }) : straight;
    const stored = core.encode(as, values);
    transfer(stored.buffer);
    return stored;
  },

  'lab.elementTypes': ({ core }: TaskContext, _input: null): ElementType[] => core.elementTypes(),

  'lab.layout': ({ core }: TaskContext, { container, tensors, metadata }: { container: 'safetensors' | 'gguf'; tensors: { name: string; type: string; shape: number[] }[]; metadata: Record<string, string> }): FileLayout =>
    core.layoutFile(container, tensors, { metadata }),

  'lab.npyHeader': ({ core }: TaskContext, shape: number[]): Uint8Array => core.npyHeader(shape),
};
