// The ledger: every tensor of a checkpoint, in groups that open, sortable by any column, searchable.
import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { bytes, exact, integer } from '../../format/numbers.js';
import { units } from '../../shell/settings.js';
import { writeHash } from '../../shell/hash.js';
import { watch } from '../../shell/watch.js';
import { base } from '../../styles/base.js';
import { handOver } from '../lab/hand-over.js';
import type { Checkpoint, CheckpointTensor } from './checkpoint.js';
import { valuesOf } from './csv.js';
import { kindLabel } from './kinds.js';
import { found, grouped, type LedgerGroup } from './ledger-rows.js';
import { kGroupings, type ColumnId, type FilesState, type Grouping } from './state.js';
import { ledgerStyles } from './styles.js';

/** Rows of a group that are drawn at once: thousands would take long to lay out. */
const kAtOnce = 200;
/** More rows than this are not opened with one click: 5,000 take seconds. Ungrouped, they come piece by piece. */
const kMostOpen = 600;
/** Fewer tensors than this are shown unfolded. */
const kFew = 40;

const columns: readonly { id: ColumnId; label: string; number: boolean }[] = [
  { id: 'name', label: 'Tensor', number: false }, { id: 'kind', label: 'Kind', number: false }, { id: 'type', label: 'Type', number: false },
  { id: 'shape', label: 'Shape', number: false }, { id: 'values', label: 'Values', number: true }, { id: 'bytes', label: 'Size', number: true },
];

const groupingNames: Readonly<Record<Grouping, string>> = { layer: 'layer', kind: 'kind', type: 'type', file: 'file', none: 'nothing' };

/** Names break after their dots first. */
const breakable = (name: string) => name.split(/(?<=\.)/).map((part) => html`${part}<wbr>`);

export type LedgerChange = Partial<Pick<FilesState, 'group' | 'sort' | 'find'>>;

