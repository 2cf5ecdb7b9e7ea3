// Checkpoints of any size, made on the spot: the tensors of a Llama in BF16, in numbered safetensors shards with their index.
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** 2^20 values of a normal distribution as BF16, by Box and Muller from a linear congruential generator: the same every time. */
function normals(scale) {
  const bits = new Uint16Array(2 ** 20);
  const float = new Float32Array(1);
  const word = new Uint32Array(float.buffer);
  let state = 12345;
  const uniform = () => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) + 0.5) / 2 ** 32;
  for (let i = 0; i < bits.length; i += 2) {
    const radius = scale * Math.sqrt(-2 * Math.log(uniform()));
    const angle = 2 * Math.PI * uniform();
    float[0] = radius * Math.cos(angle);
    bits[i] = word[0] >>> 16;
    float[0] = radius * Math.sin(angle);
    bits[i + 1] = word[0] >>> 16;
  }
  return bits;
}

/** Names and shapes as transformers writes them. */
export function llamaTensors({ layers, hidden, inner, keys, vocabulary }) {
  const shapes = { 'model.embed_tokens.weight': [vocabulary, hidden] };
  for (let layer = 0; layer < layers; layer++) {
    const of = (name) => `model.layers.${layer}.${name}.weight`;
    Object.assign(shapes, {
      [of('input_layernorm')]: [hidden], [of('self_attn.q_proj')]: [hidden, hidden], [of('self_attn.k_proj')]: [keys, hidden], [of('self_attn.v_proj')]: [keys, hidden],
      [of('self_attn.o_proj')]: [hidden, hidden], [of('post_attention_layernorm')]: [hidden], [of('mlp.gate_proj')]: [inner, hidden], [of('mlp.up_proj')]: [inner, hidden], [of('mlp.down_proj')]: [hidden, inner],
    });
  }
  return { ...shapes, 'model.norm.weight': [hidden], 'lm_head.weight': [vocabulary, hidden] };
}

const kValues = normals(0.02);
/** Where in the pool each tensor's values begin: no two tensors are alike. */
const startOf = (index) => (index * 7919 * 64) % kValues.length;

/** The BF16 codes of tensor number `index`. */
export function valuesOf(index, count) {
  const out = new Uint16Array(count);
  for (let done = 0, at = startOf(index); done < count; at = 0) {
    const part = kValues.subarray(at, Math.min(kValues.length, at + count - done));
    out.set(part, done);
    done += part.length;
  }
  return out;
}

function writeTensor(file, index, count) {
  for (let done = 0, at = startOf(index); done < count; at = 0) {
    const part = kValues.subarray(at, Math.min(kValues.length, at + count - done));
    writeSync(file, Buffer.from(part.buffer, part.byteOffset, part.byteLength));
    done += part.length;
  }
}

export const elements = (shape) => shape.reduce((product, size) => product * size, 1);

/** Returns the paths of all files and the shapes by name, in the order that valuesOf counts. */
export function writeCheckpoint(directory, shapes, shards) {
  const names = Object.keys(shapes);
  const total = names.reduce((sum, name) => sum + 2 * elements(shapes[name]), 0);
  const label = (shard) => `model-${String(shard + 1).padStart(5, '0')}-of-${String(shards).padStart(5, '0')}.safetensors`;
  const weightMap = {};
  const paths = [];
  let next = 0;
  for (let shard = 0; shard < shards; shard++) {
    const header = { __metadata__: { format: 'pt' } };
    const held = [];
    let offset = 0;
    while (next < names.length && (offset === 0 || shard === shards - 1 || offset < total / shards)) {
      const name = names[next];
      header[name] = { dtype: 'BF16', shape: shapes[name], data_offsets: [offset, (offset += 2 * elements(shapes[name]))] };
      weightMap[name] = label(shard);
      held.push(next++);
    }
    let text = JSON.stringify(header);
    text = text.padEnd(Math.ceil(text.length / 8) * 8);
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(text.length));
    const path = join(directory, label(shard));
    const file = openSync(path, 'w');
    writeSync(file, Buffer.concat([size, Buffer.from(text)]));
    for (const index of held) writeTensor(file, index, elements(shapes[names[index]]));
    closeSync(file);
    paths.push(path);
  }
  const index = join(directory, 'model.safetensors.index.json');
  writeFileSync(index, JSON.stringify({ metadata: { total_size: total }, weight_map: weightMap }));
  return { paths: [...paths, index], names, total };
}
