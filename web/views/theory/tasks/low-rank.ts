// Low rank: the spectrum, the error at each rank beside what Eckart and Young allow, factors in number formats, and low-rank
// correction of a quantization error at the same bytes as more bits.
import type { LowRank } from 'bitbudget/theory';
import type { TheoryContext } from '../../../worker/task.js';
import { leadingPart, requireValues, throughFormat, type Matrix } from './matrix.js';

export interface LowRankQuestion extends Matrix { rank: number; format: string; }
export interface RankPoint { rank: number; energy: number; allowed: number; measured: number; }
export interface SizedError { label: string; rank: number; bits: number; error: number; }

export interface LowRankAnswer {
  part: { rows: number; columns: number };
  singularValues: Float64Array;
  points: RankPoint[];
  /** At the rank asked for, or the largest there is. */
  chosen: RankPoint;
  randomized: { error: number; seconds: number };
  fullSeconds: number;
  /** The factors at that rank, in several formats. */
  factors: { format: string; bytes: number; error: number }[];
  /** Factors of several ranks in the format asked for, at their bits per weight of the matrix. */
  factored: SizedError[];
  /** Plain quantization, and Q + L R by base and rank. */
  plain: SizedError[];
  corrected: { base: string; points: SizedError[] }[];
  /** Quantizing W - L R and decomposing W - Q in turn (LoftQ), at the rank asked for: the error after each round. */
  rounds: { base: string; rank: number; errors: number[] };
}

export const kDecomposed = 512;
export const kBases = ['int2_asym_g64', 'int3_asym_g64', 'int4_asym_g64'];
const kPlain = ['int2_asym_g64', 'int3_asym_g64', 'int4_asym_g64', 'int5_asym_g64', 'int6_asym_g64', 'int8_asym_g64'];
export const kFactorFormats = ['f32', 'f16', 'q8_0', 'q4_0'];
const kRounds = 5;

/** The leading `rank` of factors. */
function leading({ left, right, rows, columns, rank }: LowRank, wanted: number): { left: Float32Array; right: Float32Array } {
  const part = new Float32Array(rows * wanted);
  for (let i = 0; i < rows; i++) part.set(left.subarray(i * rank, i * rank + wanted), i * wanted);
  return { left: part, right: right.slice(0, wanted * columns) };
}

const powersOfTwo = (most: number): number[] => Array.from({ length: Math.floor(Math.log2(most)) + 1 }, (_, i) => 2 ** i);
const sum = (a: Float32Array, b: Float32Array): Float32Array => a.map((value, i) => value + b[i]!);

