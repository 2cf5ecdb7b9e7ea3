// How a model is trained, in one parameter of the address: train=method:qlora,rank:64,zero:2,data:8 (defaults left out).
import type { TrainingOptions } from 'bitbudget';

interface Choice { value: string; label: string; hint: string; }

/** Menus of the training section: the option of the core, its name in the address, and what can be chosen; the first is the default. */
export const menus = {
  method: { label: 'What is trained', choices: [
    { value: 'full', label: 'Everything', hint: 'All parameters get gradients and optimizer states.' },
    { value: 'lora', label: 'Adapters (LoRA)', hint: 'The model is frozen; small matrices beside its linear layers are trained.' },
    { value: 'qlora', label: 'Adapters on a 4-bit model (QLoRA)', hint: 'As LoRA, with the frozen linear layers in NF4.' },
  ] },
  optimizer: { label: 'Optimizer', choices: [
    { value: 'adam', label: 'Adam', hint: 'Two numbers kept for each trained parameter.' },
    { value: 'adam_8bit', label: 'Adam, 8-bit states', hint: 'The same two numbers in one byte each.' },
    { value: 'sgd_momentum', label: 'SGD with momentum', hint: 'One number kept for each trained parameter.' },
    { value: 'sgd', label: 'SGD', hint: 'Nothing kept.' },
  ] },
  precision: { label: 'Precision', choices: [
    { value: 'mixed', label: 'Mixed: 16 bits with a 32-bit master copy', hint: 'What most training runs use.' },
    { value: 'bf16', label: 'Pure BF16', hint: 'Everything in 16 bits, optimizer states too.' },
    { value: 'fp32', label: 'FP32', hint: 'Everything in 32 bits.' },
  ] },
  checkpointing: { label: 'Activation checkpointing', choices: [
    { value: 'none', label: 'None', hint: 'All activations are kept for the backward pass.' },
    { value: 'selective', label: 'Selective', hint: 'Attention scores are made again.' },
    { value: 'full', label: 'Full', hint: 'Only the inputs of layers are kept; all else is made again, for a third more work.' },
  ] },
  zeroStage: { label: 'ZeRO stage', choices: [
    { value: '0', label: '0: every device holds everything', hint: '' },
    { value: '1', label: '1: optimizer states are divided', hint: '' },
    { value: '2', label: '2: and gradients', hint: '' },
    { value: '3', label: '3: and weights (FSDP)', hint: '' },
  ] },
} satisfies Record<string, { label: string; choices: Choice[] }>;

export type Menu = keyof typeof menus;

export const counts = {
  dataParallel: { label: 'Data-parallel', hint: 'copies that each take a part of the batch' },
  tensorParallel: { label: 'Tensor-parallel', hint: 'devices that share each matrix' },
  pipelineParallel: { label: 'Pipeline stages', hint: 'devices that each hold some layers' },
  expertParallel: { label: 'Expert-parallel', hint: 'of the data-parallel copies; experts are spread over them' },
  loraRank: { label: 'Adapter rank', hint: 'of LoRA and QLoRA' },
} as const;
export type Count = keyof typeof counts;

export const flags = { flashAttention: 'Flash attention (scores are never stored)', fp32Gradients: 'Gradients gathered in 32 bits', sequenceParallel: 'Sequence parallelism (with tensor-parallel)' } as const;
export type Flag = keyof typeof flags;

export type Training = Record<Menu, string> & Record<Count, number> & Record<Flag, boolean>;

export const trainingDefaults: Training = {
  method: 'full', optimizer: 'adam', precision: 'mixed', checkpointing: 'none', zeroStage: '0', dataParallel: 1, tensorParallel: 1, pipelineParallel: 1,
  expertParallel: 1, loraRank: 16, flashAttention: true, fp32Gradients: false, sequenceParallel: false,
};

/** Names in the address. Never renamed. */
const names: Record<keyof Training, string> = {
  method: 'method', optimizer: 'optimizer', precision: 'precision', checkpointing: 'checkpointing', zeroStage: 'zero', dataParallel: 'data', tensorParallel: 'tensor',
  pipelineParallel: 'pipeline', expertParallel: 'expert', loraRank: 'rank', flashAttention: 'flash', fp32Gradients: 'grad32', sequenceParallel: 'sequence',
};
const keys = Object.keys(trainingDefaults) as (keyof Training)[];

export function readTraining(text: string, problems: string[] = []): Training {
  const training: Record<string, string | number | boolean> = { ...trainingDefaults };
  for (const part of text.split(',').filter(Boolean)) {
    const [name, value = ''] = part.split(':');
    const key = keys.find((each) => names[each] === name);
    const fallback = key && trainingDefaults[key];
    if (key && typeof fallback === 'number' && /^[1-9]\d{0,6}$/.test(value)) training[key] = Number(value);
    else if (key && typeof fallback === 'boolean' && /^[01]$/.test(value)) training[key] = value === '1';
    else if (key && typeof fallback === 'string' && menus[key as Menu].choices.some((choice) => choice.value === value)) training[key] = value;
    else problems.push(`“${part}” is no way of training`);
  }
  return training as Training;
}

export const writeTraining = (training: Training): string =>
  keys.filter((key) => training[key] !== trainingDefaults[key]).map((key) => `${names[key]}:${typeof training[key] === 'boolean' ? Number(training[key]) : training[key]}`).join(',');

export const trainingOptions = ({ zeroStage, ...rest }: Training): TrainingOptions => ({ ...rest, zeroStage: Number(zeroStage) }) as TrainingOptions;
