// What formats would cost each tensor, measured on a sample of its rows; and the plan of least error within a budget.
import type { ElementType } from 'bitbudget';
import { run } from '../../../worker/core.js';
import type { CheckpointTensor } from '../checkpoint.js';
import { isMatrix, type Planner } from './plan.js';
import { runTwice, spread, type Watch } from './spread.js';
import { elementCount, rowLength, type Target } from './targets.js';
import type { Stretch } from './tasks.js';

/** By tensor, then by target: squared error over squares; NaN where its values are refused. */
export type Measurements = Map<string, { relative: Map<string, number>; meanSquare: number }>;

/** Values of a sample: of a matrix with rows of 4,096, sixteen rows. */
const kSample = 65_536;
const kLongestStretch = 8192;
const kMostStretches = 16;

/** Whole rows, evenly spread; of very long rows a stretch each, at a place where blocks begin. */
export function sampleOf(tensor: CheckpointTensor, types: readonly ElementType[]): Stretch[] {
  const elements = elementCount(tensor);
  const columns = rowLength(tensor);
  const type = types.find(({ name }) => name === tensor.type)!;
  const length = Math.min(columns > kLongestStretch ? kLongestStretch : columns * Math.max(1, Math.floor(kSample / kMostStretches / columns)), elements);
  const row = columns > kLongestStretch ? kLongestStretch : columns;
  const places = Math.floor(elements / length);
  const taken = Math.min(places, kMostStretches, Math.max(1, Math.round(kSample / length)));
  return Array.from({ length: taken }, (_, i): Stretch => {
    const first = Math.floor((i * places) / taken) * length;
    const bytesAt = (count: number) => (count / type.blockLength) * (type.blockBits / 8);
    return { file: tensor.file, name: tensor.name, offset: tensor.offset + bytesAt(first), byteLength: bytesAt(length), type: tensor.type, ...(tensor.bigEndian && { bigEndian: true }), count: length, columns: row, first };
  });
}

export interface Wish { tensor: CheckpointTensor; targets: Target[]; }

/** Adds to `known` what it does not hold yet. */
export async function measure(wishes: readonly Wish[], known: Measurements, types: readonly ElementType[], watch: Watch): Promise<void> {
  const missing = wishes.map(({ tensor, targets }) => ({ tensor, targets: targets.filter(({ id }) => !known.get(tensor.name)?.relative.has(id)) })).filter(({ targets }) => targets.length > 0);
  let done = 0;
  await spread(missing, watch.signal, async ({ tensor, targets }, signal) => {
    if (elementCount(tensor) > 0) {
      const { relative, meanSquare } = await runTwice('files.sample', { stretches: sampleOf(tensor, types), methods: targets.map(({ method }) => method), shape: [...tensor.shape] }, { signal });
      const entry = known.get(tensor.name) ?? { relative: new Map<string, number>(), meanSquare };
      targets.forEach(({ id }, i) => entry.relative.set(id, relative[i]!));
      entry.meanSquare = Math.max(entry.meanSquare, meanSquare);
      known.set(tensor.name, entry);
    }
    watch.onProgress({ stage: 'Measuring samples', done: ++done, total: missing.length });
  });
}

/** How the errors of different tensors are weighed against each other. */
export type Weighing = 'relative' | 'squared';

export interface Budget { bytes: number; candidates: readonly string[]; weighing: Weighing; }

/** Those whose format the budget decides. */
export const flexible = (tensors: readonly CheckpointTensor[], fixed: ReadonlySet<string>, types: readonly ElementType[]): CheckpointTensor[] =>
  tensors.filter((tensor) => isMatrix(tensor, types) && !fixed.has(tensor.name) && elementCount(tensor) > 0);

/** The candidates that a tensor can take as they are: substitutes would only repeat others. */
export const wishesFor = (tensors: readonly CheckpointTensor[], candidates: readonly string[], planner: Planner): Wish[] =>
  tensors.map((tensor) => {
    const fits = candidates.flatMap((id) => { const { target } = planner.fit(tensor, id); return target ? [target] : []; });
    return { tensor, targets: [...new Map(fits.map((target) => [target.id, target])).values()] };
  });

/** By tensor the format that the budget gives it. `fixedBytes`: of all that it does not decide. */
export async function solve(wishes: readonly Wish[], known: Measurements, budget: Budget, fixedBytes: number, planner: Planner, signal: AbortSignal): Promise<Map<string, string>> {
  const candidates = wishes.flatMap(({ tensor, targets }) => {
    const entry = known.get(tensor.name);
    const scale = elementCount(tensor) * (budget.weighing === 'squared' ? entry?.meanSquare ?? 0 : 1);
    const choices = targets.flatMap((target) => {
      const relative = entry?.relative.get(target.id) ?? NaN;
      return Number.isNaN(relative) ? [] : [{ format: target.id, bytes: planner.row(tensor, target.id, 'method').bytes, error: relative * scale }];
    });
    // Values that no candidate takes (NaN, infinities) stay as they are.
    return choices.length > 0 ? [{ name: tensor.name, choices }] : [];
  });
  const decided = new Set(candidates.map(({ name }) => name));
  const kept = wishes.reduce((sum, { tensor }) => sum + (decided.has(tensor.name) ? 0 : tensor.byteLength), 0);
  const { choice } = await run('files.solvePlan', { candidates, budget: Math.max(0, Math.floor(budget.bytes - fixedBytes - kept)) }, { signal });
  return new Map(candidates.map(({ name, choices }, i) => [name, choices[choice[i]!]!.format]));
}

/** The fewest bytes that the candidates allow, for a budget below it. */
export const leastBytes = (wishes: readonly Wish[], fixedBytes: number, planner: Planner): number =>
  wishes.reduce((sum, { tensor, targets }) => sum + Math.min(tensor.byteLength, ...targets.map(({ id }) => planner.row(tensor, id, 'method').bytes)), fixedBytes);
