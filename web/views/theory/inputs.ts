// How the made-up inputs of a layer are chosen, and what they are, in words.
import { html } from 'lit';
import { kInputs, type Inputs } from './tasks/matrix.js';

const names: Record<Inputs, string> = { uneven: 'Correlated, of uneven size', correlated: 'Correlated, of one size', independent: 'Independent, of one size' };

export const inputMeaning: Record<Inputs, string> = {
  uneven: 'normal values that vary a thousand times more along some directions than along others, and in some channels (one column of W each) several times more than in others, as the activations of language models do',
  correlated: 'normal values that vary a thousand times more along some directions than along others, in all channels alike',
  independent: 'independent normal values, in all channels alike',
};

export const inputChoice = (current: string, change: (kind: string) => void) => html`<div class="field wide"><label class="label" for="inputs">Inputs of the layer</label>
  <select id="inputs" @change=${(event: Event) => change((event.target as HTMLSelectElement).value)}>
    ${kInputs.map((kind) => html`<option value=${kind} .selected=${kind === current}>${names[kind]}</option>`)}</select></div>`;

/** "Measured on its first 256 × 256 values, so that it takes seconds." where a tensor is larger than what a section works on. */
export const cutNote = (tensor: { rows: number; columns: number }, part: { rows: number; columns: number }): string =>
  part.rows === tensor.rows && part.columns === tensor.columns ? '' : `The tensor is larger than what can be worked on here within seconds: its first ${part.rows} × ${part.columns} values are used.`;
