// Work that is spread over the workers, so many items at a time and no more: what is made waits for the writer.
import { CoreError, poolSize, run } from '../../../worker/core.js';
import type { Progress } from '../../../worker/protocol.js';

export interface Watch { signal: AbortSignal; onProgress: (progress: Progress) => void; }

/** One more than there are workers: while one lane writes, all workers have work. */
export const kLanes = poolSize + 1;

/** work(item) for each. The first failure ends all of it: lanes start nothing more, and what runs is cancelled. */
export async function spread<T>(items: Iterable<T>, signal: AbortSignal, work: (item: T, signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const iterator = items[Symbol.iterator]();
  const lane = async () => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) {
      both.throwIfAborted();
      await work(next.value, both);
    }
  };
  let failure: { reason: unknown } | undefined;
  const fail = (reason: unknown) => {
    failure ??= { reason };
    stop.abort(new DOMException('Another part of the job failed', 'AbortError'));
  };
  // All lanes are waited for, the failed ones too: nothing of a job is left when it is over.
  await Promise.all(Array.from({ length: kLanes }, () => lane().catch(fail)));
  if (failure) throw (failure as { reason: unknown }).reason;
}

/** A worker may die of something that does not happen again (the system ran short of memory): each piece of work has two tries. */
export const runTwice: typeof run = (task, input, options) => run(task, input, options).catch((thrown: unknown) => {
  if (!(thrown instanceof CoreError) || thrown.code !== 'worker_lost' || options?.signal?.aborted) throw thrown;
  return run(task, input, options);
});
