// Perplexities that others have published for compressed models, each with where it was read. They are copied, not measured here:
// every one belongs to its own text, context length and code, and only those of one table compare with each other.

/** A compressed model as a point: what it takes, and how well it predicts. */
export interface PublishedRun {
  name: string;
  /** In the table's unit. */
  size: number;
  perplexity: number;
}

export interface PublishedTable {
  /** In the address: never renamed. */
  id: string;
  title: string;
  /** What is measured, on which text. */
  about: string;
  source: string;
  unit: 'GiB' | 'bits per weight';
  /** Tokens of the model's vocabulary: what a blind guess has as its perplexity. */
  vocabulary: number;
  original: PublishedRun;
  runs: readonly PublishedRun[];
}

const run = (name: string, size: number, perplexity: number): PublishedRun => ({ name, size, perplexity });

/** The old tables of llama.cpp give the bits per weight of the formats themselves. */
const oldLlama = (id: string, title: string, [f16, q4_0, q4_1, q5_0, q5_1, q8_0]: [number, number, number, number, number, number]): PublishedTable => ({
  id, title, about: 'Perplexity on WikiText-2 with llama.cpp; sizes as the bits per weight of each format.',
  source: 'github.com/ggml-org/llama.cpp, README.md of 2023, which calls the table outdated', unit: 'bits per weight', vocabulary: 32_000,
  original: run('F16', 16, f16), runs: [run('Q4_0', 4.5, q4_0), run('Q4_1', 5, q4_1), run('Q5_0', 5.5, q5_0), run('Q5_1', 6, q5_1), run('Q8_0', 8.5, q8_0)],
});

export const publishedTables: readonly PublishedTable[] = [
  {
    id: 'llama-3-8b', title: 'Llama 3 8B, llama.cpp', about: 'Perplexity on WikiText-2 with llama.cpp; sizes are those of the files. “imatrix” marks files made with an importance matrix, measured on WikiText too.',
    source: 'github.com/ggml-org/llama.cpp, tools/perplexity/README.md', unit: 'GiB', vocabulary: 128_256,
    original: run('f16', 14.97, 6.23316),
    runs: [
      run('q8_0', 7.96, 6.234284),
      run('q6_K', 6.14, 6.253382),
      run('q5_K_M', 5.33, 6.288607),
      run('q5_K_S', 5.21, 6.336598),
      run('q5_1', 5.65, 6.337857),
      run('q5_0', 5.21, 6.363224),
      run('q4_K_M imatrix', 4.58, 6.382937),
      run('q4_K_M', 4.58, 6.407115),
      run('q4_K_S imatrix', 4.37, 6.409697),
      run('iq4_NL imatrix', 4.35, 6.455593),
      run('iq4_XS imatrix', 4.14, 6.459705),
      run('q4_K_S', 4.37, 6.500529),
      run('q4_1', 4.78, 6.682737),
      run('q4_0', 4.34, 6.700147),
      run('q3_K_L', 4.03, 6.787876),
      run('q3_K_M imatrix', 3.74, 6.734255),
      run('q3_K_M', 3.74, 6.888498),
      run('iq3_M imatrix', 3.53, 6.898327),
      run('iq3_XXS imatrix', 3.05, 7.458436),
      run('q3_K_S', 3.41, 7.863786),
      run('iq2_M imatrix', 2.74, 8.600799),
      run('q2_K imatrix', 2.96, 8.647825),
      run('q2_K', 2.96, 9.751568),
      run('iq2_XXS imatrix', 2.24, 14.091782),
      run('iq1_M imatrix', 2.01, 25.493722),
      run('iq1_S imatrix', 1.88, 58.09776),
    ],
  },
  oldLlama('llama-1-7b', 'LLaMA 7B, llama.cpp of 2023', [5.9066, 6.1565, 6.0912, 5.9862, 5.9481, 5.907]),
  oldLlama('llama-1-13b', 'LLaMA 13B, llama.cpp of 2023', [5.2543, 5.386, 5.3608, 5.2856, 5.2706, 5.2548]),
];

/** Published pairs without a size that could be relied on: Q alone. */
export interface PublishedPair { model: string; method: string; original: number; compressed: number; source: string; remark: string; }

const pairs = (model: string, original: number, source: string, methods: Record<string, number>, remark = ''): PublishedPair[] =>
  Object.entries(methods).map(([method, compressed]) => ({ model, method, original, compressed, source, remark }));

const gptqForLlama = 'github.com/qwopqwop200/GPTQ-for-LLaMa, README.md';
const reproduction = 'github.com/dwithchenna/llm-quantization, README.md';
const bitsandbytes = 'github.com/bitsandbytes-foundation/bitsandbytes/issues/2086';

export const publishedPairs: readonly PublishedPair[] = [
  ...pairs('LLaMA 7B', 5.67, gptqForLlama, { 'nearest, 4 bits': 6.28, 'GPTQ, 4 bits, groups of 64': 6.16, 'nearest, 3 bits': 25.66, 'GPTQ, 3 bits, groups of 64': 12.24, 'GPTQ, 2 bits, groups of 64': 75.28 }, 'an early version; later ones do better'),
  ...pairs('LLaMA 13B', 5.08, gptqForLlama, { 'nearest, 4 bits': 5.52, 'GPTQ, 4 bits': 5.35, 'GPTQ, 4 bits, groups of 64': 5.18, 'nearest, 3 bits': 11.41, 'GPTQ, 3 bits, groups of 64': 5.5 }, 'an early version; later ones do better'),
  ...pairs('Llama 2 7B', 5.47, reproduction, { 'AWQ, 4 bits, groups of 128': 5.6, 'GPTQ, 4 bits, groups of 128': 5.87 }, 'a third party’s reproduction'),
  ...pairs('Llama 2 13B', 4.88, reproduction, { 'AWQ, 4 bits, groups of 128': 4.97, 'GPTQ, 4 bits, groups of 128': 4.97 }, 'a third party’s reproduction'),
  ...pairs('Llama 2 70B', 3.32, reproduction, { 'AWQ, 4 bits, groups of 128': 3.41, 'GPTQ, 4 bits, groups of 128': 3.52 }, 'a third party’s reproduction'),
  ...pairs('Qwen2.5 0.5B', 13.0703, bitsandbytes, { 'affine int4, groups of 32': 14.9539, 'NF4, blocks of 32': 15.3223 }),
  ...pairs('Qwen2.5 1.5B', 9.265, bitsandbytes, { 'affine int4, groups of 32': 10.2147, 'NF4, blocks of 32': 10.3668 }),
  ...pairs('TinyLlama 1.1B', 7.9723, bitsandbytes, { 'affine int4, groups of 32': 8.2928, 'NF4, blocks of 32': 8.3205 }),
];

/** Mean KL divergence from the original, nats per token, by llama.cpp's README: the same format damages the newer model more. */
export const publishedDivergence = {
  source: 'github.com/ggml-org/llama.cpp, tools/perplexity/README.md',
  rows: [
    { format: 'q8_0', llama2: 0.000369, llama3: 0.001355 },
    { format: 'q4_K_M', llama2: 0.012686, llama3: 0.031273 },
    { format: 'q2_K', llama2: 0.1089, llama3: 0.4451 },
  ],
};
