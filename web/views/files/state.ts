// What the address says of the Files view: which sample is shown, and how the ledger is looked at. The files themselves stay
// with the reader. Names and meanings here are for ever.
import type { Params } from '../../shell/hash.js';
import { kPlanKeys, type PlanParams } from './compress/state.js';

export const kGroupings = ['layer', 'kind', 'type', 'file', 'none'] as const;
export type Grouping = (typeof kGroupings)[number];

export const kColumns = ['name', 'kind', 'type', 'shape', 'values', 'bytes'] as const;
export type ColumnId = (typeof kColumns)[number];

export interface FilesState {
  /** 'llama': the built-in sample; empty: what the reader opened. */
  sample: string;
  group: Grouping;
  /** A column, with "-" before it for descending; empty: as in the files. */
  sort: string;
  /** Words that a tensor's line must have. */
  find: string;
  /** What is said of the plan to compress it: read once there is a checkpoint. */
  plan: PlanParams;
}

export const kDefaults: FilesState = { sample: '', group: 'layer', sort: '', find: '', plan: {} };

const kKnown: readonly string[] = ['sample', 'group', 'sort', 'find', ...kPlanKeys];

export function readState(params: Params): { state: FilesState; problems: string[] } {
  const problems: string[] = [];
  for (const key of Object.keys(params)) if (!kKnown.includes(key)) problems.push(`“${key}” means nothing to this view`);
  const one = <T extends string>(key: string, allowed: readonly T[], fallback: T): T => {
    const text = params[key];
    if (text === undefined) return fallback;
    if ((allowed as readonly string[]).includes(text)) return text as T;
    problems.push(`there is no ${key} “${text}”`);
    return fallback;
  };
  return {
    problems,
    state: {
      sample: one('sample', ['', 'llama'], ''),
      group: one('group', kGroupings, kDefaults.group),
      sort: one('sort', ['', ...kColumns, ...kColumns.map((id) => `-${id}`)], ''),
      find: params['find'] ?? '',
      plan: Object.fromEntries(kPlanKeys.flatMap((key) => (params[key] === undefined ? [] : [[key, params[key]]]))),
    },
  };
}
