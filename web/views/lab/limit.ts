// How well any code could do on this tensor: Shannon's lower bound for the distribution of its values.
import type { EntropyEstimate } from 'bitbudget';
import { html } from 'lit';
import { integer } from '../../format/numbers.js';
import { kDecibelsPerBit } from '../../data/limits.js';
import { figure } from './measures.js';
import type { Measured, Tensor } from './tensor.js';

/** The estimate takes at most this many values of the tensor, evenly spread. */
export const kEntropySample = 2 ** 16;

export interface Limit {
  /** The tensor's values that it holds for. */
  source: string;
  entropy: EntropyEstimate;
  /** SQNR that cannot be passed at zero bits; each bit adds 6.02 dB. NaN where the values have no density. */
  atZeroBits: number;
}

/** SQNR <= 10 log10(2 pi e P) - 20 log10(2) (h - R), P the mean square, h the differential entropy in bits. */
export function limitOf({ source, statistics }: Tensor, entropy: EntropyEstimate): Limit {
  const power = statistics.variance + statistics.mean ** 2;
  const atZeroBits = Number.isFinite(entropy.bits) && power > 0 ? 10 * Math.log10(2 * Math.PI * Math.E * power) - kDecibelsPerBit * entropy.bits : NaN;
  return { source, entropy, atZeroBits };
}

/** At most `most` values, at a stride that has no common period with the columns. */
export function sampleOf({ values }: Tensor, most: number): Float32Array {
  if (values.length <= most) return values.slice();
  const stride = Math.floor(values.length / most) | 1;
  const sample = new Float32Array(most);
  for (let i = 0; i < most; i++) sample[i] = values[(i * stride) % values.length]!;
  return sample;
}

/** How far a format stays below the limit at its own rate. NaN where there is no limit, or nothing is lost. */
export function gapDb({ bytes, report }: Measured, limit: Limit | undefined): number {
  if (!limit || !Number.isFinite(report.sqnrDb)) return NaN;
  return limit.atZeroBits + kDecibelsPerBit * ((8 * bytes) / report.count) - report.sqnrDb;
}

export const limitNote = (tensor: Tensor, { entropy, atZeroBits }: Limit) => html`<details class="about"><summary>What the limit is, and how sure</summary>
  <p class="small">No code, however clever, can keep more of values like these at a given number of bits, as long as each value tells nothing about the others: Shannon’s lower bound on the error. Formats that find structure between values could pass it.</p>
  ${Number.isFinite(atZeroBits)
    ? html`<p class="small">It needs one figure, the differential entropy of the values: ${figure(entropy.bits)} bits, estimated from the gaps between ${integer(Math.min(tensor.values.length, kEntropySample))} sorted values (Vasicek’s estimator), give or take ${figure(2 * entropy.standardError)} bits, which is ${figure(2 * entropy.standardError * kDecibelsPerBit)} dB. For normal values the limit is D(R) = σ² 2⁻²ᴿ; these may keep ${figure(Math.abs(atZeroBits))} dB ${atZeroBits >= 0 ? 'more' : 'less'} than that.</p>
      <p class="small">“To the limit” in the table is the distance below this line: in decibels at the same bits, and in bits per weight at the same error.</p>`
    : html`<p class="small">These values have no density: single values repeat too often (zeros, or a tensor that was quantized before). The bound says nothing then, and only the limit for normal values is drawn.</p>`}
</details>`;
