// The package as Node.js loads it: packings of checkpoints, and the rotation.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from '../../build/package/index.js';
import { refusal } from './refusal.mjs';

const bitbudget = await load();

test('every packing gives back what it packs', () => {
  const values = bitbudget.randomTensor('normal', 64 * 96, { seed: 3 });
  const weight = bitbudget.quantizeWeight(values, { columns: 96, bits: 4, group: 32, rule: 'awq' });
  assert.equal(weight.rows, 64);
  assert.equal(weight.scales.length, 64 * 3);
  assert.ok(bitbudget.compare(values, bitbudget.dequantizeWeight(weight)).sqnrDb > 20);
  weight.zeros.forEach((zero, i) => { weight.zeros[i] = Math.max(1, zero); });  // version 1 of GPTQ has no zero of 0
  for (const packing of ['compressed-tensors', 'compressed-tensors-whole-codes', 'gptq', 'gptq_v2', 'awq']) {
    const tensors = bitbudget.packWeight(weight, packing);
    const back = bitbudget.unpackWeight(tensors, packing, { rows: 64, columns: 96, group: 32 });
    assert.deepEqual(back.codes, weight.codes, packing);
    assert.deepEqual(back.zeros, weight.zeros, packing);
    assert.deepEqual(back.scales, weight.scales, packing);
  }
});

test('words by hand, as files have them', () => {
  const weight = {
    rows: 8, columns: 8, bits: 4, group: 8,
    codes: Uint8Array.from({ length: 64 }, (_, i) => (i >> 3) + (i & 7)),
    scales: new Float32Array(8).fill(1), zeros: new Uint16Array(8).fill(8),
  };
  const gptq = bitbudget.packWeight(weight, 'gptq');
  assert.equal(gptq.qweight[0], 0x76543210);
  assert.equal(gptq.qweight[7], 0xEDCBA987);
  assert.deepEqual([...gptq.qzeros], [0x77777777]);
  assert.deepEqual([...gptq.g_idx], new Array(8).fill(0));
  assert.equal(bitbudget.packWeight(weight, 'awq').qweight[0], 0x75316420);
  const file = bitbudget.packWeight(weight, 'compressed-tensors');
  assert.deepEqual(Object.keys(file), ['weight_packed', 'weight_scale']);  // symmetric: no zero points
  assert.equal(bitbudget.dequantizeWeight(weight)[0], -8);
});

test('rotation spreads an outlier and goes back', () => {
  const values = new Float32Array(128);
  values[5] = 8;
  const rotated = bitbudget.rotate(values, { rowLength: 64, seed: 1 });
  assert.ok(rotated.subarray(0, 64).every((v) => Math.abs(v) === 1));
  const back = bitbudget.rotate(rotated, { rowLength: 64, seed: 1, back: true });
  assert.ok(back.every((v, i) => v === values[i]));  // zeros may change their sign
});

test('refusals name what is wrong', () => {
  const weight = bitbudget.quantizeWeight(new Float32Array(64).fill(1), { columns: 8, bits: 4, group: 8, rule: 'compressed-tensors' });
  assert.equal(refusal(() => bitbudget.packWeight(weight, 'exl2')).field, 'packing');
  assert.equal(refusal(() => bitbudget.packWeight({ ...weight, zeros: new Uint8Array(8) }, 'awq')).field, 'zeros');
  assert.equal(refusal(() => bitbudget.packWeight({ ...weight, rows: 2 ** 40 }, 'awq')).field, 'shape');
  assert.equal(refusal(() => bitbudget.unpackWeight(bitbudget.packWeight(weight, 'gptq'), 'gptq', { rows: 8, columns: 16, group: 8 })).field, 'qweight');
  assert.equal(refusal(() => bitbudget.rotate(new Float32Array(64), { block: 3 })).field, 'block');
  assert.equal(refusal(() => bitbudget.quantizeWeight(Float32Array.of(1, NaN), { columns: 2, bits: 4, group: 2, rule: 'awq' })).offset, 1);
});
