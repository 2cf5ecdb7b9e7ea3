// The package when memory runs out, and after it: typed errors, and instances that go on or are replaced.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { BitbudgetError, load } from '../../build/package/index.js';
import { load as loadTheory } from '../../build/package/theory/index.js';
import { refusal } from './refusal.mjs';
import { withMemory } from './small-memory.mjs';

const wasm = (name) => readFileSync(new URL(`../../build/package/${name}`, import.meta.url));
const kMegabyte = 1 << 20;
const bitbudget = await load();

test('a job that needs more than the memory can grow to is refused before it starts, with the figure', () => {
  const huge = new Float32Array(150e6);
  for (const call of [() => bitbudget.encode('f32', huge), () => bitbudget.compare(huge, huge)]) {
    const { code, message } = refusal(call);
    assert.equal(code, 'too_large');
    assert.match(message, /1200000000 bytes.*1073741824/);
  }
  assert.match(refusal(() => bitbudget.decode('q8_0', new Uint8Array(340e6), 320e6)).message, /1620000000 bytes/);
  assert.match(refusal(() => bitbudget.randomTensor('normal', 2 ** 40)).message, /4398046511104 bytes/);
  assert.match(refusal(() => bitbudget.decodeTensor({ type: 'U8', shape: [2 ** 30] }, new Uint8Array(8))).message, /5368709120 bytes/);
  assert.equal(bitbudget.encode('f32', Float32Array.of(1)).length, 4);
});

test('memory that is not there is a typed error with the figure, and the next job succeeds on the same instance', async () => {
  const small = await load({ wasmBinary: withMemory(wasm('bitbudget.wasm'), 40 * kMegabyte) });
  const before = small.heapBytes();
  for (const call of [() => small.randomTensor('normal', 12e6), () => small.encode('q8_0', new Float32Array(9e6)), () => small.decode('q4_0', new Uint8Array(5_625_000), 10e6),
    () => small.statistics(new Float32Array(12e6)), () => small.compare(new Float32Array(6e6), new Float32Array(6e6))]) {
    const { code, message } = refusal(call);
    assert.equal(code, 'out_of_memory');
    assert.match(message, /not enough memory for \d{7,8} more bytes/);
    assert.equal(small.heapBytes(), before);
  }
  assert.equal(small.encode('q8_0', new Float32Array(1e6)).length, 1062500);
});

/** A header whose entries take more memory than it has bytes. */
function manyTensors(count) {
  const { header, fileSize } = bitbudget.layoutFile('safetensors', Array.from({ length: count }, (_, i) => ({ name: `layers.${i}`, type: 'U8', shape: [0] })));
  return { header, fileSize };
}

test('wherever the memory ends, every call gives its answer or a typed error, and a fresh instance goes on', async () => {
  const { header, fileSize } = manyTensors(100_000);
  const config = JSON.stringify({ model_type: 'llama', hidden_size: 64, num_hidden_layers: 10_000, num_attention_heads: 4, intermediate_size: 96, vocab_size: 100 });
  const calls = {
    inspect: (core) => core.inspect(header, { fileSize }).tensors.length,
    layoutFile: (core) => core.layoutFile('safetensors', Array.from({ length: 120_000 }, (_, i) => ({ name: `t${i}`, type: 'F32', shape: [1, 2, 3] }))).fileSize,
    sizeModel: (core) => core.sizeModel(config).parameters.total,
    encode: (core) => core.encode('nf4_dq', new Float32Array(5e6)).length,
  };
  const expected = Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, call(bitbudget)]));
  const failures = Object.fromEntries(Object.keys(calls).map((name) => [name, 0]));
  for (let pages = 256; pages <= 1024; pages += 128) {
    const module = withMemory(wasm('bitbudget.wasm'), pages * 65536);
    for (const [name, call] of Object.entries(calls)) {
      const core = await load({ wasmBinary: module });
      try {
        assert.equal(call(core), expected[name]);
      } catch (error) {
        assert.ok(error instanceof BitbudgetError, `${name}: ${error.stack}`);
        assert.equal(error.code, 'out_of_memory', `${name}: ${error.message}`);
        failures[name]++;
      }
    }
    assert.equal((await load({ wasmBinary: module })).encodedSize('q8_0', 32), 34);
  }
  for (const name of ['inspect', 'layoutFile', 'encode']) assert.ok(failures[name] > 0, `${name} never ran out of memory: the test is too small`);
});

test('the theory module too: its experiments fail with a typed error, and a fresh instance goes on', async () => {
  const module = withMemory(wasm('theory/theory.wasm'), 24 * kMegabyte);
  const scores = Float32Array.from({ length: 3e6 }, (_, i) => (i * 7919) % 1000003);
  const core = await loadTheory({ wasmBinary: module });
  assert.equal(refusal(() => core.compressors.pruneGlobal(scores, 0.5)).code, 'out_of_memory');
  const fresh = await loadTheory({ wasmBinary: module });
  assert.equal(fresh.compressors.pruneGlobal(scores.subarray(0, 1000), 0.5).length, 1000);
});

