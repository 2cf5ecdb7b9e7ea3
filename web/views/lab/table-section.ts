// "Formats on this tensor": the table with its tools, and the format for a budget.
import type { FormatInfo } from 'bitbudget';
import { html } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { formatTable, type TableRow } from './format-table.js';
import type { FormatGroup } from './formats.js';
import { recommendation } from './recommend.js';
import { kUsualFormats, type LabState } from './state.js';
import type { Tensor } from './tensor.js';

export interface TableSection {
  asked: LabState;
  tensor: Tensor;
  rows: TableRow[];
  formats: readonly FormatInfo[];
  groups: FormatGroup[];
  busy: boolean;
  runs: number;
  /** The format whose description is open. */
  open: string;
  toggle: (id: string) => void;
  set: (patch: Record<string, string>) => void;
  time: () => void;
  saveCsv: () => void;
}

export function tableSection({ asked, tensor, rows, formats, groups, busy, runs, open, toggle, set, time, saveCsv }: TableSection) {
  const ids = rows.map(({ format }) => format.id);
  const setFormats = (next: string[]) => set({ formats: [...new Set(next)].join(',') });
  const add = (wanted: string): void => {
    if (wanted === 'all') return setFormats(formats.map(({ id }) => id));
    if (wanted === 'usual') return setFormats(kUsualFormats);
    if (wanted.startsWith('group ')) return setFormats([...ids, ...groups[Number(wanted.slice(6))]!.formats.map(({ id }) => id)]);
    setFormats([...ids, wanted]);
  };
  return html`
    <section aria-labelledby="formats"><div class="row between"><h2 id="formats">Formats on this tensor</h2>
      <div class="row no-print">
        <label><span class="sr">Add formats</span><select class="add" @change=${(event: Event) => {
          const select = event.target as HTMLSelectElement;
          const wanted = select.value;
          select.value = '';
          add(wanted);
        }}>${guard([groups, ids.join()], () => html`<option value="" selected>Add a format …</option>
          <optgroup label="Many at once"><option value="usual">Back to the usual ones</option><option value="all">All ${formats.length}</option>${groups.map(({ title, formats: members }, i) => html`<option value="group ${i}">All of “${title}” (${members.length})</option>`)}</optgroup>
          ${groups.map(({ title, formats: members }) => html`<optgroup label=${title}>${members.filter(({ id }) => !ids.includes(id)).map((format) => html`<option value=${format.id}>${format.label}</option>`)}</optgroup>`)}`)}</select></label>
        <button class="button" ?disabled=${busy} @click=${time}>Measure all speeds</button>
        <button class="button" ?disabled=${runs === 0} @click=${saveCsv}>Save CSV</button>
      </div></div>
      <p class="soft small">A format’s name opens what it is, and where implementations differ. A and B choose the two that are looked at closely.</p>
      ${formatTable({ tensor, rows, a: asked.a, b: asked.b, sort: asked.sort, open, toggle, onSort: (sort) => set({ sort }), choose: (side, id) => set({ [side]: id }), remove: (id) => setFormats(ids.filter((each) => each !== id)) })}
      ${recommendation({ rows, tensor, budget: asked.budget, setBudget: (budget) => set({ budget }), choose: (id) => set({ a: id }) })}
    </section>`;
}
