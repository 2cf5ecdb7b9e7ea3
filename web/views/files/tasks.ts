// The Files view's work, inside a worker: headers in, tensor lists and ledgers out.
import type { FileReport, LedgerReport, TensorEntry } from 'bitbudget';
import type { ErrorValue } from '../../worker/protocol.js';
import type { TaskContext } from '../../worker/task.js';

/** Most headers of small files are shorter; a larger one says how long it is in its first bytes, or is doubled. */
const kFirstSlice = 65_536;

/** Each slice is as long as the refusal of the one before asked for: bytes beyond the header are hardly read. */
async function inspect({ core, progress }: TaskContext, file: File): Promise<FileReport> {
  let needed = Math.min(file.size, kFirstSlice);
  for (;;) {
    const bytes = new Uint8Array(await file.slice(0, needed).arrayBuffer());
    progress({ stage: `Reading ${file.name}`, done: 0, total: 0 });
    try {
      return core.inspect(bytes, { name: file.name, fileSize: file.size });
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

export const filesTasks = {
  'files.inspect': (context: TaskContext, file: File): Promise<FileReport> => inspect(context, file),

  /** Names of the element types that can be decoded. */
  'files.decodable': ({ core }: TaskContext, _input: null): string[] => core.elementTypes().filter(({ decodes }) => decodes).map(({ name }) => name),

  'files.ledger': (context: TaskContext, input: { tensors: LedgerTensor[]; config: string }): Ledger => ledger(context, input),
};
