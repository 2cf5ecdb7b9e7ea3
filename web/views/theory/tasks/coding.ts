// Lossless coding that really codes: symbols of the tensor through Huffman and rANS and back, bytes counted and compared.
import type { TheoryContext } from '../../../worker/task.js';
import { bf16Exponents, joinBf16, spread } from './symbols.js';

export type CodingSource = 'steps' | 'int4-tensor' | 'int2-tensor' | 'int4-row' | 'int8-row' | 'bytes';
export interface CodingQuestion { values: Float32Array; columns: number; codes: CodingSource; step: number; format: string; }

export interface Coded {
  coder: 'Huffman' | 'rANS';
  bytes: number;
  /** Of these, the table and the counts that the decoder needs. */
  tableBytes: number;
  encodeSeconds: number;
  decodeSeconds: number;
  /** Symbol for symbol what went in. */
  same: boolean;
}
export interface CodingAnswer {
  symbols: number;
  alphabet: number;
  /** What symbol 0 stands for, where symbols are whole numbers shifted up. */
  first: number;
  entropyBits: number;
  huffmanBits: number;
  /** Bits of a code of fixed length. */
  fixedBits: number;
  counts: Float64Array;
  lengths: Uint8Array;
  coders: Coded[];
  exponents: { entropyBits: number; idealBits: number; coders: (Coded & { bitsPerWeight: number })[] };
  variance: number;
  /** Differential entropy of the density, in bits; NaN or infinite where there is none. */
  entropy: number;
  /** Of so many of the values, evenly spread, are `sweep` and `measured`. */
  sample: number;
  sweep: { step: number; midTread: number; midRise: number; midTreadError: number }[];
  /** The step's codes through rANS, with its table. */
  measured: { step: number; entropyBits: number; bits: number; distortion: number }[];
}

const kSample = 2 ** 16;
/** Steps in standard deviations: 2^4 to 2^-6 by halves of an octave. */
const kSweep = Array.from({ length: 21 }, (_, i) => 2 ** (4 - i / 2));
const kMeasured = [4, 2.83, 2, 1.41, 1, 0.5, 0.25, 0.125, 0.0625];
const kMostSymbols = 16_384;

export const codingTasks = {
  'theory.coding': (context: TheoryContext, question: CodingQuestion): CodingAnswer => {
    const { core, theory, progress } = context;
    const { values } = question;
    const statistics = core.statistics(values);
    const { variance } = statistics;
    if (statistics.nans + statistics.infinities > 0) throw new Error(`${statistics.nans + statistics.infinities} of the values are NaN or infinite and have no codes. Choose another tensor.`);
    if (!(variance > 0)) throw new Error('All values are equal: their entropy is zero, and nothing needs to be stored but the one value. Choose another tensor.');
    const deviation = Math.sqrt(variance);
    progress({ stage: 'Making the codes', done: 0, total: 5 });
    const { symbols, alphabet, first } = symbolsOf(context, question, deviation);
    const found = theory.entropy.statistics(symbols, alphabet);
    progress({ stage: 'Coding and decoding', done: 1, total: 5 });
    const coders = (['Huffman', 'rANS'] as const).map((coder) => roundTrip(context, coder, symbols, alphabet));
    progress({ stage: 'Coding the exponents', done: 2, total: 5 });
    const exponents = codeExponents(context, values);
    progress({ stage: 'Trying steps of many widths', done: 3, total: 5 });
    const sample = spread(values, kSample);
    const steps = Float64Array.from(kSweep, (width) => width * deviation);
    const tread = theory.limits.entropyCodedSteps(sample, steps, { midTread: true });
    const rise = theory.limits.entropyCodedSteps(sample, steps, { midTread: false });
    progress({ stage: 'Coding steps of many widths', done: 4, total: 5 });
    return {
      symbols: symbols.length, alphabet, first, entropyBits: found.entropyBits, huffmanBits: found.huffmanBits, counts: found.counts, lengths: found.huffmanLengths,
      fixedBits: Math.max(1, Math.ceil(Math.log2(alphabet))), coders, exponents, variance,
      entropy: sample.length < 16 ? NaN : core.estimateEntropy(sample).bits,
      sample: sample.length,
      sweep: kSweep.map((step, i) => ({ step, midTread: tread[i]!.rateBits, midRise: rise[i]!.rateBits, midTreadError: tread[i]!.mse / variance })),
      measured: kMeasured.flatMap((width) => measureStep(context, sample, width, deviation)),
    };
  },
};

const seconds = <T>(work: () => T): [T, number] => {
  const start = performance.now();
  const result = work();
  return [result, (performance.now() - start) / 1000];
};

