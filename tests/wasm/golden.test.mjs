// The package's bytes against the golden data, under Node.js.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { load } from '../../build/package/index.js';
import { goldenVectors } from './golden.mjs';

test('every golden vector, byte for byte', async () => {
  const bitbudget = await load();
  const vectors = goldenVectors();
  for (const { name, format, values, rowLength, importance, hex, sha256 } of vectors) {
    const bytes = bitbudget.encode(format, values, { rowLength, ...(importance ? { importance } : {}) });
    if (hex !== undefined) assert.equal(Buffer.from(bytes).toString('hex'), hex, name);
    else assert.equal(createHash('sha256').update(bytes).digest('hex'), sha256, name);
  }
  assert.deepEqual(new Set(vectors.map(({ format }) => format)), new Set(bitbudget.formats().map(({ id }) => id)));
  assert.ok(vectors.length > 1000);
});
