// Every number format for the weights of this model on this device.
import { html } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { commonFormats, weightGroups } from '../../../data/format-groups.js';
import { devices, rooflineDevice } from '../../../data/hardware.js';
import { brief, bytes, integer, nbsp, tokens } from '../../../format/numbers.js';
import { units } from '../../../shell/settings.js';
import { run } from '../../../worker/core.js';
import { Latest, Section } from '../section.js';
import { limitOf, type FormatRow } from '../tasks.js';

type Order = 'bits' | 'name';

@customElement('bb-fit-formats')
export class Formats extends Section {
  @state() private rows: FormatRow[] = [];
  @state() private order: Order = 'bits';
  @state() private onlyFitting = false;
  /** A group's title, "" for the common ones, "all". */
  @state() private shown = '';
  #ask = new Latest((question: Parameters<typeof run<'fit.formats'>>[1]) => run('fit.formats', question), (rows) => { this.rows = rows; });

  protected override willUpdate(changed: Map<string, unknown>): void {
    const { config, options, asked } = this.setup;
    if (changed.has('setup')) this.#ask.put({ config, options, limit: limitOf(asked), device: rooflineDevice(this.#device, asked) });
  }

  get #device() { return devices.find((each) => each.id === this.setup.asked.device) ?? devices[0]!; }

  protected override render() {
    const { asked } = this.setup;
    const device = this.#device;
    const groups = weightGroups(this.setup.catalog.weights);
    const group = groups.find((each) => each.title === this.shown);
    const isShown = ({ id }: FormatRow) => (this.shown === 'all' ? true : group ? group.choices.some((choice) => choice.id === id) : commonFormats.has(id) || id === asked.weights);
    const rows = this.rows.filter((row) => isShown(row) && (!this.onlyFitting || row.fits))
      .sort((a, b) => (this.order === 'name' ? a.label.localeCompare(b.label) : b.weights - a.weights));
    const header = (order: Order, text: string, numeric: boolean) => html`<th scope="col" class=${numeric ? 'n' : ''} aria-sort=${this.order === order ? (order === 'bits' ? 'descending' : 'ascending') : 'none'}>
      <button class="value" @click=${() => { this.order = order; }}>${text}</button></th>`;
    return html`
      <div class="row">
        <label class="row small">Show <select class="narrow" @change=${(event: Event) => { this.shown = (event.target as HTMLSelectElement).value; }}>
          <option value="" .selected=${this.shown === ''}>common formats</option>${groups.map(({ title }) => html`<option .selected=${this.shown === title}>${title}</option>`)}
          <option value="all" .selected=${this.shown === 'all'}>all ${this.rows.length}</option></select></label>
        <label class="row small"><input type="checkbox" .checked=${this.onlyFitting} @change=${(event: Event) => { this.onlyFitting = (event.target as HTMLInputElement).checked; }}> only what fits</label>
      </div>
      <div class="scroll"><table>
        <caption class="sr">Number formats for the weights</caption>
        <thead><tr>${header('name', 'Format', false)}<th scope="col" class="n">Bits per weight</th>${header('bits', 'Weights', true)}<th scope="col" class="n">Needed</th><th scope="col">Fits</th>
          <th scope="col" class="n">Longest context</th><th scope="col" class="n">Tokens/s at most</th></tr></thead>
        <tbody>${rows.map((row) => html`<tr class=${row.id === asked.weights && !asked.stored ? 'on' : ''}>
          <th scope="row"><button class="plain" aria-pressed=${row.id === asked.weights && !asked.stored ? 'true' : 'false'} @click=${() => this.change({ weights: row.id })}>${row.label}</button></th>
          <td class="n">${brief(row.bits)}</td><td class="n">${bytes(row.weights, units.value, true)}</td><td class="n">${bytes(row.total, units.value, true)}</td>
          <td>${row.fits ? html`<span class="yes">yes</span>` : html`<span class="no">no</span>`}</td>
          <td class="n">${row.longest > 0 ? tokens(row.longest) : '–'}</td>
          <td class="n">${brief(row.tokensPerSecond)}</td></tr>`)}</tbody>
      </table></div>
      <p class="small soft">Tokens per second at most: to make one token, the weights that it uses and the cache are read once from memory, here at
        ${integer((asked.bandwidth || device.bandwidth) / 1e9)}${nbsp}GB/s${asked.bandwidth ? '' : ` (${device.name})`}. Real engines stay below this bound.</p>`;
  }
}
