import type { Bitbudget } from 'bitbudget';
import type { Progress } from './protocol.js';

export interface TaskContext {
  core: Bitbudget;
  /** Tells the page how far the task is. A task that runs longer than two seconds must call this at least that often. */
  progress(progress: Progress): void;
  /** Marks buffers of the result to be moved to the page instead of copied. */
  transfer(...buffers: ArrayBufferLike[]): void;
}

/** Runs inside a worker. Input and result are structured clones; what it throws rejects the page's promise. */
export type Task = (context: TaskContext, input: any) => unknown;
