// Every section below the answer, in order. A new one is one file here and one line below.

export interface SectionEntry {
  /** In the address (open=curve): never renamed. */
  id: string;
  title: string;
  /** What one finds there, in a few words. */
  hint: string;
  tag: string;
  load: () => Promise<unknown>;
}

export const sections: readonly SectionEntry[] = [
  { id: 'curve', title: 'How memory grows with context', hint: 'where the line crosses what you have', tag: 'bb-fit-curve', load: () => import('./curve.js') },
  { id: 'formats', title: 'Every number format', hint: 'size, whether it fits, a bound on speed', tag: 'bb-fit-formats', load: () => import('./formats.js') },
  { id: 'speed', title: 'How fast at best', hint: 'first token, tokens per second, every device', tag: 'bb-fit-speed', load: () => import('./speed.js') },
  { id: 'training', title: 'Training', hint: 'full, LoRA, QLoRA; optimizers, ZeRO, parallelism', tag: 'bb-fit-training', load: () => import('./training.js') },
  { id: 'compare', title: 'Two set-ups side by side', hint: 'pin this one, then change anything', tag: 'bb-fit-compare', load: () => import('./compare.js') },
  { id: 'course', title: 'The course’s formulas beside the exact ones', hint: 'and why they differ', tag: 'bb-fit-course', load: () => import('./course.js') },
  { id: 'log', title: 'Compare with your log', hint: 'what llama.cpp or vLLM reported', tag: 'bb-fit-log', load: () => import('./log.js') },
  { id: 'further', title: 'Take it further', hint: 'commands and configuration for llama.cpp, vLLM, DeepSpeed, Accelerate', tag: 'bb-fit-further', load: () => import('./further.js') },
  { id: 'save', title: 'Save or share this result', hint: 'JSON, CSV, SVG, PNG, link', tag: 'bb-fit-save', load: () => import('./save.js') },
  { id: 'words', title: 'What the words mean', hint: 'KV cache, context, quantization, LoRA, ZeRO', tag: 'bb-fit-words', load: () => import('./words.js') },
];
