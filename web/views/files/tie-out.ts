// The total of the files beside that of the config.json, kind by kind, with every difference explained.
import { html, nothing } from 'lit';
import { bytes, exact, integer } from '../../format/numbers.js';
import { units } from '../../shell/settings.js';
import type { Checkpoint } from './checkpoint.js';
import { kindLabel, kindOrder, kinds } from './kinds.js';
import { refusalText } from './refusal.js';

interface Line { kind: string; tensors: number; bytes: number; inFile: number; inConfig: number | undefined; explanation: string; explained: boolean; }

function linesOf({ ledger }: Checkpoint): Line[] {
  const differences = new Map(ledger.config?.differences.map((difference) => [difference.kind, difference]));
  const lines = ledger.kinds.map(({ kind, tensors, elements, bytes: size }): Line => {
    const difference = differences.get(kind);
    return { kind, tensors, bytes: size, inFile: elements, inConfig: ledger.config && (difference?.inConfig ?? elements), explanation: difference?.explanation ?? '', explained: difference?.explained ?? true };
  });
  // What the config has and the files have not.
  for (const { kind, inFile, inConfig, explanation, explained } of differences.values()) {
    if (!lines.some((line) => line.kind === kind)) lines.push({ kind, tensors: 0, bytes: 0, inFile, inConfig, explanation, explained });
  }
  return lines.sort((a, b) => kindOrder(a.kind) - kindOrder(b.kind));
}

const signed = (value: number): string => (value === 0 ? '0' : value > 0 ? `+${exact(value)}` : `−${exact(-value)}`);

/** The core writes numbers as digits alone. */
const readable = (text: string): string => text.replace(/\d{4,}/g, (digits) => exact(Number(digits)));

function verdict({ ledger, missing }: Checkpoint) {
  const { config, elements } = ledger;
  if (!config) return nothing;
  const { parameters, differences } = config;
  if (differences.length === 0) return html`<p><span class="yes">They agree</span>: the files hold ${exact(elements)} values and the config describes ${exact(parameters)} parameters, kind by kind the same.</p>`;
  const open = differences.filter(({ explained }) => !explained).length;
  const sum = html`The files hold ${exact(elements)} values, the config describes ${exact(parameters)} parameters: ${signed(elements - parameters)}.`;
  if (open === 0) return html`<p><span class="yes">Every difference is explained.</span> ${sum}</p>`;
  return html`<p><span class="no">${open === 1 ? 'One difference is' : `${integer(open)} differences are`} not explained.</span> ${sum} ${missing.length > 0 ? 'Files are missing: open them, and look again.' : ''}</p>`;
}

const lineRow = (line: Line, compared: boolean) => html`<tr><th scope="row">${kindLabel(line.kind)}</th>
  <td class="n">${integer(line.tensors)}</td><td class="n" title="${exact(line.bytes)} bytes">${bytes(line.bytes, units.value, true)}</td><td class="n">${exact(line.inFile)}</td>
  ${compared ? html`<td class="n">${exact(line.inConfig!)}</td><td class="n ${line.inFile === line.inConfig ? 'soft' : ''}">${signed(line.inFile - line.inConfig!)}</td>` : nothing}</tr>
  ${line.explanation ? html`<tr class="why"><td colspan="6"><span>${line.explained ? '' : html`<strong class="no">Look here.</strong> `}${readable(line.explanation)}</span></td></tr>` : nothing}`;

/** Arrays of NPY files are no model: nothing to compare. */
export function tieOut(checkpoint: Checkpoint) {
  const { ledger, config, configFile, configRefusal, format } = checkpoint;
  const compared = ledger.config !== undefined;
  return html`<section aria-labelledby="tie-out"><h2 id="tie-out">${compared ? 'Files and config, side by side' : 'What is in it, by kind'}</h2>
    ${verdict(checkpoint)}
    ${configRefusal ? html`<bb-notice kind="error"><p><strong>${configFile?.name}</strong> could not be compared. ${refusalText(configRefusal)}</p></bb-notice>`
      : config === undefined ? html`<p class="soft">${format === 'gguf' ? 'Its metadata describes no model that is known here' : 'There is no config.json among the files'}: with the one that was published with the model, the totals are compared and the model can be sized.</p>` : nothing}
    <div class="scroll" tabindex="0" role="region" aria-label="Totals by kind"><table class="totals">
      <caption class="sr">Totals by kind${compared ? ', in the files and by the config' : ''}</caption>
      <thead><tr><th scope="col">Kind</th><th scope="col" class="n">Tensors</th><th scope="col" class="n">Size</th><th scope="col" class="n">Values in the files</th>${compared ? html`<th scope="col" class="n">Parameters by the config</th><th scope="col" class="n">Difference</th>` : nothing}</tr></thead>
      <tbody>${linesOf(checkpoint).map((line) => lineRow(line, compared))}
        <tr class="total"><th scope="row">Total</th><td class="n">${integer(ledger.tensors)}</td><td class="n" title="${exact(ledger.bytes)} bytes">${bytes(ledger.bytes, units.value, true)}</td><td class="n">${exact(ledger.elements)}</td>
        ${compared ? html`<td class="n">${exact(ledger.config!.parameters)}</td><td class="n">${signed(ledger.elements - ledger.config!.parameters)}</td>` : nothing}</tr></tbody>
    </table></div>
    <details class="small"><summary>What the kinds mean</summary><dl class="kinds">${linesOf(checkpoint).map(({ kind }) => html`<div><dt>${kindLabel(kind)}</dt><dd>${kinds[kind]?.about ?? ''}</dd></div>`)}</dl></details></section>`;
}
