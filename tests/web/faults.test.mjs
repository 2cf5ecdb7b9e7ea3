// What happens on the page when its workers fail: killed, hanging, cancelled, out of memory. The page says so beside what
// caused it, keeps its last result, and the next question is answered.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { withMemory } from '../wasm/small-memory.mjs';
import { load } from '../../build/package/index.js';
import { launch, open, start } from './browser.mjs';

const core = await load();
const lab = '#v=1&view=lab';
const answer = (page) => page.locator('bb-lab h1.answer');
const answered = (page) => answer(page).and(page.locator(':not(.stale)')).filter({ hasText: /off by .* off by/ }).waitFor();
const idle = (page) => page.waitForFunction(() => !document.querySelector('bb-app').shadowRoot.querySelector('bb-lab').shadowRoot.querySelector('bb-progress').active);
const refused = (page) => page.locator('bb-lab .inputs bb-notice[kind=error]');

async function ask(page, field, value) {
  await page.getByLabel(field, { exact: field === 'Rows' }).fill(String(value));
  await page.getByLabel(field, { exact: field === 'Rows' }).press('Enter');
}

/** Resolves when this worker's thread is gone. */
const gone = (worker) => new Promise((resolve) => worker.once('close', resolve));

describe('Workers that fail', () => {
  let browser;
  let host;
  before(async () => { browser = await launch(); host = await start(); });
  after(async () => { await browser?.close(); await host?.stop(); });

  test('workers that die while they are idle are replaced before anyone needs them', async () => {
    const { page, troubles, close } = await open(browser, host.address + lab);
    await answered(page);
    await idle(page);
    const all = page.workers();
    const over = Promise.all(all.map(gone));
    for (const worker of all) void worker.evaluate(() => self.close()).catch(() => undefined);
    await over;
    await ask(page, 'Rows', 64);
    await page.getByText('64 × 512 values').first().waitFor();
    await answered(page);
    assert.equal(await refused(page).count(), 0);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('workers that hang are given up, the last result stays, and fresh ones take over', async () => {
    const { page, troubles, close } = await open(browser, host.address + lab);
    await answered(page);
    await idle(page);
    const last = await answer(page).innerText();
    const hanging = page.workers();
    for (const worker of hanging) void worker.evaluate(() => { for (;;); }).catch(() => undefined);  // never answers
    await page.waitForTimeout(200);
    const lost = refused(page).filter({ hasText: 'The background worker was lost' });
    const shown = (rows) => page.getByText(`${rows} × 512 values`).first();
    await ask(page, 'Rows', 64);
    await lost.waitFor();
    assert.equal(await answer(page).innerText(), last);
    // Each of the others is found out by one question more at most.
    let rows = 64;
    for (let i = 0; i < hanging.length && !(await shown(rows).isVisible()); i++) {
      await ask(page, 'Rows', ++rows);
      await shown(rows).or(lost).first().waitFor();
      await idle(page);
    }
    await shown(rows).waitFor();
    await answered(page);
    assert.equal(await refused(page).count(), 0);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('a worker that dies at work fails its job at once', async () => {
    const { page, troubles, close } = await open(browser, host.address + lab);
    await answered(page);
    await idle(page);
    const last = await answer(page).innerText();
    // Every worker of the page dies as soon as it gets its next job.
    await Promise.all(page.workers().map((worker) => worker.evaluate(() => {
      const post = self.postMessage;
      self.postMessage = (message, options) => { post.call(self, message, options); if (message.type === 'started') { self.close(); for (const end = performance.now() + 50; performance.now() < end;); throw new Error('closed'); } };
    })));
    await ask(page, 'Rows', 64);
    await refused(page).filter({ hasText: 'The background worker was lost: it stopped' }).waitFor();
    assert.equal(await answer(page).innerText(), last);
    await close();
    assert.deepEqual(troubles.filter((text) => !text.includes('closed')), []);
  });

  test('cancelling ends the workers that were busy', async () => {
    const { page, troubles, close } = await open(browser, host.address + lab);
    await answered(page);
    await idle(page);
    await ask(page, 'Rows', 16384);
    await ask(page, 'Columns', 4096);
    await page.locator('bb-lab progress').waitFor();
    const over = Promise.race(page.workers().map(gone));
    await page.keyboard.press('Escape');
    await page.getByText('Cancelled; what is shown').waitFor();
    await over;
    await ask(page, 'Rows', 64);
    await page.getByText('64 × 4,096 values').waitFor();
    await answered(page);
    assert.deepEqual(troubles, []);
    await close();
  });

  /** The page with a core whose memory ends at so many bytes. */
  async function cramped(bytes) {
    const context = await browser.newContext({ viewport: { width: 1200, height: 900 } });
    const page = await context.newPage();
    const troubles = [];
    page.on('console', (message) => message.type() === 'error' && troubles.push(message.text()));
    page.on('pageerror', (error) => troubles.push(String(error)));
    await page.route(/bitbudget-[\w-]+\.wasm$/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: Buffer.from(withMemory(await response.body(), bytes)) });
    });
    await page.goto(host.address + lab);
    await answered(page);
    await idle(page);
    return { page, troubles, close: () => context.close() };
  }

  test('a tensor that finds no memory is refused with the figure; its worker is replaced and the next one is measured', async () => {
    const { page, troubles, close } = await cramped(32 << 20);
    const over = Promise.race(page.workers().map(gone));
    await ask(page, 'Rows', 4096);
    await ask(page, 'Columns', 4096);
    await refused(page).filter({ hasText: /not enough memory for \d{8} more bytes/ }).waitFor();
    await over;
    await ask(page, 'Rows', 64);
    await page.getByText('64 × 4,096 values').waitFor();
    await answered(page);
    assert.equal(await refused(page).count(), 0);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('a header that stops the module for want of memory is refused; its worker is replaced and the next file opens', async () => {
    const { page, troubles, close } = await cramped(17 << 20);
    const layout = (count) => Buffer.from(core.layoutFile('safetensors', Array.from({ length: count }, (_, i) => ({ name: `layers.${i}`, type: 'U8', shape: [0, 1] }))).header);
    const over = Promise.race(page.workers().map(gone));
    const give = (name, buffer) => page.locator('bb-lab input[type=file]').first().setInputFiles({ name, mimeType: 'application/octet-stream', buffer });
    await give('many.safetensors', layout(120_000));
    await refused(page).filter({ hasText: 'memory' }).waitFor();
    await over;
    const { header, fileSize } = core.layoutFile('safetensors', [{ name: 'w', type: 'U8', shape: [4, 256] }]);
    await give('small.safetensors', Buffer.concat([header, Buffer.alloc(fileSize - header.length)]));
    await page.getByText('w of small.safetensors: 4 × 256 values').waitFor();
    assert.deepEqual(troubles, []);
    await close();
  });
});
