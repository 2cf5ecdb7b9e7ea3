// What the reader has chosen, and what it starts with.
import type { Checkpoint } from '../checkpoint.js';
import type { Weighing } from './measure.js';
import type { Settings } from './plan.js';
import { elementCount, type Container } from './targets.js';

export interface Choices extends Settings {
  budget: { bytes: number; candidates: readonly string[]; weighing: Weighing };
}

const kStarts: Record<Container, { approach: Settings['approach']; one: string; candidates: readonly string[]; bits: number }> = {
  gguf: { approach: 'mixture', one: 'q8_0', candidates: ['q8_0', 'q6_k', 'q5_k', 'q4_k', 'q3_k', 'q2_k'], bits: 4.5 },
  safetensors: { approach: 'one', one: 'f8_e4m3_row', candidates: ['bf16', 'f8_e4m3_row', 'packed_int8_sym_g128', 'packed_int4_asym_g32', 'packed_int4_sym_g128'], bits: 6 },
};

/** The same kind of file as the source: what goes with it (a tokenizer, a config.json) still does. */
export function startFor(checkpoint: Checkpoint, container: Container = checkpoint.format === 'gguf' ? 'gguf' : 'safetensors'): Choices {
  const { approach, one, candidates, bits } = kStarts[container];
  const elements = checkpoint.tensors.reduce((sum, tensor) => sum + elementCount(tensor), 0);
  return {
    container, approach, one, mixture: 'q4_k_m', kinds: {}, patterns: '', byHand: new Map(),
    budget: { bytes: Math.round((elements * bits) / 8), candidates, weighing: 'relative' },
  };
}

/** A GGUF's own word for its architecture, or that of a config.json. */
export function architectureOf({ files, config }: Checkpoint): string {
  const own = files.map(({ report }) => report.metadata['general.architecture']).find((text) => typeof text === 'string');
  return (own as string | undefined) ?? /"model_type"\s*:\s*"([^"]*)"/.exec(config ?? '')?.[1] ?? '';
}