function roundTrip({ theory }: TheoryContext, coder: Coded['coder'], symbols: Uint16Array, alphabet: number): Coded {
  const { entropy } = theory;
  const [encode, decode] = coder === 'Huffman' ? [entropy.huffmanEncode, entropy.huffmanDecode] : [entropy.ransEncode, entropy.ransDecode];
  const [bytes, encodeSeconds] = seconds(() => encode(symbols, alphabet));
  const [back, decodeSeconds] = seconds(() => decode(bytes));
  const same = back.length === symbols.length && back.every((symbol, i) => symbol === symbols[i]);
  // By the layouts that the coders state: counts, then four bits of length or two bytes of frequency for each symbol (and rANS' last state).
  const tableBytes = coder === 'Huffman' ? 10 + Math.ceil(alphabet / 2) : 10 + 2 * alphabet + 4;
  return { coder, bytes: bytes.length, tableBytes, encodeSeconds, decodeSeconds, same };
}

function codeExponents(context: TheoryContext, values: Float32Array): CodingAnswer['exponents'] {
  const { core, theory } = context;
  const original = core.encode('bf16', values);
  const { exponents, rest } = bf16Exponents(core, values);
  const { exponentBits, idealBitsPerWeight } = theory.entropy.bf16Exponents(values);
  const coders = (['Huffman', 'rANS'] as const).map((coder) => {
    const coded = roundTrip(context, coder, exponents, 256);
    const joined = joinBf16(exponents, rest);
    const same = coded.same && joined.length === original.length && joined.every((byte, i) => byte === original[i]);
    return { ...coded, same, bitsPerWeight: (8 * (coded.bytes + rest.length)) / values.length };
  });
  return { entropyBits: exponentBits, idealBits: idealBitsPerWeight, coders };
}

/** Whole numbers as symbols from 0 up. */
function shifted(codes: Int32Array, about: string): { symbols: Uint16Array; alphabet: number; first: number } {
  let [first, last] = [Infinity, -Infinity];
  for (const code of codes) {
    if (code < first) first = code;
    if (code > last) last = code;
  }
  const alphabet = last - first + 1;
  if (alphabet > kMostSymbols) throw new Error(`These values spread over ${alphabet.toLocaleString('en')} ${about}; the coders here take ${kMostSymbols.toLocaleString('en')}. Choose wider steps.`);
  return { symbols: Uint16Array.from(codes, (code) => code - first), alphabet, first };
}

function symbolsOf({ core }: TheoryContext, { values, columns, codes, step, format }: CodingQuestion, deviation: number): { symbols: Uint16Array; alphabet: number; first: number } {
  if (codes === 'steps') {
    const width = step * deviation;
    return shifted(Int32Array.from(values, (value) => Math.max(-(2 ** 30), Math.min(2 ** 30, Math.round(value / width)))), 'steps');
  }
  if (codes === 'bytes') return { symbols: Uint16Array.from(core.encode(format, values, { rowLength: columns })), alphabet: 256, first: 0 };
  const bits = Number(codes[3]);
  const length = codes.endsWith('row') ? columns : values.length;
  const weight = core.quantizeWeight(values, { columns: length, bits, group: length, rule: 'compressed-tensors' });
  return { symbols: Uint16Array.from(weight.codes), alphabet: 2 ** bits, first: -(2 ** (bits - 1)) };
}

function measureStep({ core, theory }: TheoryContext, sample: Float32Array, width: number, deviation: number): CodingAnswer['measured'] {
  const step = width * deviation;
  const codes = Int32Array.from(sample, (value) => Math.max(-(2 ** 30), Math.min(2 ** 30, Math.round(value / step))));
  let made;
  try {
    made = shifted(codes, 'steps');
  } catch {
    return [];
  }
  const { symbols, alphabet } = made;
  // Means of the cells as levels, as in the rate-distortion section.
  const sums = new Float64Array(alphabet);
  const counts = new Float64Array(alphabet);
  symbols.forEach((symbol, i) => {
    sums[symbol]! += sample[i]!;
    counts[symbol]!++;
  });
  let error = 0;
  symbols.forEach((symbol, i) => { error += (sample[i]! - sums[symbol]! / counts[symbol]!) ** 2; });
  const { entropyBits } = theory.entropy.statistics(symbols, alphabet);
  const bytes = theory.entropy.ransEncode(symbols, alphabet).length;
  return [{ step: width, entropyBits, bits: (8 * bytes) / sample.length, distortion: error / sample.length / core.statistics(sample).variance }];
}
