// The package as Node.js loads it: reading files.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from '../../build/package/index.js';
import { refusal } from './refusal.mjs';

const bitbudget = await load();

/** A version 1.0 NPY by its specification. */
function npy(descr, shape, data, order = 'False') {
  const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const head = Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), Buffer.from([length & 255, length >> 8]), Buffer.from(text.padEnd(length - 1) + '\n')]);
  return new Uint8Array(Buffer.concat([head, Buffer.from(data.buffer, data.byteOffset, data.byteLength)]));
}

function safetensors(tensors) {
  const header = {};
  let offset = 0;
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [offset, (offset += data.byteLength)] };
  }
  let text = JSON.stringify(header);
  text = text.padEnd(Math.ceil(text.length / 8) * 8);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  const parts = Object.values(tensors).map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  return new Uint8Array(Buffer.concat([size, Buffer.from(text), ...parts]));
}

test('an NPY: its structure, its values, in either order', () => {
  const bytes = npy('<f8', [2, 3], Float64Array.of(1, 2, 3, 4, 5, 0.1), 'True');
  const { format, tensors } = bitbudget.inspect(bytes);
  assert.equal(format, 'npy');
  assert.deepEqual(tensors, [{ name: 'array', type: 'F64', shape: [2, 3], offset: bytes.length - 48, byteLength: 48, columnMajor: true }]);
  const { shape, values } = bitbudget.readTensor(bytes, 'array');
  assert.deepEqual([shape, [...values]], [[2, 3], [1, 3, 5, 2, 4, Math.fround(0.1)]]);
});

test('a safetensors by its header alone, then one tensor by its own bytes', () => {
  const bf16 = Uint16Array.of(0x3f80, 0xc000, 0x0001);  // 1, -2, the least subnormal
  const bytes = safetensors({ first: { dtype: 'F32', shape: [2], data: Float32Array.of(7, 8) }, second: { dtype: 'BF16', shape: [3, 1], data: bf16 } });
  const early = refusal(() => bitbudget.inspect(bytes.subarray(0, 8), { fileSize: bytes.length }));
  assert.equal(early.code, 'truncated');
  const report = bitbudget.inspect(bytes.subarray(0, early.offset), { fileSize: bytes.length });
  const entry = report.tensors.find(({ name }) => name === 'second');
  const values = bitbudget.decodeTensor(entry, bytes.subarray(entry.offset, entry.offset + entry.byteLength));
  assert.deepEqual([...values], [1, -2, 2 ** -133]);
  assert.deepEqual(bitbudget.readTensor(bytes, 'second').values, values);
});

test('what is written before the values makes an NPY that reads back', () => {
  const values = Float32Array.of(1, 2, 3, 4, 5, 6);
  const header = bitbudget.npyHeader([3, 2]);
  assert.equal(header.length % 64, 0);
  const file = new Uint8Array(header.length + values.byteLength);
  file.set(header);
  file.set(new Uint8Array(values.buffer), header.length);
  assert.deepEqual(bitbudget.readTensor(file, 'array'), { shape: [3, 2], values });
});

test('refusals are typed and say where', () => {
  assert.equal(refusal(() => bitbudget.inspect(Uint8Array.of(1, 2, 3))).code, 'unsupported');
  const bytes = npy('<f4', [4], Float32Array.of(1, 2, 3, 4));
  const cut = refusal(() => bitbudget.readTensor(bytes.subarray(0, bytes.length - 2), 'array'));
  assert.deepEqual([cut.code, cut.offset], ['truncated', bytes.length - 2]);
  assert.equal(refusal(() => bitbudget.readTensor(bytes, 'other')).code, 'not_found');
  const [entry] = bitbudget.inspect(bytes).tensors;
  assert.equal(refusal(() => bitbudget.decodeTensor(entry, new Uint8Array(3))).field, 'stored');
  assert.equal(refusal(() => bitbudget.inspect('text')).field, 'bytes');
});
