// Time against size, measured here and now, and what the tensor at hand takes in each of the course's compressed forms.
import type { Bitbudget } from 'bitbudget';
import type { Theory } from 'bitbudget/theory';
import type { TheoryContext } from '../../../worker/task.js';

export interface Curve {
  id: string;
  label: string;
  family: 'quantize' | 'prune' | 'low-rank' | 'code';
  /** Numbers of weights, and seconds for one pass over them. */
  sizes: number[];
  seconds: number[];
  exponent: number;
  standardError: number;
}
export interface TimesAnswer { curves: Curve[]; /** Seconds: the step of this browser's clock, and the shortest batch that was timed. */ tick: number; batch: number; }

export interface SpaceQuestion { values: Float32Array; rows: number; columns: number; group: number; sparsity: number; rank: number; }
export interface SpaceRow {
  id: string;
  label: string;
  /** Bytes by the course's formula; and by what was really written, or why nothing was. */
  stated: number;
  real?: number;
  why?: string;
  /** Root of the relative squared error, where something was written. */
  error?: number;
}

type Modules = Pick<TheoryContext, 'core' | 'theory'>;
interface Method { id: string; label: string; family: Curve['family']; sizes: (thorough: boolean) => number[]; seconds: (modules: Modules, size: number, batch: number) => number; }

const kBatches = 3;
const kAlphabet = 256;
/** Rank of the sketch: fixed, as in the course's O(n r). */
export const kSketchRank = 8;

const powers = (from: number, to: number, by: number): number[] => Array.from({ length: (to - from) / by + 1 }, (_, i) => 2 ** (from + by * i));
const linear = (thorough: boolean): number[] => (thorough ? powers(10, 22, 1) : powers(10, 18, 2));
// From sides on at which the sketch is much smaller than the matrix: below, there is nothing for it to save.
const sides = (list: readonly number[]): number[] => list.map((side) => side * side);

/** Repeats a call until `least` seconds have gone by; returns the seconds of one. */
function pace(call: () => void, least: number): number {
  const start = performance.now();
  let calls = 0;
  let now = start;
  for (let next = 1; (now - start) / 1000 < least; next *= 2) {
    for (let i = 0; i < next; i++) call();
    calls += next;
    now = performance.now();
  }
  return (now - start) / 1000 / calls;
}

/** Seconds of one call, the least of several batches: whatever else the machine does can only add. */
function timed(call: () => void, batch: number): number {
  pace(call, batch);  // Browsers run code slowly until it has proved worth compiling well.
  return Math.min(...Array.from({ length: kBatches }, () => pace(call, batch)));
}

/** The least step that the clock makes; browsers coarsen it, 0.1 ms in one and 1 ms in another. */
function tickSeconds(): number {
  let least = Infinity;
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    let now = start;
    while (now === start) now = performance.now();
    least = Math.min(least, (now - start) / 1000);
  }
  return least;
}

const normal = (core: Bitbudget, count: number): Float32Array => core.randomTensor('normal', count, { seed: 21 });
const rowLength = (size: number): number => Math.min(size, 4096);

const quantize = (format: string): Method => ({
  id: format, label: format, family: 'quantize', sizes: linear,
  seconds: ({ core }, size, batch) => {
    const values = normal(core, size);
    return Math.min(...Array.from({ length: kBatches }, () => core.throughput(format, values, { rowLength: rowLength(size), batchSeconds: batch, batches: 1 }).encodeSeconds));
  },
});

const prune = (search: 'sort' | 'select', label: string): Method => ({
  id: search, label, family: 'prune', sizes: linear,
  seconds: ({ core, theory }, size, batch) => {
    const scores = theory.compressors.magnitude(normal(core, size));
    return timed(() => { theory.compressors.pruneGlobal(scores, 0.5, { search }); }, batch);
  },
});

/** Codes of a Gaussian in 8 bits, as entropy coders get them. */
const code = (id: string, label: string, encode: (theory: Theory, symbols: Uint16Array) => void): Method => ({
  id, label, family: 'code', sizes: linear,
  seconds: ({ core, theory }, size, batch) => {
    const symbols = Uint16Array.from(normal(core, size), (value) => Math.max(0, Math.min(kAlphabet - 1, Math.round(128 + 24 * value))));
    return timed(() => encode(theory, symbols), batch);
  },
});

const decompose = (id: string, label: string, sizes: Method['sizes'], run: (theory: Theory, values: Float32Array, side: number) => void): Method => ({
  id, label, family: 'low-rank', sizes,
  seconds: ({ core, theory }, size, batch) => {
    const values = normal(core, size);
    return timed(() => run(theory, values, Math.sqrt(size)), batch);
  },
});

