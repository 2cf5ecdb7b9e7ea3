// What the reader chose about the page itself, not about a model: kept in this browser where it may be.
import { effect, signal, type Signal } from '@preact/signals-core';

export type Units = 'GiB' | 'GB';
export type Theme = 'system' | 'light' | 'dark';

/** Storage throws in sandboxed frames; then a choice lasts as long as the page. */
function stored<T extends string>(key: string, fallback: T, allowed: readonly T[]): Signal<T> {
  let initial = fallback;
  try {
    const value = localStorage.getItem(`bitbudget.${key}`) as T | null;
    if (value !== null && allowed.includes(value)) initial = value;
  } catch { /* no storage here */ }
  const state = signal(initial);
  let first = true;
  effect(() => {
    const value = state.value;
    if (first) { first = false; return; }
    try { localStorage.setItem(`bitbudget.${key}`, value); } catch { /* no storage here */ }
  });
  return state;
}

export const units = stored<Units>('units', 'GiB', ['GiB', 'GB']);
export const theme = stored<Theme>('theme', 'system', ['system', 'light', 'dark']);
