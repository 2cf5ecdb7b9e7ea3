// The set-up in hand as other tools take it: commands and configuration files. Flags as documented by llama.cpp (tools/server and
// tools/quantize), vLLM (engine arguments), DeepSpeed (configuration JSON) and Accelerate (DeepSpeed guide).
import type { FitState } from './state.js';
import type { Training } from './training.js';

export interface Recipe {
  id: string;
  title: string;
  /** What it does and what has to be done before. */
  about: string;
  file: string;
  text: string;
  /** Where this tool cannot do what was asked; empty if it can. */
  cannot: string[];
}

export interface ToolCase { asked: FitState; training: Training; modelId: string; }

/** Types that llama.cpp's cache may have. */
const kLlamaCache = new Set(['f32', 'f16', 'bf16', 'q8_0', 'q4_0', 'q4_1', 'iq4_nl', 'q5_0', 'q5_1']);
const isLlamaType = (id: string): boolean => /^(f32|f16|bf16|i?q\d.*|tq\d.*|mxfp4(_moe)?)$/.test(id);
/** llama-quantize's name for it. A single K format goes by the name of its smallest mixture. */
const quantizeType = (id: string): string =>
  ({ q3_k: 'Q3_K_S', q4_k: 'Q4_K_S', q5_k: 'Q5_K_S', mxfp4: 'MXFP4_MOE', mxfp4_moe: 'MXFP4_MOE' })[id] ?? id.replace(/_mix$/, '').toUpperCase();
/** One format for every matrix (llama-quantize --pure), as against llama.cpp's mixtures, which end in a letter or a word. */
const isPure = (id: string): boolean => isLlamaType(id) && !/_(s|m|l|xs|mix|moe)$/.test(id) && id !== 'mxfp4';