const methods: readonly Method[] = [
  quantize('q8_0'), quantize('int4_asym_g128'), quantize('nf4'), quantize('q4_k'),
  prune('sort', 'prune, by sorting'), prune('select', 'prune, by selection'),
  decompose('svd', 'truncated SVD', (thorough) => sides(thorough ? [32, 48, 64, 96, 128, 192, 256, 384] : [32, 48, 64, 96, 128]), (theory, values, side) => { theory.compressors.truncatedSvd(values, side, kSketchRank); }),
  decompose('sketch', 'randomized SVD', (thorough) => sides(thorough ? [128, 192, 256, 384, 512, 768, 1024] : [128, 192, 256, 384, 512]), (theory, values, side) => { theory.compressors.randomizedSvd(values, side, kSketchRank); }),
  code('huffman', 'Huffman code', (theory, symbols) => { theory.entropy.huffmanEncode(symbols, kAlphabet); }),
  code('rans', 'rANS', (theory, symbols) => { theory.entropy.ransEncode(symbols, kAlphabet); }),
];

function written({ core, theory }: Modules, { values, rows, columns, group, sparsity, rank }: SpaceQuestion): SpaceRow[] {
  const count = values.length;
  const words = (amount: number): number => 4 * amount;
  const loss = (decoded: Float32Array): number => Math.sqrt(core.compare(values, decoded).relativeMse);
  const attempt = (id: string, label: string, stated: number, make: () => Pick<SpaceRow, 'real' | 'error'>): SpaceRow => {
    try {
      return { id, label, stated, ...make() };
    } catch (thrown) {
      return { id, label, stated, why: thrown instanceof Error ? thrown.message : String(thrown) };
    }
  };
  const quantized = (format: string) => () => {
    const bytes = core.encode(format, values, { rowLength: columns });
    return { real: bytes.length, error: loss(core.decode(format, bytes, count, { rowLength: columns })) };
  };
  const mask = theory.compressors.pruneGlobal(theory.compressors.magnitude(values), sparsity);
  const kept = mask.reduce((sum, each) => sum + each, 0);
  const pruned = values.map((value, i) => value * mask[i]!);
  const sparse = (layout: 'bitmask' | 'csr') => () => ({ real: core.sparseStore(layout, 'f32', values, mask, columns).length, error: loss(pruned) });
  const least = Math.min(rank, rows, columns);
  return [
    { id: 'dense', label: 'As it is, float32', stated: words(count), real: core.encodedSize('f32', count), error: 0 },
    attempt('int8', `INT8, groups of ${group}`, words(count / 4 + count / group), quantized(`int8_sym_g${group}`)),
    attempt('int4', `INT4, groups of ${group}`, words(count / 8 + (2 * count) / group), quantized(`int4_asym_g${group}`)),
    attempt('csr', 'Sparse, a column number per weight', words(count * (1 - sparsity)) + 2 * kept, sparse('csr')),
    attempt('bitmask', 'Sparse, a bit per place', words(count * (1 - sparsity)) + count / 8, sparse('bitmask')),
    attempt('low-rank', `Low rank, r = ${least}`, words((rows + columns) * least), () => {
      const { left, right } = theory.compressors.randomizedSvd(values, columns, least);
      return { real: core.encode('f32', left).length + core.encode('f32', right).length, error: loss(theory.compressors.multiply(left, right, least)) };
    }),
  ];
}

export const complexityTasks = {
  'theory.times': ({ core, theory, progress }: TheoryContext, { thorough }: { thorough: boolean }): TimesAnswer => {
    const tick = tickSeconds();
    const batch = Math.max(thorough ? 0.02 : 0.003, (thorough ? 60 : 30) * tick);
    const total = methods.reduce((sum, { sizes }) => sum + sizes(thorough).length, 0);
    let done = 0;
    const curves = methods.map(({ id, label, family, sizes, seconds }): Curve => {
      const points = sizes(thorough);
      const times = points.map((size) => {
        progress({ stage: `Timing ${label}`, done: done++, total });
        return seconds({ core, theory }, size, batch);
      });
      const { exponent, standardError } = theory.quality.fitPowerLaw(Float64Array.from(points), Float64Array.from(times));
      return { id, label, family, sizes: points, seconds: times, exponent, standardError };
    });
    return { curves, tick, batch };
  },

  'theory.space': ({ core, theory }: TheoryContext, question: SpaceQuestion): SpaceRow[] => written({ core, theory }, question),
};
