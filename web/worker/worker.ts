// The worker: one wasm instance, one task at a time.
import { load, type Bitbudget } from 'bitbudget';
import type { ErrorValue, FromWorker, ToWorker } from './protocol.js';
import type { Task } from './task.js';
import { tasks } from './tasks.js';

const post = (message: FromWorker, transfer: Transferable[] = []) => self.postMessage(message, { transfer });

function errorValue(thrown: unknown): ErrorValue {
  if (!(thrown instanceof Error)) return { name: 'Error', message: String(thrown) };
  const { name, message } = thrown;
  const { code, offset, field } = thrown as Partial<ErrorValue>;
  return { name, message, ...(code !== undefined && { code }), ...(offset !== undefined && { offset }), ...(field !== undefined && { field }) };
}

let core: Promise<Bitbudget> | undefined;

async function run(id: number, name: string, input: unknown): Promise<void> {
  const buffers: ArrayBufferLike[] = [];
  try {
    if (!core) throw new Error('the worker was not initialised');
    const task = (tasks as Record<string, Task>)[name];
    if (!task) throw new Error(`there is no task “${name}”`);
    const result = await task(
      { core: await core, progress: (progress) => post({ type: 'progress', id, progress }), transfer: (...more) => buffers.push(...more) },
      input,
    );
    post({ type: 'done', id, result }, buffers as Transferable[]);
  } catch (thrown) {
    post({ type: 'error', id, error: errorValue(thrown) });
  }
}

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data.type === 'init') {
    core = load({ wasmBinary: data.wasm });
    core.then(
      () => post({ type: 'ready' }),
      (thrown: unknown) => post({ type: 'error', id: -1, error: errorValue(thrown) }),
    );
  } else void run(data.id, data.task, data.input);
};
