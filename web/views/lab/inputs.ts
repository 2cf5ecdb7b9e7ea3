// What the reader gives the lab: a tensor, two formats, what is done before and beside them, and the importance of the columns.
import type { FormatInfo } from 'bitbudget';
import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { exact, integer, parseNumber } from '../../format/numbers.js';
import '../../parts/drop.js';
import '../../parts/notice.js';
import '../../parts/number-field.js';
import type { CoreError } from '../../worker/core.js';
import type { Side } from './bench.js';
import { formatOptions, type FormatGroup } from './formats.js';
import { vectorsOf } from './importance.js';
import { entryOf, readable, type OpenFile } from './open-file.js';
import { sourceNames, type Opened } from './source.js';
import { kDefaults, kMaxCount, kSearches, kSources, limits, type LabState } from './state.js';
import type { Tensor } from './tensor.js';

export type Fold = 'method' | 'importance';

export interface Inputs {
  asked: LabState;
  open: Opened;
  formats: readonly FormatInfo[];
  groups: FormatGroup[];
  /** On show, perhaps an earlier one than is asked for. */
  tensor: Tensor | undefined;
  tensorRefusal: CoreError | undefined;
  refusals: ReadonlyMap<string, CoreError>;
  unfolded: ReadonlySet<Fold>;
  set: (patch: Record<string, string>) => void;
  take: (file: File) => void;
  takeImportance: (file: File) => void;
  unfold: (fold: Fold, open: boolean) => void;
}

const kFiles = '.npy,.npz,.safetensors,.gguf';
/** More vectors than this are not listed: a name in the address still chooses any. */
const kMostListed = 500;
const selected = (event: Event): string => (event.target as HTMLSelectElement).value;

export function renderRefusal({ message, offset, field }: CoreError, kept: boolean) {
  return html`<bb-notice kind="error"><p>${message}</p>
    ${offset !== undefined ? html`<p>At ${exact(offset)}.</p>` : field && field !== 'rowLength' && field !== 'importance' ? html`<p>Field: <code>${field}</code></p>` : nothing}
    ${kept ? html`<p>What is shown is the last result that worked.</p>` : nothing}</bb-notice>`;
}

const aboutImportance = ({ tensorRefusal }: Inputs): CoreError | undefined => (tensorRefusal?.field === 'importance' ? tensorRefusal : undefined);

export function tensorInputs(inputs: Inputs) {
  const { asked, open: { tensor: open }, tensor, tensorRefusal, set, take } = inputs;
  const lost = tensor ? tensor.statistics.nans + tensor.statistics.infinities : 0;
  return html`
    <bb-drop accept=${kFiles} label="Open a file" hint="or drop it here: .npy, .npz, .safetensors, .gguf" @bb-file=${(event: CustomEvent<File>) => take(event.detail)}>
      <div class="stack">
        <div class="field">
          <label class="label" for="tensor">Tensor</label>
          <select id="tensor" @change=${(event: Event) => set({ tensor: selected(event) })}>
            ${kSources.map((source) => (source === 'file'
              ? html`<option value="file" ?disabled=${!open && asked.tensor !== 'file'} .selected=${asked.tensor === 'file'}>${open ? `From ${open.file.name}` : 'From a file'}</option>`
              : html`<option value=${source} .selected=${asked.tensor === source}>${sourceNames[source]}</option>`))}
          </select>
        </div>
        ${asked.tensor === 'file' ? renderFile(asked, open, set) : renderGenerator(inputs)}
      </div>
    </bb-drop>
    ${tensorRefusal && !aboutImportance(inputs) ? renderRefusal(tensorRefusal, tensor !== undefined) : nothing}
    ${lost > 0 ? html`<bb-notice><p>${integer(lost)} of the values are not finite numbers (NaN or infinite). Most formats refuse such a tensor; error figures mean nothing where they are kept.</p></bb-notice>` : nothing}`;
}

