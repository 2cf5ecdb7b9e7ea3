// Workers that hang in the middle of a job, in every view: it is given up within two seconds, as the message says, and the next works.
// And jobs that take long, on a machine that is busy: they are not given up.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { launch, open, start } from './browser.mjs';
import { compress, failure, openFiles, panel, result } from './compress.mjs';
import { answered, idle, link } from './lab-page.mjs';
import { llamaTensors, writeCheckpoint } from './synthetic.mjs';

const kLost = 'The background worker was lost: it did not answer for 1.9 s. A new one has been started.';
const kLong = { timeout: 120_000 };

/** From now on every worker that is there begins its next job, says so, and then runs for ever. */
const hang = (page) => Promise.all(page.workers().map((worker) => worker.evaluate(() => {
  if (self.hanging === undefined) {
    const post = self.postMessage;
    self.postMessage = (message, options) => { post.call(self, message, options); while (self.hanging && message.type === 'started'); };
  }
  self.hanging = true;
})));

/** Those that have had no job since do theirs again. */
const calm = (page) => Promise.all(page.workers().map((worker) => worker.evaluate(() => { self.hanging = false; }).catch(() => undefined)));

describe('Workers that hang in the middle of a job', () => {
  let browser;
  let host;
  let folder;
  before(async () => { browser = await launch(); host = await start(); folder = mkdtempSync(join(tmpdir(), 'bitbudget-hung-')); });
  after(async () => { await browser?.close(); await host?.stop(); rmSync(folder, { recursive: true, force: true }); });

  /** `ask(n)` asks something new, `done(n)` waits for its answer, `problem` is where a refusal stands. */
  async function check({ page, troubles, close }, ask, done, problem) {
    await hang(page);
    await ask(1);
    await problem.filter({ hasText: kLost }).waitFor();
    await calm(page);
    await ask(2);
    await done(2);
    assert.equal(await problem.count(), 0);
    assert.deepEqual(troubles, []);
    await close();
  }

  test('Fit', async () => {
    const opened = await open(browser, `${host.address}#v=1&view=fit`);
    const { page } = opened;
    const answer = page.locator('bb-fit h1.answer');
    await answer.filter({ hasText: 'Fits' }).waitFor();
    const before = await answer.innerText();
    await check(opened, (n) => page.getByLabel('Weights as').selectOption(['q4_0', 'q6_k'][n - 1]),
      () => answer.filter({ hasText: 'Fits' }).filter({ hasNotText: before }).waitFor(), page.locator('bb-fit bb-notice[kind=error]'));
  });

  test('Tensor lab', async () => {
    const opened = await open(browser, host.address + link({ formats: 'q8_0' }));
    const { page } = opened;
    await answered(page);
    await idle(page);
    const rows = page.getByLabel('Rows', { exact: true });
    await check(opened, async (n) => { await rows.fill(String(64 * n)); await rows.press('Enter'); },
      async () => { await page.getByText('128 × 512 values').first().waitFor(); await answered(page); }, page.locator('bb-lab .inputs bb-notice[kind=error]'));
  });

  test('Files: opening', async () => {
    const opened = await openFiles(browser, host, writeCheckpoint(mkdtempSync(join(folder, 'a-')), llamaTensors({ layers: 1, hidden: 256, inner: 512, keys: 256, vocabulary: 300 }), 1).paths);
    const { page } = opened;
    const tensors = page.locator('bb-files h1.answer');
    const before = await tensors.innerText();
    const other = (n) => writeCheckpoint(mkdtempSync(join(folder, 'b-')), llamaTensors({ layers: 2 + n, hidden: 256, inner: 512, keys: 256, vocabulary: 300 }), 1).paths;
    await check(opened, (n) => page.locator('bb-files input[type=file]').setInputFiles(other(n)),
      async () => { await tensors.filter({ hasNotText: before }).waitFor(); await panel(page).locator('.answer').waitFor(); }, page.locator('bb-files bb-notice[kind=error]'));
  });

  test('Files: compressing, where each piece of work has two tries', async () => {
    const { page, troubles, close } = await openFiles(browser, host, writeCheckpoint(mkdtempSync(join(folder, 'c-')), llamaTensors({ layers: 2, hidden: 1024, inner: 2816, keys: 256, vocabulary: 1000 }), 1).paths);
    await panel(page).locator('#container').selectOption('gguf');
    // What takes their place hangs as well, so that the second try fails, too.
    await hang(page);
    page.on('worker', (worker) => { if (page.hanging !== false) void worker.evaluate(() => { const post = self.postMessage; self.hanging = true; self.postMessage = (message, options) => { post.call(self, message, options); while (self.hanging && message.type === 'started'); }; }).catch(() => undefined); });
    await compress(page);
    assert.ok((await failure(page).innerText()).includes(kLost));
    page.hanging = false;
    await calm(page);
    await compress(page);
    if (await failure(page).count() > 0) await compress(page);  // one that was on its way to hang
    await result(page).waitFor();
    assert.equal(await failure(page).count(), 0);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('Theory', async () => {
    const opened = await open(browser, `${host.address}embed.html#v=1&view=theory&section=bias-variance&controls=full`);
    const { page } = opened;
    const section = page.locator('bb-theory-bias-variance');
    await section.locator('.answer:not(.stale) .finding').first().waitFor(kLong);
    const bits = section.getByLabel(/Bits/).first();
    await check(opened, async (n) => { await bits.fill(String(4 + n)); await bits.press('Enter'); },
      () => section.locator('.answer:not(.stale) .finding').first().waitFor(kLong), section.locator('bb-notice[kind=error]'));
  });
});

describe('Long jobs on a busy machine', () => {
  let browser;
  let host;
  let busy;
  before(async () => {
    browser = await launch();
    host = await start();
    busy = Array.from({ length: 2 * availableParallelism() }, () => new Worker('for (;;);', { eval: true }));
  });
  after(async () => { await Promise.all(busy.map((worker) => worker.terminate())); await browser?.close(); await host?.stop(); });

  test('a search for one scale of four million values, in one job', async () => {
    const { page, troubles, close } = await open(browser, host.address + link({ formats: 'q8_0', rows: 2048, columns: 2048, search: 'mse', a: 'int8_sym_tensor', b: 'hqq2_g64' }));
    await page.locator('bb-lab h1.answer:not(.stale)').filter({ hasText: /off by .* off by/ }).waitFor(kLong);
    assert.equal(await page.locator('bb-lab bb-notice[kind=error]').count(), 0);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('a decomposition of a million values to rank 512', async () => {
    const { page, troubles, close } = await open(browser, `${host.address}embed.html#v=1&view=theory&section=complexity&rows=1024&columns=1024&complexity.rank=512&controls=full`);
    const section = page.locator('bb-theory-complexity');
    await section.getByText('Low rank, r = 512').first().waitFor(kLong);
    assert.equal(await section.locator('bb-notice[kind=error]').count(), 0);
    assert.deepEqual(troubles, []);
    await close();
  });
});
