// The sections, from top to bottom. A new one is an element in sections/, its tasks in tasks/, its choices in state.ts, and one
// line here.
export interface SectionEntry {
  /** In the address, and before the names of its choices. Never renamed. */
  id: string;
  title: string;
  /** What its element, which extends TheorySection, is called. */
  tag: string;
  load: () => Promise<unknown>;
}

export const sections: readonly SectionEntry[] = [
  { id: 'ratio', title: 'The compression ratio', tag: 'bb-theory-ratio', load: () => import('./sections/ratio.js') },
  { id: 'rate-distortion', title: 'Rate and distortion', tag: 'bb-theory-rate-distortion', load: () => import('./sections/rate-distortion.js') },
  { id: 'coding', title: 'Source coding', tag: 'bb-theory-coding', load: () => import('./sections/coding.js') },
  { id: 'uniform', title: 'The error of uniform steps', tag: 'bb-theory-uniform', load: () => import('./sections/uniform.js') },
  { id: 'pruning', title: 'Pruning: weights that may go', tag: 'bb-theory-pruning', load: () => import('./sections/pruning.js') },
  { id: 'low-rank', title: 'Low rank: a matrix as a product of thin ones', tag: 'bb-theory-low-rank', load: () => import('./sections/low-rank.js') },
  { id: 'calibrated', title: 'Rounding with the inputs in view', tag: 'bb-theory-calibrated', load: () => import('./sections/calibrated.js') },
  { id: 'bias-variance', title: 'Bias and variance of rounding', tag: 'bb-theory-bias-variance', load: () => import('./sections/bias-variance.js') },
  { id: 'quality', title: 'What is left of the model: quality', tag: 'bb-theory-quality', load: () => import('./sections/quality.js') },
  { id: 'complexity', title: 'Time and space', tag: 'bb-theory-complexity', load: () => import('./sections/complexity.js') },
  { id: 'approximation', title: 'How small a network can be', tag: 'bb-theory-approximation', load: () => import('./sections/approximation.js') },
];
