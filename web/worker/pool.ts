// A pool of workers. Cancelling a job ends its worker and starts another: a busy wasm loop cannot be asked to stop.
import type { ErrorValue, FromWorker, Progress, ToWorker } from './protocol.js';

/** A refusal by the core (its code, offset, field), or a worker's own failure (code "worker_lost"). */
export class CoreError extends Error {
  readonly code: string;
  readonly offset?: number;
  readonly field?: string;
  constructor(value: ErrorValue) {
    super(value.message);
    this.name = value.name;
    this.code = value.code ?? 'internal';
    if (value.offset !== undefined) this.offset = value.offset;
    if (value.field !== undefined) this.field = value.field;
  }
}

/** Whatever was thrown, as the page shows it. */
export const asCoreError = (thrown: unknown): CoreError =>
  thrown instanceof CoreError ? thrown : new CoreError({ name: 'Error', message: thrown instanceof Error ? thrown.message : String(thrown) });

export interface RunOptions {
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  transfer?: Transferable[];
  /** Only this one of the pool's workers, from 0: what it was given in an earlier job may still be there. */
  worker?: number;
}

interface Job {
  task: string;
  input: unknown;
  options: RunOptions;
  resolve: (result: unknown) => void;
  reject: (reason: unknown) => void;
}

/** A job that is not even begun by a worker that was free, or that falls silent, is given up within two seconds: a worker that lives says so more often. */
const kSilence = 1900;

/** Starting may compile the whole module on a slow machine. */
const kStartSilence = 20_000;

class Slot {
  job: Job | undefined;
  ready = false;
  #id = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watch = new AbortController();
  readonly #alive = `bitbudget ${performance.timeOrigin} ${Math.random()}`;
  #worker: Worker;

