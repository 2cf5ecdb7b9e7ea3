// Size against quality: Q, eta = Q rho, and the Pareto front under Q >= Q_min, on published tables and the reader's own runs.
import { html, nothing, type PropertyValues } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { publishedPairs, publishedTables } from '../../../../data/perplexity.js';
import { bytes, integer } from '../../../../format/numbers.js';
import { units } from '../../../../shell/settings.js';
import type { RunOptions } from '../../../../worker/pool.js';
import { runTheory } from '../../../../worker/theory.js';
import { figure } from '../../../lab/measures.js';
import { TheorySection } from '../../section.js';
import { kParams } from '../../state.js';
import type { FrontAnswer, RunPoint } from '../../tasks/quality.js';
import './pasted.js';
import { InputError, readRuns, sizeIn, type OwnRun } from './read.js';

/** The address holds own runs up to this many characters; more are kept for this visit only. */
const kMostInAddress = 4000;

interface Shown {
  title: string; about: string; source: string; metric: 'perplexity' | 'accuracy'; vocabulary: number; points: RunPoint[]; size: (value: number) => string;
  /** Bytes of the original; 0: only its bits per weight are known. */
  bytes: number;
}

const qualityOf = (metric: string, value: number, original: number): number => (metric === 'perplexity' ? original / value : value / original);

@customElement('bb-quality-front')
export class QualityFront extends TheorySection<FrontAnswer & { shown: Shown }> {
  /** Own runs too long for the address. */
  @state() private kept = '';
  @state() private draft = { name: '', size: '', metric: '' };
  @state() private draftError = '';
  private error = '';
  private runs: OwnRun[] = [];
  private readFrom = '';

  private get metric(): 'perplexity' | 'accuracy' { return this.setup.asked['quality.metric'] as 'perplexity' | 'accuracy'; }
  private get text(): string { return this.kept || this.setup.asked['quality.runs'].replaceAll('|', '\n'); }

  protected override willUpdate(changed: PropertyValues): void {
    if (this.setup && this.readFrom !== `${this.metric} ${this.text}`) this.#read();
    super.willUpdate(changed);
  }

