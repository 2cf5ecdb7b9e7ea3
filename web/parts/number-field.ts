// An editable number: typed as people type ("131,072", "128k", "24 GiB"), stepped with the arrow keys, and put back when it
// makes no sense. While typing, every readable state is announced as `bb-input`; `bb-change` when the reader is done.
import { html, LitElement, css, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import { customElement, property, query, state } from 'lit/decorators.js';
import { base } from '../styles/base.js';

export interface Choice { value: number; label: string; }

@customElement('bb-number-field')
export class NumberField extends LitElement {
  static override styles = [base, css`
    :host { display: block; }
    .line { position: relative; display: flex; align-items: center; }
    .suffix { position: absolute; inset-inline-end: 0.6rem; color: var(--soft); font-size: var(--t0); pointer-events: none; }
    .input { padding-inline-end: var(--suffix-room, 0.6rem); }
    .line.has-suffix .input { padding-inline-end: 4.2rem; }
    input[type='range'] { margin-block-start: var(--s1); display: block; }
    .error { color: var(--bad); font-size: var(--t0); margin-block-start: var(--s1); }
  `];
  @property() label = '';
  @property({ type: Number }) value = 0;
  @property({ type: Number }) min = 0;
  @property({ type: Number }) max = Number.MAX_SAFE_INTEGER;
  @property() suffix = '';
  @property() hint = '';
  /** With sliderMax: a slider below, four stops an octave from sliderMin to sliderMax. */
  @property({ type: Number, attribute: 'slider-min' }) sliderMin = 1;
  @property({ type: Number, attribute: 'slider-max' }) sliderMax = 0;
  @property({ type: Boolean, attribute: 'hide-label' }) hideLabel = false;
  @property({ attribute: false }) format: (value: number) => string = String;
  @property({ attribute: false }) parse: (text: string) => number | undefined = (text) => (text.trim() === '' ? undefined : Number(text));
  /** The next value up or down for the arrow keys; default: doubling, as suits contexts and batches. */
  @property({ attribute: false }) step: (value: number, direction: 1 | -1) => number = (value, direction) =>
    direction > 0 ? 2 ** (Math.floor(Math.log2(Math.max(1, value))) + 1) : 2 ** (Math.ceil(Math.log2(Math.max(2, value))) - 1);
  @state() private error = '';
  @state() private draft: string | undefined;
  @query('input.input') private input!: HTMLInputElement;
  /** What Escape goes back to. */
  #before = 0;

  private send(kind: 'bb-input' | 'bb-change', value: number): void {
    this.dispatchEvent(new CustomEvent<number>(kind, { detail: value }));
  }

  private read(text: string): number | undefined {
    const value = this.parse(text);
    if (value === undefined || !Number.isFinite(value)) this.error = `“${text.trim()}” is not a number that can be read here.`;
    else if (value < this.min) this.error = `At least ${this.format(this.min)}.`;
    else if (value > this.max) this.error = `At most ${this.format(this.max)}.`;
    else { this.error = ''; return value; }
    return undefined;
  }

  private onInput = () => {
    this.draft = this.input.value;
    const value = this.read(this.draft);
    if (value !== undefined) this.send('bb-input', value);
  };

  private onChange = () => {
    const value = this.read(this.input.value);
    if (value === undefined) return;  // what was typed stays, with the reason below it
    this.draft = undefined;
    this.#before = value;
    this.send('bb-change', value);
  };

  private onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && this.draft !== undefined) {
      event.preventDefault();
      this.draft = undefined;
      this.error = '';
      this.send('bb-change', this.#before);
    }
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
    event.preventDefault();
    const next = Math.min(this.max, Math.max(this.min, this.step(this.value, event.key === 'ArrowUp' ? 1 : -1)));
    this.draft = undefined;
    this.error = '';
    this.send('bb-change', next);
  };

  /** A stop of the slider, rounded to five binary digits: 8192, 9728, 11776, 13824, 16384. */
  private fromSlider(position: number): number {
    const raw = this.sliderMin * 2 ** (position / 4);
    const step = 2 ** Math.max(0, Math.floor(Math.log2(raw)) - 4);
    return Math.round(raw / step) * step;
  }

  private toSlider(value: number): number { return Math.round(Math.log2(Math.max(this.sliderMin, value) / this.sliderMin) * 4); }

  private renderSlider() {
    const send = (kind: 'bb-input' | 'bb-change') => (event: Event) => {
      this.draft = undefined;
      this.error = '';
      this.send(kind, this.fromSlider(Number((event.target as HTMLInputElement).value)));
    };
    return html`<input type="range" min="0" max=${this.toSlider(this.sliderMax)} step="1" .value=${live(String(this.toSlider(this.value)))}
      aria-label="${this.label}, slider" aria-valuetext=${`${this.format(this.value)} ${this.suffix}`} @input=${send('bb-input')} @change=${send('bb-change')}>`;
  }

  protected override render() {
    const text = this.draft ?? this.format(this.value);
    return html`
      <label class="label ${this.hideLabel ? 'sr' : ''}" for="input">${this.label}</label>
      <div class="line ${this.suffix ? 'has-suffix' : ''}">
        <input id="input" class="input" inputmode="decimal" autocomplete="off" spellcheck="false" .value=${live(text)}
          aria-invalid=${this.error ? 'true' : 'false'} aria-describedby="about" @input=${this.onInput} @change=${this.onChange} @focus=${() => { this.#before = this.value; }} @keydown=${this.onKey}>
        ${this.suffix ? html`<span class="suffix" aria-hidden="true">${this.suffix}</span>` : nothing}
      </div>
      ${this.sliderMax > 0 ? this.renderSlider() : nothing}
      <div id="about">${this.error ? html`<p class="error">${this.error}</p>` : this.hint ? html`<p class="hint">${this.hint}</p>` : nothing}</div>`;
  }
}
