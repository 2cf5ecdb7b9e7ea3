// How well any code could do on this tensor: Shannon's lower bound for the distribution of its values.
import type { EntropyEstimate } from 'bitbudget';
import { kDecibelsPerBit } from '../../data/limits.js';
import type { Measured, Tensor } from './tensor.js';

/** The estimate takes at most this many values of the tensor, evenly spread. */
export const kEntropySample = 2 ** 16;

export interface Limit {
  key: string;
  entropy: EntropyEstimate;
  /** SQNR that cannot be passed at zero bits; each bit adds 6.02 dB. NaN where the values have no density. */
  atZeroBits: number;
}

/** SQNR <= 10 log10(2 pi e P) - 20 log10(2) (h - R), P the mean square, h the differential entropy in bits. */
export function limitOf({ key, statistics }: Tensor, entropy: EntropyEstimate): Limit {
  const power = statistics.variance + statistics.mean ** 2;
  const atZeroBits = Number.isFinite(entropy.bits) && power > 0 ? 10 * Math.log10(2 * Math.PI * Math.E * power) - kDecibelsPerBit * entropy.bits : NaN;
  return { key, entropy, atZeroBits };
}

/** Values at a stride that has no common period with the columns. */
export function entropySample({ values }: Tensor): Float32Array {
  if (values.length <= kEntropySample) return values.slice();
  const stride = Math.floor(values.length / kEntropySample) | 1;
  return Float32Array.from({ length: kEntropySample }, (_, i) => values[(i * stride) % values.length]!);
}

/** How far a format stays below the limit at its own rate. NaN where there is no limit, or nothing is lost. */
export function gapDb({ bytes, report }: Measured, limit: Limit | undefined): number {
  if (!limit || !Number.isFinite(report.sqnrDb)) return NaN;
  return limit.atZeroBits + kDecibelsPerBit * ((8 * bytes) / report.count) - report.sqnrDb;
}
