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
  | { type: 'init'; wasm: ArrayBuffer[] }
  | { type: 'run'; id: number; task: string; input: unknown };

export type FromWorker =
  | { type: 'ready' }
  | { type: 'progress'; id: number; progress: Progress }
  | { type: 'done'; id: number; result: unknown }
  | { type: 'error'; id: number; error: ErrorValue };
