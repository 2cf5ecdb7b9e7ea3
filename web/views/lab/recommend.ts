// "Which format for this tensor": the one that keeps most within a budget of bytes, or is smallest within a budget of error.
import { html, nothing } from 'lit';
import { bytes, inUnit, parseBytes, parseNumber } from '../../format/numbers.js';
import '../../parts/number-field.js';
import { units } from '../../shell/settings.js';
import type { TableRow } from './format-table.js';
import { bits, decibels, share } from './measures.js';
import { readBudget, type Budget } from './state.js';
import type { Tensor } from './tensor.js';

export interface Recommendation { rows: TableRow[]; tensor: Tensor; budget: string; setBudget: (text: string) => void; choose: (id: string) => void; }

const per = ({ measured }: TableRow) => (8 * measured!.bytes) / measured!.report.count;
const relative = ({ measured }: TableRow) => Math.sqrt(measured!.report.relativeMse);
const weighted = ({ measured }: TableRow) => Math.sqrt(measured!.weighted?.relativeMse ?? NaN);

/** Ties go to the smaller, then to the better one. */
export function best(rows: TableRow[], { kind, amount }: Budget): TableRow | undefined {
  const small = kind === 'bits' || kind === 'size';
  // With importance, what counts is the error weighted by it.
  const error = kind === 'weighted' || (small && rows.some(({ measured }) => measured?.weighted)) ? weighted : relative;
  const spent = kind === 'bits' ? per : kind === 'size' ? (row: TableRow) => row.measured!.bytes : error;
  const able = rows.filter((row) => row.measured && !row.refusal && spent(row) <= amount);
  const [first, second] = small ? [error, (row: TableRow) => row.measured!.bytes] : [(row: TableRow) => row.measured!.bytes, error];
  const order = (a: TableRow, b: TableRow) => first(a) - first(b) || second(a) - second(b);
  return able.sort(order)[0];
}

const starts: Record<Budget['kind'], (tensor: Tensor) => number> = { bits: () => 4.5, size: (tensor) => Math.round((tensor.rows * tensor.columns * 4.5) / 8), error: () => 0.05, weighted: () => 0.05 };

const percent = { label: 'Error', suffix: '%', format: (value: number) => String(Number((value * 100).toPrecision(3))), parse: (typed: string) => { const value = parseNumber(typed.replace('%', '')); return value === undefined ? undefined : value / 100; } };

export function recommendation({ rows, tensor, budget: text, setBudget, choose }: Recommendation) {
  const budget = readBudget(text)!;
  const { kind, amount } = budget;
  const found = best(rows, budget);
  const waiting = rows.some(({ stale, refusal }) => stale && !refusal);
  const fields = {
    bits: { label: 'Bits', suffix: 'bits', format: bits, parse: parseNumber },
    size: { label: 'Size', suffix: '', format: (value: number) => bytes(value, units.value), parse: (typed: string) => parseBytes(typed, units.value) },
    error: percent,
    weighted: percent,
  }[kind];
  const step = kind === 'bits' ? (value: number, direction: number) => Math.max(0.5, value + direction * 0.5) : (value: number, direction: number) => value * (direction > 0 ? 1.25 : 0.8);
  return html`<div class="which"><h3>Which format for this tensor?</h3>
    <div class="row">
      <label class="row" for="budget">At most <select id="budget" class="narrow" aria-label="What is limited" @change=${(event: Event) => { const next = (event.target as HTMLSelectElement).value as Budget['kind']; setBudget(`${next}:${starts[next](tensor)}`); }}>
        ${([['bits', 'bits per weight'], ['size', 'size'], ['error', 'relative error'], ['weighted', 'weighted error']] as const).filter(([id]) => id !== 'weighted' || tensor.method.importance || kind === 'weighted').map(([id, name]) => html`<option value=${id} .selected=${id === kind}>${name}</option>`)}</select></label>
      <bb-number-field class="amount" hide-label label=${fields.label} suffix=${fields.suffix} .value=${amount} min="0" .format=${fields.format} .parse=${fields.parse} .step=${step}
        @bb-change=${(event: CustomEvent<number>) => { if (event.detail > 0) setBudget(`${kind}:${Number(event.detail.toPrecision(6))}`); }}></bb-number-field>
    </div>
    <p role="status" class=${waiting ? 'stale' : ''}>${found
      ? html`<strong>${found.format.label}</strong>: ${bits(per(found))} bits per weight, ${bytes(found.measured!.bytes, units.value)}, off by ${share(relative(found))}${found.measured!.weighted ? html`, ${share(weighted(found))} weighted` : nothing} (${decibels(found.measured!.report.sqnrDb)}). <button class="plain" @click=${() => choose(found.format.id)}>Look at it as A</button>`
      : html`None of the formats in the table ${kind === 'error' || kind === 'weighted' ? 'is that exact' : 'is that small'}${kind === 'size' ? html` (${inUnit(amount, units.value)} ${units.value})` : ''}. Add more of them, or allow more.`}
      <span class="soft">Of the ${rows.filter(({ measured }) => measured).length} that were measured.</span></p></div>`;
}
