// Every chosen format on this tensor, one row each, sortable by any column; each can be made A or B, or taken away.
import type { FormatInfo } from 'bitbudget';
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { bytes, exact } from '../../format/numbers.js';
import { units } from '../../shell/settings.js';
import { value as opener } from '../../parts/value.js';
import { kDecibelsPerBit } from '../../data/limits.js';
import { bits, decibels, figure, share, times } from './measures.js';
import type { Measured, Speed, Tensor } from './tensor.js';

export interface TableRow {
  format: FormatInfo;
  measured: Measured | undefined;
  speed: Speed | undefined;
  refusal: string;
  /** Below this tensor's limit; NaN: no limit. */
  gap: number;
  stale: boolean;
}

export interface FormatTable {
  tensor: Tensor;
  rows: TableRow[];
  a: string;
  b: string;
  /** Column id, with "-" before it for descending. */
  sort: string;
  /** The format whose description is open. */
  open: string;
  toggle: (id: string) => void;
  onSort: (sort: string) => void;
  choose: (side: 'a' | 'b', id: string) => void;
  remove: (id: string) => void;
}

interface Column { id: string; label: string; title: string; value: (row: TableRow, tensor: Tensor) => number; text: (row: TableRow, tensor: Tensor) => string; hint?: (row: TableRow) => string; }

const per = (row: TableRow) => (8 * row.measured!.bytes) / row.measured!.report.count;
const rate = (speed: Speed, seconds: number) => (4 * speed.count) / seconds / 1e9;
const two = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 2 });
const twoDigits = new Intl.NumberFormat(undefined, { minimumSignificantDigits: 2, maximumSignificantDigits: 2 });
const oneDecimal = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

const columns: Column[] = [
  { id: 'bits', label: 'Bits per weight', title: 'All bytes, in bits, divided by the number of values', value: per, text: (row) => bits(per(row)) },
  { id: 'size', label: 'Size', title: 'All bytes that restore the tensor', value: (row) => row.measured!.bytes, text: (row) => bytes(row.measured!.bytes, units.value, true), hint: (row) => `${exact(row.measured!.bytes)} bytes` },
  { id: 'ratio', label: 'Ratio', title: 'Times smaller than the tensor as it came', value: (row, tensor) => tensor.storedBytes / row.measured!.bytes, text: (row, tensor) => times(tensor.storedBytes / row.measured!.bytes) },
  { id: 'sqnr', label: 'Signal to noise', title: 'SQNR: 10 dB more is a tenth of the error’s power', value: (row) => row.measured!.report.sqnrDb, text: (row) => decibels(row.measured!.report.sqnrDb) },
  { id: 'gap', label: 'To the limit', title: 'How far below the best that any code could do at these bits, in dB and in bits per weight', value: (row) => row.gap, text: (row) => (Number.isFinite(row.gap) ? `${oneDecimal.format(row.gap).replace('-', '−')} dB, ${twoDigits.format(row.gap / kDecibelsPerBit).replace('-', '−')} bit` : '–') },
  { id: 'error', label: 'Relative error', title: 'A typical error beside a typical value', value: (row) => row.measured!.report.relativeMse, text: (row) => share(Math.sqrt(row.measured!.report.relativeMse)) },
  { id: 'weighted', label: 'Weighted error', title: 'A typical error beside a typical value, each column by its importance', value: (row) => row.measured!.weighted?.relativeMse ?? NaN, text: (row) => (row.measured!.weighted ? share(Math.sqrt(row.measured!.weighted.relativeMse)) : '–') },
  { id: 'max', label: 'Largest error', title: 'The one value that came out worst', value: (row) => row.measured!.report.maxAbsError, text: (row) => figure(row.measured!.report.maxAbsError) },
  { id: 'encode', label: 'Encode GB/s', title: 'Gigabytes of 32-bit floats per second, one worker', value: (row) => (row.speed ? rate(row.speed, row.speed.encodeSeconds) : NaN), text: (row) => (row.speed ? two.format(rate(row.speed, row.speed.encodeSeconds)) : '–') },
  { id: 'decode', label: 'Decode GB/s', title: 'Gigabytes of 32-bit floats per second, one worker', value: (row) => (row.speed ? rate(row.speed, row.speed.decodeSeconds) : NaN), text: (row) => (row.speed ? two.format(rate(row.speed, row.speed.decodeSeconds)) : '–') },
];

