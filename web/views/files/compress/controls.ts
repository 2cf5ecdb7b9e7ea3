// How the formats are chosen: by a mixture, one for all, by kind, to a budget; and by name on top of each.
import { html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import { bytes, parseBytes, parseNumber } from '../../../format/numbers.js';
import '../../../parts/number-field.js';
import { units } from '../../../shell/settings.js';
import { bits } from '../../lab/measures.js';
import { kKeep } from './pattern.js';
import type { Approach, Plan } from './plan.js';
import type { Choices } from './state.js';
import type { Container, Target } from './targets.js';
import type { Basis } from './tasks.js';

export interface Controls {
  choices: Choices;
  plan: Plan;
  basis: Basis;
  /** Kinds of matrices, and norms, that the checkpoint has. */
  kinds: readonly string[];
  disabled: boolean;
  /** What the budget cannot be; empty: nothing is wrong. */
  budgetProblem: string;
  solved: boolean;
  /** `push` is false while a choice is still being made. */
  set: (patch: Partial<Choices>, push?: boolean) => void;
  solve: () => void;
}

const value = (event: Event): string => (event.target as HTMLSelectElement).value;

/** "feed_forward": "Feed-forward". */
const kKindNames: Readonly<Record<string, string>> = { feed_forward: 'Feed-forward', expert: 'Experts', shared_expert: 'Shared experts', embedding: 'Embedding', head: 'Output head', norm: 'Norms', attention: 'Attention', position: 'Positions', router: 'Routers', recurrent: 'Recurrent', vision: 'Vision', prediction: 'Prediction modules', other: 'Others', scales: 'Scales', buffer: 'Buffers' };
const kindName = (kind: string): string => kKindNames[kind] ?? kind;

const select = (id: string, label: string, chosen: string, options: readonly { id: string; label: string; note?: string }[], disabled: boolean, choose: (id: string) => void, hint = '') => html`
  <div class="field"><label class="label" for=${id}>${label}</label>
    <select id=${id} ?disabled=${disabled} aria-describedby=${hint ? `${id}-hint` : nothing} .value=${live(chosen)} @change=${(event: Event) => choose(value(event))}>
      ${options.map((option) => html`<option value=${option.id} title=${option.note ?? nothing} ?selected=${option.id === chosen}>${option.label}</option>`)}</select>
    ${hint ? html`<p class="hint" id="${id}-hint">${hint}</p>` : nothing}</div>`;

const kApproaches: readonly { id: Approach; label: string; hint: string }[] = [
  { id: 'mixture', label: 'A mixture of llama.cpp', hint: 'What llama-quantize writes under one name: more bits where they matter more.' },
  { id: 'one', label: 'One format for all weights', hint: 'Norms, biases, routers and other small tensors stay as they are.' },
  { id: 'kinds', label: 'By kind of tensor', hint: 'Vectors stay as they are, but for norms that you give a format.' },
  { id: 'budget', label: 'To a budget of bytes', hint: 'Formats are measured on a sample of each tensor’s rows; then the bytes go where they save most error.' },
];

const formatOptions = (targets: readonly Target[]) => targets.map(({ id, label, note }) => ({ id, label, note }));

function byKind({ choices, plan, kinds, disabled, set }: Controls) {
  const options = [{ id: kKeep, label: 'as it is' }, ...formatOptions(plan.targets)];
  return html`<fieldset class="wide kinds"><legend class="label">Format of each kind</legend>
    ${kinds.map((kind) => select(`kind-${kind}`, kindName(kind), choices.kinds[kind] ?? kKeep, options, disabled, (id) => set({ kinds: { ...choices.kinds, [kind]: id } })))}</fieldset>`;
}

function byBudget({ choices: { budget }, plan, disabled, budgetProblem, solved, set, solve }: Controls) {
  const change = (patch: Partial<Choices['budget']>) => set({ budget: { ...budget, ...patch } });
  return html`
    <div><bb-number-field label="All tensors together, at most" .value=${budget.bytes} min="1"
        hint="${bits((8 * budget.bytes) / Math.max(1, plan.elements))} bits per weight. Type a size, or bits: 4.5 bits."
        .format=${(size: number) => bytes(size, units.value)} .step=${(size: number, direction: number) => Math.round(size * (direction > 0 ? 1.05 : 1 / 1.05))}
        .parse=${(text: string) => { const perWeight = /^(.*?)\s*(bits?|bpw)$/i.exec(text.trim()); const number = perWeight ? parseNumber(perWeight[1]!) : undefined; return perWeight ? number === undefined ? undefined : Math.round((number * plan.elements) / 8) : parseBytes(text, units.value); }}
        @bb-change=${(event: CustomEvent<number>) => change({ bytes: Math.round(event.detail) })}></bb-number-field>
      ${budgetProblem ? html`<p class="hint problem" role="alert">${budgetProblem}</p>` : nothing}</div>
    ${select('weighing', 'What is made least', budget.weighing, [{ id: 'relative', label: 'Relative error of each tensor' }, { id: 'squared', label: 'Squared error of all values' }], disabled,
      (id) => change({ weighing: id as Choices['budget']['weighing'] }),
      budget.weighing === 'relative' ? 'Each tensor’s error counts beside its own values, times its number of weights.' : 'Tensors of large values get most of the bits.')}
    <fieldset class="wide"><legend class="label">Formats to choose from</legend><div class="checks">
      ${plan.targets.map(({ id, label }) => html`<label class="check"><input type="checkbox" ?disabled=${disabled} .checked=${live(budget.candidates.includes(id))}
        @change=${(event: Event) => change({ candidates: (event.target as HTMLInputElement).checked ? [...budget.candidates, id] : budget.candidates.filter((each) => each !== id) })}> ${label}</label>`)}</div></fieldset>
    <div class="wide row"><button class="button" type="button" ?disabled=${disabled || budget.candidates.length === 0} @click=${solve}>${solved ? 'Measure and solve again' : 'Measure and solve'}</button>
      ${solved ? nothing : html`<span class="hint">Until then, weights stay as they are.</span>`}</div>`;
}

const kExamples: Record<Container, string> = { gguf: '*down_proj* = q6_k\n/layers\\.(0|1)\\./ = q8_0\n*.lora_* = keep', safetensors: '*lm_head* = bf16\n/layers\\.(0|1)\\./ = f8_e4m3\n*.lora_* = keep' };

function byName({ choices, plan, disabled, set }: Controls) {
  const { problems, rules } = plan.patterns;
  const ids = plan.targets.map(({ id }) => id).join(', ');
  return html`<details class="wide" ?open=${choices.patterns !== ''}><summary>Exceptions by name${rules.length > 0 ? html` <span class="soft">(${rules.length})</span>` : nothing}</summary>
    <div class="field"><label class="label sr" for="patterns">Exceptions by name, a line each</label>
      <textarea id="patterns" rows="4" spellcheck="false" ?disabled=${disabled} placeholder=${kExamples[choices.container]} aria-invalid=${problems.length > 0 ? 'true' : 'false'} aria-describedby="patterns-hint"
        .value=${live(choices.patterns)} @input=${(event: Event) => set({ patterns: (event.target as HTMLTextAreaElement).value }, false)}
        @change=${() => set({})}></textarea>
      <div id="patterns-hint">${problems.map(({ line, message }) => html`<p class="hint problem">Line ${line}: ${message}.</p>`)}
        ${plan.idle.map((line) => html`<p class="hint">Line ${line} fits no tensor: a pattern stands for the whole name.</p>`)}
        <p class="hint">A line each: <code>pattern = format</code>. <code>*</code> is any text; between slashes stands a regular expression; later lines win. Formats: <code>keep</code>, ${ids}.</p></div></div></details>`;
}

export function controls(input: Controls) {
  const { choices, plan, basis, disabled, set } = input;
  const approach = kApproaches.find(({ id }) => id === choices.approach)!;
  const approaches = kApproaches.filter(({ id }) => id !== 'mixture' || choices.container === 'gguf');
  return html`<div class="choices">
    ${select('container', 'Write', choices.container, [{ id: 'gguf', label: 'GGUF (llama.cpp and its kin)' }, { id: 'safetensors', label: 'safetensors (transformers, vLLM)' }], disabled, (id) => set({ container: id as Container }))}
    ${select('approach', 'Choose formats by', choices.approach, approaches, disabled, (id) => set({ approach: id as Approach }), approach.hint)}
    ${choices.approach === 'mixture' ? select('mixture', 'Mixture', choices.mixture, basis.mixtures, disabled, (mixture) => set({ mixture })) : nothing}
    ${choices.approach === 'one' ? select('one', 'Format', choices.one, formatOptions(plan.targets), disabled, (one) => set({ one }), plan.targets.find(({ id }) => id === choices.one)?.note) : nothing}
    ${choices.approach === 'kinds' ? byKind(input) : nothing}
    ${choices.approach === 'budget' ? byBudget(input) : nothing}
    ${byName(input)}</div>`;
}
