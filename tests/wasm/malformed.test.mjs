// Malformed files through the package: the core's own cases run natively and in wasm; here every cut and every changed byte of
// small files goes the whole way through the bindings.
import assert from 'node:assert/strict';
import test from 'node:test';
import { BitbudgetError, load } from '../../build/package/index.js';
import { gguf, npy, npz, safetensors } from '../web/checkpoints.mjs';
import { refusal } from './refusal.mjs';

const bitbudget = await load();
const codes = new Set(['invalid_file', 'invalid_json', 'invalid_field', 'missing_field', 'invalid_argument', 'truncated', 'unsupported', 'too_large', 'not_found', 'unknown_format', 'unknown_model', 'out_of_memory']);
const values = Float32Array.of(1, 2, 3, 4, 5, 6);

const seeds = {
  'x.safetensors': safetensors({ 'layers.0.weight': { dtype: 'F32', shape: [2, 3], data: values }, b: { dtype: 'BF16', shape: [2] } }, { metadata: { format: 'pt' } }),
  'x.gguf': gguf([['general.architecture', 'string', 'llama'], ['llama.block_count', 'u32', 1], ['a.list', 'string', ['one', 'two']], ['a.flag', 'bool', true]], { 'blk.0.attn_q.weight': { type: 'Q8_0', shape: [1, 32] }, n: { type: 'F32', shape: [8] } }),
  'x.npy': npy(values, [2, 3]),
  'x.npz': npz({ a: npy(values, [6]), b: npy(values, [3, 2]) }),
  'model.safetensors.index.json': Buffer.from('{"metadata":{"total_size":24},"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}'),
  'config.json': Buffer.from('{"model_type":"llama","hidden_size":64,"num_hidden_layers":2}'),
};

/** What the package makes of it: a report whose tensors lie within the file, or a typed refusal. */
function tried(bytes, name) {
  try {
    const { tensors } = bitbudget.inspect(new Uint8Array(bytes), { name });
    for (const tensor of tensors) {
      assert.ok(Number.isSafeInteger(tensor.offset) && Number.isSafeInteger(tensor.byteLength), JSON.stringify(tensor));
      if (!tensor.deflated) assert.ok(tensor.offset + tensor.byteLength <= bytes.length, `${JSON.stringify(tensor)} of ${bytes.length}`);
    }
    return tensors.length;
  } catch (error) {
    if (!(error instanceof BitbudgetError)) throw error;
    assert.ok(codes.has(error.code), error.code);
    assert.ok(error.message.length > 10 && error.message.length < 400, error.message);
    return -1;
  }
}

for (const [name, seed] of Object.entries(seeds)) {
  test(`${name}: every cut and every changed byte is read or refused, and leaves nothing behind`, () => {
    const whole = JSON.stringify(bitbudget.inspect(new Uint8Array(seed), { name }));
    const heap = bitbudget.heapBytes();
    let refused = 0;
    for (let length = 0; length < seed.length; length++) refused += tried(seed.subarray(0, length), name) < 0 ? 1 : 0;
    assert.equal(refused, seed.length, 'what is cut off is no whole file');
    for (let at = 0; at < seed.length; at++) {
      for (const byte of new Set([0, 0xff, 0x7f, seed[at] ^ 1, seed[at] ^ 0x80, 0x22])) {
        if (byte === seed[at]) continue;
        const changed = Buffer.from(seed);
        changed[at] = byte;
        tried(changed, name);
      }
    }
    assert.equal(bitbudget.heapBytes(), heap);
    assert.equal(JSON.stringify(bitbudget.inspect(new Uint8Array(seed), { name })), whole);
  });
}

test('rules of each format by code and place', () => {
  const changed = (name, edit) => { const bytes = Buffer.from(seeds[name]); edit(bytes); return [bytes, name]; };
  const text = (name, from, to) => [Buffer.from(seeds[name].toString('latin1').replace(from, to), 'latin1'), name];
  const header = seeds['x.safetensors'].readUInt32LE(0);
  const cases = [
    ['a header longer than the file', changed('x.safetensors', (bytes) => bytes.writeUInt32LE(5000, 0)), 'truncated'],
    ['a header beyond the limit', changed('x.safetensors', (bytes) => bytes.writeBigUInt64LE(200_000_000n, 0)), 'invalid_file', 0],
    ['an unknown type', text('x.safetensors', '"BF16"', '"BF61"'), 'invalid_field', undefined, /b\.dtype/],
    ['a gap', text('x.safetensors', '[24,28]', '[25,29]'), 'invalid_file'],
    ['bytes behind the last tensor', [Buffer.concat([seeds['x.safetensors'], Buffer.from('x')]), 'x.safetensors'], 'invalid_file', 8 + header + 28],
    ['GGUF version 1', changed('x.gguf', (bytes) => bytes.writeUInt32LE(1, 4)), 'unsupported', 4],
    ['a big-endian GGUF', changed('x.gguf', (bytes) => bytes.writeUInt32BE(3, 4)), 'unsupported', 4],
    ['more tensors than there is room for', changed('x.gguf', (bytes) => bytes.writeBigUInt64LE(2n ** 63n, 8)), 'invalid_file', 8],
    ['more metadata than there is room for', changed('x.gguf', (bytes) => bytes.writeBigUInt64LE(2n ** 63n, 16)), 'invalid_file', 16],
    ['a key of no length', changed('x.gguf', (bytes) => bytes.writeBigUInt64LE(0n, 24)), 'invalid_file', 24],
    ['NPY version 4', changed('x.npy', (bytes) => { bytes[6] = 4; }), 'unsupported', 6],
    ['pickled objects', text('x.npy', '<f4', '|O '), 'unsupported'],
    ['an array shorter than its shape', text('x.npy', '(2, 3)', '(2, 9)'), 'truncated'],
    ['a damaged member', changed('x.npz', (bytes) => { bytes[180] ^= 1; }), 'invalid_file', undefined, /npy/],
    ['an index that leads elsewhere', text('model.safetensors.index.json', 'one.safe', '../.safe'), 'invalid_field', undefined, /weight_map\.a/],
    ['a comma too many', text('config.json', '2}', '2,}'), 'invalid_json'],
    ['a key twice', text('config.json', 'hidden_size', 'model_type'), 'invalid_json'],
  ];
  for (const [what, [bytes, name], code, offset, field] of cases) {
    assert.notDeepEqual([...bytes], [...seeds[name]], what);
    const error = refusal(() => bitbudget.inspect(new Uint8Array(bytes), { name }));
    assert.equal(error.code, code, what);
    if (offset !== undefined) assert.equal(error.offset, offset, what);
    if (field) assert.match(error.field ?? '', field, what);
    assert.ok(error.offset !== undefined || error.field, what);
  }
});

test('the element types say which of them can be decoded, and keep their word', () => {
  const types = bitbudget.elementTypes();
  assert.ok(types.length > 40);
  const formats = new Set(bitbudget.formats().map(({ id }) => id));
  for (const { name, blockLength, blockBits, format, decodes } of types) {
    const count = blockLength * (blockBits % 8 === 0 ? 1 : 8);
    const stored = new Uint8Array((count / blockLength) * (blockBits / 8));
    const entry = { name: 't', type: name, shape: [count], offset: 0, byteLength: stored.length };
    if (decodes) assert.equal(bitbudget.decodeTensor(entry, stored).length, count, name);
    else assert.equal(refusal(() => bitbudget.decodeTensor(entry, stored)).code, 'unsupported', name);
    if (format !== '') assert.equal(decodes, formats.has(format), name);
  }
});
