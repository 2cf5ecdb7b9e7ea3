// Every view, in the order of the top bar. A new view is one folder here and one line below; its folder's entry defines a
// custom element that extends View (../shell/view.ts), and its worker tasks, if any, get one line in ../worker/tasks.ts.
import type { ViewEntry } from '../shell/view.js';

export const views: readonly ViewEntry[] = [
  { id: 'fit', title: 'Fit', tag: 'bb-fit', load: () => import('./fit/fit.js') },
  { id: 'lab', title: 'Tensor lab', tag: 'bb-lab', load: () => import('./lab/lab.js') },
  { id: 'theory', title: 'Theory', tag: 'bb-theory', load: () => import('./theory/theory.js') },
  { id: 'files', title: 'Files', tag: 'bb-files', load: () => import('./files/files.js') },
];
