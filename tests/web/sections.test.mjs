// What opens below the answer of the Fit view.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { launch, open, start } from './browser.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const all = ['curve', 'formats', 'speed', 'training', 'compare', 'course', 'log', 'further', 'save'];
const link = (params) => '#' + new URLSearchParams({ v: '1', view: 'fit', ...params });

describe('Fit, below the answer', () => {
  let browser;
  let host;
  before(async () => { browser = await launch(); host = await start(); });
  after(async () => { await browser?.close(); await host?.stop(); });
  const visit = (params, options) => open(browser, host.address + link(params), options);

  test('each opens by its title, and the address remembers it', async () => {
    const { page, troubles, close } = await visit({});
    await page.locator('h1.answer').filter({ hasText: 'Fits' }).waitFor();
    await page.locator('summary', { hasText: 'Every number format' }).click();
    await page.waitForURL(/open=formats/);
    await page.locator('bb-fit-formats tbody tr').first().waitFor();
    await page.getByRole('button', { name: 'Q8_0', exact: true }).click();
    await page.waitForURL(/weights=q8_0/);
    assert.equal(await page.locator('#weights').inputValue(), 'q8_0');
    assert.deepEqual(troubles, []);
    await close();
  });

  test('the curve crosses the memory line at the longest context of the answer', async () => {
    const { page, troubles, close } = await visit({ open: 'curve' });
    const said = (await page.locator('h1.answer').filter({ hasText: 'Longest' }).innerText()).match(/context:\s*([\d.,]+[kM]?)/)[1];
    await page.locator('bb-fit-curve svg .named', { hasText: `${said} tokens` }).waitFor();
    assert.deepEqual(troubles, []);
    await close();
  });

  test('training: ZeRO over devices brings the bytes of each down', async () => {
    const { page, troubles, close } = await visit({ open: 'training' });
    const verdict = page.locator('bb-fit-training .verdict');
    await verdict.waitFor();
    const alone = Number((await verdict.innerText()).match(/:\s([\d.]+) of/)[1]);
    await page.getByLabel('ZeRO stage').selectOption('3');
    await page.getByLabel('Data-parallel', { exact: true }).fill('8');
    await page.keyboard.press('Enter');
    await verdict.filter({ hasText: '8 devices' }).waitFor();
    assert.ok(Number((await verdict.innerText()).match(/:\s([\d.]+) of/)[1]) < alone);
    assert.match(page.url(), /train=zero:3,data:8/);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('two set-ups: A stays, B follows', async () => {
    const { page, troubles, close } = await visit({ open: 'compare' });
    await page.getByRole('button', { name: 'Pin this set-up as A' }).click();
    await page.getByLabel('Weights as').selectOption('q8_0');
    const row = page.locator('bb-fit-compare tr', { hasText: 'Weights as' });
    await row.filter({ hasText: 'Q8_0' }).waitFor();
    assert.match((await row.innerText()).replace(/\s+/g, ' '), /Weights as F16 Q8_0/);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('a pasted log stands beside the prediction', async () => {
    const { page, troubles, close } = await visit({ open: 'log', context: '4096' });
    await page.locator('#log').fill('llama_new_context_with_model: n_ctx      = 4096\nllama_new_context_with_model: KV self size  =  512.00 MiB, K (f16):  256.00 MiB, V (f16):  256.00 MiB');
    const row = page.locator('bb-fit-log tr', { hasText: 'KV cache' });
    await row.waitFor();
    assert.match((await row.innerText()).replace(/\s+/g, ' '), /KV cache 512 MiB 512 MiB none/);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('JSON, CSV, SVG and PNG are saved', async () => {
    const { page, troubles, close } = await visit({ open: 'save' });
    for (const [name, check] of [
      ['JSON', (bytes) => { const saved = JSON.parse(bytes); assert.equal(saved.report.inference.total, saved.report.inference.terms.reduce((sum, term) => sum + term.value, 0)); }],
      ['CSV', (bytes) => assert.match(String(bytes), /^group,term,bytes,certainty,formula,with numbers\r\nWeights,/)],
      ['SVG', (bytes) => assert.match(String(bytes), /^<svg [\s\S]*Weights[\s\S]*<\/svg>$/)],
      ['PNG', (bytes) => assert.deepEqual([...bytes.subarray(1, 4)], [...Buffer.from('PNG')])],
    ]) {
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name, exact: true }).click()]);
      check(readFileSync(await download.path()));
    }
    assert.deepEqual(troubles, []);
    await close();
  });

  test('what does not fit says what would', async () => {
    const { page, troubles, close } = await visit({ memory: '8GiB' });
    await page.locator('h1.answer').filter({ hasText: 'Does not fit' }).waitFor();
    await page.getByRole('button', { name: /^weights as / }).click();
    await page.locator('h1.answer').filter({ hasText: 'Fits' }).waitFor();
    assert.deepEqual(troubles, []);
    await close();
  });

  test('with everything open: no serious accessibility finding, no sideways scrolling', async () => {
    for (const [colorScheme, width] of [['dark', 1200], ['light', 320]]) {
      const { page, close } = await visit({ open: all.join(','), pin: 'v=1&view=fit&weights=q8_0' }, { colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
      await page.locator('bb-fit-save table').waitFor();
      await page.locator('bb-fit-formats tbody tr').first().waitFor();
      await page.locator('bb-fit-speed .verdict').waitFor();
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      assert.deepEqual(serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target} ${node.failureSummary}`).join('; ')}`), []);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, `sideways scrolling at ${width}`);
      await close();
    }
  });
});
