// <bit-budget> in somebody else's page, from another origin, and embed.html in an iframe.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { launch, open, start } from './browser.mjs';

describe('embeds', () => {
  let browser;
  let host;
  before(async () => { browser = await launch(); host = await start(); });
  after(async () => { await browser?.close(); await host?.stop(); });

  /** A stranger's page on its own origin, without a policy. */
  async function stranger(body, use) {
    const server = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(`<!doctype html><title>Host</title><body>${body}`));
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const visit = await open(browser, `http://127.0.0.1:${server.address().port}/`);
    try { await use(visit); } finally { await visit.close(); server.close(); }
  }

  test('the element sizes a model, and follows its attributes', async () => {
    await stranger(`<script type="module" src="${host.address}bit-budget.js"></script><div id="place"></div>`, async ({ page, troubles }) => {
      await page.evaluate(() => {
        document.querySelector('#place').innerHTML = '<bit-budget view="fit" weights="q4_0" context="4096"></bit-budget>';
      });
      const answer = page.locator('h1.answer');
      await answer.filter({ hasText: 'Fits' }).waitFor();
      const small = await answer.innerText();
      await page.evaluate(() => document.querySelector('bit-budget').setAttribute('weights', 'f16'));
      await page.waitForFunction((text) => {
        const deep = (root) => root.querySelector('h1.answer') ?? [...root.querySelectorAll('*')].map((each) => each.shadowRoot && deep(each.shadowRoot)).find(Boolean);
        return deep(document).innerText !== text;
      }, small);
      assert.deepEqual(troubles.filter((trouble) => !trouble.includes(host.address)), []);
    });
  });

  test('nothing but the small script is loaded before the element is in sight', async () => {
    await stranger(`<script type="module" src="${host.address}bit-budget.js"></script><div style="height: 5000px"></div><bit-budget></bit-budget>`, async ({ page }) => {
      await page.waitForTimeout(500);
      const before = await page.evaluate(() => performance.getEntriesByType('resource').map((entry) => entry.name));
      assert.equal(before.filter((name) => name.endsWith('.wasm')).length, 0);
      assert.ok(before.length <= 3, before.join(' '));
      await page.locator('bit-budget').scrollIntoViewIfNeeded();
      await page.locator('h1.answer').waitFor();
    });
  });

  test('an iframe tells its height', async () => {
    const source = `${host.address}embed.html#v=1&view=fit&weights=q8_0&controls=min`;
    await stranger(`<script>addEventListener('message', (e) => { if (e.source === frames[0] && e.data.type === 'bit-budget:height') frame.height = window.told = e.data.height; });</script>
      <iframe id="frame" width="320" src="${source.replaceAll('&', '&amp;')}"></iframe>`, async ({ page, troubles }) => {
      await page.frameLocator('#frame').locator('h1.answer').waitFor();
      await page.waitForFunction(() => globalThis.told > 100);
      assert.equal(await page.frameLocator('#frame').locator('select').count(), 2);
      assert.deepEqual(troubles.filter((trouble) => !trouble.includes(host.address)), []);
    });
  });

  test('one section of the Theory view, from another origin, with its live figure', async () => {
    await stranger(`<script type="module" src="${host.address}bit-budget.js"></script><div style="width: 320px"><bit-budget view="theory" params="section=uniform&amp;uniform.bits=3" controls="none"></bit-budget></div>`, async ({ page, troubles }) => {
      await page.locator('bb-theory-uniform bb-plot svg').first().waitFor();
      assert.equal(await page.locator('bb-theory section.part').count(), 1);
      assert.equal(await page.locator('bb-theory select:visible, bb-theory input:visible').count(), 0);
      await page.locator('bb-theory-uniform').getByText('3 bits').first().waitFor();
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      assert.ok((await page.locator('bb-theory').evaluate((view) => view.scrollWidth)) <= 320);
      assert.deepEqual(troubles.filter((trouble) => !trouble.includes(host.address)), []);
    });
  });
});
