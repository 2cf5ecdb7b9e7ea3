// Links once given out: each of these must read the same for ever. Add lines; never change one.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch, open, start } from './browser.mjs';

const frozen = [
  { link: '#v=1&view=fit&model=meta-llama/Llama-2-7b-hf&weights=q4_0&kv=q8_0&context=4096&batch=2&memory=8GiB', shows: { '#model': 'meta-llama/Llama-2-7b-hf', '#weights': 'q4_0', '#kv': 'q8_0', Context: '4,096', Batch: '2', Memory: '8' } },
  { link: '#v=1&view=fit&memory=80GB&device=nvidia-h100-sxm-80gb', shows: { '#weights': 'f16', Context: '8,192', Batch: '1', Memory: '74.5' } },
  { link: '', shows: { '#weights': 'f16', '#kv': 'f16', Context: '8,192', Batch: '1', Memory: '24' } },
];

const broken = [
  ['#v=1&view=fit&context=many', /context “many” is not a whole number/],
  ['#v=1&view=fit&memory=lots', /memory “lots” is not an amount/],
  ['#v=1&view=nowhere', /there is no view “nowhere”/],
  ['#v=99&view=fit', /newer bitbudget \(version 99/],
  ['#v=1&view=fit&weights=q4_%E0%A4%A', /“weights” is cut off or garbled/],
  ['#v=1&view=fit&weights=q99', /there is no number format “q99”/],
  ['#v=1&view=fit&model=no-such-model', /there is no known model “no-such-model”/],
  ['#v=1&view=fit&colour=red', /“colour” means nothing to this view/],
];

describe('links', () => {
  let browser;
  let host;
  before(async () => { browser = await launch(); host = await start(); });
  after(async () => { await browser?.close(); await host?.stop(); });

  for (const { link, shows } of frozen)
    test(link || '(no link)', async () => {
      const { page, troubles, close } = await open(browser, host.address + link, { locale: 'en-US' });
      await page.locator('h1.answer').filter({ hasText: /it/ }).waitFor();
      for (const [field, value] of Object.entries(shows))
        assert.equal(await (field.startsWith('#') ? page.locator(field) : page.getByLabel(field, { exact: true })).inputValue(), value, field);
      assert.equal(await page.getByText('could not be read').count(), 0);
      assert.deepEqual(troubles, []);
      await close();
    });

  for (const [link, message] of broken)
    test(`says what it could not read: ${link}`, async () => {
      const { page, troubles, close } = await open(browser, host.address + link);
      await page.locator('bb-notice').filter({ hasText: message }).waitFor();
      await page.locator('h1.answer').filter({ hasText: /it/ }).waitFor();
      assert.deepEqual(troubles, []);
      await close();
    });
});
