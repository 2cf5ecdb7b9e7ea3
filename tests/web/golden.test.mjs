// The package's bytes against the golden data, in Chromium.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { goldenVectors } from '../wasm/golden.mjs';
import { launch, open, start } from './browser.mjs';

test('every golden vector, byte for byte, in Chromium', async () => {
  const host = await start(fileURLToPath(new URL('../../build/package', import.meta.url)));
  const browser = await launch();
  try {
    const { page } = await open(browser, host.address + 'package.json', { bypassCSP: true });
    const vectors = goldenVectors();
    const bits = (array) => array && [...new Uint32Array(array.buffer)];
    const wrong = await page.evaluate(async (list) => {
      const { load } = await import('/index.js');
      const bitbudget = await load();
      const floats = (words) => new Float32Array(Uint32Array.from(words).buffer);
      const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
      const failures = [];
      for (const { name, format, values, rowLength, importance, hex, sha256 } of list) {
        const bytes = bitbudget.encode(format, floats(values), { rowLength, ...(importance ? { importance: floats(importance) } : {}) });
        const same = hex !== undefined ? toHex(bytes) === hex : toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))) === sha256;
        if (!same) failures.push(name);
      }
      return failures;
    }, vectors.map((vector) => ({ ...vector, values: bits(vector.values), importance: bits(vector.importance) })));
    assert.deepEqual(wrong, []);
  } finally {
    await browser.close();
    await host.stop();
  }
});
