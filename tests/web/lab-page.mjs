// What the lab's tests share: files to give it, and where things stand on its page.
import { readFileSync } from 'node:fs';

/** A draw of 32 bits at a time, as tests/golden/ggml/manifest.json describes it. */
export function xorShift(seed) {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** 8 x 1024 values by the description in tests/golden/ggml/manifest.json: "outlier". */
export function outlierInput() {
  const draw = xorShift(5);
  const values = Float32Array.from({ length: 8192 }, () => ((draw() >>> 8) - 8388608) / 8388608 / 128);
  for (let row = 0; row < 8; row++) values[row * 1024 + ((row * 131 + 7) % 1024)] = row % 2 ? -8 : 8;
  return values;
}

/** The importance vector of the golden bytes whose names end in .imatrix: one weight in [0.0625, 1.0625) for each column. */
export function goldenImportance() {
  const draw = xorShift(77);
  return Float32Array.from({ length: 1024 }, () => 0.0625 + (draw() >>> 8) / 2 ** 24);
}

/** A version 1.0 NPY by its specification. */
export function npy(values, shape) {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.map((size) => `${size},`).join(' ')}), }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), Buffer.from([length & 255, length >> 8]), Buffer.from(text.padEnd(length - 1) + '\n'), Buffer.from(values.buffer, values.byteOffset, values.byteLength)]);
}

export function safetensors(tensors) {
  let offset = 0;
  const header = Object.fromEntries(Object.entries(tensors).map(([name, { dtype, shape, data }]) => [name, { dtype, shape, data_offsets: [offset, (offset += data.byteLength)] }]));
  let text = JSON.stringify(header);
  text = text.padEnd(Math.ceil(text.length / 8) * 8);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([size, Buffer.from(text), ...Object.values(tensors).map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength))]);
}

export const link = (params = {}) => '#' + new URLSearchParams({ v: '1', view: 'lab', ...params });
export const answer = (page) => page.locator('bb-lab h1.answer');
export const answered = (page) => answer(page).and(page.locator(':not(.stale)')).filter({ hasText: /off by .* off by/ }).waitFor();
export const idle = (page) => page.waitForFunction(() => !document.querySelector('bb-app').shadowRoot.querySelector('bb-lab').shadowRoot.querySelector('bb-progress').active);
export const compared = (page) => page.locator('table.compared');
export const give = (page, name, buffer) => page.locator('bb-lab').getByLabel('Open a file').setInputFiles({ name, mimeType: 'application/octet-stream', buffer });

/** Chromium drops, without a word, what one page saves beyond ten files within a second: nobody clicks that fast, but a test does. */
const kBetweenSaves = 150;

/** Saves A or B as one of the kinds of file that the page offers, by the option's value. */
export async function saved(page, side, kind, { pause = true } = {}) {
  if (pause) await page.waitForTimeout(kBetweenSaves);
  const form = page.locator('bb-lab-save');
  await form.getByLabel('Which of the two').selectOption(side);
  await form.getByLabel('As what file').selectOption(kind);
  const [download] = await Promise.all([page.waitForEvent('download'), form.getByRole('button', { name: 'Save file' }).click()]);
  return { name: download.suggestedFilename(), path: await download.path(), bytes: readFileSync(await download.path()) };
}

export const giveWeights = async (page, name, buffer) => {
  const details = page.locator('bb-lab details', { hasText: 'What each column counts' });
  if (await details.getAttribute('open') === null) await details.locator('summary').click();
  await page.locator('bb-lab').getByLabel('Open weights').setInputFiles({ name, mimeType: 'application/octet-stream', buffer });
};
