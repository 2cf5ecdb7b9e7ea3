// The package as Node.js loads it: formats.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from '../../build/package/index.js';
import { refusal } from './refusal.mjs';

const bitbudget = await load();

test('every format encodes to the size it announces, and decodes to as many values', () => {
  const values = Float32Array.from({ length: 2 * 256 }, (_, i) => Math.sin(i * 1.7) / (1 + (i % 7)));
  for (const { id, rowMultiple } of bitbudget.formats()) {
    assert.equal(256 % rowMultiple, 0, id);
    const bytes = bitbudget.encode(id, values, { rowLength: 256 });
    assert.equal(bytes.length, bitbudget.encodedSize(id, values.length, 256), id);
    const decoded = bitbudget.decode(id, bytes, values.length, { rowLength: 256 });
    assert.equal(decoded.length, values.length, id);
    const worst = Math.max(...decoded.map((value, i) => Math.abs(value - values[i])));
    assert.ok(worst < 0.6, `${id}: off by ${worst}`);
  }
});

test('the options of encode reach the core', () => {
  const values = bitbudget.randomTensor('student_t', 4096, { seed: 2, nu: 3 });
  const error = (options) => bitbudget.compare(values, bitbudget.decode('int4_sym_g32', bitbudget.encode('int4_sym_g32', values, options), values.length)).mse;
  assert.ok(error({ scaleSearch: 'mse' }) < error({}));
  assert.notEqual(error({ scaleSearch: 'percentile', percentile: 90 }), error({}));

  // Two halves with the range of the whole are the whole, the tensor's own bytes once.
  const whole = bitbudget.encode('int4_asym_tensor', values);
  const { tensorBytes } = bitbudget.formats().find(({ id }) => id === 'int4_asym_tensor');
  const tensorRange = [Math.min(...values), Math.max(...values)];
  const halves = [values.subarray(0, 2048), values.subarray(2048)].map((half) => bitbudget.encode('int4_asym_tensor', half, { tensorRange }));
  assert.deepEqual(whole, Uint8Array.of(...halves[0], ...halves[1].subarray(tensorBytes)));

  assert.equal(refusal(() => bitbudget.encode('q8_0', values, { scaleSearch: 'best' })).field, 'scaleSearch');
  assert.equal(refusal(() => bitbudget.encode('q8_0', values, { importance: new Float32Array(3) })).field, 'importance');
});

test('whole rows and blocks encoded apart with the range of all join to the bytes of the whole', () => {
  const columns = 512;
  const values = bitbudget.randomTensor('student_t', 128 * columns, { seed: 4 });
  const { min, max } = bitbudget.statistics(values);
  const formats = bitbudget.formats().filter(({ encodesInParts }) => encodesInParts);
  assert.ok(formats.length > 100);
  for (const { id, tensorBytes } of formats) {
    const parts = [[0, 32], [32, 96], [96, 128]].map(([from, to]) => bitbudget.encode(id, values.subarray(from * columns, to * columns), { rowLength: columns, tensorRange: [min, max] }));
    const joined = Buffer.concat(parts.map((part, i) => part.subarray(i === 0 ? 0 : tensorBytes)));
    assert.ok(joined.equals(bitbudget.encode(id, values, { rowLength: columns })), id);
  }
});

test('results are copies: a later call leaves them alone', () => {
  const first = bitbudget.encode('f32', Float32Array.of(1, 2, 3));
  bitbudget.encode('f32', new Float32Array(1 << 20).fill(7));
  assert.deepEqual([...new Float32Array(first.buffer)], [1, 2, 3]);
});

test('refusals are typed and name the argument', () => {
  assert.equal(refusal(() => bitbudget.encode('no_such', new Float32Array(32))).code, 'unknown_format');
  const rows = refusal(() => bitbudget.encode('f32', new Float32Array(4), { rowLength: 3 }));
  assert.equal(rows.code, 'invalid_argument');
  assert.equal(rows.field, 'rowLength');
  const early = refusal(() => bitbudget.decode('f32', new Uint8Array(12), 4));
  assert.equal(early.code, 'truncated');
  assert.equal(early.offset, 12);
  assert.equal(refusal(() => bitbudget.encode('f32', [1, 2, 3])).field, 'values');
  assert.equal(refusal(() => bitbudget.encodedSize('f32', 1.5)).field, 'count');
  assert.equal(refusal(() => bitbudget.encodedSize('f32', 2 ** 52)).code, 'invalid_argument');
});

test('anatomy: the scale, the code and the levels of one value', () => {
  const values = bitbudget.randomTensor('normal', 32);
  const { reach, ofElement, levels } = bitbudget.anatomy('q4_0', bitbudget.encode('q4_0', values), 32, 20);
  const own = [...reach.keys()].filter((bit) => reach[bit] === 1 && ofElement[bit] === 1);
  assert.deepEqual(own, [52, 53, 54, 55]);  // the high half of byte 2 + 20 - 16
  assert.equal(reach.filter((count) => count === 32).length, 16);
  assert.equal(levels.length, 16);
  assert.equal(refusal(() => bitbudget.anatomy('q4_0', new Uint8Array(18), 32, 32)).field, 'element');
});

test('the parts of an encoding sum to its bytes', () => {
  for (const { id, rowMultiple } of bitbudget.formats()) {
    const row = 2 * rowMultiple;
    const { codeBits, scaleBits, offsetBits } = bitbudget.encodedParts(id, 2 * row, row);
    assert.equal(codeBits + scaleBits + offsetBits, 8 * bitbudget.encodedSize(id, 2 * row, row), id);
  }
  assert.deepEqual(bitbudget.encodedParts('q4_k', 256), { codeBits: 1024, scaleBits: 64, offsetBits: 64 });
  assert.equal(refusal(() => bitbudget.encodedParts('q4_k', 100)).field, 'rowLength');
});
