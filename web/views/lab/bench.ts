// The lab's work: the tensor that is asked for, what was measured on it, and in which order. The view shows what stands here.
import type { ElementType, FormatInfo } from 'bitbudget';
import { asCoreError, CoreError, run } from '../../worker/core.js';
import type { Progress } from '../../worker/protocol.js';
import { kCodedRates, kCodedSample, type Coded } from './coded.js';
import type { Run } from './csv.js';
import { groupFormats, type FormatGroup } from './formats.js';
import { handedFile } from './hand-over.js';
import { kEntropySample, limitOf, sampleOf, type Limit } from './limit.js';
import { lineFigures, type Lines } from './lines.js';
import { openFile, type OpenFile } from './open-file.js';
import { measure, releaseTensor, speed, Superseded, type Watch } from './runner.js';
import { loadTensor, tensorKey, type Opened } from './source.js';
import { kDefaults, kUsualFormats, type LabState } from './state.js';
import type { Detail, Measured, Speed, Tensor } from './tensor.js';

export const kSides = ['a', 'b'] as const;
export type Side = (typeof kSides)[number];

/** What the bench tells its view. */
export interface BenchHost {
  /** Something here has changed. */
  requestUpdate(): void;
  /** How far the work is, many times a second; undefined: it has ended. */
  tell(progress: Progress | undefined): void;
  /** A and B are measured. */
  compared(): void;
  problems(list: string[]): void;
}

type Found = { measured: Measured; detail?: Detail };

export class Bench {
  formats: FormatInfo[] = [];
  groups: FormatGroup[] = [];
  types: ElementType[] = [];
  asked: LabState = kDefaults;
  tensor: Tensor | undefined;
  open: Opened = { tensor: undefined, importance: undefined };
  /** The latest of each format, perhaps of an earlier tensor: shown greyed until the new one is there. */
  readonly measured = new Map<string, Measured>();
  /** Of A and B only: an encoded tensor may be large. */
  details = new Map<string, Detail>();
  readonly speeds = new Map<string, Speed>();
  readonly refusals = new Map<string, CoreError>();
  tensorRefusal: CoreError | undefined;
  cancelled = false;
  limit: Limit | undefined;
  coded: Coded | undefined;
  lines: Lines | undefined;
  /** Every run of this visit, for the CSV. */
  readonly log = new Map<string, Run>();
  #works = 0;
  #turn = 0;
  #abort = new AbortController();

  constructor(private readonly host: BenchHost) {}

  get busy(): boolean { return this.#works > 0; }

  /** Answers what is asked now: the tensor, A and B, the other formats, their speed. A newer question ends an older answer. */
  async answer(asked: LabState, timeAll = false): Promise<void> {
    this.asked = asked;
    await this.#work(async (watching) => {
      await this.#loadFormats();
      const tensor = await this.#loadTensor(watching);
      if (!tensor) return;
      await this.#compare(tensor, watching);
      this.host.compared();
      await this.#findLimit(tensor, watching);
      await this.#measure(tensor, watching);
      await this.#findOutliers(watching);
      for (const format of timeAll ? this.chosen() : this.#pair()) await this.#time(tensor, format, watching);
    });
  }

