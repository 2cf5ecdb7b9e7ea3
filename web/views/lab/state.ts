// What the Tensor lab is asked, as its part of the address: tensor=laplace&rows=512&columns=512&seed=7&a=q4_0&b=nf4.
// Names and meanings here are for ever; a new one gets a default that leaves old links as they were.
import type { ScaleSearch } from 'bitbudget';
import type { Params } from '../../shell/hash.js';

export const kSources = ['normal', 'laplace', 'student-t', 'uniform', 'outliers', 'file'] as const;
export type Source = (typeof kSources)[number];

export const kImportances = ['', 'computed', 'file'] as const;
export type Importance = (typeof kImportances)[number];

export interface LabState {
  tensor: Source;
  rows: number;
  columns: number;
  seed: number;
  /** The standard deviation of a generated tensor. */
  scale: number;
  /** Degrees of freedom of the Student t. */
  nu: number;
  /** The opened file and its tensor: a reminder, since a link cannot hold the file itself. */
  file: string;
  name: string;
  /** The two formats that are looked at closely. */
  a: string;
  b: string;
  /** How uniform integers choose their scale: "absmax", "mse" or "percentile". */
  search: ScaleSearch;
  /** "on": every row is rotated (Walsh-Hadamard) before a format and back after it. */
  rotate: string;
  /** Weights of the columns: "" (all alike), "computed" (those of made-up activations), or "file" (a vector that was opened). */
  importance: Importance;
  /** Of made-up activations: the spread of the logarithm of the columns' sizes, and their draw. */
  importanceSpread: number;
  importanceSeed: number;
  /** The file with the vector and its tensor: reminders, as `file` and `name`. */
  importanceFile: string;
  importanceName: string;
  /** The formats of the table, ids with commas between; empty: the usual ones. A and B are always in it. */
  formats: string;
  /** Column of the table, with "-" before it for the largest first. */
  sort: string;
  /** What may be spent: "bits:4.5" per weight, "size:100000" bytes, or "error:0.05" of a typical value ("weighted:0.05": by importance). */
  budget: string;
}

export const kDefaults: LabState = {
  tensor: 'normal', rows: 512, columns: 512, seed: 1, scale: 0.02, nu: 5, file: '', name: '', a: 'q4_0', b: 'nf4',
  search: 'absmax', rotate: '', importance: '', importanceSpread: 1, importanceSeed: 1, importanceFile: '', importanceName: '',
  formats: '', sort: 'bits', budget: 'bits:4.5',
};

export const kSearches: readonly ScaleSearch[] = ['absmax', 'mse', 'percentile'];

export const kUsualFormats = ['q8_0', 'f8_e4m3', 'q6_k', 'q5_k', 'q4_k', 'q4_0', 'nf4', 'mxfp4', 'nvfp4_tensor', 'int4_asym_g64', 'int4_sym_tensor', 'q3_k', 'q2_k'];

export interface Budget { kind: 'bits' | 'size' | 'error' | 'weighted'; amount: number; }

export function readBudget(text: string): Budget | undefined {
  const match = /^(bits|size|error|weighted):(\d+(?:\.\d+)?(?:e-?\d+)?)$/.exec(text);
  return match && Number(match[2]) > 0 ? { kind: match[1] as Budget['kind'], amount: Number(match[2]) } : undefined;
}

/** Elements of one tensor: 256 MiB as 32-bit floats, so that it and its decoded copy fit a worker's memory. */
export const kMaxCount = 2 ** 26;
/** Bytes of a file that are read for one tensor: as many as leave its values room in a worker's gibibyte. */
export const kMaxRead = 2 ** 29;
export const kMaxSide = 2 ** 20;

interface Limits { min: number; max: number; whole: boolean; }
export const limits = {
  rows: { min: 1, max: kMaxSide, whole: true },
  columns: { min: 1, max: kMaxSide, whole: true },
  seed: { min: 0, max: Number.MAX_SAFE_INTEGER, whole: true },
  scale: { min: 1e-30, max: 1e30, whole: false },
  nu: { min: 0.5, max: 1e6, whole: false },
  importanceSpread: { min: 0, max: 5, whole: false },
  importanceSeed: { min: 0, max: Number.MAX_SAFE_INTEGER, whole: true },
} satisfies Record<string, Limits>;

const known = new Set(Object.keys(kDefaults));

export function readState(params: Params): { state: LabState; problems: string[] } {
  const problems: string[] = [];
  for (const key of Object.keys(params)) if (!known.has(key)) problems.push(`“${key}” means nothing to this view`);
  const state = { ...kDefaults };
  for (const [key, { min, max, whole }] of Object.entries(limits) as [keyof typeof limits, Limits][]) {
    const text = params[key];
    if (text === undefined) continue;
    const value = Number(text);
    if (text.trim() !== '' && value >= min && value <= max && (!whole || Number.isInteger(value))) state[key] = value;
    else problems.push(`${key} “${text}” is not a ${whole ? 'whole ' : ''}number from ${min} to ${max}`);
  }
  if (state.rows * state.columns > kMaxCount) {
    problems.push(`${state.rows} × ${state.columns} is more than the ${kMaxCount} values that this page takes at once`);
    Object.assign(state, { rows: kDefaults.rows, columns: kDefaults.columns });
  }
  const source = params['tensor'] as Source | undefined;
  if (source !== undefined) {
    if (kSources.includes(source)) state.tensor = source;
    else problems.push(`there is no tensor “${source}”`);
  }
  const search = params['search'] as ScaleSearch | undefined;
  if (search !== undefined) {
    if (kSearches.includes(search)) state.search = search;
    else problems.push(`there is no scale search “${search}”`);
  }
  const importance = params['importance'] as Importance | undefined;
  if (importance !== undefined) {
    if (kImportances.includes(importance)) state.importance = importance;
    else problems.push(`there is no importance “${importance}”`);
  }
  if (params['rotate'] === 'on') state.rotate = 'on';
  else if (params['rotate'] !== undefined) problems.push(`rotate “${params['rotate']}” can only be “on”`);
  for (const key of ['file', 'name', 'importanceFile', 'importanceName', 'a', 'b', 'formats', 'sort', 'budget'] as const) state[key] = params[key] ?? state[key];
  if (!readBudget(state.budget)) {
    problems.push(`budget “${state.budget}” is not one such as bits:4.5, size:100000 or error:0.05`);
    state.budget = kDefaults.budget;
  }
  return { state, problems };
}
