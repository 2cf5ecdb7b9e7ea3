// How fast at best: the roofline of one device, by batch, and of every device in the list.
import type { RooflinePhase } from 'bitbudget';
import { html, css, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { devices, rooflineDevice, type Device } from '../../../data/hardware.js';
import { brief, bytes, exact, integer, nbsp, parseNumber, seconds } from '../../../format/numbers.js';
import '../../../parts/explain.js';
import '../../../parts/notice.js';
import '../../../parts/number-field.js';
import { value } from '../../../parts/value.js';
import { units } from '../../../shell/settings.js';
import { run, type CoreError } from '../../../worker/core.js';
import { Latest, Section } from '../section.js';
import type { DeviceSpeed, SpeedAnswer } from '../tasks.js';

const kBatches = Array.from({ length: 11 }, (_, index) => 2 ** index);

@customElement('bb-fit-speed')
export class Speed extends Section {
  static override styles = [Section.styles, css`
    .verdict { font-size: var(--t2); font-weight: 600; }
    .figures { display: grid; gap: var(--s4); grid-template-columns: repeat(auto-fill, minmax(min(100%, 14rem), 1fr)); }
  `];
  @state() private answer: SpeedAnswer | undefined;
  @state() private all: DeviceSpeed[] | undefined;
  @state() private refusal: CoreError | undefined;
  @state() private open = '';
  #ask = new Latest((question: Parameters<typeof run<'fit.speed'>>[1]) => run('fit.speed', question), (answer) => { this.answer = answer; this.refusal = undefined; }, (error) => { this.refusal = error; });
  #askAll = new Latest((question: Parameters<typeof run<'fit.devices'>>[1]) => run('fit.devices', question), (all) => { this.all = all; });

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('setup')) return;
    const { config, options, asked } = this.setup;
    this.#ask.put({ config, options, device: rooflineDevice(this.#device, asked), batches: kBatches });
    this.#askAll.put({ config, options, devices: devices.map((device) => rooflineDevice(device, { devices: asked.devices, bandwidth: 0, flops: 0 })) });
  }

  get #device(): Device { return devices.find((device) => device.id === this.setup.asked.device) ?? devices[0]!; }

  #figure(key: 'bandwidth' | 'flops', label: string, suffix: string, unit: number, preset: number) {
    const current = this.setup.asked[key] || preset;
    return html`<bb-number-field label=${label} suffix=${suffix} .value=${current} .min=${unit} .max=${Number.MAX_SAFE_INTEGER}
      hint=${this.setup.asked[key] ? 'your figure' : preset ? `${this.#device.name}, dense` : 'unknown for this device: give your own'}
      .format=${(number: number) => (number ? exact(Math.round(number / unit * 10) / 10) : '')} .parse=${(text: string) => { const number = parseNumber(text); return number === undefined ? undefined : Math.round(number * unit); }}
      .step=${(number: number, direction: number) => Math.max(unit, (Math.round(number / unit) + direction) * unit)}
      @bb-change=${(event: CustomEvent<number>) => this.change({ [key]: event.detail === preset ? '' : String(event.detail) })}></bb-number-field>`;
  }

  protected override render() {
    const { asked } = this.setup;
    const device = this.#device;
    return html`
      <p>No engine can make a token before the weights that it uses and the cache have come from memory, nor before the operations are done. These are such bounds: real engines reach some share of them.</p>
      <div class="figures">
        ${this.#figure('bandwidth', 'Memory bandwidth', 'GB/s', 1e9, device.bandwidth)}
        ${this.#figure('flops', 'Dense 16-bit peak', 'TFLOP/s', 1e12, device.flops.bf16 ?? device.flops.fp16 ?? 0)}
      </div>
      ${asked.bandwidth || asked.flops ? html`<p><button class="plain small" @click=${() => this.change({ bandwidth: '', flops: '' })}>Back to the figures of ${device.name}</button></p>` : nothing}
      ${this.refusal ? html`<bb-notice kind="error"><p>${this.refusal.message}</p></bb-notice>` : nothing}
      ${this.answer ? this.#renderAnswer(this.answer) : html`<p class="soft">Calculating…</p>`}
      ${this.all ? this.#renderAll(this.all) : nothing}`;
  }

  #phase(id: string, name: string, phase: RooflinePhase) {
    const cell = (side: 'compute' | 'bandwidth') => {
      const key = `${id}/${side}`;
      return html`<td class="n">${value(seconds(phase[side].value), this.open === key, () => { this.open = this.open === key ? '' : key; }, `${name}, ${side}`)}</td>`;
    };
    const shown = (['compute', 'bandwidth'] as const).find((side) => this.open === `${id}/${side}`);
    return html`<tr><th scope="row">${name}</th><td class="n">${seconds(phase.seconds)}</td>${cell('bandwidth')}${cell('compute')}<td>${phase.limit === 'bandwidth' ? 'memory' : 'arithmetic'}</td></tr>
      ${shown ? html`<tr><td colspan="5"><bb-explain .term=${phase[shown]}></bb-explain></td></tr>` : nothing}`;
  }

  #renderAnswer({ roofline, batches, rates }: SpeedAnswer) {
    const { asked, answer } = this.setup;
    return html`
      <p class="verdict">At most ${brief(roofline.tokensPerSecond)} tokens per second; the first after at least ${seconds(roofline.prefill.seconds)}.</p>
      <div class="scroll"><table>
        <caption class="sr">Lower bounds of time</caption>
        <thead><tr><th scope="col">Pass</th><th scope="col" class="n">At least</th><th scope="col" class="n">Memory</th><th scope="col" class="n">Arithmetic</th><th scope="col">Limit</th></tr></thead>
        <tbody>${this.#phase('prefill', asked.batch === 1 ? 'Reading the prompt' : 'Reading all prompts', roofline.prefill)}${this.#phase('decode', 'One token of each sequence', roofline.decode)}</tbody></table></div>
      ${roofline.expertsTouched > 0 ? html`<p class="small soft">With this batch, ${brief(roofline.expertsTouched)} distinct experts of a layer are expected to be read in each step, if tokens choose evenly.</p>` : nothing}
      <div class="scroll"><table>
        <caption>By batch</caption>
        <thead><tr><th scope="col">Sequences at once</th><th scope="col" class="n">Tokens/s, all together</th><th scope="col" class="n">each</th><th scope="col">Fits</th></tr></thead>
        <tbody>${batches.map((batch, index) => html`<tr class=${batch === asked.batch ? 'on' : ''}><th scope="row"><button class="plain num" @click=${() => this.change({ batch: String(batch) })}>${integer(batch)}</button></th>
          <td class="n">${brief(rates[index]!)}</td><td class="n">${brief(rates[index]! / batch)}</td><td>${batch <= answer.largestBatch ? html`<span class="yes">yes</span>` : html`<span class="no">no</span>`}</td></tr>`)}</tbody></table></div>`;
  }

  #renderAll(all: DeviceSpeed[]) {
    const { asked, answer } = this.setup;
    const rows = devices.map((device, index) => ({ device, speed: all[index]!, memory: Math.max(...device.memory) })).sort((a, b) => b.speed.tokensPerSecond - a.speed.tokensPerSecond);
    return html`<details><summary>Every device in the list</summary><div class="scroll"><table>
      <caption class="sr">Devices</caption>
      <thead><tr><th scope="col">Device</th><th scope="col" class="n">Memory</th><th scope="col">Fits</th><th scope="col" class="n">GB/s</th><th scope="col" class="n">Tokens/s at most</th><th scope="col" class="n">First token</th></tr></thead>
      <tbody>${rows.map(({ device, speed, memory }) => html`<tr class=${device.id === asked.device ? 'on' : ''}>
        <th scope="row"><button class="plain" @click=${() => this.change({ device: device.id, memory: `${Math.round(memory / 2 ** 20)}MiB`, bandwidth: '', flops: '' })}>${device.name}</button></th>
        <td class="n">${bytes(memory, units.value)}</td><td>${answer.perDevice <= memory - asked.reserved ? html`<span class="yes">yes</span>` : html`<span class="no">no</span>`}</td>
        <td class="n">${integer(device.bandwidth / 1e9)}</td><td class="n">${brief(speed.tokensPerSecond)}</td>
        <td class="n">${device.flops.bf16 ?? device.flops.fp16 ? seconds(speed.firstToken) : html`<span title="its arithmetic peak is unknown">${nbsp}–</span>`}</td></tr>`)}</tbody></table></div>
      <p class="small soft">Vendors’ figures: dense, without sparsity. “Fits” is for ${asked.devices === 1 ? 'one device' : `${integer(asked.devices)} devices`} with its largest memory.</p></details>`;
  }
}
