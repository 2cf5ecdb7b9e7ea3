// The one-file page in Firefox, from disk, where module workers and fetches of siblings are refused.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import puppeteer from 'puppeteer-core';
import { onePage, start } from './browser.mjs';
import { readGguf } from './compress.mjs';
import { llamaTensors, writeCheckpoint } from './synthetic.mjs';

/** Text anywhere in the page, shadow roots among it. */
const pageText = () => {
  const read = (node) => (node.shadowRoot ? read(node.shadowRoot) : '') + [...node.childNodes].map((child) => (child.nodeType === Node.TEXT_NODE ? child.data : read(child))).join(' ');
  return read(document.body).replace(/\s+/g, ' ');
};

describe('bitbudget.html in Firefox, from disk', () => {
  let browser;
  before(async () => {
    const executablePath = [process.env.FIREFOX, '/usr/bin/firefox-esr', '/usr/bin/firefox'].find((path) => path && existsSync(path));
    if (!executablePath) throw new Error('no Firefox: apt-get install firefox-esr, or set FIREFOX');
    browser = await puppeteer.launch({
      browser: 'firefox',
      executablePath,
      headless: true,
      // Puppeteer relaxes this for tests; readers have it on.
      extraPrefsFirefox: { 'security.fileuri.strict_origin_policy': true },
    });
  });
  after(async () => browser?.close());

  /** Opens the page at a link and waits until its text holds `wanted`. */
  async function expectText(hash, wanted) {
    const page = await browser.newPage();
    const troubles = [];
    page.on('pageerror', (error) => troubles.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && troubles.push(message.text()));
    await page.goto(onePage + hash);
    const deadline = Date.now() + 60_000;
    let text = '';
    while (!wanted.test(text)) {
      assert.ok(Date.now() < deadline, `no ${wanted} in: ${text.slice(0, 2000)}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
      text = await page.evaluate(pageText);
    }
    assert.deepEqual(troubles, []);
    await page.close();
  }

  test('Fit answers', () => expectText('', /Fits: ?[\d.]+ of 24 GiB/));
  test('the Tensor lab measures', () => expectText('#v=1&view=lab', /Q4_0: 7\.11 × smaller, off by \d/));

  test('the Files view compresses a checkpoint, in memory until it is saved', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bitbudget-firefox-'));
    const shapes = llamaTensors({ layers: 2, hidden: 256, inner: 512, keys: 64, vocabulary: 500 });
    const { paths } = writeCheckpoint(folder, shapes, 2);
    const page = await browser.newPage();
    await page.goto(`${onePage}#v=1&view=files`);
    const inPanel = (selector) => page.waitForSelector(`>>> bb-compress >>> ${selector}`);
    await (await page.waitForSelector('>>> bb-files >>> input[type=file]')).uploadFile(...paths);
    await (await inPanel('#container')).select('gguf');
    await inPanel('#mixture');
    await (await inPanel('button.primary')).click();
    await inPanel('.result button.primary');
    const base64 = await page.evaluate(async () => {
      const blobs = [];
      const make = URL.createObjectURL;
      URL.createObjectURL = (blob) => { blobs.push(blob); return make.call(URL, blob); };
      document.querySelector('bb-app').shadowRoot.querySelector('bb-files').shadowRoot.querySelector('bb-compress').shadowRoot.querySelector('.result button.primary').click();
      return btoa(Array.from(new Uint8Array(await blobs[0].arrayBuffer()), (byte) => String.fromCharCode(byte)).join(''));
    });
    const path = join(folder, 'saved.gguf');
    writeFileSync(path, Buffer.from(base64, 'base64'));
    const { tensors } = await readGguf(path);
    assert.deepEqual([...tensors.keys()].sort(), Object.keys(shapes).sort());
    assert.equal(tensors.get('model.layers.0.self_attn.q_proj.weight').dtype, 12);
    await page.close();
    rmSync(folder, { recursive: true });
  });

  test('from a server, a file too large for memory waits in the browser’s storage', async () => {
    const host = await start();
    const folder = mkdtempSync(join(tmpdir(), 'bitbudget-firefox-'));
    const shapes = llamaTensors({ layers: 2, hidden: 1024, inner: 16_384, keys: 256, vocabulary: 500 });
    const { paths, total } = writeCheckpoint(folder, shapes, 2);
    assert.ok(total > 192 * 2 ** 20);
    const page = await browser.newPage();
    await page.goto(`${host.address}#v=1&view=files&by=kinds`);
    const inPanel = (selector) => page.waitForSelector(`>>> bb-compress >>> ${selector}`, { timeout: 120_000 });
    await (await page.waitForSelector('>>> bb-files >>> input[type=file]')).uploadFile(...paths);
    await inPanel('.answer');
    await (await inPanel('button.primary')).click();
    await inPanel('.result button.primary');
    const stored = await page.evaluate(async () => {
      const found = [];
      for await (const handle of (await (await navigator.storage.getDirectory()).getDirectoryHandle('bitbudget-output')).values()) {
        const file = await handle.getFile();
        found.push([file.size, new Uint8Array(await file.slice(8, 9).arrayBuffer())[0]]);
      }
      return found;
    });
    assert.equal(stored.length, 1);
    assert.ok(stored[0][0] > total);
    assert.equal(stored[0][1], '{'.charCodeAt());
    await page.close();
    await host.stop();
    rmSync(folder, { recursive: true });
  });
});
