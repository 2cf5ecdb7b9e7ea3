// The work of compressing a checkpoint, inside a worker. Bytes are read here, from the File itself: only what was made crosses.
import type { ElementType, ErrorReport, FileLayout, FormatInfo, FormatPlan } from 'bitbudget';
import type { TaskContext } from '../../../worker/task.js';
import type { Container, Method } from './targets.js';

export interface Stretch {
  file: File;
  /** Whose these bytes are, for messages. */
  name: string;
  offset: number;
  byteLength: number;
  type: string;
  bigEndian?: boolean;
  /** Elements, in rows of `columns`; the stretch begins at element `first` of its tensor. */
  count: number;
  columns: number;
  first: number;
}

class ReadError extends Error {
  readonly code = 'file_changed';
  constructor({ file, offset }: Stretch, readonly field: string) {
    super(`${file.name} can no longer be read at byte ${offset}: it was changed, moved or cut off since it was opened. Open it again, then start again.`);
    this.name = 'ReadError';
    this.offset = offset;
  }
  readonly offset: number;
}

export async function readStretch(stretch: Stretch): Promise<Uint8Array> {
  try {
    const bytes = new Uint8Array(await stretch.file.slice(stretch.offset, stretch.offset + stretch.byteLength).arrayBuffer());
    if (bytes.length !== stretch.byteLength) throw new ReadError(stretch, stretch.name);
    return bytes;
  } catch {
    throw new ReadError(stretch, stretch.name);
  }
}

const entryOf = ({ type, count, bigEndian, name, byteLength }: Stretch) => ({ name, type, shape: [count], offset: 0, byteLength, ...(bigEndian && { bigEndian }) });

/** A refusal of NaN and infinities says where they are in the tensor, and what takes them. */
function placed(thrown: unknown, { first, name }: Stretch): unknown {
  const { code, offset } = thrown as { code?: string; offset?: number };
  if (code !== 'non_finite') return thrown;
  const at = first + (offset ?? 0);
  return Object.assign(new Error(`“${name}” holds a NaN or an infinity (element ${at}), which this format has no code for. Give this tensor F32, F16 or BF16, or keep it as it is, then start again.`), { code, offset: at, field: name });
}

export interface Made { parts: Uint8Array[]; sums: Float64Array; }

const asBytes = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** FP8 formats have the scale before the codes: these go to one tensor, the scales to another. */
function scaled(bytes: Uint8Array, method: Extract<Method, { kind: 'scaled' }>, columns: number): Uint8Array[] {
  if (method.scale === 'tensor') return [bytes.subarray(4), bytes.slice(0, 4)];
  const rows = bytes.length / (columns + 4);
  const codes = new Uint8Array(rows * columns);
  const scales = new Uint8Array(rows * 4);
  for (let row = 0; row < rows; row++) {
    const at = row * (columns + 4);
    scales.set(bytes.subarray(at, at + 4), row * 4);
    codes.set(bytes.subarray(at + 4, at + 4 + columns), row * columns);
  }
  return [codes, scales];
}

function packed({ core }: TaskContext, values: Float32Array, columns: number, { bits, group, symmetric }: Extract<Method, { kind: 'packed' }>, shape: readonly number[]): Made {
  const nonFinite = core.statistics(values);
  const found = Math.min(nonFinite.firstNan ?? Infinity, nonFinite.firstInfinity ?? Infinity);
  if (found < Infinity) throw Object.assign(new Error('non-finite'), { code: 'non_finite', offset: found });
  const weight = core.quantizeWeight(values, { columns, bits, group: group || columns, rule: symmetric ? 'compressed-tensors' : 'compressed-tensors-asymmetric' });
  const file = core.packWeight(weight, 'compressed-tensors');
  const parts = [asBytes(file['weight_packed']!), asBytes(file['weight_scale']!), asBytes(BigInt64Array.from(shape, BigInt))];
  if (!symmetric) parts.push(asBytes(file['weight_zero_point']!));
  return { parts, sums: core.errorSums(values, core.dequantizeWeight(weight)) };
}

/** Bytes and error sums of `values`' target; `shape` is the whole tensor's. */
export interface Encode { stretch: Stretch; method: Method; range?: [number, number]; shape: readonly number[]; }

export function encodeStored(context: TaskContext, stored: Uint8Array, { stretch, method, range, shape }: Encode): Made {
  const { core } = context;
  const { count, columns } = stretch;
  try {
    if (method.kind === 'packed') return packed(context, core.decodeTensor(entryOf(stretch), stored), columns, method, shape);
    // Blocks lie within rows, so a stretch of them may pass for one row.
    const row = method.kind === 'blocks' ? count : columns;
    const straight = stretch.bigEndian ? undefined : core.transcode({ type: stretch.type, shape: [count] }, stored, method.format, { rowLength: row, ...(range && { tensorRange: range }) });
    const { bytes, sums } = straight ?? throughValues(context, stored, stretch, method.format, row, range);
    return { parts: method.kind === 'blocks' ? [bytes] : scaled(bytes, method, columns), sums };
  } catch (thrown) {
    throw placed(thrown, stretch);
  }
}

