// A checkpoint to try the view with, made on the spot: a Llama far too small to speak, with random weights, in two shards as
// models are published. Runs inside a worker.
import type { Bitbudget } from 'bitbudget';
import type { TaskContext } from '../../worker/task.js';

export interface SampleFile { name: string; parts: Uint8Array<ArrayBuffer>[]; }

const kConfig = {
  architectures: ['LlamaForCausalLM'], model_type: 'llama', hidden_size: 256, num_hidden_layers: 6, num_attention_heads: 8, num_key_value_heads: 4,
  intermediate_size: 704, vocab_size: 2048, tie_word_embeddings: false, torch_dtype: 'bfloat16',
};

interface Made { name: string; type: 'BF16' | 'F32'; shape: number[]; }

function tensors(): Made[][] {
  const { hidden_size: d, num_hidden_layers: layers, num_attention_heads: heads, num_key_value_heads: groups, intermediate_size: f, vocab_size: v } = kConfig;
  const keys = (d / heads) * groups;
  const bf16 = (name: string, ...shape: number[]): Made => ({ name, type: 'BF16', shape });
  const layer = (at: number): Made[] => {
    const part = (name: string, ...shape: number[]) => bf16(`model.layers.${at}.${name}.weight`, ...shape);
    return [
      part('self_attn.q_proj', d, d), part('self_attn.k_proj', keys, d), part('self_attn.v_proj', keys, d), part('self_attn.o_proj', d, d),
      part('mlp.gate_proj', f, d), part('mlp.up_proj', f, d), part('mlp.down_proj', d, f), part('input_layernorm', d), part('post_attention_layernorm', d),
      // Older files keep this table, which is computed and no parameter: something for the comparison with the config to explain.
      { name: `model.layers.${at}.self_attn.rotary_emb.inv_freq`, type: 'F32', shape: [d / heads / 2] },
    ];
  };
  const all = Array.from({ length: layers }, (_, at) => layer(at));
  const half = layers / 2;
  return [[bf16('model.embed_tokens.weight', v, d), ...all.slice(0, half).flat()], [...all.slice(half).flat(), bf16('model.norm.weight', d), bf16('lm_head.weight', v, d)]];
}

function valuesOf(core: Bitbudget, { name, shape }: Made, seed: number): Float32Array {
  const count = shape.reduce((product, size) => product * size, 1);
  if (name.endsWith('inv_freq')) return Float32Array.from({ length: count }, (_, at) => 10_000 ** (-at / count));
  if (shape.length === 1) return core.randomTensor('normal', count, { seed, mean: 1, scale: 0.05 });
  // Trained weights have heavier tails than a normal distribution.
  return core.randomTensor('student_t', count, { seed, scale: 1 / Math.sqrt(shape.at(-1)!), nu: 6 });
}

export function sampleFiles({ core, progress, transfer }: TaskContext): SampleFile[] {
  const shards = tensors();
  const nameOf = (shard: number) => `model-0000${shard + 1}-of-0000${shards.length}.safetensors`;
  const bytesOf = (text: string) => new TextEncoder().encode(text);
  const files: SampleFile[] = shards.map((list, shard) => {
    const { header, order, offsets, fileSize } = core.layoutFile('safetensors', list, { metadata: { format: 'pt', made_by: 'bitbudget, with random weights' } });
    const file = new Uint8Array(fileSize);
    file.set(header);
    order.forEach((at, done) => {
      progress({ stage: 'Making the sample', done: shard * list.length + done, total: shards.flat().length });
      const tensor = list[at]!;
      file.set(core.encode(tensor.type.toLowerCase(), valuesOf(core, tensor, 1000 * shard + at)), offsets[at]!);
    });
    transfer(file.buffer);
    return { name: nameOf(shard), parts: [file] };
  });
  const weightMap = Object.fromEntries(shards.flatMap((list, shard) => list.map(({ name }) => [name, nameOf(shard)])));
  const total = files.reduce((sum, { parts }) => sum + parts.reduce((all, part) => all + part.length, 0), 0);
  return [...files,
    { name: 'model.safetensors.index.json', parts: [bytesOf(JSON.stringify({ metadata: { total_size: total }, weight_map: weightMap }, null, 1))] },
    { name: 'config.json', parts: [bytesOf(JSON.stringify(kConfig, null, 2))] }];
}
