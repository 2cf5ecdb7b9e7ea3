// Checkpoints made in place, by the formats' specifications and not by the code under test.

const le = (bytes, write) => { const out = Buffer.alloc(bytes); write(out); return out; };
const u32 = (value) => le(4, (out) => out.writeUInt32LE(value));
const u64 = (value) => le(8, (out) => out.writeBigUInt64LE(BigInt(value)));

const widths = { F32: 32, BF16: 16, F16: 16, F64: 64, I32: 32, U8: 8, F8_E4M3: 8, F4: 4 };
const product = (shape) => shape.reduce((all, size) => all * size, 1);

/** tensors: { name: { dtype, shape, data? } }; without data zeros stand there. `cut`: leave the data out and only declare it. */
export function safetensors(tensors, { metadata, cut = false } = {}) {
  let offset = 0;
  const header = metadata ? { __metadata__: metadata } : {};
  for (const [name, { dtype, shape }] of Object.entries(tensors)) header[name] = { dtype, shape, data_offsets: [offset, (offset += (product(shape) * widths[dtype]) / 8)] };
  let text = JSON.stringify(header);
  text = text.padEnd(Math.ceil(text.length / 8) * 8);
  const head = Buffer.concat([u64(text.length), Buffer.from(text)]);
  if (cut) return { head, size: head.length + offset };
  const data = Buffer.alloc(offset);
  for (const [name, { data: values }] of Object.entries(tensors)) if (values) Buffer.from(values.buffer, values.byteOffset, values.byteLength).copy(data, header[name].data_offsets[0]);
  return Buffer.concat([head, data]);
}

export const indexOf = (shards) => Buffer.from(JSON.stringify({
  metadata: { total_size: 0 }, weight_map: Object.fromEntries(Object.entries(shards).flatMap(([file, tensors]) => Object.keys(tensors).map((name) => [name, file]))),
}));

/** A version 1.0 NPY. */
export function npy(values, shape, descr = '<f4') {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), Buffer.from([length & 255, length >> 8]), Buffer.from(text.padEnd(length - 1) + '\n'), Buffer.from(values.buffer)]);
}

function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc >>> 0;
}

/** A ZIP of stored members, as numpy.savez writes it. */
export function npz(members) {
  const u16 = (value) => le(2, (out) => out.writeUInt16LE(value));
  const local = [];
  const central = [];
  let offset = 0;
  for (const [name, bytes] of Object.entries(members)) {
    const file = Buffer.from(`${name}.npy`);
    const common = Buffer.concat([u16(20), u16(0), u16(0), u16(0), u16(0x21), u32(crc32(bytes)), u32(bytes.length), u32(bytes.length), u16(file.length), u16(0)]);
    const entry = Buffer.concat([u32(0x04034b50), common, file, bytes]);
    central.push(Buffer.concat([u32(0x02014b50), u16(20), common, u16(0), u16(0), u16(0), u32(0), u32(offset), file]));
    local.push(entry);
    offset += entry.length;
  }
  const directory = Buffer.concat(central);
  return Buffer.concat([...local, directory, u32(0x06054b50), u16(0), u16(0), u16(central.length), u16(central.length), u32(directory.length), u32(offset), u16(0)]);
}

const ggufTypes = { u32: [4, u32], f32: [6, (value) => le(4, (out) => out.writeFloatLE(value))], bool: [7, (value) => Buffer.from([value ? 1 : 0])], string: [8, (text) => Buffer.concat([u64(Buffer.byteLength(text)), Buffer.from(text)])] };
const ggml = { F32: [0, 1, 4], F16: [1, 1, 2], Q4_0: [2, 32, 18], Q8_0: [8, 32, 34], IQ1_S: [19, 256, 50] };

/** entries: [key, type, value], a list as value for an array; tensors: { name: { type, shape } }, outermost first, filled with zeros. */
export function gguf(entries, tensors, version = 3) {
  const text = ggufTypes.string[1];
  const metadata = entries.map(([key, type, value]) => {
    const [id, write] = ggufTypes[type];
    return Buffer.concat([text(key), ...(Array.isArray(value) ? [u32(9), u32(id), u64(value.length), ...value.map(write)] : [u32(id), write(value)])]);
  });
  let offset = 0;
  const infos = Object.entries(tensors).map(([name, { type, shape }]) => {
    const [id, block, bytes] = ggml[type];
    const info = Buffer.concat([text(name), u32(shape.length), ...[...shape].reverse().map(u64), u32(id), u64(offset)]);
    offset += Math.ceil(((product(shape) / block) * bytes) / 32) * 32;
    return info;
  });
  const head = Buffer.concat([Buffer.from('GGUF'), u32(version), u64(infos.length), u64(entries.length), ...metadata, ...infos]);
  return Buffer.concat([head, Buffer.alloc(Math.ceil(head.length / 32) * 32 - head.length), Buffer.alloc(offset)]);
}

/** The tensors of a Llama as transformers names them. */
export function llama({ hidden, layers, keys, intermediate, vocabulary }, dtype = 'BF16') {
  const tensor = (...shape) => ({ dtype, shape });
  const tensors = { 'model.embed_tokens.weight': tensor(vocabulary, hidden) };
  for (let layer = 0; layer < layers; layer++) {
    const put = (name, ...shape) => { tensors[`model.layers.${layer}.${name}.weight`] = tensor(...shape); };
    put('self_attn.q_proj', hidden, hidden); put('self_attn.k_proj', keys, hidden); put('self_attn.v_proj', keys, hidden); put('self_attn.o_proj', hidden, hidden);
    put('mlp.gate_proj', intermediate, hidden); put('mlp.up_proj', intermediate, hidden); put('mlp.down_proj', hidden, intermediate);
    put('input_layernorm', hidden); put('post_attention_layernorm', hidden);
  }
  return { ...tensors, 'model.norm.weight': tensor(hidden), 'lm_head.weight': tensor(vocabulary, hidden) };
}

export const llamaConfig = ({ hidden, layers, heads, groups, intermediate, vocabulary }, tied = false) => Buffer.from(JSON.stringify({
  model_type: 'llama', hidden_size: hidden, num_hidden_layers: layers, num_attention_heads: heads, num_key_value_heads: groups, intermediate_size: intermediate, vocab_size: vocabulary, tie_word_embeddings: tied,
}));
