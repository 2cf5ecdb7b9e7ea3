// Runs a plan: every tensor is read in chunks, encoded in the workers, and written where the new file has it.
import type { ErrorReport, FileLayout } from 'bitbudget';
import { CoreError } from '../../../worker/core.js';
import type { Plan, PlanRow } from './plan.js';
import type { Sink } from './sink.js';
import { runTwice, spread, type Watch } from './spread.js';
import { rowLength, unitOf, type Container, type StoredPart } from './targets.js';
import type { Layout, Stretch } from './tasks.js';

/** Elements of a chunk: 4 MiB as f32, long enough that messages cost nothing beside it. */
const kChunk = 2 ** 20;
const kCopy = 4 * 2 ** 20;

export interface WrittenTensor { row: PlanRow; bytes: number; report: ErrorReport | undefined; }

export interface Outcome {
  name: string;
  container: Container;
  tensors: WrittenTensor[];
  /** All that was encoded, together; undefined: everything was copied. */
  total: ErrorReport | undefined;
  fileBytes: number;
  bytesBefore: number;
  bytesAfter: number;
  elements: number;
  seconds: number;
  /** To save; undefined: it is on the disk. */
  blob: Blob | undefined;
}

interface Placed { part: StoredPart; offset: number; }
interface Work { row: PlanRow; placed: Placed[]; sums: Float64Array[]; range?: [number, number]; sourceBlock: { elements: number; bytes: number }; }
interface Chunk { work: Work; first: number; count: number; index: number; }

/** The file's own bytes of `count` elements from `first` on. */
function stretchOf({ row: { tensor }, sourceBlock }: Work, first: number, count: number): Stretch {
  const at = (first / sourceBlock.elements) * sourceBlock.bytes;
  return {
    file: tensor.file, name: tensor.name, offset: tensor.offset + at, byteLength: (count / sourceBlock.elements) * sourceBlock.bytes, type: tensor.type,
    ...(tensor.bigEndian && { bigEndian: true }), count, columns: rowLength(tensor), first,
  };
}

function* chunksOf(works: readonly Work[]): Generator<Chunk> {
  for (const work of works) {
    const { row: { target, parts, elements, tensor }, sourceBlock } = work;
    if (!target) {
      for (let first = 0, index = 0; first < tensor.byteLength; first += kCopy) yield { work, first, count: Math.min(kCopy, tensor.byteLength - first), index: index++ };
      continue;
    }
    const unit = unitOf(parts, sourceBlock.elements);
    const step = Math.max(1, Math.floor(kChunk / unit)) * unit;
    for (let first = 0, index = 0; first < elements; first += step) yield { work, first, count: Math.min(step, elements - first), index: index++ };
  }
}

const needsRange = ({ row: { target, elements } }: Work): boolean => target?.method.kind === 'scaled' && target.method.scale === 'tensor' && elements > 0;

/** What the writer is told before any weight is read: its refusals come first, and cost nothing. */
export async function layOut(plan: Plan, layout: Omit<Layout, 'tensors'>, signal?: AbortSignal): Promise<FileLayout> {
  if (plan.blocked.length > 0) {
    const { tensor, blocked } = plan.blocked[0]!;
    throw new CoreError({ name: 'Error', code: 'unsupported', message: `“${tensor.name}” cannot be written: ${blocked}`, field: tensor.name });
  }
  const tensors = plan.rows.flatMap(({ parts }) => parts.map(({ name, type, shape }) => ({ name, type, shape })));
  return runTwice('files.layout', { ...layout, tensors }, signal && { signal });
}

function worksOf(plan: Plan, layout: FileLayout, types: ReadonlyMap<string, { blockLength: number; blockBits: number }>): Work[] {
  let part = 0;
  const works = plan.rows.map((row): Work => {
    const type = types.get(row.tensor.type)!;
    const placed = row.parts.map((each): Placed => ({ part: each, offset: layout.offsets[part++]! }));
    return { row, placed, sums: [], sourceBlock: { elements: type.blockLength, bytes: type.blockBits / 8 } };
  });
  return works.sort((a, b) => (a.placed[0]?.offset ?? 0) - (b.placed[0]?.offset ?? 0));
}

