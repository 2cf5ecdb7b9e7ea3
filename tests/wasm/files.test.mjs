// The package as Node.js loads it: reading files.
import assert from 'node:assert/strict';
import test from 'node:test';
import { deflateRawSync } from 'node:zlib';
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

/** A ZIP as numpy.savez_compressed lays it out. */
function npz(members, { method = 8, level = 6 } = {}) {
  const u16 = (n) => { const b = Buffer.alloc(2); b.writeUInt16LE(n); return b; };
  const u32 = (n) => { const b = Buffer.alloc(4); b.writeUInt32LE(n >>> 0); return b; };
  const local = [];
  const directory = [];
  let offset = 0;
  for (const [name, content] of Object.entries(members)) {
    const data = method === 8 ? deflateRawSync(content, { level }) : content;
    const fields = Buffer.concat([u16(20), u16(0), u16(method), u32(0), u32(crc(content)), u32(data.length), u32(content.length), u16(name.length), u16(0)]);
    const part = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, Buffer.from(name), data]);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02', 'latin1'), u16(20), fields, Buffer.alloc(10), u32(offset), Buffer.from(name)]));
    local.push(part);
    offset += part.length;
  }
  const entries = Buffer.concat(directory);
  const count = directory.length;
  return new Uint8Array(Buffer.concat([...local, entries, Buffer.from('PK\x05\x06', 'latin1'), u32(0), u16(count), u16(count), u32(entries.length), u32(offset), u16(0)]));
}

function crc(bytes) {
  let value = ~0;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; ++bit) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return ~value >>> 0;
}

test('an NPZ that zlib deflated, at every level', () => {
  const values = Float32Array.from({ length: 20_000 }, (_, i) => Math.fround(Math.sin(i) * (i % 7)));
  const plain = npy('<f4', [20_000], values);
  for (const level of [0, 1, 6, 9]) {
    const bytes = npz({ 'layer/w.npy': plain }, { level });
    assert.deepEqual(bitbudget.readTensor(bytes, 'layer/w').values, values);
  }
  const bytes = npz({ 'layer/w.npy': plain, 'b.npy': npy('|u1', [3], Uint8Array.of(1, 2, 3)) });
  const report = bitbudget.inspect(bytes);
  assert.deepEqual(report.tensors.map(({ name, type, deflated }) => [name, type, deflated]), [['layer/w', 'F32', true], ['b', 'U8', true]]);
  assert.deepEqual(bitbudget.readTensor(bytes, 'layer/w').values, values);
  assert.equal(refusal(() => bitbudget.decodeTensor(report.tensors[0], bytes)).code, 'unsupported');
  bytes[60] ^= 4;
  assert.match(refusal(() => bitbudget.inspect(bytes)).code, /invalid_file|truncated/);
});

test('checkpoints are written by layout, tensor after tensor, and read back', () => {
  const tensors = [{ name: 'small', type: 'U8', shape: [3] }, { name: 'large', type: 'F32', shape: [2, 2] }];
  const data = [Uint8Array.of(1, 2, 3), new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer)];
  const layout = bitbudget.layoutFile('safetensors', tensors, { metadata: { format: 'pt' } });
  assert.deepEqual(layout.order, [1, 0]);
  const file = new Uint8Array(layout.fileSize);
  file.set(layout.header);
  for (const index of layout.order) file.set(data[index], layout.offsets[index]);
  const report = bitbudget.inspect(file);
  assert.deepEqual(report.metadata, { format: 'pt' });
  assert.deepEqual(bitbudget.readTensor(file, 'large').values, Float32Array.of(1, 2, 3, 4));
  assert.deepEqual(bitbudget.readTensor(file, 'small').values, Float32Array.of(1, 2, 3));
  assert.equal(refusal(() => bitbudget.layoutFile('gguf', tensors)).code, 'unsupported');
  assert.equal(refusal(() => bitbudget.layoutFile('zip', tensors)).field, 'format');
});

