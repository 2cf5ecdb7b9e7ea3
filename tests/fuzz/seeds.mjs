// Writes the seed corpus: a few small valid files for each target, made here byte by byte.
//   node tests/fuzz/seeds.mjs DIRECTORY
import { mkdirSync, writeFileSync } from 'node:fs';
import { crc32, deflateRawSync } from 'node:zlib';
import { join } from 'node:path';

const [directory] = process.argv.slice(2);
const bytes = (...parts) => Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))));
const u16 = (n) => { const b = Buffer.alloc(2); b.writeUInt16LE(n); return b; };
const u32 = (n) => { const b = Buffer.alloc(4); b.writeUInt32LE(n); return b; };
const u64 = (n) => { const b = Buffer.alloc(8); b.writeBigUInt64LE(BigInt(n)); return b; };
const f32 = (...values) => Buffer.from(Float32Array.from(values).buffer);
const pad = (buffer, multiple) => bytes(buffer, Buffer.alloc((multiple - (buffer.length % multiple)) % multiple));

const npy = (version, descr, order, shape, data) => {
  const header = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;
  return bytes('\x93NUMPY', [version, 0], version === 1 ? u16(header.length) : u32(header.length), header, data);
};
const npys = [
  npy(1, '<f4', 'False', '(2,)', f32(1, 2)), npy(2, '>f2', 'True', '(2, 2)', Buffer.alloc(8)), npy(3, '|b1', 'False', '()', [1]), npy(1, '<i8', 'False', '(0, 3)', []),
];

const crc = crc32 ?? ((buffer) => { let c = ~0; for (const b of buffer) { c ^= b; for (let i = 0; i < 8; ++i) c = (c >>> 1) ^ (c & 1 ? 0xEDB88320 : 0); } return ~c >>> 0; });
const zip = (method, members) => {
  let local = Buffer.alloc(0);
  let directoryBytes = Buffer.alloc(0);
  for (const [name, content] of members) {
    const data = method === 8 ? deflateRawSync(content) : content;
    const fields = bytes(u16(20), u16(0), u16(method), u32(0), u32(crc(content) >>> 0), u32(data.length), u32(content.length), u16(name.length), u16(0));
    directoryBytes = bytes(directoryBytes, 'PK\x01\x02', u16(20), fields, Buffer.alloc(10), u32(local.length), name);
    local = bytes(local, 'PK\x03\x04', fields, name, data);
  }
  return bytes(local, directoryBytes, 'PK\x05\x06', u32(0), u16(members.length), u16(members.length), u32(directoryBytes.length), u32(local.length), u16(0));
};
const npzs = [zip(0, []), zip(0, [['a.npy', npys[0]]]), zip(8, [['a.npy', npys[0]], ['b/c.npy', npys[1]]])];

const safetensors = (header, data) => { const text = JSON.stringify(header); return bytes(u64(text.length), text, data); };
const st = [
  safetensors({}, []),
  safetensors({ __metadata__: { format: 'pt' }, a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] }, b: { dtype: 'BF16', shape: [], data_offsets: [8, 10] } }, Buffer.alloc(10)),
  safetensors({ a: { dtype: 'F4', shape: [4], data_offsets: [0, 2] }, e: { dtype: 'I64', shape: [0, 5], data_offsets: [2, 2], note: [[{}]] } }, Buffer.alloc(2)),
];

const text = (s) => bytes(u64(s.length), s);
const kv = (key, type, value) => bytes(text(key), u32(type), value);
const gguf = (version, entries, tensors, data) => {
  const infos = tensors.map(([name, dims, type, offset]) => bytes(text(name), u32(dims.length), ...dims.map(u64), u32(type), u64(offset)));
  return bytes(pad(bytes('GGUF', u32(version), u64(tensors.length), u64(entries.length), ...entries, ...infos), 32), data);
};
const ggufs = [
  gguf(3, [], [], []),
  gguf(2, [kv('general.alignment', 4, u32(32)), kv('b', 7, [1])], [['a', [4], 0, 0]], f32(1, 2, 3, 4)),
  gguf(3, [kv('general.architecture', 8, text('llama')), kv('llama.block_count', 4, u32(1)), kv('t', 9, bytes(u32(8), u64(2), text('x'), text('y'))), kv('n', 9, bytes(u32(5), u64(2), u32(1), u32(2)))],
       [['token_embd.weight', [32, 1], 8, 0], ['output.weight', [32, 1], 2, 64]], Buffer.alloc(128)),
];

const llama = { model_type: 'llama', hidden_size: 64, num_hidden_layers: 2, num_attention_heads: 4, num_key_value_heads: 2, intermediate_size: 128, vocab_size: 100 };
const configs = [llama, { model_type: 'gpt2', n_embd: 64, n_layer: 2, n_head: 4, vocab_size: 100, n_positions: 32 },
                 { ...llama, model_type: 'mixtral', num_local_experts: 4, num_experts_per_tok: 2 }, { model_type: 'gemma3', text_config: { ...llama, model_type: 'gemma3_text', sliding_window: 16 } }];
const indices = [{ metadata: { total_size: 3 }, weight_map: { a: 'm-1.safetensors', b: 'm-2.safetensors' } }];
const json = (value) => bytes(JSON.stringify(value));

const ramp = Buffer.from(Array.from({ length: 64 }, (_, i) => (i * 37) % 256));
const corpus = {
  npy: npys, npz: npzs, safetensors: st, gguf: ggufs,
  index: indices.map(json), config: configs.map(json), json: [json({ a: [1, -2.5, 'x', null, true] }), json([[[]]]), json('é\n')],
  inspect: [npys[0], npzs[2], st[1], ggufs[2], json(indices[0]), json(llama)],
  inflate: [deflateRawSync(ramp), deflateRawSync(Buffer.alloc(5000)), deflateRawSync(ramp, { level: 0 }), deflateRawSync(bytes('to be or not to be'), { strategy: 4 })],
  write_read: [ramp, bytes([2, 17, 2, 3, 0, 4, 0, 1, 1, 97, 26, 1, 64, 0, 1, 1, 98], ramp)],
  formats: Array.from({ length: 40 }, (_, i) => bytes(u16(i), [0, 0], f32(0.5, -1, 3e-3, 100, 0))),
  kernels: Array.from({ length: 12 }, (_, i) => bytes(u16(i), [3, 1], f32(0.5, -1, 3e-3, 100, 0))),
  // Two real streams of the coders, worked out by hand: "a b" of an alphabet of two in Huffman, and a constant in rANS.
  entropy: [bytes(u16(2), u64(2), [0x11], [0x40]), bytes(u16(1), u64(5), u16(1 << 14), u32(1 << 23)), bytes(u16(200), [8], ramp), bytes(u16(1999), [0], ramp)],
  sparse: [0, 1, 2].flatMap((layout) => [bytes([layout, 0, 0, 4], u16(63), ramp), bytes([layout, 0, 1], u64(2), u64(8), u64(8), ramp)]),
  packings: [0, 1, 2].flatMap((packing) => [3, 4, 8].map((bits) => bytes([packing, 32, 64, 32, bits, 1, 1], ramp))).concat([bytes([3, 4, 32], ramp)]),
};
for (const [target, seeds] of Object.entries(corpus)) {
  mkdirSync(join(directory, target), { recursive: true });
  seeds.forEach((seed, i) => writeFileSync(join(directory, target, `seed-${i}`), seed));
}
