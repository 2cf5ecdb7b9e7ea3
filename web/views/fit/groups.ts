import type { Breakdown, SizeReport } from 'bitbudget';

/** A part of the whole, with its own terms. */
export interface Group { id: string; title: string; breakdown: Breakdown; }

export const groupsOf = (report: SizeReport): Group[] => [
  { id: 'weights', title: 'Weights', breakdown: report.weights },
  { id: 'kv', title: 'KV cache', breakdown: report.kvCache },
  { id: 'activations', title: 'Activations', breakdown: report.activations },
];
