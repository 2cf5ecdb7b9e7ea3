// Pruning: what each way of choosing weights costs at each sparsity, in the weights and in the layer's output; what the masks cost
// in bytes; and sorting against selection.
import type { SparseLayout } from 'bitbudget';
import type { TheoryContext } from '../../../worker/task.js';
import { leadingPart, madeInputs, requireValues, secondsFor, type Inputs, type Matrix } from './matrix.js';

export interface PruningQuestion extends Matrix { sparsity: number; inputs: Inputs; seed: number; format: string; }
export interface PrunedPoint { sparsity: number; weight: number; output: number; }
export type PruningMethod = 'global' | 'row' | 'rows' | 'columns' | 'blocks' | 'wanda' | 'obd' | 'obs' | '2:4' | '2:4 wanda';
export interface StoredCurve { layout: SparseLayout; points: [sparsity: number, bytes: number][]; }
export interface BreakEven { format: string; bitmask: number; csr: number; twoOfFour: boolean; }

export interface PruningAnswer {
  part: { rows: number; columns: number };
  methods: { method: PruningMethod; points: PrunedPoint[] }[];
  /** Ways that do not fit the shape, in words. */
  missing: string[];
  /** One weight's saliency, for the formula. */
  example: { weight: number; curvature: number };
  bytes: { dense: number; stored: { layout: SparseLayout; sparsity: number; bytes: number }[]; curves: StoredCurve[]; breakEven: BreakEven[] };
  /** Seconds of one W x in f32, from the dense matrix and from each layout's bytes. */
  product: { form: 'dense' | 'csr' | '2:4'; sparsity: number; bytes: number; seconds: number }[];
  search: { count: number; sort: number; select: number; same: boolean };
}

/** Errors are measured on so many rows and columns at most. */
export const kPruned = 256;
const kSamples = 512;
const kBlock = 4;
export const kBreakEvenFormats = ['f32', 'f16', 'f8_e4m3', 'q8_0', 'q4_0'];

const masked = (values: Float32Array, mask: Uint8Array): Float32Array => values.map((value, i) => (mask[i] ? value : 0));

function meanSquares(inputs: Float32Array, columns: number): Float64Array {
  const sums = new Float64Array(columns);
  inputs.forEach((x, i) => { sums[i % columns]! += x * x; });
  return sums.map((sum) => (sum * columns) / inputs.length);
}

function measureErrors(context: TheoryContext, part: Matrix, { inputs, seed, sparsity: asked }: PruningQuestion): Pick<PruningAnswer, 'methods' | 'missing' | 'example'> {
  const { core, theory: { compressors }, progress } = context;
  const { values, rows, columns } = part;
  const { calibration, heldOut } = madeInputs(context, inputs, kSamples, columns, seed);
  const hessian = compressors.hessian(calibration, columns);
  const test = compressors.hessian(heldOut, columns, { damping: 0 });
  const squares = meanSquares(calibration, columns);
  const magnitude = compressors.magnitude(values);
  const wanda = compressors.wanda(values, Float32Array.from(squares, Math.sqrt));
  const obd = compressors.brainDamage(values, Float32Array.from(squares, (square) => 2 * square));
  const cuts: [PruningMethod, (sparsity: number) => Float32Array][] = [
    ['global', (s) => masked(values, compressors.pruneGlobal(magnitude, s))],
    ['row', (s) => masked(values, compressors.pruneRows(magnitude, columns, s))],
    ['rows', (s) => masked(values, compressors.pruneBlocks(values, columns, 1, columns, s))],
    ['columns', (s) => masked(values, compressors.pruneBlocks(values, columns, rows, 1, s))],
    ['wanda', (s) => masked(values, compressors.pruneRows(wanda, columns, s))],
    ['obd', (s) => masked(values, compressors.pruneGlobal(obd, s))],
    ['obs', (s) => compressors.brainSurgeon(values, columns, hessian, s)],
  ];
  const missing: string[] = [];
  if (rows % kBlock === 0 && columns % kBlock === 0) cuts.splice(4, 0, ['blocks', (s) => masked(values, compressors.pruneBlocks(values, columns, kBlock, kBlock, s))]);
  else missing.push(`blocks of ${kBlock} × ${kBlock}, which do not tile ${rows} × ${columns}`);
  const grid = [...new Set([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, asked])].sort((a, b) => a - b);
  const point = (changed: Float32Array): PrunedPoint => ({
    sparsity: changed.reduce((zeros, value) => zeros + (value === 0 ? 1 : 0), 0) / changed.length,
    weight: core.compare(values, changed).relativeMse,
    output: compressors.outputError(values, changed, columns, test),
  });
  const methods = cuts.map(([method, cut], i): PruningAnswer['methods'][number] => {
    const points = grid.map((sparsity, j) => {
      progress({ stage: 'Pruning and measuring', done: i * grid.length + j, total: cuts.length * grid.length });
      return point(cut(sparsity));
    });
    return { method, points };
  });
  if (columns % 4 === 0) {
    methods.push({ method: '2:4', points: [point(masked(values, compressors.pruneNOfM(magnitude, columns, 2, 4)))] });
    methods.push({ method: '2:4 wanda', points: [point(masked(values, compressors.pruneNOfM(wanda, columns, 2, 4)))] });
  } else missing.push(`2 of 4, which needs rows of whole fours and has rows of ${columns}`);
  return { methods, missing, example: { weight: values[0]!, curvature: 2 * squares[0]! } };
}

