// What lossless coders of bf16 weights are reported to reach on real checkpoints: both code the exponents alone.

export interface PublishedLossless { name: string; percent: string; source: string; }

export const publishedLossless: PublishedLossless[] = [
  { name: 'DFloat11, Llama-3.1-8B', percent: '67.8', source: 'DFloat11’s poster, NeurIPS 2025 (exponent entropy 2.6 bits)' },
  { name: 'DFloat11, Qwen3-14B', percent: '68.2', source: 'the same' },
  { name: 'ZipNN 0.2.0, bf16 models', percent: '66.3', source: 'ZipNN’s README (zstd: 78.3 %)' },
];
