// What is being done with one open checkpoint: its plan, what was measured, the job that runs, what came of it. It outlives the
// element that shows it, so that a job goes on while the reader looks at another view.
import { bytes, exact, percent } from '../../../format/numbers.js';
import { download } from '../../../parts/save.js';
import { units } from '../../../shell/settings.js';
import { CoreError, run } from '../../../worker/core.js';
import type { Progress } from '../../../worker/protocol.js';
import type { Checkpoint } from '../checkpoint.js';
import { configName, engineConfig } from './engine-config.js';
import { layOut, runJob, type Outcome } from './job.js';
import { flexible, leastBytes, measure, solve, wishesFor, type Measurements } from './measure.js';
import { metadataFor, stemOf } from './metadata.js';
import { Planner, type Plan, type PlanRow } from './plan.js';
import { blobSink, chooseFile, fileSink, kBlobLimit, writesToDisk, type Sink } from './sink.js';
import type { Watch } from './spread.js';
import { architectureOf, readChoices, startFor, writeChoices, type Choices, type PlanParams } from './state.js';
import { storageRoom, storageSink } from './storage.js';
import { groupsOf, type Group } from './table.js';
import { rowLength } from './targets.js';
import type { Basis } from './tasks.js';

/** `writing`: a file is being made; otherwise samples are measured. */
export interface Busy { writing: boolean; controller: AbortController; }

/** All that the reader made would be gone. */
const askBeforeLeaving = (event: BeforeUnloadEvent): void => event.preventDefault();

export class Session {
  basis: Basis | undefined;
  choices: Choices;
  plan: Plan | undefined;
  groups: Group[] = [];
  measurements: Measurements = new Map();
  solved = false;
  /** Of the address: what could not be read, for whoever shows this. */
  problems: string[] = [];
  budgetProblem = '';
  busy: Busy | undefined;
  report: Progress | undefined;
  failure: { message: string; cancelled?: boolean } | undefined;
  outcome: Outcome | undefined;
  saved = false;
  /** Bytes that the browser's own storage takes, where there is no dialogue to choose a file. */
  room = 0;
  /** Removes the outcome's file from that storage. */
  #discard: (() => Promise<void>) | undefined;
  /** Set by the element that shows it. */
  changed: () => void = () => {};
  announce: (text: string) => void = () => {};
  #planner: Planner | undefined;
  /** What the mixture or the budget gives each tensor. */
  #given: ReadonlyMap<string, string> = new Map();
  #asked = 0;
  /** What was fixed by hand and by name when the budget was solved. */
  #solvedAround = '';
  /** Of the address, until there is a basis to read it with. */
  #wanted: PlanParams;

  constructor(public checkpoint: Checkpoint, wanted: PlanParams) {
    this.choices = startFor(checkpoint);
    this.#wanted = wanted;
    void this.#begin();
  }

  async #begin(): Promise<void> {
    try {
      if (!writesToDisk()) this.room = await storageRoom();
      this.basis = await run('files.planBasis', [...new Set(this.checkpoint.tensors.map(rowLength))]);
      await this.#start(this.#read(this.#wanted));
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #read(params: PlanParams): Choices {
    const { choices, problems } = readChoices(params, this.checkpoint, this.basis!);
    this.problems = problems;
    return choices;
  }

  /** The address asks for other choices than those that are made. What was changed by hand stays, in the same kind of file. */
  ask = (params: PlanParams): void => {
    this.#wanted = params;
    if (!this.basis) return;
    const next = this.#read(params);
    const text = (choices: Choices) => JSON.stringify(writeChoices(choices, this.checkpoint));
    if (text(next) === text(this.choices)) return;
    if (this.busy && !this.busy.writing) this.cancel();
    const { byHand, budget, container } = this.choices;
    const sameBudget = JSON.stringify(budget) === JSON.stringify(next.budget);
    void this.#move({ ...next, byHand: container === next.container ? byHand : new Map(), budget: sameBudget ? budget : next.budget });
  };

  /** The budget was solved, and formats were fixed or freed since: its bytes are no longer spent best. */
  get stale(): boolean { return this.solved && this.#solvedAround !== this.#fixed(); }

  #fixed = (): string => JSON.stringify([[...this.choices.byHand], this.choices.patterns]);

  #start(choices: Choices): Promise<void> {
    this.#planner = new Planner(this.basis!, choices.container);
    this.solved = false;
    this.#given = new Map();
    return this.#apply(choices);
  }

  set = (patch: Partial<Choices>): void => {
    const next = { ...this.choices, ...patch };
    void this.#move(next.container === this.choices.container ? next : startFor(this.checkpoint, next.container));
  };