function measureBytes({ core, theory: { compressors } }: TheoryContext, { values, rows, columns, sparsity, format }: PruningQuestion): PruningAnswer['bytes'] {
  const dense = (id: string): number => {
    const multiple = core.formats().find((each) => each.id === id)!.rowMultiple;
    return core.encodedSize(id, Math.ceil((rows * columns) / multiple) * multiple);
  };
  const magnitude = compressors.magnitude(values);
  const mask = compressors.pruneGlobal(magnitude, sparsity);
  const stored: PruningAnswer['bytes']['stored'] = (['bitmask', 'csr'] as const).map((layout) => ({ layout, sparsity, bytes: core.sparseStore(layout, format, values, mask, columns).length }));
  const curves: StoredCurve[] = (['bitmask', 'csr'] as const).map((layout) => ({
    layout, points: Array.from({ length: 51 }, (_, i) => [i / 50, core.sparseSize(layout, format, rows, columns, Math.round((1 - i / 50) * rows * columns))]),
  }));
  const fours = columns % 4 === 0;
  if (fours) stored.push({ layout: '2:4', sparsity: 0.5, bytes: core.sparseStore('2:4', format, values, compressors.pruneNOfM(magnitude, columns, 2, 4), columns).length });
  return {
    dense: dense(format), stored, curves,
    breakEven: [...new Set([...kBreakEvenFormats, format])].map((id) => ({
      format: id, bitmask: core.breakEvenSparsity('bitmask', id, rows, columns), csr: core.breakEvenSparsity('csr', id, rows, columns),
      twoOfFour: fours && core.breakEvenSparsity('2:4', id, rows, columns) < 1,
    })),
  };
}

/** Vectors one after another, so many products in a call: what it costs besides is taken off, and clocks of browsers are coarse. */
const kProducts = 2 ** 24;
const kMostVectors = 64;

function measureProducts({ core, theory: { compressors }, progress }: TheoryContext, { values, rows, columns, sparsity }: PruningQuestion): PruningAnswer['product'] {
  const count = Math.max(1, Math.min(kMostVectors, Math.floor(kProducts / values.length)));
  const vectors = core.randomTensor('normal', count * columns, { seed: 1 });
  const none = vectors.subarray(0, 0);
  const timed = (multiply: (vectors: Float32Array) => unknown): number => Math.max(0, secondsFor(() => multiply(vectors)) - secondsFor(() => multiply(none))) / count;
  const magnitude = compressors.magnitude(values);
  const product: PruningAnswer['product'] = [{ form: 'dense', sparsity: 0, bytes: 4 * values.length, seconds: timed((x) => compressors.multiplyVectors(values, columns, x)) }];
  const add = (form: 'csr' | '2:4', mask: Uint8Array): void => {
    progress({ stage: 'Timing', done: 1, total: 3 });
    const kept = mask.reduce((sum, each) => sum + each, 0);
    const stored = core.sparseStore(form, 'f32', values, mask, columns);
    product.push({ form, sparsity: 1 - kept / mask.length, bytes: stored.length, seconds: timed((x) => compressors.multiplySparse(form, stored, { rows, columns, kept }, x)) });
  };
  for (const share of [...new Set([0.5, 0.9, sparsity])].sort((a, b) => a - b)) add('csr', compressors.pruneGlobal(magnitude, share));
  if (columns % 4 === 0) add('2:4', compressors.pruneNOfM(magnitude, columns, 2, 4));
  return product;
}

export const pruningTasks = {
  'theory.pruning': (context: TheoryContext, question: PruningQuestion): PruningAnswer => {
    const { core, theory: { compressors } } = context;
    const part = leadingPart(question, kPruned, kPruned);
    requireValues(core, question.values);
    requireValues(core, part.values);
    const errors = measureErrors(context, part, question);
    const bytes = measureBytes(context, question);
    const scores = compressors.magnitude(question.values);
    context.progress({ stage: 'Timing', done: 1, total: 3 });
    const product = measureProducts(context, question);
    context.progress({ stage: 'Timing', done: 2, total: 3 });
    const cut = (search: 'sort' | 'select') => compressors.pruneGlobal(scores, question.sparsity, { search });
    const other = cut('select');
    const search = { count: scores.length, sort: secondsFor(() => cut('sort')), select: secondsFor(() => cut('select')), same: cut('sort').every((kept, i) => kept === other[i]) };
    return { part: { rows: part.rows, columns: part.columns }, ...errors, bytes, product, search };
  },
};