function throughValues({ core }: TaskContext, stored: Uint8Array, stretch: Stretch, format: string, row: number, range?: [number, number]): { bytes: Uint8Array; sums: Float64Array } {
  const values = core.decodeTensor(entryOf(stretch), stored);
  const bytes = core.encode(format, values, { rowLength: row, ...(range && { tensorRange: range }) });
  return { bytes, sums: core.errorSums(values, core.decode(format, bytes, values.length, { rowLength: row })) };
}

/** What a plan is made from. `fitting`: by "format/row length", llama.cpp's substitute where blocks do not fit. */
export interface Basis { formats: FormatInfo[]; types: ElementType[]; mixtures: { id: string; label: string; base: string }[]; fitting: Record<string, string>; }

function basis({ core }: TaskContext, rowLengths: readonly number[]): Basis {
  const formats = core.formats();
  const types = core.elementTypes();
  const fitting: Record<string, string> = {};
  for (const { id } of formats) {
    if (!types.some(({ name, gguf }) => gguf && name.toLowerCase() === id)) continue;
    for (const row of rowLengths) fitting[`${id}/${row}`] = core.fittingFormat(id, row);
  }
  return { formats, types, mixtures: core.mixtures(), fitting };
}

export interface Sample { stretches: Stretch[]; methods: Method[]; shape: readonly number[]; }

/** Of each method: squared error over squares, and the mean of squares that it was taken from; NaN where the values are refused. */
export interface SampleErrors { relative: number[]; meanSquare: number; }

async function sample(context: TaskContext, { stretches, methods, shape }: Sample): Promise<SampleErrors> {
  const { core, progress } = context;
  const stored: Uint8Array[] = [];
  for (const stretch of stretches) stored.push(await readStretch(stretch));
  let meanSquare = 0;
  const relative = methods.map((method) => {
    progress({ stage: 'Measuring', done: 0, total: 0 });
    try {
      const sums = stretches.map((stretch, i) => encodeStored(context, stored[i]!, { stretch, method, shape: method.kind === 'packed' ? [stretch.count / stretch.columns, stretch.columns] : shape }).sums);
      const { relativeMse, mse } = core.errorReport(sums);
      if (mse > 0 && relativeMse > 0 && Number.isFinite(relativeMse)) meanSquare = mse / relativeMse;
      return Number.isFinite(relativeMse) ? relativeMse : NaN;
    } catch (thrown) {
      if ((thrown as { code?: string }).code === 'non_finite') return NaN;
      throw thrown;
    }
  });
  return { relative, meanSquare };
}

export interface Layout { container: Container; tensors: { name: string; type: string; shape: number[] }[]; metadata: Record<string, string | number>; gguf?: { file: File; headerBytes: number }; }

async function layout(context: TaskContext, { container, tensors, metadata, gguf }: Layout): Promise<FileLayout> {
  const header = gguf && await readStretch({ file: gguf.file, name: gguf.file.name, offset: 0, byteLength: gguf.headerBytes, type: '', count: 0, columns: 0, first: 0 });
  return context.core.layoutFile(container, tensors, { metadata, ...(header && { gguf: header, ggufSize: gguf!.file.size }) });
}

export const compressTasks = {
  'files.planBasis': (context: TaskContext, rowLengths: number[]): Basis => basis(context, rowLengths),

  'files.mixtureFormats': ({ core }: TaskContext, { mixture, tensors, architecture }: { mixture: string; tensors: { name: string; shape: number[] }[]; architecture: string }): string[] =>
    core.mixtureFormats(mixture, tensors, architecture),

  'files.sample': (context: TaskContext, input: Sample): Promise<SampleErrors> => sample(context, input),

  'files.solvePlan': ({ core }: TaskContext, { candidates, budget }: { candidates: { name: string; choices: { format: string; bytes: number; error: number }[] }[]; budget: number }): FormatPlan =>
    core.planFormats(candidates, budget),

  'files.exportPlan': ({ core }: TaskContext, { tool, assignments, config = '' }: { tool: 'llama-quantize' | 'llm-compressor' | 'compressed-tensors'; assignments: { tensor: string; format: string }[]; config?: string }): string =>
    core.exportPlan(tool, assignments, { config }),

  'files.layout': (context: TaskContext, input: Layout): Promise<FileLayout> => layout(context, input),

  /** Smallest and largest value of a stretch. */
  'files.range': async (context: TaskContext, stretch: Stretch): Promise<[number, number]> => {
    const stored = await readStretch(stretch);
    const { min, max } = context.core.statistics(context.core.decodeTensor(entryOf(stretch), stored));
    return [min, max];
  },

  'files.encode': async (context: TaskContext, input: Encode): Promise<Made> => {
    const made = encodeStored(context, await readStretch(input.stretch), input);
    context.transfer(...new Set(made.parts.map(({ buffer }) => buffer)), made.sums.buffer);
    return made;
  },

  'files.copy': async (context: TaskContext, stretch: Stretch): Promise<Uint8Array> => {
    const bytes = await readStretch(stretch);
    context.transfer(bytes.buffer);
    return bytes;
  },

  'files.reports': ({ core }: TaskContext, sums: Float64Array[][]): ErrorReport[] => sums.map((parts) => core.errorReport(parts)),
};