export interface JobInput {
  plan: Plan;
  container: Container;
  layout: FileLayout;
  name: string;
  types: ReadonlyMap<string, { blockLength: number; blockBits: number }>;
  sink: Sink;
}

/** The largest values come first where a scale is the whole tensor's: chunks are then encoded apart, and agree. */
async function findRanges(works: readonly Work[], watch: Watch, advance: (bytes: number, stage: string) => void): Promise<void> {
  await spread(chunksOf(works.filter(needsRange)), watch.signal, async ({ work, first, count }, signal) => {
    const stretch = stretchOf(work, first, count);
    const [low, high] = await runTwice('files.range', stretch, { signal });
    work.range = work.range ? [Math.min(work.range[0], low), Math.max(work.range[1], high)] : [low, high];
    advance(stretch.byteLength, 'Looking for the largest values');
  });
}

async function writeChunk({ work, first, count, index }: Chunk, sink: Sink, signal: AbortSignal): Promise<number> {
  const { row: { target, tensor }, placed, range } = work;
  if (!target) {
    const stretch: Stretch = { file: tensor.file, name: tensor.name, offset: tensor.offset + first, byteLength: count, type: tensor.type, count, columns: 1, first };
    await sink.write(placed[0]!.offset + first, await runTwice('files.copy', stretch, { signal }));
    return count;
  }
  const stretch = stretchOf(work, first, count);
  const made = await runTwice('files.encode', { stretch, method: target.method, shape: tensor.shape, ...(range && { range }) }, { signal });
  for (const [i, { part, offset }] of placed.entries()) {
    if (part.elements === 0 && index > 0) continue;
    signal.throwIfAborted();
    await sink.write(offset + (part.elements === 0 ? 0 : (first / part.elements) * part.bytes), made.parts[i]!);
  }
  work.sums[index] = made.sums;
  return stretch.byteLength;
}

/** Reads and writes. Whatever ends it early leaves no file behind. */
export async function runJob(input: JobInput, watch: Watch): Promise<Outcome> {
  const { plan, layout, sink, types } = input;
  const started = performance.now();
  const works = worksOf(plan, layout, types);
  const total = works.reduce((sum, work) => sum + work.row.tensor.byteLength * (needsRange(work) ? 2 : 1), 0);
  let done = 0;
  const advance = (bytes: number, stage: string) => watch.onProgress({ stage, done: (done += bytes), total });
  try {
    await findRanges(works, watch, advance);
    await sink.write(0, layout.header);
    await spread(chunksOf(works), watch.signal, async (chunk, signal) => {
      advance(await writeChunk(chunk, sink, signal), chunk.work.row.target ? 'Compressing' : 'Copying');
    });
    const reports = await reportsOf(works, watch.signal);
    watch.onProgress({ stage: 'Finishing the file', done: total, total });
    const blob = await sink.close();
    return outcomeOf(input, works, reports, blob, (performance.now() - started) / 1000);
  } catch (thrown) {
    await sink.abort();
    throw thrown;
  }
}

/** Of each tensor in `works`' order, then of all together. */
async function reportsOf(works: readonly Work[], signal: AbortSignal): Promise<ErrorReport[]> {
  const sums = works.map((work) => work.sums);
  return runTwice('files.reports', [...sums, sums.flat()], { signal });
}

function outcomeOf({ plan, container, layout, name }: JobInput, works: readonly Work[], reports: readonly ErrorReport[], blob: Blob | undefined, seconds: number): Outcome {
  const byRow = new Map(works.map((work, i) => [work.row, work.sums.length > 0 ? reports[i] : undefined]));
  return {
    name, container, blob, seconds, fileBytes: layout.fileSize, bytesBefore: plan.bytesBefore, bytesAfter: plan.bytes, elements: plan.elements,
    tensors: plan.rows.map((row) => ({ row, bytes: row.bytes, report: byRow.get(row) })),
    total: works.some(({ sums }) => sums.length > 0) ? reports.at(-1) : undefined,
  };
}
