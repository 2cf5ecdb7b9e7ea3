// What the reader has chosen, what it starts with, and how the address says it. Names and meanings there are for ever; what is
// not in an address is as it starts. Single tensors changed by hand are not in it: they can be thousands.
import type { Checkpoint } from '../checkpoint.js';
import type { Weighing } from './measure.js';
import { kKeep } from './pattern.js';
import type { Approach, Settings } from './plan.js';
import { elementCount, targetsFor, type Container } from './targets.js';
import type { Basis } from './tasks.js';

export interface Choices extends Settings {
  budget: { bytes: number; candidates: readonly string[]; weighing: Weighing };
}

const kStarts: Record<Container, { approach: Settings['approach']; one: string; candidates: readonly string[]; bits: number }> = {
  gguf: { approach: 'mixture', one: 'q8_0', candidates: ['q8_0', 'q6_k', 'q5_k', 'q4_k', 'q3_k', 'q2_k'], bits: 4.5 },
  safetensors: { approach: 'one', one: 'f8_e4m3_row', candidates: ['bf16', 'f8_e4m3_row', 'packed_int8_sym_g128', 'packed_int4_asym_g32', 'packed_int4_sym_g128'], bits: 6 },
};

/** The same kind of file as the source: what goes with it (a tokenizer, a config.json) still does. */
const ownContainer = (checkpoint: Checkpoint): Container => (checkpoint.format === 'gguf' ? 'gguf' : 'safetensors');

export function startFor(checkpoint: Checkpoint, container: Container = ownContainer(checkpoint)): Choices {
  const { approach, one, candidates, bits } = kStarts[container];
  const elements = checkpoint.tensors.reduce((sum, tensor) => sum + elementCount(tensor), 0);
  return {
    container, approach, one, mixture: 'q4_k_m', kinds: {}, patterns: '', byHand: new Map(),
    budget: { bytes: Math.round((elements * bits) / 8), candidates, weighing: 'relative' },
  };
}

/**
 * write=gguf&by=mixture&mixture=q4_k_m, by=one&format=q8_0, by=kinds&kinds=attention:q8_0,norm:f16, or
 * by=budget&budget=BYTES&candidates=q8_0,q4_k&weighing=squared; except: the lines of the exceptions by name.
 */
export const kPlanKeys = ['write', 'by', 'mixture', 'format', 'kinds', 'budget', 'candidates', 'weighing', 'except'] as const;
export type PlanParams = Partial<Record<(typeof kPlanKeys)[number], string>>;

/** An empty value would be no value. */
const kNone = 'none';

export function writeChoices(choices: Choices, checkpoint: Checkpoint): Record<(typeof kPlanKeys)[number], string | undefined> {
  const start = startFor(checkpoint, choices.container);
  const unless = (text: string, usual: string): string | undefined => (text === usual ? undefined : text);
  const kinds = Object.entries(choices.kinds).filter(([, id]) => id !== kKeep).map(([kind, id]) => `${kind}:${id}`);
  return {
    write: unless(choices.container, ownContainer(checkpoint)), by: unless(choices.approach, start.approach), mixture: unless(choices.mixture, start.mixture),
    format: unless(choices.one, start.one), kinds: unless(kinds.sort().join(','), ''), budget: unless(String(choices.budget.bytes), String(start.budget.bytes)),
    candidates: unless(choices.budget.candidates.join(',') || kNone, start.budget.candidates.join(',')), weighing: unless(choices.budget.weighing, start.budget.weighing), except: unless(choices.patterns, ''),
  };
}

/** What `params` ask for, and in words for the reader what of them cannot be. */
export function readChoices(params: PlanParams, checkpoint: Checkpoint, basis: Basis): { choices: Choices; problems: string[] } {
  const problems: string[] = [];
  const one = <T extends string>(key: keyof PlanParams, allowed: readonly T[], usual: T): T => {
    const text = params[key];
    if (text === undefined || (allowed as readonly string[]).includes(text)) return (text as T | undefined) ?? usual;
    problems.push(`there is no ${key} “${text}” for this file`);
    return usual;
  };
  const container = one('write', ['gguf', 'safetensors'], ownContainer(checkpoint));
  const start = startFor(checkpoint, container);
  const ids = targetsFor(container, basis.formats, basis.types).map(({ id }) => id);
  const approaches: readonly Approach[] = container === 'gguf' ? ['mixture', 'one', 'kinds', 'budget'] : ['one', 'kinds', 'budget'];
  const listed = (key: 'kinds' | 'candidates', idOf: (item: string) => string): string[] => (params[key] ?? '').split(',').filter((item) => {
    if (item === '' || item === kNone) return false;
    if (ids.includes(idOf(item))) return true;
    problems.push(`${key} “${item}” has no place in this kind of file`);
    return false;
  });
  const kinds = listed('kinds', (item) => item.slice(item.indexOf(':') + 1)).map((item) => [item.slice(0, item.indexOf(':')), item.slice(item.indexOf(':') + 1)] as const);
  const bytes = params.budget === undefined ? start.budget.bytes : Number(params.budget);
  if (!Number.isSafeInteger(bytes) || bytes < 1) problems.push(`budget “${params.budget}” is not a number of bytes`);
  return {
    problems,
    choices: {
      ...start, approach: one('by', approaches, start.approach), mixture: one('mixture', basis.mixtures.map(({ id }) => id), start.mixture), one: one('format', ids, start.one),
      kinds: Object.fromEntries(kinds), patterns: params.except ?? '',
      budget: {
        bytes: Number.isSafeInteger(bytes) && bytes >= 1 ? bytes : start.budget.bytes, weighing: one('weighing', ['relative', 'squared'], start.budget.weighing),
        candidates: params.candidates === undefined ? start.budget.candidates : listed('candidates', (item) => item),
      },
    },
  };
}

/** A GGUF's own word for its architecture, or that of a config.json. */
export function architectureOf({ files, config }: Checkpoint): string {
  const own = files.map(({ report }) => report.metadata['general.architecture']).find((text) => typeof text === 'string');
  return (own as string | undefined) ?? /"model_type"\s*:\s*"([^"]*)"/.exec(config ?? '')?.[1] ?? '';
}
