import { kDefaults, writeMemory, type FitState } from './state.js';
import type { Params } from '../../shell/hash.js';

/** A state as parameters of the address, defaults left out. */
export function asked(state: FitState): Params {
  const text = (key: keyof FitState): string => (key === 'memory' || key === 'reserved' ? writeMemory(state[key]) : String(state[key]));
  return Object.fromEntries((Object.keys(kDefaults) as (keyof FitState)[]).map((key) => [key, state[key] === kDefaults[key] ? '' : text(key)]));
}

/** How the weights are held, after “as”: a number format, or as a file has them. */
export const weightsAs = ({ stored, file, weights }: FitState, label: (id: string) => string): string => (stored ? `stored in ${file || 'a file'}` : label(weights));