const shell = (parts: string[]): string => parts.join(' \\\n  ');
const quote = (text: string): string => (/^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

export function llamaCpp({ asked, modelId }: ToolCase): Recipe {
  const type = isLlamaType(asked.weights) ? quantizeType(asked.weights) : 'Q4_K_M';
  const cache = kLlamaCache.has(asked.kv) ? asked.kv : 'f16';
  const stem = (modelId.split('/').at(-1) || 'model').toLowerCase();
  const file = `${stem}-${type.toLowerCase()}.gguf`;
  const plain = ['F32', 'F16', 'BF16'].includes(type);
  const cannot: string[] = [];
  if (!isLlamaType(asked.weights)) cannot.push(`llama.cpp has no weights as ${asked.weights}; ${type} stands in.`);
  if (!kLlamaCache.has(asked.kv)) cannot.push(`llama.cpp has no cache as ${asked.kv}; f16 stands in.`);
  const serve = ['llama-server', `--model ${quote(file)}`, `--ctx-size ${asked.context * asked.batch}`, `--parallel ${asked.batch}`, '--n-gpu-layers all', '--flash-attn on'];
  if (cache !== 'f16') serve.push(`--cache-type-k ${cache}`, `--cache-type-v ${cache}`);
  serve.push('--ubatch-size 512');
  const convert = `python convert_hf_to_gguf.py ${quote(modelId ? `./${modelId.split('/').at(-1)}` : './model')} --outfile ${quote(`${stem}-${plain ? type.toLowerCase() : 'bf16'}.gguf`)} --outtype ${plain ? type.toLowerCase() : 'bf16'}`;
  const quantize = plain ? [] : [`llama-quantize ${isPure(asked.weights) ? '--pure ' : ''}${quote(`${stem}-bf16.gguf`)} ${quote(file)} ${type}`];
  return {
    id: 'llama-cpp', title: 'llama.cpp', file: 'llama.sh', cannot,
    about: `Converts the published weights, ${plain ? '' : 'quantizes them, '}and serves ${asked.batch === 1 ? 'one sequence' : `${asked.batch} sequences`} of ${asked.context.toLocaleString()} tokens. The context of llama-server is shared by its slots, so it is context × batch.`,
    text: ['#!/bin/sh', 'set -e', convert, ...quantize, shell(serve)].join('\n') + '\n',
  };
}

export function vllm({ asked, training, modelId }: ToolCase): Recipe {
  const cannot: string[] = [];
  const flags = ['vllm serve ' + quote(modelId || './model'), `--max-model-len ${asked.context}`, `--max-num-seqs ${asked.batch}`];
  if (asked.weights === 'f16') flags.push('--dtype float16');
  else if (asked.weights === 'bf16') flags.push('--dtype bfloat16');
  else if (asked.weights === 'f32') flags.push('--dtype float32');
  else if (/^f8_e4m3/.test(asked.weights)) flags.push('--quantization fp8');
  else if (/^nf4/.test(asked.weights)) flags.push('--quantization bitsandbytes');
  else cannot.push(`vLLM does not make ${asked.weights} while it loads: give it a checkpoint that is stored so; its format is then found in its config.json.`);
  if (asked.kv === 'f8_e4m3' || asked.kv === 'f8_e5m2') flags.push(`--kv-cache-dtype ${asked.kv.replace('f8', 'fp8')}`);
  else if (!['f16', 'bf16'].includes(asked.kv)) cannot.push(`vLLM’s cache cannot be ${asked.kv}; it stays in the model’s type.`);
  if (training.tensorParallel > 1) flags.push(`--tensor-parallel-size ${training.tensorParallel}`);
  flags.push('--gpu-memory-utilization 0.90');
  return {
    id: 'vllm', title: 'vLLM', file: 'vllm.sh', cannot,
    about: 'vLLM takes 90 % of the device’s memory and gives its cache all that weights and activations leave, whatever the context needs.',
    text: `#!/bin/sh\n${shell(flags)}\n`,
  };
}

/** DeepSpeed knows nothing of LoRA: adapters are the training script's (PEFT), and this file holds for both. */
export function deepspeed({ asked, training }: ToolCase): Recipe {
  const cannot: string[] = [];
  if (training.tensorParallel > 1 || training.pipelineParallel > 1) cannot.push('Tensor and pipeline parallelism are set up in the model’s code (for example Megatron-DeepSpeed), not in this file.');
  if (training.optimizer !== 'adam') cannot.push(training.optimizer === 'adam_8bit' ? 'The 8-bit Adam is bitsandbytes’: give it to DeepSpeed as the client’s optimizer, not by name.' : 'SGD is given to DeepSpeed as the client’s optimizer, not by name.');
  const config = {
    train_micro_batch_size_per_gpu: asked.batch,
    gradient_accumulation_steps: 1,
    ...(training.precision === 'fp32' ? {} : { bf16: { enabled: true } }),
    ...(training.fp32Gradients ? { data_types: { grad_accum_dtype: 'fp32' } } : {}),
    zero_optimization: { stage: Number(training.zeroStage), ...(training.zeroStage === '3' ? { stage3_gather_16bit_weights_on_model_save: true } : {}) },
    ...(training.optimizer === 'adam' ? { optimizer: { type: 'AdamW', params: { lr: 'auto', betas: 'auto', eps: 'auto', weight_decay: 'auto' } } } : { zero_allow_untested_optimizer: true }),
    gradient_clipping: 1.0,
  };
  return {
    id: 'deepspeed', title: 'DeepSpeed', file: 'ds_config.json', cannot,
    about: `ZeRO stage ${training.zeroStage}, ${asked.batch === 1 ? 'one sequence' : `${asked.batch} sequences`} per device and step. “auto” is filled in by the transformers Trainer; without it write numbers there.`,
    text: JSON.stringify(config, null, 2) + '\n',
  };
}

export function accelerate({ training }: ToolCase): Recipe {
  const processes = training.dataParallel * training.tensorParallel * training.pipelineParallel;
  const sharded = training.zeroStage !== '0';
  const lines = [
    'compute_environment: LOCAL_MACHINE',
    'debug: false',
    ...(sharded ? [
      'deepspeed_config:', '  gradient_accumulation_steps: 1', '  gradient_clipping: 1.0', '  offload_optimizer_device: none', '  offload_param_device: none',
      `  zero3_init_flag: ${training.zeroStage === '3'}`, ...(training.zeroStage === '3' ? ['  zero3_save_16bit_model: true'] : []), `  zero_stage: ${training.zeroStage}`,
    ] : []),
    `distributed_type: ${sharded ? 'DEEPSPEED' : processes > 1 ? 'MULTI_GPU' : "'NO'"}`,
    'machine_rank: 0', 'main_training_function: main',
    `mixed_precision: ${training.precision === 'fp32' ? "'no'" : 'bf16'}`,
    'num_machines: 1', `num_processes: ${processes}`, 'use_cpu: false',
  ];
  return {
    id: 'accelerate', title: 'Accelerate', file: 'accelerate.yaml', cannot: training.precision === 'bf16' ? ['Pure BF16 is a matter of the model’s own type (torch_dtype), not of this file.'] : [],
    about: `Start with: accelerate launch --config_file accelerate.yaml train.py. ${training.checkpointing === 'none' ? '' : 'Activation checkpointing is switched on in the training script (gradient_checkpointing=True).'}`,
    text: lines.join('\n') + '\n',
  };
}

export const recipes = (toolCase: ToolCase): Recipe[] => [llamaCpp(toolCase), vllm(toolCase), deepspeed(toolCase), accelerate(toolCase)];
