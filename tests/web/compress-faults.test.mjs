// Compressing where something goes wrong: it is said what and what to do, nothing half-done stays behind, and the next job works.
import assert from 'node:assert/strict';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launch, start } from './browser.mjs';
import { compress, failure, file, onDisk, openFiles, panel, readGguf, fetchFile, result, safetensors } from './compress.mjs';
import { llamaTensors, writeCheckpoint } from './synthetic.mjs';

const shapes = llamaTensors({ layers: 6, hidden: 1024, inner: 2816, keys: 256, vocabulary: 1000 });

/** Workers that the page has started, for the tests to end. */
const recordWorkers = () => {
  const Original = globalThis.Worker;
  globalThis.startedWorkers = [];
  globalThis.Worker = class extends Original {
    constructor(...input) {
      super(...input);
      globalThis.startedWorkers.push(this);
    }
  };
};

describe('Compress, when something goes wrong', () => {
  let browser;
  let host;
  let folder;
  before(async () => { browser = await launch(); host = await start(); folder = mkdtempSync(join(tmpdir(), 'bitbudget-faults-')); });
  after(async () => { await browser?.close(); await host?.stop(); rmSync(folder, { recursive: true, force: true }); });
  const checkpoint = () => writeCheckpoint(mkdtempSync(join(folder, 'checkpoint-')), shapes, 1);
  const choose = (page, id, value) => panel(page).locator(`#${id}`).selectOption(value);
  const begin = (page) => panel(page).getByRole('button', { name: /^Compress/ }).click();
  const inTheMiddle = (page) => page.waitForFunction(() => { const { report } = document.querySelector('bb-app').shadowRoot.querySelector('bb-files').shadowRoot.querySelector('bb-compress').shadowRoot.querySelector('bb-progress'); return report && report.done > report.total / 10; });
  /** The next job, and that its file is whole. */
  const works = async (page) => {
    await compress(page);
    assert.equal(await failure(page).count(), 0);
    const { tensors } = await readGguf(await fetchFile(page, 'model-Q4_K_M.gguf'));
    assert.equal(tensors.size, Object.keys(shapes).length);
  };

  test('Escape cancels: no file stays, and the next job works', async () => {
    const { page, troubles, close } = await openFiles(browser, host, checkpoint().paths);
    await choose(page, 'container', 'gguf');
    await begin(page);
    await inTheMiddle(page);
    await page.keyboard.press('Escape');
    await panel(page).getByText('Cancelled. No file was kept.').waitFor();
    await page.waitForFunction(async () => { for await (const name of (await navigator.storage.getDirectory()).keys()) if (name) return false; return true; });
    assert.equal(await result(page).count(), 0);
    await works(page);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('a file that was there stays as it was when the job that would replace it is cancelled', async () => {
    const { page, close } = await openFiles(browser, host, checkpoint().paths);
    await choose(page, 'container', 'gguf');
    await page.evaluate(async () => {
      const writable = await (await (await navigator.storage.getDirectory()).getFileHandle('model-Q4_K_M.gguf', { create: true })).createWritable();
      await writable.write('precious');
      await writable.close();
    });
    await begin(page);
    await inTheMiddle(page);
    await panel(page).getByRole('button', { name: /^Cancel/ }).click();
    await panel(page).getByText('Cancelled. No file was kept.').waitFor();
    assert.deepEqual(await onDisk(page), { 'model-Q4_K_M.gguf': 8 });
    await close();
  });

  for (const [name, problem, message] of [
    ['a full disk', 'QuotaExceededError', /The disk is full: model-Q4_K_M\.gguf needs \d+ bytes\. Nothing was kept\./],
    ['a writer that fails', 'NotAllowedError', /model-Q4_K_M\.gguf could not be written \(.*\)\. Nothing was kept\./],
  ]) {
    test(`${name} ends the job with its reason, and the next works`, async () => {
      const { page, close } = await openFiles(browser, host, checkpoint().paths);
      await choose(page, 'container', 'gguf');
      await page.evaluate((errorName) => {
        const pick = globalThis.showSaveFilePicker;
        globalThis.showSaveFilePicker = async (options) => {
          globalThis.showSaveFilePicker = pick;
          const handle = await pick(options);
          const create = handle.createWritable.bind(handle);
          handle.createWritable = async () => {
            const writable = await create();
            const write = writable.write.bind(writable);
            let left = 5;
            writable.write = (chunk) => (left-- > 0 ? write(chunk) : Promise.reject(new DOMException('the drive said no', errorName)));
            return writable;
          };
          return handle;
        };
      }, problem);
      await compress(page);
      assert.match(await failure(page).innerText(), message);
      assert.equal(await result(page).count(), 0);
      assert.deepEqual(await onDisk(page), {});
      await works(page);
      await close();
    });
  }

  test('a file that was cut off since it was opened is named with the byte', async () => {
    const { paths } = checkpoint();
    const { page, close } = await openFiles(browser, host, paths);
    await choose(page, 'container', 'gguf');
    truncateSync(paths[0], 50_000_000);
    await compress(page);
    assert.match(await failure(page).innerText(), /model-00001-of-00001\.safetensors can no longer be read at byte \d+: it was changed, moved or cut off since it was opened/);
    assert.deepEqual(await onDisk(page), {});
    await page.locator('bb-files input[type=file]').setInputFiles(checkpoint().paths);
    // The plan is still the one that was made for these files.
    await failure(page).waitFor({ state: 'detached' });
    assert.equal(await panel(page).locator('#container').inputValue(), 'gguf');
    await works(page);
    await close();
  });

  test('a worker that is killed in the middle is replaced, and nothing is missing', async () => {
    const { page, close } = await openFiles(browser, host, checkpoint().paths, { prepare: recordWorkers });
    await choose(page, 'container', 'gguf');
    await begin(page);
    await inTheMiddle(page);
    const before = await page.evaluate(() => { const [first] = globalThis.startedWorkers; first.terminate(); return globalThis.startedWorkers.length; });
    await result(page).or(failure(page)).first().waitFor({ timeout: 60_000 });
    assert.equal(await failure(page).count(), 0);
    assert.ok((await page.evaluate(() => globalThis.startedWorkers.length)) > before);
    await works(page);
    await close();
  });

  test('workers that die again and again end the job with its reason, and the next works', async () => {
    const { page, close } = await openFiles(browser, host, checkpoint().paths, { prepare: recordWorkers });
    await choose(page, 'container', 'gguf');
    await begin(page);
    await inTheMiddle(page);
    await page.evaluate(() => {
      globalThis.killing = setInterval(() => { for (const worker of globalThis.startedWorkers.splice(0)) { worker.terminate(); worker.onerror(new ErrorEvent('error', { message: 'killed' })); } }, 20);
    });
    await failure(page).waitFor({ timeout: 60_000 });
    assert.match(await failure(page).innerText(), /The background worker was lost: killed/);
    assert.deepEqual(await onDisk(page), {});
    await page.evaluate(() => clearInterval(globalThis.killing));
    await works(page);
    await close();
  });

  test('NaN in a tensor is named with its place and what takes it', async () => {
    const data = new Float32Array(3 * 2 ** 20).fill(0.5);
    data[2 ** 20 + 77] = NaN;
    const tensors = { 'model.layers.0.mlp.up_proj.weight': { dtype: 'F32', shape: [3072, 1024], data } };
    const { page, close } = await openFiles(browser, host, file('nan.safetensors', safetensors(tensors)));
    await choose(page, 'container', 'gguf');
    await compress(page);
    assert.match(await failure(page).innerText(), /“model\.layers\.0\.mlp\.up_proj\.weight” holds a NaN or an infinity \(element 1048653\)/);
    assert.deepEqual(await onDisk(page), {});
    await choose(page, 'approach', 'one');
    await choose(page, 'one', 'bf16');
    await compress(page);
    assert.equal(await failure(page).count(), 0);
    assert.match(await result(page).innerText(), /In 1 tensor values came out infinite or not a number/);
    await close();
  });

  test('what would not fit in memory is refused before it starts, with the figure, where there is neither a dialogue nor storage', async () => {
    // A sparse file of 1 GiB: nothing but its header is there.
    const path = join(folder, 'sparse.safetensors');
    const bytes = 2 ** 30;
    const header = Buffer.from(JSON.stringify({ 'model.layers.0.mlp.up_proj.weight': { dtype: 'BF16', shape: [bytes / 8192, 4096], data_offsets: [0, bytes] } }).padEnd(128));
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(header.length));
    const out = openSync(path, 'w');
    writeSync(out, Buffer.concat([size, header]));
    ftruncateSync(out, 8 + header.length + bytes);
    closeSync(out);
    const { page, close } = await openFiles(browser, host, path, { disk: false, prepare: () => { delete StorageManager.prototype.getDirectory; } });
    await choose(page, 'one', 'f32');
    await panel(page).getByText(/192\sMiB at most, and this one would have 2\sGiB/).waitFor();
    assert.ok(await panel(page).getByRole('button', { name: /^Compress/ }).isDisabled());
    await choose(page, 'container', 'gguf');
    await choose(page, 'approach', 'one');
    await choose(page, 'one', 'q2_k');
    await panel(page).getByText(/Kept in memory until you save it; at most 192\sMiB/).waitFor();
    assert.ok(!(await panel(page).getByRole('button', { name: /^Compress/ }).isDisabled()));
    await close();

    // With storage its room is what counts.
    const { page: second, close: closeSecond } = await openFiles(browser, host, path, { disk: false, prepare: () => { StorageManager.prototype.estimate = async () => ({ quota: 1.5 * 2 ** 30, usage: 2 ** 28 }); } });
    await choose(second, 'one', 'f32');
    await panel(second).getByText(/in its own storage until it is saved, which has room for 1\.25\sGiB, and this one would have 2\sGiB/).waitFor();
    assert.ok(await panel(second).getByRole('button', { name: /^Compress/ }).isDisabled());
    await choose(second, 'one', 'bf16');
    await panel(second).getByText(/Kept in this browser’s own storage until you save it, which has room for 1\.25\sGiB/).waitFor();
    assert.ok(!(await panel(second).getByRole('button', { name: /^Compress/ }).isDisabled()));
    await closeSecond();
  });
});
