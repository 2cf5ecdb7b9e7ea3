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

/** Signs of life are at least so many milliseconds apart: the page waits for several times as long. */
const kPause = 400;

/** The same functions, at any depth, each of which says that it is called. */
const telling = <T extends object>(api: T, tell: () => void): T => Object.fromEntries(Object.entries(api).map(([name, member]) => [
  name, typeof member === 'function' ? (...input: unknown[]) => { tell(); return (member as (...input: unknown[]) => unknown)(...input); }
    : typeof member === 'object' ? telling(member as object, tell) : member,
])) as T;

/**
 * `start` makes the modules that tasks work with from the bytes that the page hands over, in its order; while they compute, they call
 * `alive` often.
 */
export function serve<M extends object>(tasks: Record<string, Task<M & Talk>>, start: (wasm: ArrayBuffer[], alive: () => void) => Promise<M>): void {
  let modules: Promise<M> | undefined;
  let running = 0;
  let last = 0;

  const alive = (): void => {
    const now = performance.now();
    if (running === 0 || now - last < kPause) return;
    last = now;
    post({ type: 'alive', id: running });
  };

  async function run(id: number, name: string, input: unknown): Promise<void> {
    const buffers: ArrayBufferLike[] = [];
    post({ type: 'started', id });
    running = id;
    last = performance.now();
    // While a task waits for something, a slow disk, there is time for a clock.
    const clock = setInterval(alive, kPause);
    try {
      if (!modules) throw new Error('the worker was not initialised');
      const task = tasks[name];
      if (!task) throw new Error(`there is no task “${name}”`);
      const talk: Talk = { progress: (progress) => post({ type: 'progress', id, progress }), alive, transfer: (...more) => { buffers.push(...more); } };
      const result = await task({ ...(await modules), ...talk }, input);
      post({ type: 'done', id, result }, buffers as Transferable[]);
    } catch (thrown) {
      post({ type: 'error', id, error: errorValue(thrown) });
    } finally {
      clearInterval(clock);
      running = 0;
    }
  }

  self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
    if (data.type === 'init') {
      modules = start(data.wasm, alive).then((made) => telling(made, alive));
      Promise.all([hold(data.alive), modules]).then(
        ([locked]) => post({ type: 'ready', locked }),
        (thrown: unknown) => post({ type: 'error', id: -1, error: errorValue(thrown) }),
      );
    } else void run(data.id, data.task, data.input);
  };
}
