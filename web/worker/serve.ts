// What a worker does all day: one set of wasm instances, one task at a time.
import type { ErrorValue, FromWorker, ToWorker } from './protocol.js';
import type { Talk, Task } from './task.js';

const post = (message: FromWorker, transfer: Transferable[] = []) => self.postMessage(message, { transfer });

function errorValue(thrown: unknown): ErrorValue {
  if (!(thrown instanceof Error)) return { name: 'Error', message: String(thrown) };
  const { name, message } = thrown;
  const { code, offset, field } = thrown as Partial<ErrorValue>;
  return { name, message, ...(code !== undefined && { code }), ...(offset !== undefined && { offset }), ...(field !== undefined && { field }) };
}

/** Holds a lock from now to the end of this worker, whatever ends it. False where there are no locks: on a page from disk. */
const hold = (name: string): Promise<boolean> => new Promise((resolve) => {
  const { locks } = navigator as { locks?: LockManager };
  if (!locks) resolve(false);
  else locks.request(name, () => { resolve(true); return new Promise(() => undefined); }).catch(() => resolve(false));
});

/** `start` makes the modules that tasks work with from the bytes that the page hands over, in its order. */
export function serve<M extends object>(tasks: Record<string, Task<M & Talk>>, start: (wasm: ArrayBuffer[]) => Promise<M>): void {
  let modules: Promise<M> | undefined;

  async function run(id: number, name: string, input: unknown): Promise<void> {
    const buffers: ArrayBufferLike[] = [];
    post({ type: 'started', id });
    try {
      if (!modules) throw new Error('the worker was not initialised');
      const task = tasks[name];
      if (!task) throw new Error(`there is no task “${name}”`);
      const talk: Talk = { progress: (progress) => post({ type: 'progress', id, progress }), transfer: (...more) => { buffers.push(...more); } };
      const result = await task({ ...(await modules), ...talk }, input);
      post({ type: 'done', id, result }, buffers as Transferable[]);
    } catch (thrown) {
      post({ type: 'error', id, error: errorValue(thrown) });
    }
  }

  self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
    if (data.type === 'init') {
      modules = start(data.wasm);
      Promise.all([hold(data.alive), modules]).then(
        ([locked]) => post({ type: 'ready', locked }),
        (thrown: unknown) => post({ type: 'error', id: -1, error: errorValue(thrown) }),
      );
    } else void run(data.id, data.task, data.input);
  };
}
