// Uniform steps with an entropy code, run on this tensor: not a format of the list but the measure of what an entropy coder
// adds to the simplest quantizer. On a smooth density it stays 1.53 dB (a quarter of a bit) below the limit at high rates.
import { html, nothing } from 'lit';
import { integer } from '../../format/numbers.js';
import { kDecibelsPerBit } from '../../data/limits.js';
import type { Limit } from './limit.js';
import { bits, decibels, figure } from './measures.js';
import type { Tensor } from './tensor.js';

/** Measured on at most this many values, evenly spread. */
export const kCodedSample = 2 ** 20;

/** About where the points come to lie, in bits per value. */
export const kCodedRates: readonly number[] = [1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8];

export interface CodedPoint { step: number; bits: number; sqnrDb: number; }
export interface Coded { source: string; count: number; points: CodedPoint[]; }

export function codedNote({ count, points }: Coded, tensor: Tensor, limit: Limit | undefined) {
  if (points.length === 0) return nothing;
  const own = limit && Number.isFinite(limit.atZeroBits);
  const gap = ({ bits: rate, sqnrDb }: CodedPoint) => limit!.atZeroBits + kDecibelsPerBit * rate - sqnrDb;
  return html`<details class="about"><summary>Uniform steps with an entropy code, measured</summary>
    <p class="small">Every value is rounded to a whole number of steps, decoded as the mean of the values that share it, and an ideal coder spends the entropy of those whole numbers. No scales, no blocks: one step for ${count < tensor.values.length ? html`all; measured on ${integer(count)} of the values, evenly spread` : 'the whole tensor'}. The tables of the code and its levels are not counted.</p>
    <div class="scroll"><table class="figures"><caption class="sr">Uniform steps with an entropy code on this tensor</caption>
      <thead><tr><th scope="col" class="n">Step</th><th scope="col" class="n">Bits per weight</th><th scope="col" class="n">Signal to noise</th>${own ? html`<th scope="col" class="n">To the limit</th>` : nothing}</tr></thead>
      <tbody>${points.map((point) => html`<tr><td class="n">${figure(point.step)}</td><td class="n">${bits(point.bits)}</td><td class="n">${decibels(point.sqnrDb)}</td>
        ${own ? html`<td class="n">${decibels(gap(point))}, ${bits(Number((gap(point) / kDecibelsPerBit).toPrecision(2)))} bit</td>` : nothing}</tr>`)}</tbody></table></div>
  </details>`;
}
