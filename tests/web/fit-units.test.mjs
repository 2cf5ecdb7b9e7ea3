// What the Fit view makes of text: logs, training in a link, a model by hand, other tools' files.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sources } from './sources.mjs';

const vite = await sources();
test.after(() => vite.close());
const { readLog } = await vite.ssrLoadModule('/views/fit/log.ts');
const { readTraining, writeTraining, trainingDefaults } = await vite.ssrLoadModule('/views/fit/training.ts');
const { readState, kDefaults } = await vite.ssrLoadModule('/views/fit/state.ts');
const { configOf, describeConfig, kStart } = await vite.ssrLoadModule('/views/fit/by-hand.ts');
const { llamaCpp, vllm, deepspeed, accelerate } = await vite.ssrLoadModule('/views/fit/tools.ts');
const { csv } = await vite.ssrLoadModule('/parts/save.ts');

test('llama.cpp logs', () => {
  const log = `llm_load_print_meta: model params     = 8.03 B
llm_load_print_meta: model size       = 4.58 GiB (4.89 BPW)
llm_load_tensors:      CUDA0 buffer size =  4403.49 MiB
llama_new_context_with_model: n_ctx      = 4096
llama_kv_cache_init:      CUDA0 KV buffer size =   256.00 MiB
llama_kv_cache_init:      CUDA1 KV buffer size =   256.00 MiB
llama_new_context_with_model: KV self size  =  512.00 MiB, K (f16):  256.00 MiB, V (f16):  256.00 MiB
llama_new_context_with_model:      CUDA0 compute buffer size =   296.00 MiB
llama_new_context_with_model:  CUDA_Host compute buffer size =    16.01 MiB`;
  const reading = readLog(log);
  assert.equal(reading.engine, 'llama.cpp');
  assert.equal(reading.weights, Math.round(4.58 * 2 ** 30));
  assert.equal(reading.parameters, 8.03e9);
  assert.equal(reading.bitsPerWeight, 4.89);
  assert.equal(reading.kvCache, 512 * 2 ** 20);
  assert.equal(reading.tokens, 4096);
  assert.equal(reading.compute, 296 * 2 ** 20 + Math.round(16.01 * 2 ** 20));
  // Without the sum line, the devices' buffers are added.
  assert.equal(readLog(log.replace(/.*KV self size.*\n/, '')).kvCache, 512 * 2 ** 20);
});

test('vLLM logs, new and old', () => {
  assert.equal(readLog('llama_memory_recurrent:        CPU RS buffer size =    38.00 MiB\n').kvCache, 38 * 2 ** 20);
  const now = readLog(`INFO [gpu_model_runner.py:2581] Model loading took 14.9889 GiB and 74.270197 seconds
INFO [gpu_worker.py:277] Available KV cache memory: 5.50 GiB
INFO [kv_cache_utils.py:849] GPU KV cache size: 45,056 tokens
INFO [kv_cache_utils.py:853] Maximum concurrency for 8,192 tokens per request: 5.50x`);
  assert.deepEqual(now, { engine: 'vLLM', weights: Math.round(14.9889 * 2 ** 30), kvCache: 5.5 * 2 ** 30, tokens: 45_056 });
  const old = readLog('INFO model weights take 12.55GiB; non_torch_memory takes 0.16GiB; PyTorch activation peak memory takes 2.38GiB; the rest of the memory reserved for KV Cache is 56.18GiB.\nINFO # cuda blocks: 7191, # CPU blocks: 512');
  assert.equal(old.tokens, 7191 * 16);
  assert.equal(old.compute, Math.round(2.38 * 2 ** 30));
  assert.equal(readLog('nothing of the kind'), undefined);
});

