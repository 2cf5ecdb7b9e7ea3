import type { Bitbudget } from 'bitbudget';
import type { Theory } from 'bitbudget/theory';
import type { Progress } from './protocol.js';

/** How a task speaks with the page. */
export interface Talk {
  /** Tells the page how far the task is. A task that runs longer than 1.5 seconds must call this at least that often. */
  progress(progress: Progress): void;
  /** Marks buffers of the result to be moved to the page instead of copied. */
  transfer(...buffers: ArrayBufferLike[]): void;
}

export interface TaskContext extends Talk { core: Bitbudget; }

/** A task of the Theory view has the experiments' module besides. */
export interface TheoryContext extends TaskContext { theory: Theory; }

/** Runs inside a worker. Input and result are structured clones; what it throws rejects the page's promise. */
export type Task<C extends Talk> = (context: C, input: any) => unknown;