/** Asks for another look with `bb-look` (a CustomEvent<LedgerChange>). */
@customElement('bb-ledger')
export class Ledger extends LitElement {
  static override styles = [base, ledgerStyles];
  @property({ attribute: false }) checkpoint!: Checkpoint;
  @property({ attribute: false, hasChanged: (now, before) => JSON.stringify(now) !== JSON.stringify(before) }) look!: Pick<FilesState, 'group' | 'sort' | 'find'>;
  /** Whether a tensor may be looked at in the lab: not in somebody else's page. */
  @property({ type: Boolean }) linked = false;
  /** Groups that the reader opened, and how many rows of each are drawn. */
  @state() private open = new Map<string, number>();
  @state() private draft: string | undefined;
  #groups: LedgerGroup[] = [];
  #hits = 0;
  #typing: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    watch(this, units);
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('checkpoint') || changed.has('look')) {
      const hits = found(this.checkpoint.tensors, this.look.find);
      this.#hits = hits.length;
      this.#groups = grouped(hits, this.look.group, this.look.sort);
    }
    const before = changed.get('look') as Ledger['look'] | undefined;
    if (changed.has('checkpoint') || (before && before.group !== this.look.group)) this.open = new Map();
  }

  #ask(change: LedgerChange): void {
    this.dispatchEvent(new CustomEvent<LedgerChange>('bb-look', { detail: change }));
  }

  #search = (event: Event): void => {
    this.draft = (event.target as HTMLInputElement).value;
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => {
      const find = this.draft ?? '';
      this.draft = undefined;
      this.#ask({ find });
    }, 150);
  };

  /** How many rows of a group are drawn; 0: it is folded. Short lists and few hits need no opening. */
  #drawn(group: LedgerGroup): number {
    const opened = this.open.get(group.id);
    if (opened !== undefined) return opened;
    return group.id === '' || this.#hits <= kFew ? kAtOnce : 0;
  }

  #draw(group: LedgerGroup, rows: number): void {
    this.open = new Map(this.open).set(group.id, rows);
  }

  #all(rows: number): void {
    this.open = new Map(this.#groups.map(({ id }) => [id, rows]));
  }

  protected override render() {
    const { checkpoint, look } = this;
    const total = checkpoint.tensors.length;
    const folding = look.group !== 'none' && this.#groups.length > 1;
    return html`
      <form class="tools no-print" role="search" aria-label="Look through the tensors" @submit=${(event: Event) => event.preventDefault()}>
        <div class="field find"><label class="label" for="find">Find</label>
          <input id="find" class="input" type="search" autocomplete="off" spellcheck="false" placeholder="q_proj, layer 3, BF16 …" .value=${this.draft ?? look.find} @input=${this.#search}></div>
        <div class="field"><label class="label" for="group">Group by</label>
          <select id="group" @change=${(event: Event) => this.#ask({ group: (event.target as HTMLSelectElement).value as Grouping })}>
            ${kGroupings.map((id) => html`<option value=${id} .selected=${id === look.group}>${groupingNames[id]}</option>`)}</select></div>
        ${folding ? html`<div class="row">${this.#hits <= kMostOpen ? html`<button class="button" type="button" @click=${() => this.#all(kAtOnce)}>Open all</button>` : nothing}<button class="button" type="button" @click=${() => this.#all(0)}>Fold all</button></div>` : nothing}
      </form>
      <p class="small soft" role="status">${look.find === '' ? `${integer(total)} tensors` : this.#hits === 0 ? 'No tensor has these words in its name, kind, type, shape or file.' : `${integer(this.#hits)} of ${integer(total)} tensors`}${look.find !== '' ? html` <button class="plain no-print" type="button" @click=${() => this.#ask({ find: '' })}>Show all</button>` : nothing}</p>
      ${this.#hits === 0 ? nothing : this.#renderTable()}`;
  }

  #renderTable() {
    return html`<div class="scroll"><table class="ledger">
      <caption class="sr">Tensors</caption>
      <thead><tr>${columns.map(({ id, label, number }) => this.#renderHead(id, label, number))}<th scope="col" class="no-print"><span class="sr">Look closer</span></th></tr></thead>
      ${this.#groups.map((group) => this.#renderGroup(group))}
    </table></div>`;
  }

  #renderHead(id: ColumnId, label: string, number: boolean) {
    const { sort } = this.look;
    const state = sort === id ? 'ascending' : sort === `-${id}` ? 'descending' : 'none';
    // Of numbers one wants the largest first.
    const next = number ? (sort === `-${id}` ? id : `-${id}`) : sort === id ? `-${id}` : id;
    return html`<th scope="col" class="${number ? 'n' : ''} ${id}" aria-sort=${state}><button class="sort" type="button" @click=${() => this.#ask({ sort: next })}>${label}<span class="arrow" aria-hidden="true">${state === 'ascending' ? '▲' : state === 'descending' ? '▼' : ''}</span></button></th>`;
  }

  #renderGroup(group: LedgerGroup) {
    const drawn = this.#drawn(group);
    const rows = group.tensors.slice(0, drawn);
    const left = group.tensors.length - rows.length;
    const head = group.id === '' ? nothing : html`<tr class="head"><th scope="rowgroup" class="name"><button class="fold" type="button" aria-expanded=${drawn > 0 ? 'true' : 'false'} @click=${() => this.#draw(group, drawn > 0 ? 0 : kAtOnce)}>
        <span class="sign" aria-hidden="true">${drawn > 0 ? '–' : '+'}</span>${group.title}</button> <span class="small soft">${group.tensors.length === 1 ? '1 tensor' : `${integer(group.tensors.length)} tensors`}</span></th>
      <td class="kind"></td><td class="type"></td><td class="shape"></td><td class="n values">${exact(group.values)}</td><td class="n bytes" title="${exact(group.bytes)} bytes">${bytes(group.bytes, units.value, true)}</td><td class="no-print"></td></tr>`;
    return html`<tbody>${head}${rows.map((tensor) => this.#renderRow(tensor))}
      ${drawn > 0 && left > 0 ? html`<tr class="more no-print"><td colspan="7"><button class="plain" type="button" @click=${() => this.#draw(group, drawn + kAtOnce)}>Show ${integer(Math.min(left, kAtOnce))} more</button> <span class="small soft">${integer(left)} are not shown</span></td></tr>` : nothing}</tbody>`;
  }

  #renderRow(tensor: CheckpointTensor) {
    const { name, kind, layer, type, shape, byteLength } = tensor;
    const form = shape.length === 0 ? 'single value' : shape.join(' × ');
    return html`<tr><th scope="row" class="name"><span class="mono">${breakable(name)}</span><span class="narrow small soft">${type}, ${form}</span></th>
      <td class="kind">${kindLabel(kind)}${layer !== undefined && this.look.group !== 'layer' ? html` <span class="soft">${layer}</span>` : nothing}</td><td class="type">${type}</td><td class="shape num">${form}</td>
      <td class="n values">${exact(valuesOf(tensor))}</td><td class="n bytes" title="${exact(byteLength)} bytes">${bytes(byteLength, units.value, true)}</td><td class="lab no-print">${this.#renderLab(tensor)}</td></tr>`;
  }

  #renderLab({ name, nameInFile, file, type, decodes, byteLength }: CheckpointTensor) {
    if (!decodes) return html`<span class="small soft" title="There is no decoder for ${type} here: its size is counted, its values cannot be looked at.">cannot decode</span>`;
    if (byteLength === 0) return html`<span class="small soft">empty</span>`;
    if (!this.linked) return nothing;
    return html`<a class="small" href=${writeHash('lab', { tensor: 'file', file: file.name, name: nameInFile })} aria-label="Open ${name} in the lab" @click=${() => { handOver(file, nameInFile); }}>Lab</a>`;
  }
}