test('training in a link reads back as it was written, and says what it cannot read', () => {
  const training = { ...trainingDefaults, method: 'qlora', optimizer: 'adam_8bit', zeroStage: '3', dataParallel: 8, loraRank: 64, flashAttention: false };
  assert.equal(writeTraining(training), 'method:qlora,optimizer:adam_8bit,zero:3,data:8,rank:64,flash:0');
  assert.deepEqual(readTraining(writeTraining(training)), training);
  assert.equal(writeTraining(trainingDefaults), '');
  const problems = [];
  assert.deepEqual(readTraining('method:magic,data:0,zero:2', problems), { ...trainingDefaults, zeroStage: '2' });
  assert.deepEqual(problems.length, 2);
  assert.equal(readState({ train: 'method:magic' }).problems.length, 1);
});

test('commands and files for other tools', () => {
  const asked = { ...kDefaults, weights: 'q8_0', kv: 'q8_0', context: 4096, batch: 4 };
  const llama = llamaCpp({ asked, training: trainingDefaults, modelId: 'meta-llama/Llama-3.1-8B' });
  assert.match(llama.text, /--ctx-size 16384/);
  assert.match(llama.text, /--parallel 4/);
  assert.match(llama.text, /--cache-type-k q8_0 \\\n\s+--cache-type-v q8_0/);
  assert.match(llama.text, /llama-quantize --pure \S+-bf16\.gguf \S+-q8_0\.gguf Q8_0/);
  const quantized = (weights) => /llama-quantize .*/.exec(llamaCpp({ asked: { ...asked, weights }, training: trainingDefaults, modelId: 'a/b' }).text)[0];
  assert.equal(quantized('q4_k_m'), 'llama-quantize b-bf16.gguf b-q4_k_m.gguf Q4_K_M');
  assert.equal(quantized('q4_k'), 'llama-quantize --pure b-bf16.gguf b-q4_k_s.gguf Q4_K_S');
  assert.equal(quantized('q4_0_mix'), 'llama-quantize b-bf16.gguf b-q4_0.gguf Q4_0');
  assert.deepEqual(llama.cannot, []);
  assert.equal(llamaCpp({ asked: { ...asked, weights: 'nf4' }, training: trainingDefaults, modelId: '' }).cannot.length, 1);
  assert.match(vllm({ asked: { ...asked, weights: 'bf16', kv: 'f8_e4m3' }, training: { ...trainingDefaults, tensorParallel: 2 }, modelId: 'a/b' }).text,
    /^#!\/bin\/sh\nvllm serve a\/b \\\n {2}--max-model-len 4096 \\\n {2}--max-num-seqs 4 \\\n {2}--dtype bfloat16 \\\n {2}--kv-cache-dtype fp8_e4m3 \\\n {2}--tensor-parallel-size 2 \\\n {2}--gpu-memory-utilization 0.90\n$/);
  const zero = { ...trainingDefaults, zeroStage: '3', dataParallel: 8 };
  const config = JSON.parse(deepspeed({ asked, training: zero, modelId: '' }).text);
  assert.equal(config.zero_optimization.stage, 3);
  assert.equal(config.train_micro_batch_size_per_gpu, 4);
  assert.deepEqual(config.bf16, { enabled: true });
  const yaml = accelerate({ asked, training: zero, modelId: '' }).text;
  assert.match(yaml, /zero_stage: 3/);
  assert.match(yaml, /num_processes: 8/);
});

test('CSV quotes what it must', () => {
  assert.equal(csv([['a', 1.5], ['b, "c"', 'd']]), 'a,1.5\r\n"b, ""c""",d\r\n');
});

test('a model by hand reads back from the config it is written as', () => {
  const model = { ...kStart, layers: 12, experts: 8, expertWidth: 2048, window: 4096, windowPattern: 6, tied: true, norm: 'layer', gated: false, biases: true };
  assert.deepEqual(describeConfig(configOf(model)), model);
  assert.deepEqual(describeConfig(configOf(kStart)), kStart);
  assert.equal(JSON.parse(configOf(kStart)).num_experts, undefined);
  assert.deepEqual(describeConfig('not JSON'), kStart);
});