  constructor(create: () => Worker, wasm: ArrayBuffer[], readonly onFree: (slot: Slot) => void, readonly onLost: (slot: Slot, error: CoreError) => void) {
    this.#worker = create();
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#lose(event.message || 'it stopped');
    };
    this.#worker.onmessageerror = () => this.#lose('its answer could not be read');
    this.#send({ type: 'init', wasm, alive: this.#alive });
    this.#expect(kStartSilence);
  }

  start(job: Job): void {
    this.job = job;
    try {
      this.#send({ type: 'run', id: ++this.#id, task: job.task, input: job.input }, job.options.transfer);
    } catch (thrown) {
      this.job = undefined;
      job.reject(thrown);
      this.onFree(this);
      return;
    }
    if (this.ready) this.#expect(kSilence);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#watch.abort();
    this.#worker.terminate();
  }

  #send(message: ToWorker, transfer: Transferable[] = []): void { this.#worker.postMessage(message, transfer); }

  #expect(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#lose(`it did not answer for ${milliseconds / 1000} s`), milliseconds);
  }

  #lose(why: string): void {
    this.end();
    this.onLost(this, new CoreError({ name: 'WorkerLost', code: 'worker_lost', message: `The background worker was lost: ${why}. A new one has been started.` }));
  }

  /** A worker that dies does not say so, but the browser gives its lock to the next who wants it. */
  async #mourn(): Promise<void> {
    const { signal } = this.#watch;
    await navigator.locks.request(this.#alive, { signal }, () => { if (!signal.aborted) this.#lose('it stopped'); }).catch(() => undefined);
  }

  #receive(message: FromWorker): void {
    if (message.type === 'ready') {
      this.ready = true;
      if (message.locked) void this.#mourn();
      clearTimeout(this.#timer);
      if (this.job) this.#expect(kSilence);
      return;
    }
    if (message.type === 'error' && message.id === -1) {
      this.#lose(message.error.message);
      return;
    }
    const job = this.job;
    if (!job || message.id !== this.#id) return;
    if (message.type === 'started' || message.type === 'progress' || message.type === 'alive') {
      if (this.ready) this.#expect(kSilence);
      if (message.type === 'progress') job.options.onProgress?.(message.progress);
      return;
    }
    clearTimeout(this.#timer);
    // After a failed allocation the module may be broken, and what its memory has grown to it never gives back.
    if (message.type === 'error' && message.error.code === 'out_of_memory') {
      this.end();
      this.onLost(this, new CoreError(message.error));
      return;
    }
    this.job = undefined;
    if (message.type === 'done') job.resolve(message.result);
    else job.reject(new CoreError(message.error));
    this.onFree(this);
  }
}

export class WorkerPool {
  /** By the worker's number; undefined: not started, or lost. */
  readonly #slots: (Slot | undefined)[] = [];
  #queue: Job[] = [];
  #wasm: Promise<ArrayBuffer[]> | undefined;

  /** create: a fresh worker. wasm: the bytes of its modules, asked for once. size: the most workers at a time; they start as needed. */
  constructor(private readonly create: () => Worker, private readonly wasm: () => Promise<ArrayBuffer[]>, readonly size: number) {}

  run(task: string, input: unknown, options: RunOptions = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { signal } = options;
      if (signal?.aborted) return reject(signal.reason);
      // A signal may outlive thousands of jobs: one that is over leaves nothing behind with it, least of all its result.
      const cancel = () => this.#cancel(job, signal!.reason);
      const over = () => signal?.removeEventListener('abort', cancel);
      const job: Job = { task, input, options, resolve: (result) => { over(); resolve(result); }, reject: (reason) => { over(); reject(reason); } };
      signal?.addEventListener('abort', cancel, { once: true });
      this.#queue.push(job);
      void this.#pump();
    });
  }

  /** Tells every worker that is there: for what they keep from job to job. */
  tell(task: string, input: unknown): void {
    this.#slots.forEach((slot, worker) => { if (slot) void this.run(task, input, { worker }).catch(() => undefined); });
  }

  dispose(): void {
    const slots = this.#slots.splice(0).filter((slot) => slot !== undefined);
    for (const slot of slots) slot.end();
    const reason = new DOMException('The page closed the worker pool', 'AbortError');
    for (const job of [...this.#queue, ...slots.flatMap((slot) => slot.job ?? [])]) job.reject(reason);
    this.#queue = [];
  }

  #cancel(job: Job, reason: unknown): void {
    const waiting = this.#queue.indexOf(job);
    if (waiting >= 0) this.#queue.splice(waiting, 1);
    const slot = this.#slots.find((each) => each?.job === job);
    if (slot) this.#remove(slot);
    if (waiting >= 0 || slot) job.reject(reason);
    void this.#pump();
  }

  #remove(slot: Slot): void {
    slot.end();
    const place = this.#slots.indexOf(slot);
    if (place >= 0) this.#slots[place] = undefined;
  }

  async #pump(): Promise<void> {
    let bytes: ArrayBuffer[];
    try {
      bytes = await (this.#wasm ??= this.wasm());
    } catch (thrown) {
      this.#wasm = undefined;  // the next job tries again
      for (const job of this.#queue.splice(0)) job.reject(thrown);
      return;
    }
    for (const job of [...this.#queue]) {
      const free = this.#freeFor(job, bytes);
      if (!free) continue;
      this.#queue.splice(this.#queue.indexOf(job), 1);
      free.start(job);
    }
  }

  /** Undefined: the job has to wait. */
  #freeFor({ options: { worker } }: Job, bytes: ArrayBuffer[]): Slot | undefined {
    const places = Array.from({ length: this.size }, (_, place) => place).filter((place) => worker === undefined || place === worker % this.size);
    const idle = places.find((place) => this.#slots[place] && !this.#slots[place].job);
    if (idle !== undefined) return this.#slots[idle];
    const empty = places.find((place) => !this.#slots[place]);
    return empty === undefined ? undefined : this.#spawn(empty, bytes);
  }

  #spawn(place: number, bytes: ArrayBuffer[]): Slot {
    const slot = new Slot(this.create, bytes, () => void this.#pump(), (lost, error) => {
      this.#remove(lost);
      lost.job?.reject(error);
      // A worker that cannot even start would start for ever: those who wait are told instead.
      if (!lost.ready) for (const job of this.#queue.splice(0)) job.reject(error);
      void this.#pump();
    });
    this.#slots[place] = slot;
    return slot;
  }
}
