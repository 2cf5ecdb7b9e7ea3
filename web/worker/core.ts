// The page's way to the core: `await run('fit.size', input)`. One pool per page, started by the first call.
import { wasmBytes } from 'virtual:wasm';
import { WorkerPool, type RunOptions } from './pool.js';
import type { Tasks } from './tasks.js';
import CoreWorker from './worker.js?worker&inline';

export { asCoreError, CoreError } from './pool.js';

let pool: WorkerPool | undefined;

/** The most jobs that run at once. Of more than two cores one is left to the page itself, which is idle while workers work. */
const cores = navigator.hardwareConcurrency || 2;
export const poolSize = Math.max(1, Math.min(4, cores <= 2 ? cores : cores - 1));

type Name = keyof Tasks & string;
type Input<K extends Name> = Parameters<Tasks[K]>[1];
type Output<K extends Name> = Awaited<ReturnType<Tasks[K]>>;

/** `task` on every worker that has been started. */
export function tellWorkers<K extends Name>(task: K, input: Input<K>): void { pool?.tell(task, input); }

export function run<K extends Name>(task: K, input: Input<K>, options?: RunOptions): Promise<Output<K>> {
  pool ??= new WorkerPool(() => new CoreWorker(), async () => [await wasmBytes()], poolSize);
  return pool.run(task, input, options) as Promise<Output<K>>;
}
