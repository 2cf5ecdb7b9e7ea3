// The plan as a table: equal tensors of different layers share a row that opens, so thousands of tensors take little of the page.
import { html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import { bytes, exact, integer } from '../../../format/numbers.js';
import { units } from '../../../shell/settings.js';
import { decibels } from '../../lab/measures.js';
import type { Measurements } from './measure.js';
import { kKeep } from './pattern.js';
import type { Plan, PlanRow } from './plan.js';

export interface Group { key: string; name: string; rows: PlanRow[]; }

/** "model.layers.17.mlp.up_proj.weight" -> "model.layers.*.mlp.up_proj.weight". */
const withoutNumbers = (name: string): string => name.replace(/(^|\.)\d+(?=\.|$)/g, '$1*');

/** By name without its numbers, type and shape, in the order of the file. */
export function groupsOf(plan: Plan): Group[] {
  const groups = new Map<string, Group>();
  for (const row of plan.rows) {
    const { name, type, shape } = row.tensor;
    const general = withoutNumbers(name);
    const key = `${general}|${type}|${shape.join('x')}`;
    const group = groups.get(key);
    if (group) group.rows.push(row);
    else groups.set(key, { key, name: general, rows: [row] });
  }
  for (const group of groups.values()) if (group.rows.length === 1) group.name = group.rows[0]!.tensor.name;
  return [...groups.values()];
}

export interface PlanTable {
  plan: Plan;
  groups: Group[];
  measurements: Measurements;
  /** How many rows are shown, of groups and of each open group. */
  shown: ReadonlyMap<string, number>;
  open: ReadonlySet<string>;
  disabled: boolean;
  choose: (rows: readonly PlanRow[], target: string) => void;
  toggle: (key: string) => void;
  more: (key: string) => void;
}

/** Rows at a time. */
export const kRows = 100;
export const kAllGroups = '';

/** Squared errors over squares of the rows together, each weighed by its size; undefined: not measured. */
function measuredError(rows: readonly PlanRow[], measurements: Measurements): number | undefined {
  let error = 0;
  let elements = 0;
  for (const { tensor, target, elements: count } of rows) {
    if (target) {
      const relative = measurements.get(tensor.name)?.relative.get(target.id);
      if (relative === undefined) return undefined;
      error += relative * count;
    }
    elements += count;
  }
  return elements > 0 ? error / elements : 0;
}

function errorCell(rows: readonly PlanRow[], measurements: Measurements) {
  const error = measuredError(rows, measurements);
  if (error === undefined) return html`<td class="n soft">–</td>`;
  if (Number.isNaN(error)) return html`<td class="n refused">NaN or ∞ inside</td>`;
  return error === 0 ? html`<td class="n">exact</td>` : html`<td class="n">${decibels(-10 * Math.log10(error))}</td>`;
}

const wantedOf = (rows: readonly PlanRow[]): string => (rows.every(({ wanted }) => wanted === rows[0]!.wanted) ? rows[0]!.wanted : '');

function formatCell({ plan, disabled, choose }: PlanTable, rows: readonly PlanRow[], name: string) {
  const wanted = wantedOf(rows);
  const reasons = [...new Set(rows.flatMap(({ reason }) => (reason ? [reason] : [])))];
  const blocked = [...new Set(rows.flatMap((row) => (row.blocked ? [row.blocked] : [])))];
  const byHand = rows.some(({ by }) => by === 'hand');
  return html`<td class="format"><select class="narrow" aria-label="Format of ${name}" ?disabled=${disabled} .value=${live(wanted)} @change=${(event: Event) => choose(rows, (event.target as HTMLSelectElement).value)}>
      ${wanted === '' ? html`<option value="" selected disabled>several</option>` : nothing}
      <option value=${kKeep} ?selected=${wanted === kKeep}>as it is</option>
      ${plan.targets.map(({ id, label, note }) => html`<option value=${id} title=${note} ?selected=${wanted === id}>${label}</option>`)}
    </select>${byHand ? html` <span class="small soft">by hand</span>` : nothing}
    ${reasons.map((reason) => html`<p class="small soft reason">${reason}</p>`)}${blocked.map((reason) => html`<p class="small refused reason">${reason}</p>`)}</td>`;
}

const sum = (rows: readonly PlanRow[], of: (row: PlanRow) => number): number => rows.reduce((total, row) => total + of(row), 0);

function figures(rows: readonly PlanRow[], measurements: Measurements) {
  const before = sum(rows, ({ tensor }) => tensor.byteLength);
  const after = sum(rows, (row) => row.bytes);
  const elements = sum(rows, (row) => row.elements);
  return html`<td class="n" title="${exact(before)} bytes">${bytes(before, units.value, true)}</td><td class="n" title="${exact(after)} bytes">${bytes(after, units.value, true)}</td>
    <td class="n">${elements > 0 ? ((8 * after) / elements).toFixed(2) : '–'}</td>${errorCell(rows, measurements)}`;
}

const place = ({ tensor }: PlanRow) => html`<span class="small soft">${tensor.type} ${tensor.shape.length > 0 ? tensor.shape.map(integer).join(' × ') : 'one number'}</span>`;

/** A dot is where a long name may break. */
const broken = (name: string) => name.split(/(?<=[._])/).map((part) => html`${part}<wbr>`);

function members(table: PlanTable, group: Group) {
  const count = table.shown.get(group.key) ?? kRows;
  return html`${group.rows.slice(0, count).map((row) => html`<tr class="member"><th scope="row"><span class="name">${broken(row.tensor.name)}</span></th>${formatCell(table, [row], row.tensor.name)}${figures([row], table.measurements)}</tr>`)}
    ${group.rows.length > count ? html`<tr class="member"><td colspan="6"><button class="plain" type="button" @click=${() => table.more(group.key)}>Show ${integer(Math.min(kRows, group.rows.length - count))} more of ${integer(group.rows.length)}</button></td></tr>` : nothing}`;
}

function groupRow(table: PlanTable, group: Group) {
  const { rows, key, name } = group;
  const open = table.open.has(key);
  return html`<tr><th scope="row">${rows.length > 1
      ? html`<button class="opener" type="button" aria-expanded=${open ? 'true' : 'false'} @click=${() => table.toggle(key)}><span class="name">${broken(name)}</span> <span class="small soft">${integer(rows.length)} tensors</span></button>`
      : html`<span class="name">${broken(name)}</span>`}<br>${place(rows[0]!)}</th>${formatCell(table, rows, name)}${figures(rows, table.measurements)}</tr>
    ${open ? members(table, group) : nothing}`;
}

export function planTable(table: PlanTable) {
  const { groups, plan } = table;
  const count = table.shown.get(kAllGroups) ?? kRows;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="The plan, tensor by tensor"><table class="plan">
    <caption class="sr">What each tensor becomes</caption>
    <thead><tr><th scope="col">Tensor</th><th scope="col">Format</th><th scope="col" class="n">Before</th><th scope="col" class="n">After</th><th scope="col" class="n">Bits per weight</th><th scope="col" class="n" title="Signal to noise ratio, measured on a sample of the tensor’s rows">Sampled SQNR</th></tr></thead>
    <tbody>${groups.slice(0, count).map((group) => groupRow(table, group))}
      ${groups.length > count ? html`<tr><td colspan="6"><button class="plain" type="button" @click=${() => table.more(kAllGroups)}>Show ${integer(Math.min(kRows, groups.length - count))} more rows of ${integer(groups.length)}</button></td></tr>` : nothing}
      <tr class="total"><th scope="row">All ${integer(plan.rows.length)} tensors</th><td></td>${figures(plan.rows, table.measurements)}</tr></tbody></table></div>`;
}
