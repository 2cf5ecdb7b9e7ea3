// How good a compressed model still is: perplexity, divergence, answers, and the trade of size for quality.
import type { QualityApi } from 'bitbudget/theory';
import type { TheoryContext } from '../../../worker/task.js';

export interface TokensQuestion { original: Float64Array; compressed: Float64Array; }
/** low and high: the 95 % interval of the difference; loose: half the width it would have if the pairing were ignored. */
export type TokensAnswer = ReturnType<QualityApi['compare']> & { tight: number; loose: number };

export interface DivergenceQuestion { original: Float64Array; compressed: Float64Array; vocabulary: number; logits: boolean; }
export interface DivergenceAnswer { positions: number; meanKl: number; standardError: number; top1Agreement: number; each: number[]; impossible: number; }

export interface AnswersQuestion { truth: Int32Array; original: Int32Array; compressed: Int32Array; }
export type AnswersAnswer = ReturnType<QualityApi['predictions']> & { count: number; bothRight: number; bothWrong: number; low: number; high: number };

export interface RunPoint { name: string; ratio: number; quality: number; metric: number; size: number; }
export interface FrontQuestion { points: RunPoint[]; least: number; }
export interface FrontAnswer { front: number[]; best: number; unconstrained: number; }

const kTwoSided95 = 1.959963984540054;
/** Bars that can still be told apart. */
const kMostBars = 200;

function softmax(logits: Float64Array, vocabulary: number): Float64Array {
  const out = new Float64Array(logits.length);
  for (let row = 0; row < logits.length; row += vocabulary) {
    const part = logits.subarray(row, row + vocabulary);
    const top = part.reduce((most, value) => Math.max(most, value), -Infinity);
    const sum = part.reduce((total, value) => total + Math.exp(value - top), 0);
    for (let i = 0; i < vocabulary; i++) out[row + i] = Math.exp(part[i]! - top) / sum;
  }
  return out;
}

export const qualityTasks = {
  'theory.tokens': ({ theory }: TheoryContext, { original, compressed }: TokensQuestion): TokensAnswer => {
    const compared = theory.quality.compare(original, compressed);
    return { ...compared, tight: kTwoSided95 * compared.standardError, loose: kTwoSided95 * Math.hypot(compared.original.standardError, compared.compressed.standardError) };
  },

  'theory.divergence': ({ theory }: TheoryContext, { original, compressed, vocabulary, logits }: DivergenceQuestion): DivergenceAnswer => {
    const p = logits ? softmax(original, vocabulary) : original;
    const q = logits ? softmax(compressed, vocabulary) : compressed;
    const positions = p.length / vocabulary;
    const each = Array.from({ length: Math.min(positions, kMostBars) }, (_, i) =>
      theory.quality.divergence(p.slice(i * vocabulary, (i + 1) * vocabulary), q.slice(i * vocabulary, (i + 1) * vocabulary), vocabulary).meanKl);
    let impossible = 0;
    for (let row = 0; row < p.length; row += vocabulary)
      for (let i = row; i < row + vocabulary; i++) if (p[i]! > 0 && q[i] === 0) { impossible++; break; }
    return { positions, each, impossible, ...theory.quality.divergence(p, q, vocabulary) };
  },

  'theory.answers': ({ theory }: TheoryContext, { truth, original, compressed }: AnswersQuestion): AnswersAnswer => {
    const compared = theory.quality.predictions(truth, original, compressed);
    const { rightToWrong, wrongToRight } = compared;
    const count = truth.length;
    const difference = (wrongToRight - rightToWrong) / count;
    // Each question contributes -1, 0 or 1: the spread of a mean of those.
    const spread = Math.sqrt(Math.max(0, (rightToWrong + wrongToRight) / count - difference ** 2) / count);
    const bothRight = Math.round(compared.originalAccuracy * count) - rightToWrong;
    return { ...compared, count, bothRight, bothWrong: count - bothRight - rightToWrong - wrongToRight, low: difference - kTwoSided95 * spread, high: difference + kTwoSided95 * spread };
  },

  'theory.front': ({ theory }: TheoryContext, { points, least }: FrontQuestion): FrontAnswer => {
    const ratios = Float64Array.from(points, ({ ratio }) => ratio);
    const qualities = Float64Array.from(points, ({ quality }) => quality);
    const { front, mostEfficient } = theory.quality.pareto(ratios, qualities, least);
    return { front: [...front], best: mostEfficient, unconstrained: theory.quality.pareto(ratios, qualities, 0).mostEfficient };
  },
};