function renderFile(asked: LabState, open: OpenFile | undefined, set: Inputs['set']) {
  if (!open) return html`<bb-notice kind="info"><p>This link was made with ${asked.file ? html`the file <strong>${asked.file}</strong>` : 'a file'}, which stays on the machine where it is. Open it to go on.</p></bb-notice>`;
  const entries = readable(open);
  if (entries.length === 1) return nothing;
  // Checkpoints have thousands of tensors: the list is made again only when it changes.
  return html`<div class="field"><label class="label" for="name">Which of its ${integer(entries.length)} tensors</label>
    <select id="name" @change=${(event: Event) => set({ name: selected(event) })}>
      ${guard([open, asked.name], () => {
        const current = entryOf(open, asked.name);
        return entries.map((entry) => html`<option value=${entry.name} .selected=${entry === current}>${entry.name} (${entry.shape.join(' × ')}, ${entry.type})</option>`);
      })}</select></div>`;
}

function renderGenerator(inputs: Inputs) {
  return html`
    <div class="pair">${numberField(inputs, 'rows', 'Rows')}${numberField(inputs, 'columns', 'Columns')}</div>
    <div class="pair">${numberField(inputs, 'scale', 'Standard deviation')}${numberField(inputs, 'seed', 'Seed')}</div>
    ${inputs.asked.tensor === 'student-t' ? numberField(inputs, 'nu', 'Degrees of freedom', 'Fewer mean heavier tails; below 3 there is no stable spread.') : nothing}`;
}

const doubling = (value: number, direction: number): number => (direction > 0 ? value * 2 : value / 2);
const byOne = (value: number, direction: number): number => value + direction;
const byQuarter = (value: number, direction: number): number => value + direction / 4;

function numberField({ asked, set }: Inputs, key: keyof typeof limits, label: string, hint = '') {
  const { min, max, whole } = limits[key];
  const counted = key === 'rows' || key === 'columns';
  const others = key === 'rows' ? asked.columns : asked.rows;
  return html`<bb-number-field label=${label} hint=${hint} .value=${asked[key]} min=${min} max=${counted ? Math.min(max, Math.floor(kMaxCount / others)) : max}
    .format=${counted ? integer : String}
    .parse=${(text: string) => { const value = parseNumber(text) ?? (text.trim() === '' ? undefined : Number(text)); return value !== undefined && whole ? Math.round(value) : value; }}
    .step=${/seed$/i.test(key) ? byOne : key === 'importanceSpread' ? byQuarter : doubling}
    @bb-change=${(event: CustomEvent<number>) => set({ [key]: String(event.detail) })}></bb-number-field>`;
}

export function formatInput({ asked, formats, groups, refusals, tensor, set }: Inputs, side: Side) {
  const id = asked[side];
  const format = formats.find((each) => each.id === id);
  const refusal = refusals.get(id);
  return html`<div class="field">
    <label class="label" for=${side}><span class="letter ${side}">${side.toUpperCase()}</span> Format ${side.toUpperCase()}</label>
    <select id=${side} aria-invalid=${refusal ? 'true' : 'false'} @change=${(event: Event) => set({ [side]: selected(event) })}>${guard([groups, id], () => formatOptions(groups, id))}</select>
    ${refusal ? renderRefusal(refusal, tensor !== undefined) : nothing}
    ${format ? html`<details class="about"><summary>About ${format.label}</summary><p class="small">${format.description}</p><p class="small soft">Source: ${format.source}.</p></details>` : nothing}
  </div>`;
}

const fold = ({ unfolded, unfold }: Inputs, name: Fold, title: string, needed: boolean, content: TemplateResult) =>
  html`<details class="about" ?open=${needed || unfolded.has(name)} @toggle=${(event: Event) => unfold(name, (event.target as HTMLDetailsElement).open)}><summary>${title}</summary>${content}</details>`;