const columnsFor = ({ method }: Tensor): Column[] => columns.filter(({ id }) => id !== 'weighted' || method.importance);

/** Rows without a figure come last, whichever way. */
export function sorted(rows: TableRow[], sort: string, tensor: Tensor): TableRow[] {
  const falling = sort.startsWith('-');
  const column = columns.find(({ id }) => id === sort.replace('-', ''));
  if (!column) return falling ? [...rows].reverse() : rows;
  const value = (row: TableRow) => (row.measured ? column.value(row, tensor) : NaN);
  return [...rows].sort((one, other) => {
    const [a, b] = [value(one), value(other)];
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    return (a === b ? 0 : a < b ? -1 : 1) * (falling ? -1 : 1);
  });
}

export function formatTable({ tensor, rows, a, b, sort, open, toggle, onSort, choose, remove }: FormatTable) {
  const shown = columnsFor(tensor);
  const head = (id: string, label: string, title: string, number: boolean) => {
    const state = sort === id ? 'ascending' : sort === `-${id}` ? 'descending' : 'none';
    return html`<th scope="col" class=${number ? 'n' : ''} aria-sort=${state}><button class="sort" type="button" title=${title} @click=${() => onSort(sort === id ? `-${id}` : id)}>${label}<span class="arrow" aria-hidden="true">${state === 'ascending' ? '▲' : state === 'descending' ? '▼' : ''}</span></button></th>`;
  };
  const pick = (side: 'a' | 'b', id: string, label: string) => html`<button class="pick ${side}" type="button" aria-pressed=${(side === 'a' ? a : b) === id ? 'true' : 'false'} aria-label="${label} as ${side.toUpperCase()}" title="Look at it closely as ${side.toUpperCase()}" @click=${() => choose(side, id)}>${side.toUpperCase()}</button>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Formats on this tensor"><table class="formats-table">
    <caption class="sr">Formats on this tensor</caption>
    <thead><tr><th scope="col"><span class="sr">Look closely</span></th>${head('format', 'Format', 'In the order of the list', false)}${shown.map(({ id, label, title }) => head(id, label, title, true))}<th scope="col" class="no-print"><span class="sr">Remove</span></th></tr></thead>
    <tbody>${repeat(sorted(rows, sort, tensor), ({ format }) => format.id, (row) => {
      const { format, measured, refusal, stale } = row;
      return html`<tr class=${format.id === a || format.id === b ? 'on' : ''}><td class="picks no-print">${pick('a', format.id, format.label)}${pick('b', format.id, format.label)}</td><th scope="row">${opener(format.label, open === format.id, () => toggle(format.id))}${tensor.method.importance && format.takesImportance ? html` <span class="uses" title="Chooses its scales by the importance of the columns">weighted</span>` : nothing}</th>
        ${refusal ? html`<td colspan=${shown.length} class="small refused">${refusal}</td>`
          : measured ? shown.map((column) => html`<td class="n ${stale ? 'stale' : ''}" title=${column.hint?.(row) ?? nothing}>${column.text(row, tensor)}</td>`)
          : html`<td colspan=${shown.length} class="soft small">waiting</td>`}
        <td class="no-print">${format.id === a || format.id === b ? nothing : html`<button class="sort" type="button" aria-label="Remove ${format.label}" title="Remove" @click=${() => remove(format.id)}>×</button>`}</td></tr>
        ${open === format.id ? html`<tr class="meaning"><td colspan=${shown.length + 3}><div class="described"><p class="small">${format.description}</p><p class="small soft">Source: ${format.source}.</p></div></td></tr>` : nothing}`;
    })}</tbody></table></div>`;
}
