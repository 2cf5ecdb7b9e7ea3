// Predicted beside reported: what an engine says when it starts.
import { html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { brief, bytes, count, integer } from '../../../format/numbers.js';
import '../../../parts/drop.js';
import '../../../parts/notice.js';
import { units } from '../../../shell/settings.js';
import { readLog, type LogReading } from '../log.js';
import { Section } from '../section.js';

@customElement('bb-fit-log')
export class Log extends Section {
  @state() private text = '';

  protected override render() {
    const reading = this.text.trim() === '' ? undefined : readLog(this.text);
    return html`
      <p>Paste the lines that llama.cpp or vLLM prints when it starts. They are read here and go nowhere. Choose the same model, formats, context and batch above.</p>
      <bb-drop label="Open a log file" hint="or drop one here" @bb-file=${async (event: CustomEvent<File>) => { this.text = (await event.detail.text()).slice(0, 2_000_000); }}>
        <label class="label" for="log">Start-up log</label>
        <textarea id="log" rows="6" spellcheck="false" .value=${this.text} placeholder="llama_kv_cache: KV self size = 1024.00 MiB …" @input=${(event: Event) => { this.text = (event.target as HTMLTextAreaElement).value; }}></textarea>
      </bb-drop>
      ${this.text.trim() !== '' && !reading ? html`<bb-notice><p>No line about memory was found. In llama.cpp look for “model size”, “KV self size” or “compute buffer size”; in vLLM for “Model loading took”, “Available KV cache memory” or “GPU KV cache size”.</p></bb-notice>` : nothing}
      ${reading ? this.#renderRows(reading) : nothing}`;
  }

  #renderRows(reading: LogReading) {
    const { asked, answer: { report } } = this.setup;
    const perToken = report.kvCache.bytesPerToken;
    const rows: [string, number | undefined, number | undefined, (value: number) => string, string][] = [
      ['Weights', report.weights.total, reading.weights, (value) => bytes(value, units.value, true), ''],
      ['Parameters', report.parameters.total, reading.parameters, count, ''],
      ['Bits per weight', (report.weights.total * 8) / report.parameters.total, reading.bitsPerWeight, brief, ''],
      reading.engine === 'llama.cpp'
        ? ['KV cache', report.kvCache.total, reading.kvCache, (value) => bytes(value, units.value, true), reading.tokens !== undefined && reading.tokens !== asked.context * asked.batch ? `The log has ${integer(reading.tokens)} tokens, the set-up above ${integer(asked.context * asked.batch)}.` : '']
        : ['Tokens in the cache', reading.kvCache === undefined ? undefined : reading.kvCache / perToken, reading.tokens, integer, 'Predicted from the memory that vLLM gave its cache.'],
      ['Work space', report.activations.total, reading.compute, (value) => bytes(value, units.value, true), 'Engines add scratch space of their own.'],
    ];
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Predicted and reported"><table>
      <caption>${reading.engine} reported</caption>
      <thead><tr><th scope="col"></th><th scope="col" class="n">Predicted</th><th scope="col" class="n">Reported</th><th scope="col" class="n">Difference</th></tr></thead>
      <tbody>${rows.filter(([, , reported]) => reported !== undefined).map(([name, predicted, reported, show, note]) => html`<tr><th scope="row">${name}${note ? html`<br><span class="small soft">${note}</span>` : nothing}</th>
        <td class="n">${predicted === undefined ? '–' : show(predicted)}</td><td class="n">${show(reported!)}</td><td class="n soft">${predicted ? signed(reported! / predicted - 1) : ''}</td></tr>`)}</tbody></table></div>
      ${reading.kvCache !== undefined && reading.engine === 'llama.cpp' && reading.tokens !== undefined && reading.tokens !== asked.context * asked.batch
        ? html`<p><button class="button" @click=${() => this.change({ context: String(Math.max(1, Math.round(reading.tokens! / asked.batch))) })}>Use the log’s context above</button></p>` : nothing}`;
  }
}

const signed = (share: number): string => (Math.abs(share) < 0.0005 ? 'none' : `${share > 0 ? '+' : '−'}${brief(Math.abs(share * 100))} %`);
