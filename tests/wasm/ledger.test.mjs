// The package as Node.js loads it: the ledger of a checkpoint, its plan and the exports.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from '../../build/package/index.js';
import { refusal } from './refusal.mjs';

const bitbudget = await load();

const config = JSON.stringify({ model_type: 'llama', hidden_size: 64, num_hidden_layers: 1, num_attention_heads: 4, intermediate_size: 128, vocab_size: 100, tie_word_embeddings: true });
const shapes = {
  'model.embed_tokens.weight': [100, 64], 'model.norm.weight': [64],
  'model.layers.0.self_attn.q_proj.weight': [64, 64], 'model.layers.0.self_attn.k_proj.weight': [64, 64], 'model.layers.0.self_attn.v_proj.weight': [64, 64],
  'model.layers.0.self_attn.o_proj.weight': [64, 64], 'model.layers.0.mlp.gate_proj.weight': [128, 64], 'model.layers.0.mlp.up_proj.weight': [128, 64],
  'model.layers.0.mlp.down_proj.weight': [64, 128], 'model.layers.0.input_layernorm.weight': [64], 'model.layers.0.post_attention_layernorm.weight': [64],
};
const layout = bitbudget.layoutFile('safetensors', Object.entries(shapes).map(([name, shape]) => ({ name, type: 'BF16', shape })));
const { tensors } = bitbudget.inspect(layout.header, { fileSize: layout.fileSize });

test('a checkpoint ties out with its config, kind by kind', () => {
  const report = bitbudget.ledger(tensors, config);
  const parameters = bitbudget.sizeModel(config).parameters.total;
  assert.equal(report.elements, parameters);
  assert.equal(report.bytes, 2 * parameters);
  assert.deepEqual(report.config, { parameters, differences: [] });
  assert.deepEqual(report.rows.filter(({ layer }) => layer === 0).map(({ kind, tensors: count }) => [kind, count]), [['attention', 4], ['feed_forward', 3], ['norm', 2]]);
  assert.equal(report.places.length, tensors.length);
});

test('a tied head that the file stores again is explained', () => {
  const head = { name: 'lm_head.weight', type: 'BF16', shape: [100, 64], offset: 0, byteLength: 12_800 };
  const [difference, ...others] = bitbudget.ledger([...tensors, head], config).config.differences;
  assert.deepEqual(others, []);
  assert.deepEqual([difference.kind, difference.inFile, difference.inConfig, difference.explained], ['head', 6400, 0, true]);
  assert.equal(bitbudget.ledger(tensors).config, undefined);
  assert.equal(refusal(() => bitbudget.ledger(tensors, '{')).code, 'invalid_json');
});

test('5,000 tensors are put into a ledger', () => {
  const many = Array.from({ length: 5000 }, (_, i) => ({ name: `model.layers.${i % 100}.mlp.experts.${i}.up_proj.weight`, type: 'BF16', shape: [8, 8], offset: 0, byteLength: 128 }));
  assert.equal(bitbudget.ledger(many).tensors, 5000);
});

test('a plan under a byte budget, measured on real values, and its exports', () => {
  const ids = ['q4_0', 'q8_0', 'f16'];
  const candidates = [1, 30].map((scale, index) => {
    const values = bitbudget.randomTensor('normal', 4096, { seed: index + 1, scale });
    return {
      name: `blk.${index}.ffn_up.weight`,
      choices: ids.map((format) => {
        const bytes = bitbudget.encode(format, values, { rowLength: 64 });
        const { mse } = bitbudget.compare(values, bitbudget.decode(format, bytes, 4096, { rowLength: 64 }));
        return { format, bytes: bytes.length, error: mse * 4096 };
      }),
    };
  });
  const q4 = candidates[0].choices[0].bytes;
  const q8 = candidates[0].choices[1].bytes;
  const plan = bitbudget.planFormats(candidates, q4 + q8);
  // The tensor of larger values has the larger errors: it gets the bits.
  assert.deepEqual(plan.choice, [0, 1]);
  assert.equal(plan.bytes, q4 + q8);
  assert.ok(plan.lambda > 0);
  assert.equal(refusal(() => bitbudget.planFormats(candidates, 2 * q4 - 1)).field, 'budget');
  const assignments = candidates.map(({ name, choices }, i) => ({ tensor: name, format: choices[plan.choice[i]].format }));
  assert.equal(bitbudget.exportPlan('llama-quantize', assignments), "--tensor-type '^blk\\.0\\.ffn_up\\.weight$=q4_0'\n--tensor-type '^blk\\.1\\.ffn_up\\.weight$=q8_0'\n");
  assert.equal(refusal(() => bitbudget.exportPlan('llm-compressor', assignments)).code, 'unsupported');
  assert.match(bitbudget.exportPlan('llm-compressor', [{ tensor: 'a.weight', format: 'int4_sym_g32' }]), /group_size: 32/);
});

test('what engines must be told of a file with packed integers and FP8 goes into its config.json', () => {
  const assignments = [{ tensor: 'a.weight', format: 'int4_sym_g32' }, { tensor: 'b.weight', format: 'f8_e4m3_row' }, { tensor: 'c.weight', format: '' }];
  const config = '{"model_type": "llama", "rms_norm_eps": 1e-05}';
  const { quantization_config: added, ...own } = JSON.parse(bitbudget.exportPlan('compressed-tensors', assignments, { config }));
  assert.deepEqual(own, JSON.parse(config));
  assert.equal(added.format, 'mixed-precision');
  assert.deepEqual(Object.values(added.config_groups).map(({ format, targets }) => [format, targets]), [['float-quantized', ['b']], ['pack-quantized', ['a']]]);
  assert.deepEqual(added.ignore, ['c']);
  assert.deepEqual(JSON.parse(bitbudget.exportPlan('compressed-tensors', assignments)), { quantization_config: added });
  assert.equal(refusal(() => bitbudget.exportPlan('compressed-tensors', [{ tensor: 'a.weight', format: 'q4_k' }])).field, 'a.weight');
  assert.equal(refusal(() => bitbudget.exportPlan('compressed-tensors', assignments, { config: '[]' })).code, 'invalid_file');
  assert.equal(refusal(() => bitbudget.exportPlan('tgi', assignments)).field, 'tool');
});

