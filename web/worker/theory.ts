// The Theory view's way to the core and its experiments: `await runTheory('theory.uniform', input)`. A pool of its own, started by
// the first call: no other view needs the second module.
import { theoryWasmBytes } from 'virtual:theory-wasm';
import { wasmBytes } from 'virtual:wasm';
import type { TheoryTasks } from '../views/theory/tasks.js';
import { poolSize } from './core.js';
import { WorkerPool, type RunOptions } from './pool.js';
import TheoryWorker from './theory-worker.js?worker&inline';

let pool: WorkerPool | undefined;

type Name = keyof TheoryTasks & string;

export function runTheory<K extends Name>(task: K, input: Parameters<TheoryTasks[K]>[1], options?: RunOptions): Promise<Awaited<ReturnType<TheoryTasks[K]>>> {
  pool ??= new WorkerPool(() => new TheoryWorker(), () => Promise.all([wasmBytes(), theoryWasmBytes()]), poolSize);
  return pool.run(task, input, options) as Promise<Awaited<ReturnType<TheoryTasks[K]>>>;
}