  #read(): void {
    this.readFrom = `${this.metric} ${this.text}`;
    this.error = '';
    try {
      this.runs = this.text === '' ? [] : readRuns(this.text, this.metric);
    } catch (thrown) {
      if (!(thrown instanceof InputError)) throw thrown;
      this.error = thrown.message;
    }
  }

  #keep(text: string): void {
    const lines = text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '').join('|');
    if (lines.length > kMostInAddress || (lines !== '' && text.includes('|'))) {
      this.kept = text;
      this.change({ 'quality.runs': '', 'quality.table': 'own' });
    } else {
      this.kept = '';
      this.change({ 'quality.runs': lines, 'quality.table': 'own' });
    }
  }

  #add = (event: Event): void => {
    event.preventDefault();
    const { name, size, metric } = this.draft;
    try {
      if (sizeIn(size) === undefined) throw new InputError(`“${size}” is no size. Write 4.9 GB, 4.58 GiB, or a count of bytes.`);
      const line = `${name.replace(/[,;|\t]/g, ' ').trim() || `run ${this.runs.length + 1}`}, ${size.replaceAll(',', '')}, ${metric.replace(',', '.')}`;
      readRuns(line, this.metric);
      this.draft = { name: '', size: '', metric: '' };
      this.draftError = '';
      this.#keep(this.text === '' ? line : `${this.text.trimEnd()}\n${line}`);
    } catch (thrown) {
      if (!(thrown instanceof InputError)) throw thrown;
      this.draftError = thrown.message.replace(/^Line 1: /, '').replace(/^./, (first) => first.toUpperCase());
    }
  };

  #shown(): Shown {
    const table = publishedTables.find(({ id }) => id === this.setup.asked['quality.table']);
    if (!table) {
      const [first] = this.runs;
      return {
        title: 'Your runs', about: 'The first run is the original, which the others are compared with.', source: 'your own figures', metric: this.metric, vocabulary: 0, size: (value) => bytes(value, units.value), bytes: first?.size ?? 0,
        points: first ? this.runs.map((run) => ({ ...run, ratio: first.size / run.size, quality: qualityOf(this.metric, run.metric, first.metric) })) : [],
      };
    }
    const { original, runs, unit } = table;
    return {
      ...table, metric: 'perplexity', size: (value) => `${figure(value)} ${unit}`, bytes: unit === 'GiB' ? original.size * 2 ** 30 : 0,
      points: [original, ...runs].map(({ name, size, perplexity }) => ({ name, size, metric: perplexity, ratio: original.size / size, quality: original.perplexity / perplexity })),
    };
  }

  protected override question(): string {
    const { asked } = this.setup;
    return [asked['quality.table'], asked['quality.least'], asked['quality.table'] === 'own' ? JSON.stringify(this.runs) + this.metric : ''].join(' ');
  }

  protected override async solve(options: RunOptions): Promise<FrontAnswer & { shown: Shown }> {
    const shown = this.#shown();
    return { shown, ...(await runTheory('theory.front', { points: shown.points, least: this.setup.asked['quality.least'] }, options)) };
  }

  protected override renderText() {
    const { asked } = this.setup;
    return html`<div class="text stack">
      <h3>Size against quality</h3>
      <p>Compression trades two things: the ratio ρ, how many times smaller the model became, and Q, the share of its quality that is left. One model <em>dominates</em> another if it is at least as good in
        both and better in one. What no other dominates is the Pareto front: the only models worth choosing from. Which of them is a matter of how much quality you need.</p>
      <div class="controls no-print">
        <div class="field wide"><label class="label" for="table">Runs</label>
          <select id="table" @change=${(event: Event) => this.change({ 'quality.table': (event.target as HTMLSelectElement).value })}>
            ${publishedTables.map(({ id, title }) => html`<option value=${id} .selected=${asked['quality.table'] === id}>${title}</option>`)}
            <option value="own" .selected=${asked['quality.table'] === 'own'}>Your own runs</option></select></div>
        <div class="field"><label class="label" for="least">At least Q = ${asked['quality.least'].toFixed(3)}</label>
          <input id="least" type="range" min="0" max="1" step="0.005" .value=${String(asked['quality.least'])}
            @input=${(event: Event) => this.change({ 'quality.least': (event.target as HTMLInputElement).value }, false)}></div>
      </div>
      ${asked['quality.table'] === 'own' ? this.#renderOwn() : nothing}</div>`;
  }

  #renderOwn() {
    const field = (key: 'name' | 'size' | 'metric', label: string, hint: string) => html`<div class="field"><label class="label" for=${key}>${label}</label>
      <input class="input" id=${key} autocomplete="off" placeholder=${hint} .value=${this.draft[key]} @input=${(event: Event) => { this.draft = { ...this.draft, [key]: (event.target as HTMLInputElement).value }; }}></div>`;
    return html`<form class="controls no-print" aria-label="Add a run" @submit=${this.#add}>
        ${field('name', 'Name', this.runs.length === 0 ? 'original' : 'q4_k_m')}${field('size', 'Size', '4.9 GB')}${field('metric', this.metric === 'accuracy' ? 'Accuracy' : 'Perplexity', this.metric === 'accuracy' ? '0.71' : '6.41')}
        <button class="button" type="submit">Add</button></form>
      ${this.draftError ? html`<bb-notice kind="error"><p>${this.draftError}</p></bb-notice>` : nothing}
      <div class="controls no-print"><div class="field"><label class="label" for="metric-kind">Measured as</label>
        <select id="metric-kind" @change=${(event: Event) => this.change({ 'quality.metric': (event.target as HTMLSelectElement).value })}>
          ${kParams['quality.metric'].of.map((each) => html`<option value=${each} .selected=${this.metric === each}>${each === 'perplexity' ? 'perplexity, lower is better' : 'accuracy, higher is better'}</option>`)}</select></div></div>
      <bb-pasted class="no-print" label="All runs" rows="5" hint=${`One per line: a name, a size, a ${this.metric}. The original comes first.${this.kept ? ' Too much for the address: kept for this visit only, not in the link.' : ' They are part of the link to this page.'}`}
        .text=${this.text} .error=${this.error} @bb-text=${(event: CustomEvent<string>) => this.#keep(event.detail)}></bb-pasted>
      ${this.runs.length < 2 ? html`<p class="small soft">Add the original and at least one compressed model to see where they lie.</p>` : nothing}`;
  }

  protected override renderAnswer({ shown, front, best, unconstrained }: FrontAnswer & { shown: Shown }) {
    if (shown.points.length < 2) return html``;
    const { points } = shown;
    const least = this.setup.asked['quality.least'];
    const [original] = points as [RunPoint, ...RunPoint[]];
    const chosen = points[best];
    const eta = (point: RunPoint): number => point.quality * point.ratio;
    const onFront = new Set(front);
    const at = (point: RunPoint): [number, number] => [point.ratio, point.quality];
    const metric = shown.metric === 'perplexity' ? 'PPL' : 'accuracy';
    const rest = points.filter((_, i) => !onFront.has(i));
    return html`
      <p class="small soft">${shown.about} Source: ${shown.source}.</p>
      <bb-equation .equation=${{
        symbols: '\\eta = Q \\, \\rho, \\qquad \\max \\eta \\ \\text{ subject to } \\ Q \\ge Q_{\\min}',
        ...(chosen ? { numbers: `${chosen.quality.toPrecision(4)} \\cdot ${chosen.ratio.toPrecision(4)}`, result: `${figure(eta(chosen))} for ${chosen.name}`, python: `print(${chosen.quality} * ${chosen.ratio})` } : { result: 'no run keeps that much quality' }),
        source: 'The course’s efficiency',
      }}></bb-equation>
      ${chosen ? html`<p class="finding">Of those that keep at least ${figure(least)} of the quality, ${chosen.name} is the most efficient: ${figure(chosen.ratio)} times smaller, ${shown.size(chosen.size)}, with Q = ${chosen.quality.toFixed(4)} (${metric} ${figure(chosen.metric)} beside ${figure(original.metric)}).</p>`
        : html`<p class="finding">None of these keeps ${figure(least)} of the quality. Ask for less, or add better runs.</p>`}
      <bb-figure name="quality-pareto" caption=${`${shown.title}: the share of quality kept over the compression ratio. Filled and joined: the Pareto front. Grey: dominated, another run is no larger and no worse.`}
        .table=${{ head: ['run', 'size', metric, 'ratio ρ', 'Q', 'η = Q ρ', 'on the front'], rows: points.map((point, i) => [point.name, shown.size(point.size), point.metric, point.ratio, point.quality, eta(point), onFront.has(i) ? 'yes' : 'no']) }}>
        <bb-plot .x=${{ label: 'times smaller, ρ' }} .y=${{ label: 'quality kept, Q' }} .rules=${[{ y: least, label: `Q at least ${least.toFixed(3)}` }]}
          label="Quality over ratio: the front falls slowly at first and steeply beyond about five times"
          .series=${[
            { label: 'dominated', kind: 'points', colour: 'soft', points: rest.map(at), names: rest.map(({ name }) => name) },
            { label: 'Pareto front', kind: 'both', colour: 1, points: front.map((i) => at(points[i]!)), names: front.map((i) => points[i]!.name), named: true },
            ...(chosen ? [{ label: 'most efficient', kind: 'points' as const, colour: 2 as const, points: [at(chosen)], names: [chosen.name] }] : []),
          ]}></bb-plot>
      </bb-figure>
      ${this.#renderDirection(shown)}
      ${this.#renderDegenerate(shown, points[unconstrained]!)}
      ${this.#renderPairs()}`;
  }

  /** What the definition would do with a metric that is better when lower. */
  #renderDirection({ metric, points }: Shown) {
    const worst = points.reduce((a, b) => (b.quality < a.quality ? b : a));
    if (metric !== 'perplexity' || worst.quality >= 1) return nothing;
    return html`<p class="kindly">Taken literally for perplexity, the course’s Q = compressed / original would be ${figure(1 / worst.quality)} for ${worst.name} and its efficiency ${figure(worst.ratio / worst.quality)}, the largest
      praise for the most damaged model of the table (perplexity ${figure(worst.metric)} after ${figure(points[0]!.metric)}). So Q is turned over here, PPL₀ / PPL, which is e to the minus rise in cross-entropy: ${figure(worst.quality)}.</p>`;
  }

  /** Q stops at what a blind guess has; the ratio stops nowhere. */
  #renderDegenerate({ metric, points, vocabulary, bytes: known }: Shown, unconstrained: RunPoint) {
    const [original] = points as [RunPoint, ...RunPoint[]];
    const among = html`Without a least quality, ${unconstrained.name} has the largest η of this table, ${figure(unconstrained.quality * unconstrained.ratio)}, at Q = ${figure(unconstrained.quality)}.`;
    if (metric === 'accuracy') {
      return html`<p class="kindly">${among} And it does not end there: a “model” that guesses among four choices takes one byte and is right a quarter of the time. Its Q is ${figure(0.25 / original.metric)}, its ratio
        ${figure(original.size)}, so its efficiency is ${figure(0.25 / original.metric * original.size)}. Nothing beats it, which is why the condition Q ≥ Q<sub>min</sub> carries the whole definition.</p>`;
    }
    if (vocabulary === 0) return html`<p class="kindly">${among} Smaller and smaller models would go on to win: Q falls to that of a blind guess and no lower, while the ratio grows without end. The condition Q ≥ Q<sub>min</sub> carries the whole definition.</p>`;
    const q = original.metric / vocabulary;
    const whole = known || (original.size / 8) * 1e9;
    return html`<p class="kindly">${among} And it does not end there: a “model” that gives each of the ${integer(vocabulary)} tokens the same chance needs one byte. Its perplexity is the size of the vocabulary, its Q only
      ${figure(q)}; but its ratio is ${figure(whole)}${known > 0 ? '' : ' even if the original had a mere billion weights'}, so its efficiency is ${figure(q * whole)}. The product rewards ruin, and the condition Q ≥ Q<sub>min</sub> carries the whole definition.</p>`;
  }

  #renderPairs() {
    return html`<details><summary class="small">Other published perplexities, without reliable sizes</summary>
      <div class="scroll" tabindex="0" role="region" aria-label="Other published perplexities"><table class="small">
        <caption class="sr">Published perplexities on WikiText-2</caption>
        <thead><tr><th scope="col">Model</th><th scope="col">Method</th><th scope="col" class="n">Original</th><th scope="col" class="n">Compressed</th><th scope="col" class="n">Q</th><th scope="col">Source</th></tr></thead>
        <tbody>${publishedPairs.map(({ model, method, original, compressed, source, remark }) => html`<tr><th scope="row" class="text">${model}</th><td class="text">${method}</td><td class="n">${original}</td><td class="n">${compressed}</td><td class="n">${(original / compressed).toFixed(3)}</td><td class="text">${source}${remark ? `; ${remark}` : ''}</td></tr>`)}</tbody>
      </table></div></details>`;
  }
}
