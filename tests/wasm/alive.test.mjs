// What computes for long says so: `alive`, given to load, is called from within.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from '../../build/package/index.js';
import { load as loadTheory } from '../../build/package/theory/index.js';

let calls = 0;
const alive = () => { calls++; };
const core = await load({ alive });
const theory = await loadTheory({ alive });

function callsOf(work) {
  calls = 0;
  work();
  return calls;
}

test('encoding a large tensor calls it, a small one hardly', () => {
  const values = core.randomTensor('normal', 2 ** 20, { seed: 3 });
  assert.ok(callsOf(() => core.encode('int4_sym_g32', values, { rowLength: 4096, scaleSearch: 'mse' })) >= 16);
  assert.ok(callsOf(() => core.encode('hqq4_g64', values.subarray(0, 4096), { rowLength: 64 })) < 8);
});

test('long lists call it on their way in and out', () => {
  const tensors = Array.from({ length: 5000 }, (_, i) => ({ name: `layers.${i}.weight`, type: 'F32', shape: [2, 2], byteLength: 16, offset: 16 * i }));
  assert.ok(callsOf(() => core.ledger(tensors)) >= 10_000);
});

test('so do the decompositions, which are not ours, while they run', () => {
  const values = core.randomTensor('normal', 512 * 512, { seed: 4 });
  assert.ok(callsOf(() => theory.compressors.truncatedSvd(values, 512, 512)) >= 100);
  assert.ok(callsOf(() => theory.compressors.randomizedSvd(values, 512, 256, { seed: 1 })) >= 100);
});

test('results do not depend on it', async () => {
  const [deaf, deafTheory] = [await load(), await loadTheory()];
  const values = core.randomTensor('student_t', 300_000, { seed: 5, nu: 3 });
  for (const format of ['q8_0', 'q4_k', 'nf4_dq', 'int3_asym_tensor']) {
    const row = format === 'q4_k' ? 256 * 100 : 1000 * 32;
    const some = values.subarray(0, row * 8);
    assert.deepEqual(deaf.encode(format, some, { rowLength: row }), core.encode(format, some, { rowLength: row }));
  }
  assert.deepEqual(deafTheory.limits.lloydMax('normal', 5), theory.limits.lloydMax('normal', 5));
});
