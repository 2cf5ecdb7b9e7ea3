// Large tensors in the lab: cut into whole blocks over all workers, and refused before they are read where they do not fit.
import assert from 'node:assert/strict';
import { mkdtempSync, openSync, closeSync, ftruncateSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { load } from '../../build/package/index.js';
import { launch, open, start } from './browser.mjs';
import { answer, answered, idle, link, npy, saved } from './lab-page.mjs';

describe('Tensor lab, large tensors', () => {
  let browser;
  let host;
  let core;
  let folder;
  before(async () => { [browser, host, core] = await Promise.all([launch(), start(), load()]); folder = mkdtempSync(join(tmpdir(), 'lab-')); });
  after(async () => { await browser?.close(); await host?.stop(); rmSync(folder, { recursive: true, force: true }); });
  const visit = (params) => open(browser, host.address + link({ formats: 'q8_0', ...params }), { acceptDownloads: true });

  /** A file of that size on the disk, with only its ends written. */
  function sparse(name, size, begin, end = Buffer.alloc(0)) {
    const path = join(folder, name);
    const file = openSync(path, 'w');
    ftruncateSync(file, size);
    writeSync(file, begin, 0, begin.length, 0);
    if (end.length > 0) writeSync(file, end, 0, end.length, size - end.length);
    closeSync(file);
    return path;
  }

  test('parts over all workers join to the bytes of the whole, whatever shares a scale', async () => {
    const [rows, columns] = [2050, 1024];
    const values = core.randomTensor('laplace', rows * columns, { seed: 3, scale: 0.02 });
    const { page, troubles, close } = await visit({ tensor: 'laplace', rows, columns, seed: 3, a: 'int4_sym_tensor', b: 'q4_k' });
    await answered(page);
    await idle(page);
    // One worker for each core, less one for the page itself where there are more than two; four at most.
    const cores = await page.evaluate(() => navigator.hardwareConcurrency);
    assert.equal(page.workers().length, Math.min(4, cores <= 2 ? cores : cores - 1));
    for (const [a, b] of [['int4_sym_tensor', 'q4_k'], ['nf4', 'nf4_dq'], ['f8_e4m3_row', 'nvfp4_tensor'], ['int3_asym_g128', 'hqq4_g64']]) {
      await page.evaluate(([first, second]) => { location.hash = location.hash.replace(/&a=\w+/, `&a=${first}`).replace(/&b=\w+/, `&b=${second}`); }, [a, b]);
      await page.waitForURL(new RegExp(`a=${a}&b=${b}`));
      await answered(page);
      for (const [side, format] of [['a', a], ['b', b]]) assert.ok((await saved(page, side, 'bin')).bytes.equals(Buffer.from(core.encode(format, values, { rowLength: columns }))), format);
    }
    assert.deepEqual(troubles, []);
    await close();
  });

  test('a file of 1 GiB and a ZIP too large to unpack are refused with the figure, and nothing is lost', async () => {
    const { page, troubles, close } = await visit();
    await answered(page);
    await idle(page);
    const before = await answer(page).innerText();
    const notice = page.locator('bb-lab .inputs bb-notice[kind=error]');
    const give = (path) => page.locator('bb-lab').getByLabel('Open a file').setInputFiles(path);
    const header = (shape, descr) => Buffer.from(npy(new Float32Array(0), shape).toString('latin1').replace('<f4', descr), 'latin1');

    const floats = header([16384, 16384], '<f4');
    await give(sparse('huge.npy', floats.length + 2 ** 30, floats));
    await notice.getByText('huge.npy has 268,435,456 values: as 32-bit floats 1 GiB').waitFor();
    assert.match(await notice.innerText(), /up to 67,108,864 at once \(256\sMiB\)/);
    assert.match(await notice.innerText(), /the last result that worked/);
    assert.equal(await answer(page).innerText(), before);

    // The end of a ZIP directory that says nothing of use: it is never looked at.
    await give(sparse('huge.npz', 2 ** 30, Buffer.from('PK\x03\x04', 'latin1'), Buffer.from('PK\x05\x06' + '\0'.repeat(18), 'latin1')));
    await notice.getByText('huge.npz can only be read as a whole, and it has 1 GiB').waitFor();
    assert.equal(await answer(page).innerText(), before);

    // The page goes on with what fits.
    await page.getByLabel('Tensor', { exact: true }).selectOption('laplace');
    await page.getByText('Laplace distribution (heavier tails): 512 × 512 values').waitFor();
    await answered(page);
    assert.equal(await notice.count(), 0);
    assert.deepEqual(troubles, []);
    await close();
  });
});
