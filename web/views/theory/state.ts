// What the Theory view is asked, as its part of the address: tensor=laplace&rows=256&uniform.bits=4. A section's own choices begin
// with its id. Names and meanings are for ever; a new one gets a default that leaves old links as they were.
import type { Params } from '../../shell/hash.js';
import type { Source as LabSource } from '../lab/state.js';

/** The lab's sources, and a matrix whose singular values fall off as 1/k. */
export type Source = LabSource | 'decaying';
export const kSources: readonly Source[] = ['normal', 'laplace', 'student-t', 'uniform', 'outliers', 'decaying', 'file'];

export interface NumberParam { fallback: number; min: number; max: number; whole: boolean; }
export interface ChoiceParam { fallback: string; of: readonly string[]; }
/** Any text: the section that reads it says what it could not make of it. */
export interface TextParam { fallback: string; }
export type Param = NumberParam | ChoiceParam | TextParam;

const number = (fallback: number, min: number, max: number, whole = true): NumberParam => ({ fallback, min, max, whole });
const choice = (fallback: string, of: readonly string[]): ChoiceParam => ({ fallback, of });
const text = (fallback = ''): TextParam => ({ fallback });

export const kParams = {
  section: text(),
  tensor: choice('normal', kSources),
  rows: number(256, 4, 2048),
  columns: number(256, 4, 4096),
  seed: number(1, 0, Number.MAX_SAFE_INTEGER),
  scale: number(0.02, 1e-30, 1e30, false),
  nu: number(5, 0.5, 1e6, false),
  base: choice('bf16', ['fp32', 'bf16']),
  file: text(),
  name: text(),

  'ratio.format': text('int4_asym_g64'),
  'ratio.sparsity': number(50, 0, 99),

  'rate-distortion.rate': number(2, 0.25, 8, false),
  'rate-distortion.over': choice('rows', ['rows', 'columns']),

  'coding.codes': choice('steps', ['steps', 'int4-tensor', 'int2-tensor', 'int4-row', 'int8-row', 'bytes']),
  'coding.step': number(0.5, 0.01, 16, false),
  'coding.format': text('q4_k'),

  'uniform.bits': number(4, 1, 12),
  'uniform.kind': choice('mid-rise', ['mid-rise', 'mid-tread']),

  'pruning.sparsity': number(0.5, 0, 0.99, false),
  'pruning.inputs': choice('uneven', ['uneven', 'correlated', 'independent']),
  'pruning.seed': number(1, 0, 1e9),
  'pruning.values': choice('f16', ['f32', 'f16', 'f8_e4m3', 'q8_0', 'q4_0']),

  'low-rank.rank': number(32, 1, 4096),
  'low-rank.factors': choice('f16', ['f32', 'f16', 'q8_0', 'q4_0']),

  'calibrated.inputs': choice('correlated', ['uneven', 'correlated', 'independent']),
  'calibrated.group': number(64, 1, 4096),
  'calibrated.seed': number(1, 0, 1e9),

  'bias-variance.bits': number(4, 1, 12),
  'bias-variance.seed': number(1, 0, 1e9),

  'quality.log': choice('natural', ['natural', 'log2', 'log10', 'loss']),
  'quality.kind': choice('logits', ['logits', 'probabilities']),
  'quality.table': choice('llama-3-8b', ['llama-3-8b', 'llama-1-7b', 'llama-1-13b', 'own']),
  'quality.least': number(0.95, 0, 1, false),
  'quality.metric': choice('perplexity', ['perplexity', 'accuracy']),
  'quality.runs': text(),

  'complexity.run': choice('quick', ['quick', 'thorough']),
  'complexity.group': choice('128', ['32', '64', '128']),
  'complexity.sparsity': number(0.5, 0, 1, false),
  'complexity.rank': number(16, 1, 2048),

  'approximation.function': choice('sine', ['sine', 'step', 'abs', 'bump', 'jump', 'samples']),
  'approximation.units': number(16, 1, 512),
  'approximation.bits': number(8, 2, 24),
  'approximation.samples': text(),
} satisfies Record<string, Param>;

type ValueOf<P> = P extends NumberParam ? number : string;
export type TheoryState = { [K in keyof typeof kParams]: ValueOf<(typeof kParams)[K]> };

export const kDefaults = Object.fromEntries(Object.entries(kParams).map(([key, { fallback }]) => [key, fallback])) as TheoryState;

function read(key: string, param: Param, given: string, problems: string[]): number | string {
  if ('min' in param) {
    const value = Number(given);
    if (given.trim() !== '' && value >= param.min && value <= param.max && (!param.whole || Number.isInteger(value))) return value;
    problems.push(`${key} “${given}” is not a ${param.whole ? 'whole ' : ''}number from ${param.min} to ${param.max}`);
    return param.fallback;
  }
  if ('of' in param && !param.of.includes(given)) {
    problems.push(`${key} “${given}” is none of ${param.of.join(', ')}`);
    return param.fallback;
  }
  return given;
}

export function readState(params: Params): { state: TheoryState; problems: string[] } {
  const problems: string[] = [];
  const state: Record<string, number | string> = { ...kDefaults };
  for (const [key, given] of Object.entries(params)) {
    const param = (kParams as Record<string, Param>)[key];
    if (param) state[key] = read(key, param, given, problems);
    else problems.push(`“${key}” means nothing to this view`);
  }
  return { state: state as TheoryState, problems };
}
