// What the new file says of itself: the source's own metadata where it has any, and what has changed.
import type { Checkpoint, OpenedFile } from '../checkpoint.js';
import type { Plan } from './plan.js';
import type { Container } from './targets.js';
import type { Layout } from './tasks.js';

/** llama.cpp's numbers for general.file_type, by the format that most weights have; its mixtures by their own. */
const kFileTypes: Readonly<Record<string, number>> = {
  f32: 0, f16: 1, q4_0: 2, q4_1: 3, q8_0: 7, q5_0: 8, q5_1: 9, q2_k: 10, q3_k: 12, q4_k: 15, q5_k: 17, q6_k: 18, iq4_nl: 25, bf16: 32, mxfp4: 38,
  q2_k_mix: 10, q3_k_s: 11, q3_k_m: 12, q3_k_l: 13, q4_k_s: 14, q4_k_m: 15, q5_k_s: 16, q5_k_m: 17, q2_k_s: 21, iq4_nl_mix: 25, mxfp4_moe: 38,
  q4_0_mix: 2, q4_1_mix: 3, q5_0_mix: 8, q5_1_mix: 9, q6_k_mix: 18, q8_0_mix: 7,
};

/** The format that holds most elements. */
export function mainFormat(plan: Plan): string {
  const elements = new Map<string, number>();
  for (const { target, tensor, elements: count } of plan.rows) {
    const id = target?.exported ?? tensor.type.toLowerCase();
    elements.set(id, (elements.get(id) ?? 0) + count);
  }
  return [...elements].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 'f32';
}

export const stemOf = (checkpoint: Checkpoint): string => {
  const name = checkpoint.tensors[0]?.file.name ?? 'checkpoint';
  return name.replace(/\.(safetensors|gguf|npz|npy)$/i, '').replace(/-\d{1,6}-of-\d{1,6}$/, '');
};

const weightsOf = ({ files, tensors }: Checkpoint): OpenedFile[] => files.filter(({ file }) => tensors.some((tensor) => tensor.file === file));

export function metadataFor(checkpoint: Checkpoint, plan: Plan, container: Container, mixture: string): Omit<Layout, 'tensors' | 'container'> {
  const [first] = weightsOf(checkpoint);
  const fileType = kFileTypes[mixture] ?? kFileTypes[mainFormat(plan)];
  if (container === 'safetensors') {
    const own = checkpoint.format === 'safetensors' ? Object.entries(first?.report.metadata ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string') : [];
    return { metadata: { format: 'pt', ...Object.fromEntries(own) } };
  }
  const numbers = { 'general.quantization_version': 2, ...(fileType !== undefined && { 'general.file_type': fileType }) };
  if (checkpoint.format === 'gguf' && first) {
    return { metadata: numbers, gguf: { file: first.file, headerBytes: first.report.tensors.reduce((least, { offset }) => Math.min(least, offset), first.file.size) } };
  }
  const stem = stemOf(checkpoint);
  return {
    metadata: {
      'general.architecture': 'unknown', 'general.name': stem,
      'general.description': `The tensors of ${stem} under their own names, compressed by bitbudget. Without hyperparameters and tokenizer: a container of tensors, not a model that runs.`,
      ...numbers,
    },
  };
}

/** What a reader should know of the file before it is made. */
export function caveats(checkpoint: Checkpoint, container: Container): string[] {
  if (container === 'gguf' && checkpoint.format !== 'gguf') {
    return ['This GGUF will hold tensors only. Missing are the hyperparameters (context_length, block_count …) and the tokenizer (tokenizer.ggml.model, tokens, merges, chat_template), and tensors keep the names that they have here: llama.cpp does not run it. For a model that runs, convert with convert_hf_to_gguf.py and open that GGUF here, or take the command below.'];
  }
  if (container === 'safetensors' && checkpoint.format === 'gguf') {
    return ['safetensors has no place for a GGUF’s metadata: hyperparameters and tokenizer stay behind, and tensors keep llama.cpp’s names.'];
  }
  return [];
}
