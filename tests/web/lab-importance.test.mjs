// Importance in the Tensor lab: one weight per column, from a file, from the file of the tensor, or made up.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { load } from '../../build/package/index.js';
import { launch, open, start } from './browser.mjs';
import { answer, answered, compared, give, giveWeights, goldenImportance, idle, link, npy, outlierInput, safetensors, saved } from './lab-page.mjs';

const golden = (name) => readFileSync(new URL(`../golden/ggml/${name}.bin`, import.meta.url));
const kColumns = 1024;

/** sqrt of sum w e^2 / sum w x^2, plainly. */
function weightedError(original, decoded, weights) {
  let error = 0;
  let signal = 0;
  for (let i = 0; i < original.length; i++) {
    const weight = weights[i % weights.length];
    error += weight * (decoded[i] - original[i]) ** 2;
    signal += weight * original[i] ** 2;
  }
  return Math.sqrt(error / signal);
}

describe('Tensor lab, importance', () => {
  let browser;
  let host;
  let core;
  before(async () => { [browser, host, core] = await Promise.all([launch(), start(), load()]); });
  after(async () => { await browser?.close(); await host?.stop(); });
  const visit = (params) => open(browser, host.address + link({ formats: 'q8_0', ...params }), { acceptDownloads: true });
  const refusal = (page) => page.locator('bb-lab .inputs bb-notice[kind=error]');
  const figureOf = async (page, row, side) => Number((await compared(page).locator('tr', { hasText: row }).locator('td').nth(side).innerText()).replace(/[^\d.]/g, ''));

  test('weights from an .npy give the golden bytes of the weighted formats, and weigh the error of all', async () => {
    const { page, troubles, close } = await visit({ a: 'q4_0', b: 'q8_0' });
    await answered(page);
    const input = outlierInput();
    const weights = goldenImportance();
    await give(page, 'outlier.npy', npy(input, [8, kColumns]));
    await page.getByText('outlier.npy: 8 × 1,024 values').waitFor();
    await answered(page);
    await giveWeights(page, 'weights.npy', npy(weights, [kColumns]));
    await page.getByText('Columns count as weights.npy').waitFor();
    await answered(page);
    assert.match(page.url(), /importance=file&importanceFile=weights\.npy/);
    for (const [side, format] of [['a', 'q4_0'], ['b', 'q8_0']]) {
      const decoded = core.decode(format, core.encode(format, input, { rowLength: kColumns, importance: weights }), input.length, { rowLength: kColumns });
      const shown = await figureOf(page, 'Weighted error', side === 'a' ? 0 : 1);
      const truth = 100 * weightedError(input, decoded, weights);
      assert.ok(Math.abs(shown - truth) < 0.006 * truth, `${format}: ${shown}, ${truth}`);
    }
    for (const format of ['q4_0', 'q4_1', 'q5_0', 'q5_1', 'q2_K', 'q3_K', 'q4_K', 'q5_K', 'q6_K']) {
      await page.getByLabel('Format A', { exact: false }).selectOption(format.toLowerCase());
      await page.waitForURL(new RegExp(`a=${format.toLowerCase()}(&|$)`));
      await answered(page);
      assert.ok((await saved(page, 'a', 'bin')).bytes.equals(golden(`outlier.${format}.imatrix`)), format);
    }
    assert.ok((await saved(page, 'b', 'bin')).bytes.equals(golden('outlier.q8_0')), 'q8_0 takes no weights');
    assert.deepEqual(troubles, []);
    await close();
  });

  test('a block of a weighted format shows the bytes that are saved', async () => {
    const { page, troubles, close } = await visit({ a: 'q4_0', b: 'q4_k', importance: 'computed' });
    await answered(page);
    await idle(page);
    for (const [index, side, size] of [[0, 'a', 18], [1, 'b', 144]]) {
      const { bytes } = await saved(page, side, 'bin');
      const shown = await page.locator('bb-lab-block').nth(index).locator('.byte').allInnerTexts();
      assert.deepEqual(shown.slice(0, 18).map((text) => text.trim()), [...bytes.subarray(0, Math.min(18, size))].map((byte) => byte.toString(16).padStart(2, '0')), side);
    }
    assert.deepEqual(troubles, []);
    await close();
  });

  test('made-up activations: the weighted formats win where it counts, the table and the CSV say so, and the link holds it', async () => {
    const { page, troubles, close } = await visit({ a: 'q4_0', b: 'q4_k' });
    await answered(page);
    await idle(page);
    const plain = await figureOf(page, 'Relative error', 0);
    await page.getByText('Importance of the columns').click();
    await page.getByLabel('What each column counts').selectOption('computed');
    await page.waitForURL(/importance=computed/);
    await compared(page).getByText('Weighted error').waitFor();
    await answered(page);
    await idle(page);
    // By the description: the square of a log-normal size, from the generator that both share.
    const values = core.randomTensor('normal', 512 * 512, { seed: 1, scale: 0.02 });
    const weights = core.randomTensor('normal', 512, { seed: 1 }).map((draw) => Math.exp(2 * draw));
    const decodedBy = (options) => core.decode('q4_0', core.encode('q4_0', values, { rowLength: 512, ...options }), values.length, { rowLength: 512 });
    const [withWeights, without] = [{ importance: weights }, {}].map((options) => 100 * weightedError(values, decodedBy(options), weights));
    const shown = await figureOf(page, 'Weighted error', 0);
    assert.ok(Math.abs(shown - withWeights) < 0.006 * withWeights, `${shown}, ${withWeights}`);
    assert.ok(withWeights < 0.9 * without);
    assert.ok(await figureOf(page, 'Relative error', 0) > plain, 'paid for by the columns that count less');
    const table = page.locator('table.formats-table');
    assert.deepEqual(await table.locator('.uses').count(), 2);
    await table.getByRole('button', { name: 'Weighted error' }).click();
    await page.waitForURL(/sort=weighted/);
    await page.getByLabel('What is limited').selectOption('weighted');
    await page.locator('bb-lab .which').getByText('Q8_0: 8.5 bits per weight').waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save CSV' }).click()]);
    const lines = readFileSync(await download.path(), 'utf8').trim().split('\r\n').map((line) => line.split(','));
    const column = (name) => lines[0].indexOf(name);
    const runs = lines.filter((cells) => cells[column('format')] === 'q4_0').map((cells) => [cells[column('importance')], cells[column('weighted_relative_mse')]]);
    assert.deepEqual(runs.map(([title, mse]) => [title, mse !== '']), [['', false], ['made-up activations', true]]);
    assert.ok(Math.abs(100 * Math.sqrt(Number(runs[1][1])) - withWeights) < 1e-3);
    const again = await open(browser, page.url());
    await answered(again.page);
    assert.equal(await figureOf(again.page, 'Weighted error', 0), shown);
    assert.deepEqual([...troubles, ...again.troubles], []);
    await again.close();
    await close();
  });

  test('vectors of the tensor’s own file and of an importance matrix are offered', async () => {
    const { page, troubles, close } = await visit({ a: 'q4_0', b: 'q8_0' });
    await answered(page);
    const input = outlierInput();
    const weights = goldenImportance();
    await give(page, 'model.safetensors', safetensors({ 'up.weight': { dtype: 'F32', shape: [8, kColumns], data: input }, 'norm.weight': { dtype: 'F32', shape: [kColumns], data: weights } }));
    await page.getByText('up.weight of model.safetensors: 8 × 1,024 values').waitFor();
    await answered(page);
    await page.getByText('Importance of the columns').click();
    await page.getByLabel('What each column counts').selectOption('own');
    await page.getByText('Columns count as norm.weight of model.safetensors').waitFor();
    await answered(page);
    assert.ok((await saved(page, 'a', 'bin')).bytes.equals(golden('outlier.q4_0.imatrix')));
    // An importance matrix as llama.cpp writes it: sums of squares and counts for each layer.
    const tensors = [['blk.0.ffn_up.weight.in_sum2', [1, kColumns], weights.map((weight) => 64 * weight)], ['blk.1.ffn_up.weight.in_sum2', [1, kColumns], weights], ['blk.0.ffn_up.weight.counts', [1, 1], Float32Array.of(64)]];
    const layout = core.layoutFile('gguf', tensors.map(([name, shape]) => ({ name, type: 'F32', shape })), { metadata: { 'general.type': 'imatrix' } });
    const file = Buffer.alloc(layout.fileSize);
    file.set(layout.header);
    tensors.forEach(([, , data], i) => file.set(new Uint8Array(data.buffer), layout.offsets[i]));
    await giveWeights(page, 'imatrix.gguf', file);
    await page.getByText('Columns count as blk.0.ffn_up.weight.in_sum2 of imatrix.gguf').waitFor();
    await answered(page);
    // 64 times the weights are the same weights.
    assert.ok((await saved(page, 'a', 'bin')).bytes.equals(golden('outlier.q4_0.imatrix')));
    await page.getByLabel('Which of its vectors').selectOption('blk.1.ffn_up.weight.in_sum2');
    await page.getByText('Columns count as blk.1.ffn_up.weight.in_sum2').waitFor();
    await answered(page);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('weights that do not fit are refused beside their button, and the last result stays', async () => {
    const { page, troubles, close } = await visit();
    await answered(page);
    const before = await answer(page).innerText();
    await giveWeights(page, 'short.npy', npy(new Float32Array(100).fill(1), [100]));
    await refusal(page).getByText('short.npy holds no vector of 512 values, one for each column').waitFor();
    await giveWeights(page, 'negative.npy', npy(new Float32Array(512).fill(1).fill(-2, 7, 8), [512]));
    await refusal(page).getByText('Weight 7 of').waitFor();
    await giveWeights(page, 'zero.npy', npy(new Float32Array(512), [512]));
    await refusal(page).getByText('are zero').waitFor();
    await giveWeights(page, 'broken.npy', npy(new Float32Array(512), [512]).subarray(0, 700));
    await page.locator('bb-lab details', { hasText: 'What each column counts' }).getByText('ends at byte 700').waitFor();
    assert.equal(await refusal(page).count(), 1);
    assert.equal(await answer(page).innerText(), before);
    await page.getByLabel('What each column counts').selectOption('');
    await answered(page);
    await refusal(page).waitFor({ state: 'detached' });
    // A link cannot have the file.
    const elsewhere = await visit({ importance: 'file', importanceFile: 'weights.npy' });
    await refusal(elsewhere.page).getByText('weights.npy, which is not open').waitFor();
    assert.deepEqual([...troubles, ...elsewhere.troubles], []);
    await elsewhere.close();
    await close();
  });

  test('with a rotation the weights are left out of the formats and still weigh the error', async () => {
    const { page, troubles, close } = await visit({ a: 'q4_0', b: 'q8_0', importance: 'computed', rotate: 'on' });
    await answered(page);
    const values = core.randomTensor('normal', 512 * 512, { seed: 1, scale: 0.02 });
    const rotated = core.rotate(values, { rowLength: 512 });
    assert.ok((await saved(page, 'a', 'bin')).bytes.equals(Buffer.from(core.encode('q4_0', rotated, { rowLength: 512 }))));
    await page.getByText('but not with the rotation').waitFor();
    assert.ok(await figureOf(page, 'Weighted error', 0) > 0);
    assert.deepEqual(troubles, []);
    await close();
  });
});