  async #move(next: Choices): Promise<void> {
    const before = this.choices;
    try {
      if (next.container !== before.container) return await this.#start(next);
      if (next.approach !== before.approach) {
        this.#given = new Map();
        this.solved = false;
      }
      await this.#apply(next);
      if (next.approach === 'budget' && this.solved && next.budget !== before.budget) await this.solve();
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  choose = (rows: readonly PlanRow[], target: string): void => {
    const byHand = new Map(this.choices.byHand);
    for (const { tensor } of rows) byHand.set(tensor.name, target);
    this.choices = { ...this.choices, byHand };
    this.#replan();
  };

  undoByHand = (): void => {
    this.choices = { ...this.choices, byHand: new Map() };
    this.#replan();
  };

  /** The plan of `choices`; a mixture is asked for first. */
  async #apply(choices: Choices): Promise<void> {
    const asked = ++this.#asked;
    const { tensors } = this.checkpoint;
    const sameMixture = this.plan !== undefined && choices.approach === this.choices.approach && choices.mixture === this.choices.mixture && choices.container === this.choices.container;
    this.choices = choices;
    this.budgetProblem = '';
    if (choices.approach === 'mixture' && !sameMixture) {
      const list = tensors.map(({ name, shape }) => ({ name, shape: [...shape] }));
      const formats = await run('files.mixtureFormats', { mixture: choices.mixture, tensors: list, architecture: architectureOf(this.checkpoint) });
      if (asked !== this.#asked) return;
      this.#given = new Map(tensors.map(({ name }, i) => [name, formats[i]!]));
    }
    this.#replan();
  }

  #replan(): void {
    this.plan = this.#planner!.plan(this.checkpoint.tensors, this.choices, this.#given);
    this.groups = groupsOf(this.plan);
    this.changed();
  }

