// The Tensor lab as a reader meets it, over http under the strict Content-Security-Policy.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { load } from '../../build/package/index.js';
import { launch, onePage, open, start } from './browser.mjs';
import { answer, answered, compared, give, idle, link, npy, outlierInput, safetensors, saved } from './lab-page.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const { randomTensor } = await load();
const golden = (name) => readFileSync(new URL(`../golden/ggml/${name}.bin`, import.meta.url));

describe('Tensor lab', () => {
  let browser;
  let host;
  before(async () => { browser = await launch(); host = await start(); });
  after(async () => { await browser?.close(); await host?.stop(); });
  const visit = (params, options) => open(browser, host.address + link(params), options);

  test('answers before anything is touched', async () => {
    const { page, troubles, close } = await visit();
    await answered(page);
    assert.match(await answer(page).innerText(), /^Q4_0: 7\.11\s× smaller, off by [\d.]+\s%\. NF4: 7\.11\s× smaller, off by [\d.]+\s%\.$/);
    const table = await compared(page).innerText();
    assert.match(table, /Size\s+144\sKiB\s+144\sKiB/);
    assert.match(table, /Bits per weight\s+4\.5\s+4\.5/);
    await page.getByText('GB/s').nth(3).waitFor();
    assert.deepEqual(troubles, []);
    await close();
  });

  test('an .npy compresses to the golden bytes of q8_0 and q4_0, and its decoded values come back as .npy', async () => {
    const { page, troubles, close } = await visit({ a: 'q8_0', b: 'q4_0' }, { acceptDownloads: true });
    await answered(page);
    const input = outlierInput();
    await give(page, 'outlier.npy', npy(input, [8, 1024]));
    await page.getByText('outlier.npy: 8 × 1,024 values').waitFor();
    await answered(page);
    const [a, b] = [await saved(page, 'a', 'bin'), await saved(page, 'b', 'bin')];
    assert.equal(a.name, 'outlier-q8_0.bin');
    assert.ok(a.bytes.equals(golden('outlier.q8_0')), 'q8_0');
    assert.ok(b.bytes.equals(golden('outlier.q4_0')), 'q4_0');
    const decoded = await saved(page, 'a', 'npy');
    assert.equal(decoded.bytes.length, 128 + 4 * 8192);
    assert.match(decoded.bytes.toString('latin1', 0, 128), /^\x93NUMPY\x01\x00.*'shape': \(8, 1024\)/s);
    // The values again from the golden bytes: a 16-bit float and 32 codes a block.
    const values = new Float32Array(decoded.bytes.buffer.slice(decoded.bytes.byteOffset + 128, decoded.bytes.byteOffset + decoded.bytes.length));
    const half = (bits) => (bits >> 10 === 0 ? (bits & 1023) * 2 ** -24 : (1024 + (bits & 1023)) * 2 ** ((bits >> 10) - 25));
    for (let i = 0; i < 8192; i++) {
      const block = Math.floor(i / 32) * 34;
      assert.equal(values[i], Math.fround(half(a.bytes.readUInt16LE(block)) * a.bytes.readInt8(block + 2 + (i % 32))), `value ${i}`);
    }
    assert.deepEqual(troubles, []);
    await close();
  });

  test('a tensor is chosen from a .safetensors, and the link remembers its name', async () => {
    const { page, troubles, close } = await visit();
    await answered(page);
    const normal = outlierInput();
    await give(page, 'model.safetensors', safetensors({ 'first.weight': { dtype: 'F32', shape: [8, 1024], data: normal }, 'second.weight': { dtype: 'BF16', shape: [4, 256], data: new Uint16Array(1024).fill(0x3f80) } }));
    await page.getByText('first.weight of model.safetensors: 8 × 1,024 values').waitFor();
    await page.getByLabel('Which of its 2 tensors').selectOption('second.weight');
    await page.getByText('second.weight of model.safetensors: 4 × 256 values, 2 KiB as 16-bit floats (BF16)').waitFor();
    await answered(page);
    assert.match(page.url(), /tensor=file&.*name=second\.weight/);
    // All values are 1: Q4_0 holds 1 exactly, as 8 steps of 1/8 down.
    assert.match(await compared(page).innerText(), /Signal to noise\s+∞/);
    // Elsewhere the link cannot have the file, and says so.
    const again = await open(browser, page.url());
    await again.page.getByText('This link was made with the file model.safetensors').waitFor();
    assert.deepEqual([...troubles, ...again.troubles], []);
    await again.close();
    await close();
  });

  test('a file stays open over a visit to another view, and an address that names another one asks for it', async () => {
    const { page, troubles, close } = await visit();
    await answered(page);
    await give(page, 'outlier.npy', npy(outlierInput(), [8, 1024]));
    await page.getByText('outlier.npy: 8 × 1,024 values').waitFor();
    await page.getByRole('link', { name: 'Fit' }).click();
    await page.locator('bb-fit').waitFor();
    await page.getByRole('link', { name: 'Tensor lab' }).click();
    await page.getByText('outlier.npy: 8 × 1,024 values').waitFor();
    await answered(page);
    await page.evaluate(() => { location.hash = location.hash.replace('outlier.npy', 'other.npy'); });
    await page.getByText('This link was made with the file other.npy').waitFor();
    await page.goBack();
    await page.getByText('This link was made').waitFor({ state: 'detached' });
    assert.deepEqual(troubles, []);
    await close();
  });

  test('a bad file is refused beside its button, with what is wrong, and the last result stays', async () => {
    const { page, troubles, close } = await visit();
    await answered(page);
    const before = await answer(page).innerText();
    await give(page, 'broken.npy', npy(outlierInput(), [8, 1024]).subarray(0, 5000));
    const notice = page.locator('bb-lab .inputs bb-notice[kind=error]');
    await notice.waitFor();
    assert.match(await notice.innerText(), /5,?000/);
    assert.equal(await answer(page).innerText(), before);
    await give(page, 'notes.txt', Buffer.from('hello, world'));
    await notice.filter({ hasText: 'notes.txt' }).or(notice.filter({ hasNotText: '5000' })).first().waitFor();
    assert.equal(await answer(page).innerText(), before);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('rows that a format cannot cut are refused beside it; the other format is measured', async () => {
    const { page, troubles, close } = await visit({ columns: '500', a: 'q4_k', b: 'int4_asym_row' });
    await page.locator('bb-lab .inputs bb-notice[kind=error]').filter({ hasText: 'multiple of 256' }).waitFor();
    await answer(page).filter({ hasText: 'INT4 asym row' }).waitFor();
    await page.getByLabel('Format A', { exact: false }).selectOption('q8_0');
    await page.locator('bb-lab .inputs bb-notice[kind=error]').filter({ hasText: 'Q8_0 needs rows' }).waitFor();
    await page.getByLabel('Columns').fill('512');
    await page.getByLabel('Columns').press('Enter');
    await answered(page);
    assert.equal(await page.locator('bb-lab .inputs bb-notice[kind=error]').count(), 0);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('long work shows how far it is, Escape cancels it, and the last result stays', async () => {
    const { page, troubles, close } = await visit();
    await answered(page);
    const before = await answer(page).innerText();
    await page.getByLabel('Rows', { exact: true }).fill('16384');
    await page.getByLabel('Rows', { exact: true }).press('Enter');
    await page.getByLabel('Columns').fill('4096');
    await page.getByLabel('Columns').press('Enter');
    const progress = page.locator('bb-lab progress[max]');
    await progress.waitFor();
    await page.getByText(/left/).waitFor();
    assert.ok((await answer(page).getAttribute('class')).includes('stale'));
    await page.keyboard.press('Escape');
    await page.getByText('Cancelled; what is shown is the last result that was finished').waitFor();
    assert.equal(await answer(page).innerText(), before);
    // The workers are there again.
    await page.getByLabel('Rows', { exact: true }).fill('64');
    await page.getByLabel('Rows', { exact: true }).press('Enter');
    await page.getByText('64 × 4,096 values').waitFor();
    await answered(page);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('everything by keyboard: formats, the cross in the pictures, the divider', async () => {
    const { page, troubles, close } = await visit();
    await answered(page);
    await page.getByLabel('Format A', { exact: false }).focus();
    await page.keyboard.press('ArrowUp');
    await page.waitForURL(/a=q8_0/);
    await answer(page).filter({ hasText: 'Q8_0' }).waitFor();
    const maps = page.getByRole('application');
    await maps.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    await page.locator('bb-lab-maps .read').filter({ hasText: 'Rows 2 to 3, columns 2 to 3' }).waitFor();
    await page.keyboard.press('Tab');
    const divider = page.getByRole('slider', { name: 'Divider' });
    assert.ok(await divider.evaluate((element) => element.getRootNode().activeElement === element));
    await page.keyboard.press('Home');
    await page.waitForFunction(() => document.querySelector('bb-app').shadowRoot.querySelector('bb-lab').shadowRoot.querySelector('bb-lab-maps').shadowRoot.querySelector('[role=slider]').getAttribute('aria-valuenow') === '0');
    await compared(page).getByRole('button', { name: 'Signal to noise' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('bb-lab .meaning math').waitFor();
    assert.deepEqual(troubles, []);
    await close();
  });

  test('the table: the usual formats, sorted by any column, with the distance to the limit; others are added, and all saved as CSV', async () => {
    const { page, troubles, close } = await visit({}, { acceptDownloads: true });
    const table = page.locator('table.formats-table');
    const names = async () => (await table.locator('tbody th').allInnerTexts());
    await table.locator('tbody tr', { hasText: 'Q8_0' }).filter({ hasText: 'bit' }).waitFor();
    assert.deepEqual((await names()).slice(0, 2), ['Q2_K', 'Q3_K']);
    await table.getByRole('button', { name: 'Signal to noise' }).click();
    await table.getByRole('button', { name: 'Signal to noise' }).click();
    await page.waitForURL(/sort=-sqnr/);
    assert.equal((await names())[0], 'Q8_0');
    // Q8_0 on normal values keeps 45.4 dB of the 6.02 x 8.5 = 51.2 dB that D(R) allows.
    const gap = Number(/([\d.]+)\sdB, [\d.]+\sbit/.exec(await table.locator('tbody tr').first().innerText())[1]);
    assert.ok(Math.abs(gap - 5.8) < 0.15, String(gap));
    await page.getByLabel('Add formats').selectOption('iq4_nl');
    await table.locator('tbody tr', { hasText: 'IQ4_NL' }).filter({ hasText: 'dB' }).waitFor();
    await table.getByRole('button', { name: 'IQ4_NL as B' }).click();
    await page.waitForURL(/b=iq4_nl/);
    await answer(page).filter({ hasText: 'IQ4_NL' }).waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save CSV' }).click()]);
    const lines = readFileSync(await download.path(), 'utf8').trim().split('\r\n');
    assert.match(lines[0], /^tensor,rows,columns,stored_bytes,format,bytes,bits_per_weight,sqnr_db/);
    assert.equal(lines.length, 1 + 14);
    const q8 = lines.find((line) => line.includes(',q8_0,')).split(',');
    assert.deepEqual(q8.slice(1, 7), ['512', '512', '1048576', 'q8_0', '278528', '8.5']);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('a budget of bits or of error names a format of the table', async () => {
    const { page, troubles, close } = await visit({ budget: 'bits:4.4' });
    await page.locator('bb-lab .which').getByText('INT4 asym g64: 4.375 bits per weight').waitFor();
    await page.getByLabel('What is limited').selectOption('error');
    await page.locator('bb-lab .which').getByText('Q5_K: 5.5 bits per weight').waitFor();
    assert.match(page.url(), /budget=error:0\.05/);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('a scale search and a rotation lower the error, and the link holds them', async () => {
    const { page, troubles, close } = await visit({ tensor: 'outliers', a: 'int4_sym_tensor', b: 'int3_sym_g64', formats: 'q8_0' });
    const errors = async () => [...(await answer(page).innerText()).matchAll(/off by\s([\d.]+)/g)].map((match) => Number(match[1]));
    await answered(page);
    await idle(page);
    const plain = await errors();
    await page.getByText('Before and beside the format').click();
    await page.getByLabel('Rotate the rows first').check();
    await page.waitForURL(/rotate=on/);
    await answered(page);
    await idle(page);
    const rotated = await errors();
    assert.ok(rotated[0] < plain[0] / 2, `${plain} ${rotated}`);
    await page.getByLabel('Rotate the rows first').uncheck();
    await page.getByLabel('Scales of the integer formats').selectOption('mse');
    await page.waitForURL(/search=mse/);
    await answered(page);
    await idle(page);
    const searched = await errors();
    assert.ok(searched[1] < plain[1] && searched[0] <= plain[0], `${plain} ${searched}`);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('uniform steps with an entropy code are measured beside the formats, a quarter of a bit from the limit', async () => {
    const { page, troubles, close } = await visit();
    await answered(page);
    await page.getByText('Uniform steps with an entropy code, measured').click();
    const rows = await page.locator('table.figures tbody tr').evaluateAll((all) => all.map((row) => [...row.cells].map(({ innerText }) => {
      const [, digits, , power] = /([\d.]+)(\s×\s10⁻([¹²³⁴⁵⁶⁷⁸⁹]))?/.exec(innerText);
      return Number(digits) / 10 ** ('⁰¹²³⁴⁵⁶⁷⁸⁹'.indexOf(power ?? '⁰'));
    })));
    assert.ok(rows.length >= 8);
    for (const [step, bits, decibels, gap] of rows.filter((row) => row[1] > 3)) {
      // On normal values: the error is step^2 / 12, and the distance to D(R) 1.53 dB.
      assert.ok(Math.abs(decibels - 10 * Math.log10((12 * 0.02 ** 2) / step ** 2)) < 0.1, `${step}: ${decibels}`);
      assert.ok(Math.abs(6.0206 * bits - decibels - 1.533) < 0.1 && Math.abs(gap - 1.533) < 0.15, `${bits}: ${gap}`);
    }
    assert.equal(await page.locator('bb-lab-rate g .step').count(), rows.filter((row) => row[1] >= 2 && row[1] <= 9.5).length);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('where implementations differ stands in each format’s description and together, with pairs to compare', async () => {
    const { page, troubles, close } = await visit();
    await answered(page);
    await idle(page);
    await page.locator('table.formats-table').getByRole('button', { name: 'Q8_0', exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.locator('tr.meaning').getByText('its WebAssembly kernel truncates').waitFor();
    for (const text of ['Fused multiply-add', 'Q8_0 that truncates', 'scales that saturate', 'four rules for the scale', 'ties and the order of codes']) await page.locator('.topics summary', { hasText: text }).waitFor();
    const rules = page.locator('[data-topic=mx-scale]');
    await rules.locator('summary').focus();
    await page.keyboard.press('Enter');
    await rules.getByRole('button', { name: 'MXFP4 floor beside MXFP4 rceil' }).click();
    await page.waitForURL(/a=mxfp4_floor&b=mxfp4_rceil/);
    await answered(page);
    assert.match(await answer(page).innerText(), /^MXFP4 floor: .* MXFP4 rceil: /s);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('a block opens: the code of a value and the scale that it shares', async () => {
    const { page, troubles, close } = await visit();
    await answered(page);
    const block = page.locator('bb-lab-block').first();
    await block.getByText('Value 1 of 32').waitFor();
    assert.match(await block.locator('p').first().innerText(), /Its own code: 4 bits, [01]{4}; 16 bits of scale, shared with 31 others/);
    assert.equal(await block.locator('.byte').count(), 18);
    assert.equal(await block.locator('.bits i.own').count(), 4);
    await block.getByRole('slider').focus();
    await page.keyboard.press('End');
    await block.getByText('Value 32 of 32').waitFor();
    await page.getByLabel('Format A', { exact: false }).selectOption('q4_1');
    await block.getByText(/32 bits of scale and offset, shared with 31 others/).waitFor();
    assert.deepEqual(troubles, []);
    await close();
  });

  test('by mouse: pointing at a value opens its block in all pictures at once, and the divider is dragged', async () => {
    const { page, troubles, close } = await visit({ rows: '64', columns: '64' });
    await answered(page);
    const values = randomTensor('normal', 64 * 64, { seed: 1, scale: 0.02 });
    const figure = page.locator('bb-lab-maps .frame').nth(1);
    await figure.scrollIntoViewIfNeeded();
    const box = await figure.boundingBox();
    // Row 20, column 40 of 64: the second block of its row, and its ninth value.
    await page.mouse.move(box.x + (40.5 / 64) * box.width, box.y + (20.5 / 64) * box.height);
    await page.locator('bb-lab-maps .read').filter({ hasText: 'Row 20, column 40' }).waitFor();
    const blocks = page.locator('bb-lab-block');
    await blocks.first().getByText(/^Value 9 of 32: /).waitFor();
    await blocks.nth(1).getByText(/^Value 41 of 64: /).waitFor();
    const shown = Number(/: ([−\d.]+) became/.exec(await blocks.first().locator('p').first().innerText())[1].replace('−', '-'));
    assert.ok(Math.abs(shown - values[20 * 64 + 40]) < 0.005 * Math.abs(shown), String(shown));
    const marks = await page.locator('bb-lab-maps').evaluate((maps) => [...maps.shadowRoot.querySelectorAll('.cross')].map((cross) => [cross.offsetLeft, cross.offsetTop].join()));
    assert.deepEqual([marks.length, new Set(marks).size], [4, 1]);
    const divider = page.getByRole('slider', { name: 'Divider' });
    const [handle, frame] = [await divider.boundingBox(), await page.locator('bb-lab-maps .frame').nth(3).boundingBox()];
    await page.mouse.move(handle.x + handle.width / 2, handle.y + handle.height / 2);
    await page.mouse.down();
    await page.mouse.move(frame.x + 0.25 * frame.width, handle.y + 5);
    await page.mouse.up();
    assert.ok(Math.abs(Number(await divider.getAttribute('aria-valuenow')) - 25) <= 1);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('outlier columns are marked', async () => {
    const { page, troubles, close } = await visit({ tensor: 'outliers', a: 'int4_sym_tensor', b: 'f8_e4m3' });
    await page.getByText(/B: 4 columns stand out \(64, 192, 320, 448\)/).waitFor();
    assert.deepEqual(troubles, []);
    await close();
  });

  test('the one-file page measures from disk, and an embed with few controls keeps the formats to choose', async () => {
    const disk = await open(browser, onePage + link({ a: 'q8_0' }));
    await answered(disk.page);
    assert.match(await answer(disk.page).innerText(), /^Q8_0: 3\.76/);
    await disk.close();
    const embed = await open(browser, `${host.address}embed.html${link({ controls: 'min' })}`);
    await answered(embed.page);
    assert.deepEqual(await embed.page.locator('bb-lab select:visible').evaluateAll((all) => all.map(({ id }) => id)), ['a', 'b']);
    await embed.close();
    assert.deepEqual([...disk.troubles, ...embed.troubles], []);
  });

  for (const colorScheme of ['light', 'dark']) {
    test(`axe finds nothing serious, ${colorScheme}`, async () => {
      const { page, close } = await visit({ importance: 'computed' }, { colorScheme, bypassCSP: true });
      await answered(page);
      await idle(page);
      await compared(page).getByRole('button', { name: 'Signal to noise' }).click();
      await page.locator('bb-lab details summary').first().click();
      await page.locator('table.formats-table').getByRole('button', { name: 'Q8_0', exact: true }).click();
      await page.getByText('Uniform steps with an entropy code, measured').click();
      await page.locator('[data-topic=mx-scale] summary').click();
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      assert.deepEqual(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), []);
      await close();
    });
  }

  test('at 320 px nothing is wider than the screen', async () => {
    const { page, troubles, close } = await visit({ importance: 'computed' }, { viewport: { width: 320, height: 800 } });
    await answered(page);
    await idle(page);
    await page.locator('bb-lab details').evaluateAll((all) => { for (const details of all) details.open = true; });
    await page.locator('table.formats-table').getByRole('button', { name: 'Q8_0', exact: true }).click();
    await page.getByRole('button', { name: 'More figures' }).click();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0);
    assert.deepEqual(troubles, []);
    await close();
  });
});
