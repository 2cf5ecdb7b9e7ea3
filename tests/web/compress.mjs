// What the tests of compressing share: opening files in the view, a place on "disk", what was saved, and other people's readers.
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { gguf } from '@huggingface/gguf';
import { parseSafetensorsMetadata } from '@huggingface/hub';
import { open } from './browser.mjs';

/**
 * A page with `paths` open in the Files view. `disk`: the save dialogue gives a file of the browser's private file system,
 * which is written like any other; without it the page finds no dialogue, as in Firefox.
 */
export async function openFiles(browser, host, paths, { disk = true, prepare, ...options } = {}) {
  const opened = await open(browser, `${host.address}#v=1&view=files`, options);
  const { page } = opened;
  await page.addInitScript((onDisk) => {
    if (onDisk) globalThis.showSaveFilePicker = async ({ suggestedName }) => (await navigator.storage.getDirectory()).getFileHandle(suggestedName, { create: true });
    else delete globalThis.showSaveFilePicker;
  }, disk);
  if (prepare) await page.addInitScript(prepare);
  await page.reload();
  await page.locator('bb-files input[type=file]').setInputFiles(paths);
  await panel(page).locator('.answer').waitFor();
  return opened;
}

export const panel = (page) => page.locator('bb-compress');
export const answer = (page) => panel(page).locator('.answer');
export const failure = (page) => panel(page).locator('bb-notice[kind=error]');
export const result = (page) => panel(page).locator('.result');
export const rows = (page) => panel(page).locator('table.plan tbody tr');
export const row = (page, name) => rows(page).filter({ has: page.locator('th', { hasText: name }) });

/** Presses the button and waits for what comes of it. */
export async function compress(page, timeout = 120_000) {
  await panel(page).getByRole('button', { name: /^Compress/ }).click();
  await result(page).or(failure(page)).first().waitFor({ timeout });
}

/** The names in the browser's private file system, with their sizes. */
export const onDisk = (page) => page.evaluate(async () => {
  const names = {};
  for await (const [name, handle] of (await navigator.storage.getDirectory()).entries()) names[name] = (await handle.getFile()).size;
  return names;
});

/** Saves such a file outside of the browser; its path. */
export async function fetchFile(page, name) {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.evaluate(async (wanted) => {
      const handle = await (await navigator.storage.getDirectory()).getFileHandle(wanted);
      const link = document.createElement('a');
      link.href = URL.createObjectURL(await handle.getFile());
      link.download = wanted;
      link.click();
    }, name),
  ]);
  return download.path();
}

export async function press(page, name, within = panel(page)) {
  const [download] = await Promise.all([page.waitForEvent('download'), within.getByRole('button', { name }).click()]);
  return { name: download.suggestedFilename(), path: await download.path() };
}

/** Rows of a CSV file, by the first column. */
export function readCsv(path) {
  const [head, ...lines] = readFileSync(path, 'utf8').trim().split('\r\n').map((line) => line.match(/("([^"]|"")*"|[^,]*)(,|$)/g).map((cell) => cell.replace(/,$/, '').replace(/^"|"$/g, '').replaceAll('""', '"')));
  return new Map(lines.map((cells) => [cells[0], Object.fromEntries(head.map((name, i) => [name, cells[i]]))]));
}

export function bytesAt(path, offset, length) {
  const file = openSync(path, 'r');
  const bytes = Buffer.alloc(length);
  readSync(file, bytes, 0, length, offset);
  closeSync(file);
  return bytes;
}

/** Hugging Face's reader of GGUF: tensors by name with shape (outermost first), type number and place in the file. */
export async function readGguf(path) {
  const { metadata, tensorInfos, tensorDataOffset } = await gguf(path, { allowLocalFile: true });
  return { metadata, tensors: new Map(tensorInfos.map(({ name, shape, dtype, offset }) => [name, { shape: shape.map(Number).reverse(), dtype, offset: Number(tensorDataOffset) + Number(offset) }])) };
}

/** Hugging Face's reader of safetensors, which knows repositories only: this one is a file of ours. */
export async function readSafetensors(path) {
  const { size } = statSync(path);
  const local = async (url, init) => {
    if (!String(url).endsWith('/model.safetensors')) return new Response('', { status: 404 });
    const [, from, to] = /bytes=(\d+)-(\d+)/.exec(new Headers(init?.headers).get('range')).map(Number);
    const bytes = bytesAt(path, from, Math.min(to, size - 1) - from + 1);
    return new Response(bytes, { status: 206, headers: { 'content-range': `bytes ${from}-${from + bytes.length - 1}/${size}`, 'content-length': String(bytes.length), etag: '"1"' } });
  };
  const { header } = await parseSafetensorsMetadata({ repo: 'test/test', path: 'model.safetensors', fetch: local });
  const data = 8 + Number(bytesAt(path, 0, 8).readBigUInt64LE());
  const { __metadata__: metadata, ...entries } = header;
  return { metadata, tensors: new Map(Object.entries(entries).map(([name, { dtype, shape, data_offsets: [begin, end] }]) => [name, { dtype, shape, bytes: () => bytesAt(path, data + begin, end - begin) }])) };
}

/** A safetensors file by its specification. */
export function safetensors(tensors, metadata) {
  let offset = 0;
  const header = metadata ? { __metadata__: metadata } : {};
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) header[name] = { dtype, shape, data_offsets: [offset, (offset += data.byteLength)] };
  let text = JSON.stringify(header);
  text = text.padEnd(Math.ceil(text.length / 8) * 8);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([size, Buffer.from(text), ...Object.values(tensors).map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength))]);
}

export const file = (name, buffer) => ({ name, mimeType: 'application/octet-stream', buffer });