test('a GGUF takes the metadata of another over, and what our formats encode is what it holds', () => {
  const values = Float32Array.from({ length: 64 }, (_, i) => i / 8 - 4);
  const first = bitbudget.layoutFile('gguf', [{ name: 'w', type: 'F32', shape: [2, 32] }], { metadata: { 'general.architecture': 'llama', 'general.name': 'one' } });
  const second = bitbudget.layoutFile('gguf', [{ name: 'w', type: 'Q8_0', shape: [2, 32] }], { gguf: first.header, ggufSize: first.fileSize, metadata: { 'general.name': 'two' } });
  const file = new Uint8Array(second.fileSize);
  file.set(second.header);
  file.set(bitbudget.encode('q8_0', values, { rowLength: 32 }), second.offsets[0]);
  const report = bitbudget.inspect(file);
  assert.deepEqual(report.metadata, { version: 3, 'general.architecture': 'llama', 'general.name': 'two' });
  assert.deepEqual(bitbudget.readTensor(file, 'w').values, bitbudget.decode('q8_0', bitbudget.encode('q8_0', values, { rowLength: 32 }), 64, { rowLength: 32 }));
});

test('a checkpoint of 100 GB is read by its header alone', () => {
  const layout = bitbudget.layoutFile('safetensors', Array.from({ length: 500 }, (_, i) => ({ name: `layers.${i}.weight`, type: 'BF16', shape: [10_000, 10_000] })));
  assert.equal(layout.fileSize, layout.header.length + 100e9);
  const report = bitbudget.inspect(layout.header, { fileSize: layout.fileSize });
  assert.equal(report.tensors.length, 500);
  assert.equal(report.tensors.at(-1).offset + report.tensors.at(-1).byteLength, layout.fileSize);
});

test('1,000 files opened one after another leave the heap where it was', () => {
  const file = npz({ 'a.npy': npy('<f4', [5000], new Float32Array(5000)) });
  const broken = file.slice(0, file.length - 30);
  for (let i = 0; i < 20; ++i) bitbudget.readTensor(file, 'a');
  const before = bitbudget.heapBytes();
  for (let i = 0; i < 1000; ++i) {
    bitbudget.readTensor(file, 'a');
    refusal(() => bitbudget.inspect(broken));
  }
  assert.equal(bitbudget.heapBytes(), before);
});

test('of a file larger than the module\'s memory only the header and one tensor cross', () => {
  const values = Float32Array.from({ length: 1000 }, (_, i) => i);
  const layout = bitbudget.layoutFile('safetensors', [{ name: 'large', type: 'U8', shape: [1_200_000_000] }, { name: 'w', type: 'F32', shape: [1000] }]);
  const file = new Uint8Array(layout.fileSize);
  file.set(layout.header);
  file.set(new Uint8Array(values.buffer), layout.offsets[1]);
  assert.deepEqual(bitbudget.readTensor(file, 'w').values, values);
  assert.equal(refusal(() => bitbudget.readTensor(file.subarray(0, 1_100_000_000), 'w')).code, 'truncated');
});

test('a header beyond the first slice is read slice after slice', () => {
  const tensors = Array.from({ length: 20_000 }, (_, i) => ({ name: `model.layers.${i}.self_attn.q_proj.weight`, type: 'F32', shape: [1] }));
  for (const format of ['safetensors', 'gguf']) {
    const layout = bitbudget.layoutFile(format, tensors);
    assert.ok(layout.header.length > 1 << 20);
    assert.equal(bitbudget.inspect(layout.header, { fileSize: layout.fileSize }).tensors.length, 20_000);
    const cut = refusal(() => bitbudget.inspect(layout.header.subarray(0, 1.2e6), { fileSize: layout.fileSize }));
    assert.equal(cut.code, 'truncated');
    assert.ok(cut.offset > 1.2e6 && cut.offset <= layout.fileSize);
  }
});
