// The Files view's work, inside a worker: headers in, tensor lists and ledgers out.
import type { ElementType, FileReport, LedgerReport, TensorEntry } from 'bitbudget';
import type { ErrorValue } from '../../worker/protocol.js';
import type { TaskContext } from '../../worker/task.js';
import { sampleFiles, type SampleFile } from './sample.js';

/** Most headers of small files are shorter; a larger one says how long it is in its first bytes, or is doubled. */
const kFirstSlice = 65_536;

export interface Inspected {
  report: FileReport;
  /** How many of the file's bytes were looked at. */
  read: number;
}

/** Each slice is as long as the refusal of the one before asked for: bytes beyond the header are hardly read. */
async function inspect({ core, progress }: TaskContext, file: File): Promise<Inspected> {
  let needed = Math.min(file.size, kFirstSlice);
  for (;;) {
    progress({ stage: `Reading ${file.name}`, done: 0, total: 0 });
    const bytes = new Uint8Array(await file.slice(0, needed).arrayBuffer());
    try {
      return { report: core.inspect(bytes, { name: file.name, fileSize: file.size }), read: needed };
    } catch (thrown) {
      const { code, field, offset } = thrown as Partial<ErrorValue>;
      if (code !== 'truncated' || field !== 'bytes' || offset === undefined || offset <= needed || offset > file.size) throw thrown;
      needed = offset;
    }
  }
}

export interface Ledger {
  report: LedgerReport;
  /** Why the config.json could not be compared. */
  refusal?: ErrorValue;
}

export type LedgerTensor = Pick<TensorEntry, 'name' | 'type' | 'shape' | 'byteLength' | 'offset'>;

function ledger({ core }: TaskContext, { tensors, config }: { tensors: LedgerTensor[]; config: string }): Ledger {
  if (config === '') return { report: core.ledger(tensors) };
  try {
    return { report: core.ledger(tensors, config) };
  } catch (thrown) {
    const { name, message, code, offset, field } = thrown as ErrorValue;
    return { report: core.ledger(tensors), refusal: { name, message, ...(code && { code }), ...(offset !== undefined && { offset }), ...(field && { field }) } };
  }
}

/** `formatId`: the registry's number format that it is, or is closest to; empty if there is none. */
export interface StoredType extends ElementType { formatId: string; }

function types({ core }: TaskContext): StoredType[] {
  const formats = new Set(core.formats().map(({ id }) => id));
  return core.elementTypes().map((type) => {
    const id = type.format || type.name.toLowerCase();
    return { ...type, formatId: formats.has(id) ? id : '' };
  });
}

export const filesTasks = {
  'files.inspect': (context: TaskContext, file: File): Promise<Inspected> => inspect(context, file),

  'files.types': (context: TaskContext, _input: null): StoredType[] => types(context),

  'files.ledger': (context: TaskContext, input: { tensors: LedgerTensor[]; config: string }): Ledger => ledger(context, input),

  /** The files of the built-in sample. */
  'files.makeSample': (context: TaskContext, _input: null): SampleFile[] => sampleFiles(context),
};
