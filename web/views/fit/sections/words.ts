// The words of this page, for those who meet them for the first time.
import { html, css } from 'lit';
import { customElement } from 'lit/decorators.js';
import { Section } from '../section.js';

const words: [string, string][] = [
  ['Parameters, weights', 'The numbers that a model has learned. A model with eight billion of them needs eight billion numbers stored, in whatever format.'],
  ['Number format, quantization', 'How each weight is written in bits. F16 takes 16 bits. Formats with fewer bits round weights to a coarse grid and store, for each small block, a scale that says how wide the grid is; the scales are counted here.'],
  ['Token', 'A piece of text, about three quarters of an English word. Models read and write tokens.'],
  ['Context', 'The tokens that a model has before it: the prompt and what it has written so far.'],
  ['KV cache', 'For each token of the context and each layer the model keeps two vectors, a key and a value, so that it need not compute them again. The cache grows with the context and with every further sequence.'],
  ['Grouped and multi-query attention', 'Several query heads share one head of keys and values, which makes the cache smaller. The number of key/value heads is in the config.'],
  ['Sliding window', 'A layer that looks back only so many tokens and keeps only these in its cache.'],
  ['Experts', 'Layers with many feed-forward parts, of which each token uses a few. All must be in memory; only those in use are read and computed, so such models have fewer active parameters than parameters.'],
  ['Batch', 'Sequences worked on at the same time. They share the weights; each has a cache of its own.'],
  ['Activations', 'Intermediate results. While a model generates they are small. In training most must be kept until the backward pass.'],
  ['Gradients, optimizer states', 'What training keeps for each weight: in which direction to change it, and for Adam two running averages.'],
  ['LoRA, QLoRA', 'Training only small matrices beside the frozen model; in QLoRA the frozen model is stored in 4 bits.'],
  ['ZeRO, FSDP', 'Dividing optimizer states, then gradients, then weights over devices that each work on a part of the batch.'],
  ['Tensor, pipeline, expert parallelism', 'Dividing each matrix, the stack of layers, or the experts over devices.'],
  ['Roofline', 'A bound on speed from two facts: work cannot be done faster than the arithmetic units do it, nor before its data has come from memory.'],
  ['GB and GiB', 'One GB is 10⁹ bytes; one GiB is 2³⁰ bytes, 7 % more. A “24 GB” graphics card has 24 GiB. The switch is at the top.'],
];

@customElement('bb-fit-words')
export class Words extends Section {
  static override styles = [Section.styles, css`
    dl { display: grid; gap: var(--s2) var(--s5); }
    dt { font-weight: 600; }
    dd { max-inline-size: 68ch; margin-block-end: var(--s2); }
    @container (min-width: 40rem) { dl { grid-template-columns: 12rem 1fr; } dd { margin-block-end: 0; } }
  `];

  protected override render() {
    return html`<dl>${words.map(([word, meaning]) => html`<dt>${word}</dt><dd>${meaning}</dd>`)}</dl>`;
  }
}
