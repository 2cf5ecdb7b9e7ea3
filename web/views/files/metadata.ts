// What the files say of themselves beside their tensors; long values are folded.
import { html, nothing } from 'lit';
import { integer } from '../../format/numbers.js';
import type { Checkpoint, OpenedFile } from './checkpoint.js';

const kLong = 120;
/** Of an array this many elements are shown when it is opened. */
const kElements = 200;

/** The core leaves very long values of a GGUF out and says how long they are. */
const leftOut = (value: unknown): { type: string; count: number } | undefined => {
  const { type, count } = (typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}) as { type?: unknown; count?: unknown };
  return typeof type === 'string' && typeof count === 'number' ? { type, count } : undefined;
};

function shown(value: unknown) {
  const absent = leftOut(value);
  if (absent) return html`<span class="soft">${integer(absent.count)} ${absent.type === 'string' ? 'characters' : `values of type ${absent.type}`}, not shown</span>`;
  if (Array.isArray(value)) {
    const text = value.slice(0, kElements).map((each) => (typeof each === 'string' ? each : JSON.stringify(each))).join(', ');
    if (value.length <= 8 && text.length <= kLong) return html`${text}`;
    return html`<details><summary>${integer(value.length)} values</summary><p class="long">${text}${value.length > kElements ? ` … and ${integer(value.length - kElements)} more` : ''}</p></details>`;
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text.length <= kLong && !text.includes('\n')) return html`${text}`;
  return html`<details><summary>${text.slice(0, 60).replaceAll('\n', ' ')}… <span class="soft">(${integer(text.length)} characters)</span></summary><pre class="long">${text}</pre></details>`;
}

const table = ({ file, report }: OpenedFile, named: boolean) => html`<div class="scroll" tabindex="0" role="region" aria-label="Metadata of ${file.name}"><table class="metadata">
  <caption class=${named ? '' : 'sr'}>${file.name}</caption>
  <thead class="sr"><tr><th scope="col">Key</th><th scope="col">Value</th></tr></thead>
  <tbody>${Object.entries(report.metadata).map(([key, value]) => html`<tr><th scope="row"><code>${key}</code></th><td>${shown(value)}</td></tr>`)}</tbody></table></div>`;

/** A config.json too: its metadata is its text. Shards that say the same are shown once. */
export function metadata({ files }: Checkpoint) {
  const texts = new Set<string>();
  const speaking = files.filter(({ report }) => {
    const text = JSON.stringify(report.metadata);
    if (text === '{}' || texts.has(text)) return false;
    texts.add(text);
    return true;
  });
  if (speaking.length === 0) return nothing;
  const entries = speaking.reduce((sum, { report }) => sum + Object.keys(report.metadata).length, 0);
  return html`<details class="section"><summary>What the files say of themselves <span class="soft">metadata: ${entries === 1 ? '1 entry' : `${integer(entries)} entries`}</span></summary>
    ${speaking.map((opened) => table(opened, speaking.length > 1 || files.length > 1))}</details>`;
}
