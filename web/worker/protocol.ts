// What passes between the page and a worker.

export interface Progress {
  /** What is being done, for the reader: "Encoding A". */
  stage: string;
  done: number;
  total: number;
}

/** An error that crossed from the worker: BitbudgetError's fields as a plain value. */
export interface ErrorValue { name: string; message: string; code?: string; offset?: number; field?: string; }

export type ToWorker =
  /** `alive`: the name of the lock that the worker holds as long as it lives. */
  | { type: 'init'; wasm: ArrayBuffer[]; alive: string }
  | { type: 'run'; id: number; task: string; input: unknown };

export type FromWorker =
  /** `locked`: the lock is held, so that whoever else gets it knows that the worker is gone. */
  | { type: 'ready'; locked: boolean }
  | { type: 'started'; id: number }
  | { type: 'progress'; id: number; progress: Progress }
  /** The job goes on, though there is nothing new to say of it. */
  | { type: 'alive'; id: number }
  | { type: 'done'; id: number; result: unknown }
  | { type: 'error'; id: number; error: ErrorValue };
