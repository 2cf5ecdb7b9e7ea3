// What was written, and how much of the weights it kept.
import { html, nothing } from 'lit';
import { bytes, exact, integer, seconds } from '../../../format/numbers.js';
import '../../../parts/notice.js';
import { download } from '../../../parts/save.js';
import { units } from '../../../shell/settings.js';
import { bits, decibels, figure, times } from '../../lab/measures.js';
import { needsConfig } from './engine-config.js';
import { outcomeCsv } from './export.js';
import type { Outcome, WrittenTensor } from './job.js';

const rate = ({ bytesBefore, seconds: time }: Outcome): number => bytesBefore / 1e6 / time;

/** Encoded, but with an infinite or undefined error: values passed the range of the type. */
const broken = ({ tensors }: Outcome): WrittenTensor[] => tensors.filter(({ report }) => report !== undefined && !Number.isFinite(report.relativeMse));
const kWorst = 10;

function worst({ tensors }: Outcome): WrittenTensor[] {
  return tensors.filter(({ report }) => report !== undefined && Number.isFinite(report.sqnrDb)).sort((a, b) => a.report!.sqnrDb - b.report!.sqnrDb).slice(0, kWorst);
}

/** `configFile`: what the engines' config is called; `stored`: the Blob is in the browser's storage. */
export function result(outcome: Outcome, configFile: string, { saved, stored, save, saveConfig }: { saved: boolean; stored: boolean; save: () => void; saveConfig: () => void }) {
  const { name, bytesBefore, bytesAfter, fileBytes, elements, total, seconds: time, blob, tensors } = outcome;
  const lost = broken(outcome);
  const rows = worst(outcome);
  const packed = needsConfig(tensors.map(({ row }) => row));
  return html`<section class="result" aria-labelledby="result-heading">
    <h3 id="result-heading">${blob ? html`${name} is made` : html`${name} is written`}</h3>
    <p class="lead"><strong>${bytes(bytesAfter, units.value)}</strong> of ${bytes(bytesBefore, units.value)}: ${times(bytesBefore / bytesAfter)} smaller, ${bits((8 * bytesAfter) / elements)} bits per weight${total ? html`, ${decibels(total.sqnrDb)} signal to noise over all that was encoded` : ', all of it exact'}.</p>
    <p class="small soft">The file has ${exact(fileBytes)} bytes. It took ${seconds(time)}, ${integer(rate(outcome))} MB of the source a second.</p>
    ${lost.length > 0 ? html`<bb-notice kind="warning"><p>In ${integer(lost.length)} ${lost.length === 1 ? 'tensor' : 'tensors'} values came out infinite or not a number, “${lost[0]!.row.tensor.name}” among them: they were so before, or passed the range of ${lost[0]!.row.target?.label}. BF16 has the range of F32.</p></bb-notice>` : nothing}
    <div class="row no-print">
      ${blob ? html`<button class="button primary" type="button" @click=${save}>${saved ? 'Save again' : `Save ${name}`}</button>` : nothing}
      ${packed ? html`<button class="button" type="button" @click=${saveConfig}>Save ${configFile} for it</button>` : nothing}
      <button class="button" type="button" @click=${() => download(`${name}.csv`, outcomeCsv(outcome), 'text/csv')}>Every tensor as CSV</button>
    </div>
    ${blob && !saved ? html`<p class="hint">It is kept in ${stored ? 'this browser’s own storage' : 'memory'} until it is saved, and lost when this page is closed.</p>` : nothing}
    ${rows.length > 0 ? html`<details ?open=${rows.length <= 3}><summary>The tensors with the largest errors</summary>
      <div class="scroll" tabindex="0" role="region" aria-label="Tensors with the largest errors"><table class="worst"><caption class="sr">The ${rows.length} tensors with the largest errors, of ${tensors.length}</caption>
        <thead><tr><th scope="col">Tensor</th><th scope="col">Format</th><th scope="col" class="n">SQNR</th><th scope="col" class="n">Largest error</th></tr></thead>
        <tbody>${rows.map(({ row, report }) => html`<tr><th scope="row" class="name">${row.tensor.name}</th><td>${row.target!.label}</td><td class="n">${decibels(report!.sqnrDb)}</td><td class="n">${figure(report!.maxAbsError)}</td></tr>`)}</tbody></table></div></details>` : nothing}
  </section>`;
}
