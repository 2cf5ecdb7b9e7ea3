// Error per row and per column: one faint bar a line, those that stand out marked and named.
import type { LineErrors } from 'bitbudget';
import { html, nothing, svg } from 'lit';
import { integer } from '../../format/numbers.js';
import { figure } from './measures.js';

/** figures and outliers: rows of A, columns of A, rows of B, columns of B. */
export interface Lines { key: string; figures: Float64Array[]; outliers: Uint32Array[]; }

/** Sum of squared errors: what a line adds to the whole error. */
export const lineFigures = ({ squaredError }: LineErrors): Float64Array => squaredError.map(Math.sqrt);

const kWidth = 600;
const kHeight = 90;

/** Lines that share a pixel show the largest of them. */
function path(figures: Float64Array, top: number): string {
  const cells = Math.min(figures.length, kWidth / 2);
  let out = '';
  for (let cell = 0; cell < cells; cell++) {
    const [from, to] = [Math.floor((cell * figures.length) / cells), Math.floor(((cell + 1) * figures.length) / cells)];
    const value = figures.subarray(from, to).reduce((most, each) => Math.max(most, each), 0);
    const y = (kHeight - (kHeight - 8) * Math.min(1, value / top)).toFixed(1);
    out += `${cell === 0 ? 'M0 ' : 'V'}${y}H${(((cell + 1) / cells) * kWidth).toFixed(1)}`;
  }
  return out;
}

function picture(what: string, one: string, [a, b]: [Float64Array, Float64Array], [outA, outB]: [Uint32Array, Uint32Array], labels: [string, string]) {
  const count = Math.max(a.length, b.length);
  if (count < 2) return nothing;
  const top = [...a, ...b].reduce((most, each) => Math.max(most, each), 0) || 1;
  const marks = (figures: Float64Array, outliers: Uint32Array, side: string) => [...outliers].slice(0, 200).map((index) => svg`<path class="mark ${side}" d=${`M${((index + 0.5) / count) * kWidth} ${kHeight - (kHeight - 8) * Math.min(1, figures[index]! / top)}h0.01`}></path>`);
  const named = (letter: string, outliers: Uint32Array) =>
    outliers.length === 0 ? `${letter}: none stands out` : `${letter}: ${integer(outliers.length)} ${outliers.length === 1 ? `${one} stands` : `${what} stand`} out (${[...outliers].slice(0, 8).map(integer).join(', ')}${outliers.length > 8 ? ' …' : ''})`;
  const worst = [...(a.length > 0 ? a : b).keys()].sort((i, j) => Math.max(a[j] ?? 0, b[j] ?? 0) - Math.max(a[i] ?? 0, b[i] ?? 0)).slice(0, 10);
  return html`<figure><figcaption class="small"><strong>By ${one}</strong> <span class="soft">${named('A', outA)}. ${named('B', outB)}.</span></figcaption>
    <svg class="lines" viewBox="0 0 ${kWidth} ${kHeight + 2}" preserveAspectRatio="none" role="img" aria-label="Error of each ${one}; the table below names the worst">
      ${a.length > 0 ? svg`<path class="line a" d=${path(a, top)}></path>` : nothing}${b.length > 0 ? svg`<path class="line b" d=${path(b, top)}></path>` : nothing}
      <line class="axis" x1="0" x2=${kWidth} y1=${kHeight + 1} y2=${kHeight + 1}></line>${marks(a, outA, 'a')}${marks(b, outB, 'b')}</svg>
    <details class="about"><summary>The worst ${what}, as a table</summary><table><caption class="sr">The ${what} of the largest errors</caption><thead><tr><th scope="col">${one[0]!.toUpperCase() + one.slice(1)}</th><th scope="col" class="n">A: ${labels[0]}</th><th scope="col" class="n">B: ${labels[1]}</th></tr></thead>
      <tbody>${worst.map((index) => html`<tr><th scope="row" class="num">${integer(index)}</th>${[a, b].map((figures, side) => html`<td class="n">${figures.length > 0 ? figure(figures[index]!) : '–'}${[outA, outB][side]!.includes(index) ? ' ●' : ''}</td>`)}</tr>`)}</tbody></table></details></figure>`;
}

export const linesSection = ({ figures, outliers }: Lines, labels: [string, string], stale: boolean) => html`
  <section aria-labelledby="where" class=${stale ? 'stale' : ''}><h2 id="where">Where the error is</h2>
    <p class="soft small">The size of the error that each row and column adds (the root of its squared errors). Marked: more than six robust standard deviations above the median.</p>
    ${picture('rows', 'row', [figures[0]!, figures[2]!], [outliers[0]!, outliers[2]!], labels)}
    ${picture('columns', 'column', [figures[1]!, figures[3]!], [outliers[1]!, outliers[3]!], labels)}
  </section>`;