  /** Opens a file that the reader gave; undefined where it is refused (a refusal names `field`) or something newer is asked. */
  async accept(file: File, field?: string): Promise<OpenFile | undefined> {
    let open: OpenFile | undefined;
    this.#abort.abort();
    await this.#work(async (watching) => {
      try {
        open = await openFile(file, watching);
      } catch (thrown) {
        throw field && thrown instanceof CoreError ? refusalOf(thrown, field) : thrown;
      }
      if (!watching.live()) open = undefined;
    });
    return open;
  }

  /** Something beside the answer, such as a file that is written; what it throws is the caller's, but for a Cancel. */
  async aside(work: (watch: Watch) => Promise<void>): Promise<void> {
    const { signal } = this.#fresh();
    this.#count(1);
    try {
      await work({ signal, live: () => true, onProgress: (progress) => this.host.tell(progress) });
    } catch (thrown) {
      if (!signal.aborted) throw asCoreError(thrown);
    } finally {
      this.#count(-1);
    }
  }

  cancel(): void {
    if (this.busy) this.#abort.abort(new DOMException('Cancelled', 'AbortError'));
  }

  /** Ends all work: the view has gone. */
  leave(): void {
    this.#turn++;
    this.#abort.abort();
    releaseTensor();
  }

  format = (id: string): FormatInfo | undefined => this.formats.find((format) => format.id === id);

  /** Measured on the tensor that is asked for. */
  current(id: string): boolean {
    return this.tensor !== undefined && this.tensor.key === tensorKey(this.asked, this.open) && this.measured.get(id)?.key === this.tensor.key && !this.refusals.has(id);
  }

  /** A detail of the tensor on show, not of an earlier one. */
  detail(id: string): Detail | undefined {
    const detail = this.details.get(id);
    return detail?.key === this.tensor?.key ? detail : undefined;
  }

  /** The rows of the table: those asked for, with A and B. */
  chosen(): FormatInfo[] {
    const ids = new Set([...(this.asked.formats ? this.asked.formats.split(',') : kUsualFormats), this.asked.a, this.asked.b]);
    return this.formats.filter(({ id }) => ids.has(id));
  }

  #pair(): FormatInfo[] { return [...new Set(kSides.map((side) => this.format(this.asked[side])!))]; }

  #fresh(): AbortController {
    if (this.#abort.signal.aborted) this.#abort = new AbortController();
    return this.#abort;
  }

  #count(step: number): void {
    this.#works += step;
    if (this.#works === 0) this.host.tell(undefined);
    this.host.requestUpdate();
  }

  /** One turn of work. It is over once a newer one has begun; a Cancel ends it at once. */
  async #work(work: (watch: Watch) => Promise<void>): Promise<void> {
    const turn = ++this.#turn;
    const { signal } = this.#fresh();
    const live = () => turn === this.#turn;
    this.cancelled = false;
    this.#count(1);
    try {
      await work({ signal, live, onProgress: (progress) => { if (live()) this.host.tell(progress); } });
    } catch (thrown) {
      if (!live() || thrown instanceof Superseded) return;
      if (signal.aborted) this.cancelled = true;
      else this.tensorRefusal = asCoreError(thrown);
    } finally {
      this.#count(-1);
    }
  }

  async #loadFormats(): Promise<void> {
    if (this.formats.length === 0) {
      [this.formats, this.types] = await Promise.all([run('lab.formats', null), run('lab.elementTypes', null)]);
      this.groups = groupFormats(this.formats);
      this.host.requestUpdate();
    }
    const unknown = kSides.filter((side) => !this.format(this.asked[side]));
    if (unknown.length > 0) this.host.problems(unknown.map((side) => `there is no number format “${this.asked[side]}”`));
    for (const side of unknown) this.asked = { ...this.asked, [side]: this.format(kDefaults[side]) ? kDefaults[side] : this.formats[0]!.id };
  }

  /** The tensor that is asked for; it is not on show yet, unless nothing was. */
  async #loadTensor(watching: Watch): Promise<Tensor | undefined> {
    const { asked } = this;
    if (!(await this.#findFiles(watching))) return undefined;
    if (this.tensor?.key === tensorKey(asked, this.open)) { this.tensorRefusal = undefined; return this.tensor; }
    try {
      const tensor = await loadTensor(asked, this.open, this.tensor, watching);
      if (!watching.live()) throw new Superseded();
      this.tensor ??= tensor;
      this.tensorRefusal = undefined;
      this.host.requestUpdate();
      return tensor;
    } catch (thrown) {
      if (!watching.live() || watching.signal.aborted) throw thrown;
      this.tensorRefusal = asCoreError(thrown);
      return undefined;
    }
  }

  /** Opens the files of the address, as far as they were opened on this page. True unless the tensor's own is missing. */
  async #findFiles(watching: Watch): Promise<boolean> {
    const { asked } = this;
    const find = async (name: string, ...held: (OpenFile | undefined)[]): Promise<OpenFile | undefined> => {
      const there = held.find((open) => open && (name === '' || open.file.name === name) && (handedFile(open.file.name) ?? open.file) === open.file);
      const handed = handedFile(name);
      return there ?? (handed && openFile(handed, watching));
    };
    const { tensor: held } = this.open;
    const tensor = asked.tensor === 'file' ? await find(asked.file, held) : held;
    const importance = asked.importance === 'file' ? await find(asked.importanceFile, tensor, this.open.importance) : this.open.importance;
    if (!watching.live()) throw new Superseded();
    if (tensor !== held || importance !== this.open.importance) this.open = { tensor, importance };
    return asked.tensor !== 'file' || tensor !== undefined;
  }

  /** Measures A and B; only then the tensor is put on show with them, so that what is cancelled leaves the last result whole. */
  async #compare(tensor: Tensor, watching: Watch): Promise<void> {
    const missing = this.#pair().filter(({ id }) => this.details.get(id)?.key !== tensor.key);
    const found: Found[] = [];
    for (const [index, format] of missing.entries()) {
      const result = await this.#attempt(tensor, format, true, oneOf(missing.length, index, watching));
      if (result) found.push(result);
    }
    this.tensor = tensor;
    for (const { measured } of found) this.#keep(tensor, measured);
    const details = [...this.details.values(), ...found.flatMap(({ detail }) => detail ?? [])];
    this.details = new Map(details.filter(({ formatId }) => kSides.some((side) => this.asked[side] === formatId)).map((detail) => [detail.formatId, detail]));
  }

  async #measure(tensor: Tensor, watching: Watch): Promise<void> {
    const missing = this.chosen().filter(({ id }) => this.measured.get(id)?.key !== tensor.key);
    for (const [index, format] of missing.entries()) {
      const result = await this.#attempt(tensor, format, false, oneOf(missing.length, index, watching));
      if (result) this.#keep(tensor, result.measured);
    }
  }

  /** Undefined where the format refuses the tensor: its refusal is kept. */
  async #attempt(tensor: Tensor, format: FormatInfo, closely: boolean, watching: Watch): Promise<Found | undefined> {
    try {
      const result = await measure(tensor, format, closely, watching);
      this.refusals.delete(format.id);
      return result;
    } catch (thrown) {
      if (!watching.live() || watching.signal.aborted || thrown instanceof Superseded) throw thrown;
      this.refusals.set(format.id, asCoreError(thrown));
      this.host.requestUpdate();
      return undefined;
    }
  }

  #keep(tensor: Tensor, measured: Measured): void {
    const { title, rows, columns, storedBytes, method, importanceTitle } = tensor;
    this.measured.set(measured.format.id, measured);
    this.log.set(`${tensor.key} ${measured.format.id}`, { tensor: { title, rows, columns, storedBytes, method, importanceTitle }, measured });
    this.host.requestUpdate();
  }

  async #findLimit(tensor: Tensor, watching: Watch): Promise<void> {
    const { source } = tensor;
    if (this.limit?.source === source && this.coded?.source === source) return;
    const options = { signal: watching.signal };
    try {
      this.limit = limitOf(tensor, await run('lab.entropy', sampleOf(tensor, kEntropySample), options));
      const sample = sampleOf(tensor, kCodedSample);
      const count = sample.length;
      const points = await run('lab.coded', { values: sample, entropyBits: this.limit.entropy.bits, rates: kCodedRates }, { ...options, transfer: [sample.buffer] });
      if (watching.live()) this.coded = { source, count, points };
    } catch (thrown) {
      if (!(thrown instanceof CoreError)) throw thrown;
      this.limit = this.coded = undefined;  // too few values, or some that are not finite: the picture goes without
    }
    this.host.requestUpdate();
  }

  /** Rows and columns that stand out by their error, of A and of B. */
  async #findOutliers(watching: Watch): Promise<void> {
    const details = kSides.map((side) => this.detail(this.asked[side]));
    const key = details.map((detail) => `${detail?.key} ${detail?.formatId}`).join(' ');
    if (this.lines?.key === key) return;
    const figures = details.flatMap((detail) => (detail ? [lineFigures(detail.rows), lineFigures(detail.columns)] : [new Float64Array(), new Float64Array()]));
    const outliers = await run('lab.outliers', figures, { signal: watching.signal });
    if (watching.live()) this.lines = { key, figures, outliers };
    this.host.requestUpdate();
  }

  async #time(tensor: Tensor, format: FormatInfo, watching: Watch): Promise<void> {
    if (this.refusals.has(format.id) || this.speeds.has(format.id)) return;
    this.speeds.set(format.id, await speed(tensor, format, watching));
    this.host.requestUpdate();
  }
}

/** Progress of one of several equal pieces of work, as part of the whole. */
const oneOf = (count: number, index: number, watching: Watch): Watch => ({
  ...watching,
  onProgress: ({ stage, done, total }) => watching.onProgress({ stage, done: index * total + done, total: count * total }),
});

const refusalOf = ({ name, message, code, offset }: CoreError, field: string): CoreError => new CoreError({ name, message, code, field, ...(offset !== undefined && { offset }) });
