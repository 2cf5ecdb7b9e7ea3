// Small generated data, so that the section can be read before anything of one's own is pasted. Made up, not measured; the same
// for everyone, from the seeds given.
import { factors, type Logarithm } from './read.js';

/** Uniform numbers in (0, 1): Park and Miller's generator (Communications of the ACM 31, 1988). */
function uniforms(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

const normal = (next: () => number): number => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());

export const kTokenSeed = 7;
export const kTokens = 1000;

/** Losses spread as a language model's are, many small and few large; the compressed model's differ a little, token by token. */
export function sampleTokens(base: Logarithm): { original: string; compressed: string } {
  const next = uniforms(kTokenSeed);
  const original: string[] = [];
  const compressed: string[] = [];
  const written = (loss: number): string => (-loss / factors[base]).toFixed(4);
  for (let i = 0; i < kTokens; i++) {
    const loss = -1.85 * Math.log(next());
    original.push(written(loss));
    compressed.push(written(Math.max(0, loss + 0.03 + 0.2 * Math.sqrt(Math.min(loss, 1)) * normal(next))));
  }
  return { original: original.join('\n'), compressed: compressed.join('\n') };
}

export const kLogitSeed = 5;

/** Random logits over a vocabulary of six at 24 places of a text, or the probabilities that they stand for. */
export function sampleDistributions(logits: boolean): { original: string; compressed: string } {
  const next = uniforms(kLogitSeed);
  const rows = Array.from({ length: 24 }, () => Array.from({ length: 6 }, () => 2 * normal(next)));
  const written = (row: number[]): string => {
    if (logits) return row.map((logit) => logit.toFixed(3)).join(', ');
    const sum = row.reduce((total, logit) => total + Math.exp(logit), 0);
    return row.map((logit) => (Math.exp(logit) / sum).toFixed(6)).join(', ');
  };
  const text = (noise: number) => rows.map((row) => written(row.map((logit) => logit + noise * normal(next)))).join('\n');
  return { original: text(0), compressed: text(0.4) };
}

export const kAnswerSeed = 3;

/** Two hundred questions of four choices: eleven answers get worse and as many better. */
export function sampleAnswers(): string {
  const next = uniforms(kAnswerSeed);
  const choose = (but: string): string => 'ABCD'.replace(but, '')[Math.floor(next() * 3)]!;
  const lines = ['truth, original, compressed'];
  for (let i = 0; i < 200; i++) {
    const truth = 'ABCD'[Math.floor(next() * 4)]!;
    const original = i < 140 ? truth : choose(truth);
    const compressed = i < 11 ? choose(truth) : i >= 140 && i < 151 ? truth : i < 190 ? original : choose(truth);
    lines.push([truth, original, compressed].join(', '));
  }
  // In an order that mixes them, as a real list would be.
  const order = lines.slice(1).map((line) => ({ line, key: next() })).sort((a, b) => a.key - b.key).map(({ line }) => line);
  return [lines[0]!, ...order].join('\n');
}
