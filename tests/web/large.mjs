// A checkpoint of 4 GiB through the page, by hand: node tests/web/large.mjs [GIB] [gguf|safetensors]
//
// Makes the checkpoint and its result in a folder of its own under the temporary one (twice GIB of room), and prints time,
// rate and the most memory that the page and the browser held. Fails if the result does not re-read or the page held 512 MB.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { executable, launchArguments, start } from './browser.mjs';
import { answer, compress, failure, fetchFile, openFiles, panel, readGguf, readSafetensors, result } from './compress.mjs';
import { watchMemory } from './memory.mjs';
import { llamaTensors, writeCheckpoint } from './synthetic.mjs';

const gib = Number(process.argv[2] ?? 4);
const container = process.argv[3] ?? 'gguf';
if (!(gib > 0) || !['gguf', 'safetensors'].includes(container)) throw new Error('usage: node tests/web/large.mjs [GIB] [gguf|safetensors]');

// A layer of an 8-billion model is 416 MiB in BF16, embedding and head together 1,000 MiB with a vocabulary of 64,000.
const layers = Math.max(1, Math.ceil((gib * 1024 - 1000) / 416));
const shapes = llamaTensors({ layers, hidden: 4096, inner: 14_336, keys: 1024, vocabulary: 64_000 });
const folder = mkdtempSync(join(tmpdir(), 'bitbudget-large-'));
const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;
let browser;
let host;
try {
  console.log(`making the checkpoint in ${folder}`);
  const { paths, names, total } = writeCheckpoint(folder, shapes, 4);
  // With a profile on the disk: without one Chromium keeps a page's files in memory.
  browser = await chromium.launchPersistentContext(join(folder, 'profile'), { executablePath: executable(), args: launchArguments });
  host = await start();
  const { page, troubles } = await openFiles({ newContext: async () => browser }, host, paths);
  await panel(page).locator('#container').selectOption(container);
  await page.waitForTimeout(1000);
  console.log(await answer(page).innerText());
  const memory = watchMemory();
  const started = performance.now();
  await compress(page, 24 * 3_600_000);
  const seconds = (performance.now() - started) / 1000;
  const { start: before, peak } = memory.stop();
  if (await failure(page).count()) throw new Error(await failure(page).innerText());
  console.log(await result(page).locator('.lead').innerText());
  console.log(`${(total / 2 ** 30).toFixed(2)} GiB in ${Math.round(seconds)} s: ${Math.round(total / 1e6 / seconds)} MB/s`);
  console.log(`the page's process: ${megabytes(before.page)} before, ${megabytes(peak.page)} at most; the browser's own: ${megabytes(before.browser)} before, ${megabytes(peak.browser)} at most`);
  const path = await fetchFile(page, (await result(page).locator('h3').innerText()).split(' ')[0]);
  const { tensors } = container === 'gguf' ? await readGguf(path) : await readSafetensors(path);
  const missing = names.filter((name) => !tensors.has(name));
  if (missing.length > 0) throw new Error(`not in the result: ${missing.join(', ')}`);
  if (troubles.length > 0) throw new Error(troubles.join('\n'));
  if (peak.page >= 512e6) throw new Error('the page held 512 MB or more');
  console.log(`another reader finds all ${tensors.size} tensors`);
} finally {
  await browser?.close();
  await host?.stop();
  rmSync(folder, { recursive: true, force: true });
}
