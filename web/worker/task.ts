import type { Bitbudget } from 'bitbudget';
import type { Theory } from 'bitbudget/theory';
import type { Progress } from './protocol.js';

/** How a task speaks with the page. */
export interface Talk {
  /** Tells the page how far the task is. */
  progress(progress: Progress): void;
  /**
   * Tells the page that the task goes on, as every call of the core does by itself, and all waiting. Only a loop of the task's own
   * that may run for half a second has to call this, some ten times a second or more; it costs as little as reading the clock.
   */
  alive(): void;
  /** Marks buffers of the result to be moved to the page instead of copied. */
  transfer(...buffers: ArrayBufferLike[]): void;
}

export interface TaskContext extends Talk { core: Bitbudget; }

/** A task of the Theory view has the experiments' module besides. */
export interface TheoryContext extends TaskContext { theory: Theory; }

/** Runs inside a worker. Input and result are structured clones; what it throws rejects the page's promise. */
export type Task<C extends Talk> = (context: C, input: any) => unknown;