  /** Runs `work` with progress and Cancel; what goes wrong is said, and the next can start. */
  async #work(writing: boolean, work: (watch: Watch) => Promise<void>): Promise<void> {
    const controller = new AbortController();
    this.busy = { writing, controller };
    this.report = undefined;
    this.failure = undefined;
    this.changed();
    const mine = () => this.busy?.controller === controller;
    if (writing) window.addEventListener('beforeunload', askBeforeLeaving);
    try {
      await work({ signal: controller.signal, onProgress: (report) => {
        if (!mine()) return;
        // Bytes are shown in millions, as the rate is.
        this.report = writing ? { ...report, done: report.done / 1e6, total: report.total / 1e6 } : report;
        if (report.total > 0) this.announce(`${report.stage}: ${percent(report.done / report.total)}`);
        this.changed();
      } });
    } catch (thrown) {
      if (mine()) this.#fail(thrown);
    } finally {
      if (writing) window.removeEventListener('beforeunload', askBeforeLeaving);
      if (mine()) this.busy = undefined;
      this.changed();
    }
  }

  #fail(thrown: unknown): void {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    this.failure = { message };
    this.announce(message);
    this.changed();
  }

  cancel = (): void => {
    if (!this.busy) return;
    this.busy.controller.abort(new DOMException('Cancelled', 'AbortError'));
    this.failure = { message: this.busy.writing ? 'Cancelled. No file was kept.' : 'Cancelled. What was measured so far is kept.', cancelled: true };
    this.busy = undefined;
    this.announce(this.failure.message);
    this.changed();
  };

  /** The formats of this plan, on a sample of each tensor. */
  measure = (): Promise<void> => this.#work(false, async (watch) => {
    const wishes = this.plan!.rows.flatMap(({ tensor, target }) => (target ? [{ tensor, targets: [target] }] : []));
    await measure(wishes, this.measurements, this.basis!.types, watch);
  });

  solve = (): Promise<void> => this.#work(false, async (watch) => {
    const planner = this.#planner!;
    const { checkpoint, basis, plan, choices: { budget } } = this;
    const fixed = new Set(plan!.rows.filter(({ by }) => by !== 'method').map(({ tensor }) => tensor.name));
    const free = flexible(checkpoint.tensors, fixed, basis!.types);
    const wishes = wishesFor(free, budget.candidates, planner);
    await measure(wishes, this.measurements, basis!.types, watch);
    const names = new Set(free.map(({ name }) => name));
    const fixedBytes = plan!.rows.reduce((sum, { tensor, bytes: size }) => sum + (names.has(tensor.name) ? 0 : size), 0);
    const least = leastBytes(wishes, fixedBytes, planner);
    if (least > budget.bytes) {
      this.budgetProblem = `The smallest of these formats need ${exact(least)} bytes (${bytes(least, units.value)}), ${bytes(least - budget.bytes, units.value)} more than that. Allow more, or add smaller formats.`;
      return;
    }
    this.#given = await solve(wishes, this.measurements, budget, fixedBytes, planner, watch.signal);
    this.solved = true;
    this.#solvedAround = this.#fixed();
    this.budgetProblem = '';
    this.#replan();
    this.announce(`Solved: ${bytes(this.plan!.bytes, units.value)}`);
  });

  #fileName(): string {
    const { container, approach, mixture, one } = this.choices;
    const label = approach === 'mixture' ? this.basis!.mixtures.find(({ id }) => id === mixture)!.label : approach === 'one' ? one.toUpperCase().replace('PACKED_', '') : 'mix';
    return `${stemOf(this.checkpoint)}-${label.replaceAll(' ', '-')}.${container}`;
  }

  /** Why the browser cannot hold a file of that size until it is saved; undefined: it can, or it goes to disk. */
  tooLarge(size: number): string | undefined {
    if (writesToDisk() || size <= Math.max(kBlobLimit, this.room)) return undefined;
    const where = this.room > kBlobLimit ? `in its own storage until it is saved, which has room for ${bytes(this.room, units.value)}` : `in memory until it is saved, ${bytes(kBlobLimit, units.value)} at most`;
    return `This browser cannot write to a file of yours while it works: it keeps the new one ${where}, and this one would have ${bytes(size, units.value)}. Choose smaller formats, or open the page in a browser that can (Chrome, Edge and others built on Chromium).`;
  }

  /** Nobody will save it any more. */
  drop(): void {
    if (!this.#discard) return;
    void this.#discard();
    this.#discard = undefined;
    this.outcome = undefined;
  }

  async #sinkFor(name: string, size: number): Promise<{ sink: Sink; name: string; discard?: () => Promise<void> } | undefined> {
    if (writesToDisk()) {
      try {
        const handle = await chooseFile(name);
        return handle && { sink: await fileSink(handle, size), name: handle.name };
      } catch (thrown) {
        // In a frame of another site the page may not ask: what fits in memory is saved from there.
        if ((thrown as DOMException).name !== 'SecurityError' || size > kBlobLimit) throw thrown;
      }
    }
    if (size <= kBlobLimit) return { sink: blobSink(size), name };
    this.drop();
    this.room = await storageRoom();
    const problem = this.tooLarge(size);
    if (problem) throw new CoreError({ name: 'Error', code: 'too_large', message: problem });
    const sink = await storageSink(name, size);
    return { sink, name, discard: sink.discard };
  }

  compress = (): Promise<void> => this.#work(true, async (watch) => {
    const { checkpoint, basis, choices: { container, approach, mixture } } = this;
    const plan = this.plan!;
    const layout = await layOut(plan, { container, ...metadataFor(checkpoint, plan, container, approach === 'mixture' ? mixture : '') }, watch.signal);
    const place = await this.#sinkFor(this.#fileName(), layout.fileSize);
    if (!place) return;
    this.drop();
    this.outcome = undefined;
    this.saved = false;
    const types = new Map(basis!.types.map((type) => [type.name, type]));
    const outcome = await runJob({ plan, container, layout, name: place.name, types, sink: place.sink }, watch);
    this.outcome = outcome;
    this.#discard = place.discard;
    this.announce(`${outcome.name} is ${outcome.blob ? 'made' : 'written'}: ${bytes(outcome.fileBytes, units.value)}`);
  });

  /** What was made is in the browser's storage, not in memory. */
  get stored(): boolean { return this.#discard !== undefined; }

  save = (): void => {
    download(this.outcome!.name, this.outcome!.blob!, 'application/octet-stream');
    this.saved = true;
    this.changed();
  };

  /** Of the file that was made, whatever the plan is now. */
  saveConfig = async (): Promise<void> => {
    try {
      download(configName(this.checkpoint), await engineConfig(this.outcome!.tensors.map(({ row }) => row), this.checkpoint), 'application/json');
    } catch (thrown) {
      this.#fail(thrown);
    }
  };
}

const sessions = new WeakMap<Checkpoint, Session>();

/** A config.json that joins changes nothing of the tensors. */
const sameTensors = (a: Checkpoint, b: Checkpoint): boolean =>
  a.tensors.length === b.tensors.length && a.tensors.every(({ file, name, offset }, i) => file === b.tensors[i]!.file && name === b.tensors[i]!.name && offset === b.tensors[i]!.offset);

/** The one of this checkpoint, begun on the first call; `before` goes on where the tensors are the same. */
export function sessionOf(checkpoint: Checkpoint, wanted: PlanParams, before?: Session): Session {
  const session = sessions.get(checkpoint) ?? (before && sameTensors(before.checkpoint, checkpoint) ? before : new Session(checkpoint, wanted));
  session.checkpoint = checkpoint;
  sessions.set(checkpoint, session);
  return session;
}