export function methodInputs(inputs: Inputs) {
  const { asked: { search, rotate }, set } = inputs;
  return fold(inputs, 'method', 'Before and beside the format', search !== kDefaults.search || rotate !== '', html`
    <div class="field"><label class="label" for="search">Scales of the integer formats</label>
      <select id="search" @change=${(event: Event) => set({ search: selected(event) })}>
        ${kSearches.map((id) => html`<option value=${id} .selected=${id === search}>${{ absmax: 'from the whole range', mse: 'searched for the least error', percentile: 'from the inner 99.9 %' }[id]}</option>`)}</select></div>
    <label class="check"><input type="checkbox" .checked=${rotate === 'on'} @change=${(event: Event) => set({ rotate: (event.target as HTMLInputElement).checked ? 'on' : '' })}> Rotate the rows first</label>
    <p class="hint">A Walsh-Hadamard rotation spreads every outlier over its row, and is undone after decoding. It helps where a few columns are far wider than the rest.</p>`);
}

export function importanceInputs(inputs: Inputs) {
  const { asked, open, tensor, formats, set, takeImportance } = inputs;
  const refusal = aboutImportance(inputs);
  const own = open.tensor && tensor && asked.tensor === 'file' && vectorsOf(open.tensor, tensor.columns).length > 0 ? open.tensor.file.name : '';
  const value = asked.importance !== 'file' ? asked.importance : asked.importanceFile === own ? 'own' : 'file';
  const choose = (next: string) => set(next === 'own' ? { importance: 'file', importanceFile: own, importanceName: '' } : { importance: next });
  return fold(inputs, 'importance', 'Importance of the columns', asked.importance !== '', html`
    <div class="field"><label class="label" for="importance">What each column counts</label>
      <select id="importance" aria-invalid=${refusal ? 'true' : 'false'} @change=${(event: Event) => choose(selected(event))}>
        <option value="" .selected=${value === ''}>All alike</option>
        <option value="computed" .selected=${value === 'computed'}>As made-up activations</option>
        ${own ? html`<option value="own" .selected=${value === 'own'}>As a vector of ${own}</option>` : nothing}
        <option value="file" ?disabled=${asked.importanceFile === '' || asked.importanceFile === own} .selected=${value === 'file'}>${asked.importanceFile && asked.importanceFile !== own ? `As in ${asked.importanceFile}` : 'As in a file'}</option>
      </select></div>
    ${asked.importance === 'computed' ? html`<div class="pair">${numberField(inputs, 'importanceSpread', 'Spread')}${numberField(inputs, 'importanceSeed', 'Seed')}</div>
      <p class="hint">Each column counts as the square of its input’s size. The sizes are log-normal: with a spread of 1 two in three lie within a factor of 2.7 of the middle one, with 0 all are alike.</p>` : nothing}
    ${asked.importance === 'file' ? renderVectors(inputs) : nothing}
    ${refusal ? renderRefusal(refusal, tensor !== undefined) : nothing}
    <bb-drop accept=${kFiles} label="Open weights" hint="one per column: an .npy, or an importance matrix (.gguf)" @bb-file=${(event: CustomEvent<File>) => takeImportance(event.detail)}></bb-drop>
    <p class="hint">An error in a column costs as much as its input is large. ${formats.filter(({ takesImportance }) => takesImportance).map(({ label }) => label).join(', ')} use the weights when they choose scales${asked.rotate === 'on' ? ', but not with the rotation, which mixes the columns' : ''}; the other formats do not. The weighted error is shown for all.</p>`);
}

function renderVectors({ asked, open: { importance: open }, tensor, set }: Inputs) {
  if (!open || !tensor) return nothing;
  const vectors = vectorsOf(open, tensor.columns).slice(0, kMostListed);
  if (vectors.length < 2) return nothing;
  return html`<div class="field"><label class="label" for="vector">Which of its vectors</label>
    <select id="vector" @change=${(event: Event) => set({ importanceName: selected(event) })}>
      ${vectors.map(({ name }, i) => html`<option value=${name} .selected=${asked.importanceName ? name === asked.importanceName : i === 0}>${name}</option>`)}</select></div>`;
}