/** 1,000 times `call` and what it refuses: the memory in use is the same before and after. */
function stays(name, call) {
  for (let i = 0; i < 3; ++i) call();
  const before = bitbudget.heapBytes();
  for (let i = 0; i < 1000; ++i) call();
  assert.equal(bitbudget.heapBytes(), before, name);
}

const text = (value) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

/** The layout's header and as many zeros as the tensors take. */
function written({ header, fileSize }) {
  const file = new Uint8Array(fileSize);
  file.set(header);
  return file;
}

test('1,000 files of each kind, good and broken ones, leave the heap where it was', () => {
  const tensors = [{ name: 'a.weight', type: 'F32', shape: [4, 32] }, { name: 'b.weight', type: 'F16', shape: [32] }];
  const npy = new Uint8Array([...bitbudget.npyHeader([2, 3]), ...new Uint8Array(24)]);
  const llama = { model_type: 'llama', hidden_size: 64, num_hidden_layers: 2, num_attention_heads: 4, intermediate_size: 96, vocab_size: 100 };
  const files = {
    safetensors: [written(bitbudget.layoutFile('safetensors', tensors, { metadata: { format: 'pt' } })), 'a.weight'],
    gguf: [written(bitbudget.layoutFile('gguf', tensors, { metadata: { 'general.architecture': 'llama' } })), 'b.weight'],
    npy: [npy, 'array'],
    npz: [npz('a.npy', npy), 'a'],
    index: [text({ metadata: { total_size: 1 }, weight_map: { a: 'm-1.safetensors', b: 'm-2.safetensors' } })],
    config: [text(llama)],
  };
  for (const [name, [file, tensor]] of Object.entries(files)) {
    stays(name, () => {
      const report = bitbudget.inspect(file);
      if (!tensor) return;
      bitbudget.readTensor(file, tensor);
      if (name !== 'npz') bitbudget.decodeTensor(report.tensors[0], file.subarray(report.tensors[0].offset, report.tensors[0].offset + report.tensors[0].byteLength));
    });
    stays(`broken ${name}`, () => refusal(() => bitbudget.inspect(file.subarray(0, file.length - 1), { name: `x.${name}` })));
    stays(`flipped ${name}`, () => {
      const flipped = file.slice();
      flipped[20] ^= 0x55;
      try { bitbudget.inspect(flipped); } catch (error) { assert.ok(error instanceof BitbudgetError); }
    });
  }
  stays('layouts', () => { bitbudget.layoutFile('safetensors', tensors); bitbudget.layoutFile('gguf', tensors); refusal(() => bitbudget.layoutFile('gguf', [tensors[0], tensors[0]])); });
  stays('sizing', () => { bitbudget.sizeModel(JSON.stringify(llama)); refusal(() => bitbudget.sizeModel('{"model_type":"llama"}')); });
});

/** One stored member, as numpy.savez writes it. */
function npz(name, content) {
  const u16 = (n) => [n & 255, n >> 8];
  const u32 = (n) => [...u16(n & 65535), ...u16(n >>> 16)];
  let crc = ~0;
  for (const byte of content) {
    crc ^= byte;
    for (let bit = 0; bit < 8; ++bit) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  const letters = text(name);
  const fields = [...u16(20), ...u16(0), ...u16(0), ...u32(0), ...u32(~crc >>> 0), ...u32(content.length), ...u32(content.length), ...u16(letters.length), ...u16(0)];
  const local = [80, 75, 3, 4, ...fields, ...letters, ...content];
  const directory = [80, 75, 1, 2, ...u16(20), ...fields, ...new Uint8Array(10), ...u32(0), ...letters];
  return Uint8Array.from([...local, ...directory, 80, 75, 5, 6, ...u32(0), ...u16(1), ...u16(1), ...u32(directory.length), ...u32(local.length), ...u16(0)]);
}

test('1,000 rounds through each format leave the heap where it was', () => {
  const values = bitbudget.randomTensor('normal', 512, { seed: 3 });
  const bad = Float32Array.from(values);
  bad[300] = NaN;
  for (const { id } of bitbudget.formats()) {
    stays(id, () => {
      const bytes = bitbudget.encode(id, values, { rowLength: 256 });
      bitbudget.decode(id, bytes, 512, { rowLength: 256 });
      refusal(() => bitbudget.decode(id, bytes.subarray(1), 512, { rowLength: 256 }));
      try { bitbudget.encode(id, bad, { rowLength: 256 }); } catch (error) { assert.equal(error.code, 'non_finite'); }
    });
  }
});