test('a mixture is laid over tensor names, and rows that do not fit its blocks get what llama.cpp gives them', () => {
  const formats = bitbudget.mixtureFormats('q4_k_m', tensors);
  const at = (name) => formats[tensors.findIndex((tensor) => tensor.name === name)];
  // The embedding is the head, too; the only layer is one of the last eighth, where values and ffn_down get more bits.
  assert.equal(at('model.embed_tokens.weight'), 'q8_0');
  assert.equal(at('model.layers.0.self_attn.q_proj.weight'), 'q4_k');
  assert.equal(at('model.layers.0.self_attn.v_proj.weight'), 'q6_k');
  assert.equal(at('model.layers.0.input_layernorm.weight'), '');
  assert.deepEqual([256, 64, 33].map((row) => bitbudget.fittingFormat('q4_k', row)), ['q4_k', 'q5_0', 'f16']);
  assert.equal(refusal(() => bitbudget.mixtureFormats('q4', tensors)).field, 'mixture');
  assert.equal(refusal(() => bitbudget.fittingFormat('q4', 64)).code, 'unknown_format');
  assert.match(bitbudget.exportPlan('llama-quantize', [{ tensor: 'model.layers.0.mlp.up_proj.weight', format: 'q4_k' }]), /'\^blk\\.0\\.ffn_up\\.weight\$=q4_k'/);
});

test('a stretch is transcoded as decoding and encoding give it, and its errors are those of the whole where parts join', () => {
  const values = bitbudget.randomTensor('normal', 3 * 8192, { seed: 3, scale: 0.05 });
  const stored = bitbudget.encode('f16', values);
  const read = bitbudget.decode('f16', stored, values.length);
  const parts = [0, 8192, 16_384].map((first) => bitbudget.transcode({ type: 'F16', shape: [8192] }, stored.subarray(2 * first, 2 * (first + 8192)), 'q4_k', { rowLength: 8192 }));
  const whole = bitbudget.encode('q4_k', read, { rowLength: 4096 });
  assert.deepEqual(Buffer.concat(parts.map(({ bytes }) => bytes)), Buffer.from(whole));
  assert.deepEqual(bitbudget.errorReport(parts.map(({ sums }) => sums)), bitbudget.compare(read, bitbudget.decode('q4_k', whole, read.length, { rowLength: 4096 })));
  // One scale for the tensor: parts that are told its range agree with the whole.
  const range = [bitbudget.statistics(read).min, bitbudget.statistics(read).max];
  const part = bitbudget.transcode({ type: 'F16', shape: [8192] }, stored.subarray(0, 16_384), 'f8_e4m3', { tensorRange: range });
  assert.deepEqual(part.bytes, bitbudget.encode('f8_e4m3', read).subarray(0, 4 + 8192));
  assert.equal(refusal(() => bitbudget.transcode({ type: 'F16', shape: [4] }, stored.subarray(0, 6), 'q8_0')).code, 'invalid_argument');
  assert.equal(refusal(() => bitbudget.transcode({ type: 'F99', shape: [4] }, stored.subarray(0, 8), 'f16')).field, 'type');
});

test('what says of which parts a GGUF was one is not taken over, and numbers are written as uint32', () => {
  const list = [{ name: 'w', type: 'F32', shape: [32] }];
  const first = bitbudget.layoutFile('gguf', list, { metadata: { 'general.architecture': 'llama', 'split.count': 3, 'general.file_type': 1 } });
  const second = bitbudget.layoutFile('gguf', list, { gguf: first.header, ggufSize: first.fileSize, metadata: { 'general.file_type': 15 } });
  assert.deepEqual(bitbudget.inspect(second.header, { fileSize: second.fileSize }).metadata, { version: 3, 'general.architecture': 'llama', 'general.file_type': 15 });
  assert.equal(refusal(() => bitbudget.layoutFile('gguf', list, { metadata: { a: 2 ** 32 } })).field, 'a');
  assert.equal(refusal(() => bitbudget.layoutFile('safetensors', list, { metadata: { a: 1 } })).field, 'a');
});

test('by kind alone, and what stands behind the model’s own layers apart', () => {
  const tensor = (name, ...shape) => ({ name, type: 'F16', shape, offset: 0, byteLength: 2 * shape.reduce((all, size) => all * size, 1) });
  const tensors = [tensor('model.layers.0.mlp.up_proj.weight', 8, 4), tensor('model.layers.1.mlp.up_proj.weight', 8, 4), tensor('model.norm.weight', 4)];
  assert.deepEqual(bitbudget.ledger(tensors).kinds, [{ kind: 'feed_forward', tensors: 2, elements: 64, bytes: 128 }, { kind: 'norm', tensors: 1, elements: 4, bytes: 8 }]);
  const config = JSON.stringify({ model_type: 'llama', hidden_size: 4, num_hidden_layers: 1, num_attention_heads: 1, intermediate_size: 8, vocab_size: 10 });
  assert.deepEqual(bitbudget.ledger(tensors, config).kinds.map(({ kind, bytes }) => [kind, bytes]), [['feed_forward', 64], ['norm', 8], ['prediction', 64]]);
});