function transposed(values: Float32Array, columns: number): Float32Array {
  const rows = values.length / columns;
  return Float32Array.from(values, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
}

/** The product of the factors as a format gives them back. One scale should serve one singular vector: the left ones lie in rows. */
function formatted({ core, theory }: TheoryContext, format: string, { left, right }: { left: Float32Array; right: Float32Array }, rank: number): { product: Float32Array; bytes: number } {
  const l = throughFormat(core, format, transposed(left, rank), left.length / rank);
  const r = throughFormat(core, format, right, right.length / rank);
  return { product: theory.compressors.multiply(transposed(l.decoded.slice(), left.length / rank), r.decoded.slice(), rank), bytes: l.bytes + r.bytes };
}

function correct(context: TheoryContext, { values, rows, columns }: Matrix, base: string, format: string, ranks: number[]): SizedError[] {
  const { core, theory: { compressors } } = context;
  const quantized = throughFormat(core, base, values, columns);
  const factors = compressors.correctError(values, quantized.decoded.slice(), columns, Math.max(...ranks));
  return [0, ...ranks].map((rank) => {
    if (rank === 0) return { label: base, rank, bits: (8 * quantized.bytes) / values.length, error: core.compare(values, quantized.decoded).relativeMse };
    const { product, bytes } = formatted(context, format, leading(factors, rank), rank);
    return { label: base, rank, bits: (8 * (quantized.bytes + bytes)) / (rows * columns), error: core.compare(values, sum(quantized.decoded, product)).relativeMse };
  });
}

function inTurn(context: TheoryContext, { values, columns }: Matrix, base: string, rank: number): number[] {
  const { core, theory: { compressors } } = context;
  let product = new Float32Array(values.length);
  return Array.from({ length: kRounds }, (_, round) => {
    context.progress({ stage: 'Quantizing and correcting in turn', done: round, total: kRounds });
    const quantized = throughFormat(core, base, values.map((value, i) => value - product[i]!), columns).decoded.slice();
    const { left, right } = compressors.correctError(values, quantized, columns, rank);
    product = compressors.multiply(left, right, rank) as Float32Array<ArrayBuffer>;
    return core.compare(values, sum(quantized, product)).relativeMse;
  });
}

function clocked<T>(work: () => T): { result: T; seconds: number } {
  const start = performance.now();
  const result = work();
  return { result, seconds: (performance.now() - start) / 1000 };
}

export const lowRankTasks = {
  'theory.low-rank': (context: TheoryContext, question: LowRankQuestion): LowRankAnswer => {
    const { core, theory: { compressors }, progress } = context;
    const part = leadingPart(question, kDecomposed, kDecomposed);
    const { values, rows, columns } = part;
    requireValues(core, values);
    const most = Math.min(rows, columns);
    const rank = Math.min(question.rank, most);
    const steps = 4 + kBases.length;
    const step = (stage: string, done: number) => progress({ stage, done, total: steps });
    step('Decomposing', 0);
    const { result: svd, seconds: fullSeconds } = clocked(() => compressors.truncatedSvd(values, columns, most));
    const energies = svd.singularValues.map((s) => s * s);
    const whole = energies.reduce((a, b) => a + b, 0);
    const pointAt = (r: number): RankPoint => {
      const { left, right } = leading(svd, r);
      const allowed = energies.subarray(r).reduce((a, b) => a + b, 0) / whole;
      return { rank: r, energy: 1 - allowed, allowed, measured: core.compare(values, compressors.multiply(left, right, r)).relativeMse };
    };
    step('Multiplying factors', 1);
    const points = [...new Set([...powersOfTwo(most), most])].map(pointAt);
    step('Sketching', 2);
    const { result: sketch, seconds } = clocked(() => compressors.randomizedSvd(values, columns, rank, { seed: 1 }));
    const chosen = leading(svd, rank);
    const factors = [...new Set([...kFactorFormats, question.format])].map((format) => {
      const { product, bytes } = formatted(context, format, chosen, rank);
      return { format, bytes, error: core.compare(values, product).relativeMse };
    });
    step('Encoding factors', 3);
    const ranks = powersOfTwo(Math.max(1, most / 2));
    const factored = ranks.map((r) => {
      const { product, bytes } = formatted(context, question.format, leading(svd, r), r);
      return { label: question.format, rank: r, bits: (8 * bytes) / values.length, error: core.compare(values, product).relativeMse };
    });
    const plain = kPlain.map((format) => {
      const { decoded, bytes } = throughFormat(core, format, values, columns);
      return { label: format, rank: 0, bits: (8 * bytes) / values.length, error: core.compare(values, decoded).relativeMse };
    });
    const corrected = kBases.map((base, i) => {
      step('Correcting', 4 + i);
      return { base, points: correct(context, part, base, question.format, ranks.filter((r) => r >= 4 || r === ranks.at(-1))) };
    });
    return {
      part: { rows, columns }, singularValues: svd.singularValues, points, chosen: pointAt(rank),
      randomized: { error: core.compare(values, compressors.multiply(sketch.left, sketch.right, rank)).relativeMse, seconds }, fullSeconds,
      factors, factored, plain, corrected, rounds: { base: kBases[0]!, rank, errors: inTurn(context, part, kBases[0]!, rank) },
    };
  },
};
