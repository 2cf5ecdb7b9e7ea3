// Where the bytes go: the tensor in one form after another, really made and measured.
import type { SparseLayout } from 'bitbudget';
import type { TheoryContext } from '../../../worker/task.js';
import { bf16Exponents } from './symbols.js';

export interface RatioQuestion { values: Float32Array; columns: number; base: 'fp32' | 'bf16'; format: string; formats: string[]; sparsity: number; }
/** Bytes by what they hold. */
export interface RatioParts { codes: number; scales: number; offsets: number; indices: number; tables: number; }
export interface RatioRow {
  id: string;
  label: string;
  bytes: number;
  parts: RatioParts;
  kind: 'dense' | 'coded' | 'sparse';
  /** Relative mean squared error; NaN where it has none. */
  error: number;
  /** What its name promises, against the base. */
  naive: number;
}
export interface RatioAnswer { original: number; rows: RatioRow[]; refused: { format: string; message: string }[]; kept: number; }

const kNone: RatioParts = { codes: 0, scales: 0, offsets: 0, indices: 0, tables: 0 };
const layouts: { layout: SparseLayout; label: string }[] = [{ layout: 'bitmask', label: 'bit mask' }, { layout: 'csr', label: 'CSR' }, { layout: '2:4', label: '2:4' }];

export const ratioTasks = {
  'theory.ratio': (context: TheoryContext, question: RatioQuestion): RatioAnswer => {
    const { core, progress } = context;
    const { values, columns, base, format, formats } = question;
    const wide = base === 'fp32' ? 32 : 16;
    const rows: RatioRow[] = [];
    const refused: RatioAnswer['refused'] = [];
    const labels = new Map(core.formats().map(({ id, label }) => [id, label]));
    [...new Set([...formats, format])].forEach((id, done) => {
      progress({ stage: 'Encoding the tensor', done, total: formats.length + 4 });
      try {
        rows.push(dense(context, values, columns, id, labels.get(id) ?? id, wide));
      } catch (thrown) {
        refused.push({ format: id, message: thrown instanceof Error ? thrown.message : String(thrown) });
      }
    });
    progress({ stage: 'Coding without loss', done: formats.length, total: formats.length + 4 });
    rows.push(lossless(context, values, wide));
    progress({ stage: 'Cutting weights', done: formats.length + 1, total: formats.length + 4 });
    const sparse = sparseRows(context, question, labels, refused);
    return { original: (values.length * wide) / 8, rows: [...rows, ...sparse.rows], refused, kept: sparse.kept };
  },
};

function dense({ core }: TheoryContext, values: Float32Array, columns: number, id: string, label: string, wide: number): RatioRow {
  const bytes = core.encode(id, values, { rowLength: columns });
  const parts = core.encodedParts(id, values.length, columns);
  const { relativeMse } = core.compare(values, core.decode(id, bytes, values.length, { rowLength: columns }));
  return {
    id, label, bytes: bytes.length, kind: 'dense', error: relativeMse, naive: (wide * values.length) / parts.codeBits,
    parts: { ...kNone, codes: parts.codeBits / 8, scales: parts.scaleBits / 8, offsets: parts.offsetBits / 8 },
  };
}

/** bf16 with Huffman-coded exponents; sign and mantissa stay as they are. */
function lossless({ core, theory }: TheoryContext, values: Float32Array, wide: number): RatioRow {
  const exponents = bf16Exponents(core, values).exponents;
  const coded = theory.entropy.huffmanEncode(exponents, 256);
  // By the layout that the coder states: 10 bytes of counts and four bits of length for each of the 256 symbols.
  const tables = 10 + 128;
  const bytes = values.length + coded.length;
  const { relativeMse } = core.compare(values, core.decode('bf16', core.encode('bf16', values), values.length));
  return { id: 'bf16-huffman', label: 'BF16, Huffman exponents', bytes, kind: 'coded', error: relativeMse, naive: wide / 16, parts: { ...kNone, codes: bytes - tables, tables } };
}

function sparseRows({ core, theory }: TheoryContext, { values, columns, base, format, sparsity }: RatioQuestion, labels: Map<string, string>, refused: RatioAnswer['refused']) {
  const { compressors } = theory;
  const scores = compressors.magnitude(values);
  const global = compressors.pruneGlobal(scores, sparsity);
  const kept = global.reduce((sum, each) => sum + each, 0);
  const stored = base === 'fp32' ? 'f32' : 'bf16';
  const rows: RatioRow[] = [];
  const add = (layout: SparseLayout, label: string, within: string, mask: Uint8Array, count: number) => {
    const name = `${labels.get(within) ?? within}, ${label}`;
    try {
      const bytes = core.sparseStore(layout, within, values, mask, columns).length;
      // The kept values are one row, padded to whole blocks.
      const multiple = core.formats().find(({ id }) => id === within)!.rowMultiple;
      const padded = Math.ceil(count / multiple) * multiple;
      const parts = core.encodedParts(within, padded, padded);
      const encoded = core.encodedSize(within, padded, padded);
      const cut = values.map((value, i) => (mask[i] ? value : 0));
      rows.push({
        id: `${layout} ${within}`, label: name, bytes, kind: 'sparse', error: within === stored ? core.compare(values, cut).relativeMse : NaN,
        naive: (values.length / Math.max(1, count)) * ((base === 'fp32' ? 32 : 16) / (parts.codeBits / Math.max(1, padded))),
        parts: { ...kNone, codes: parts.codeBits / 8, scales: parts.scaleBits / 8, offsets: parts.offsetBits / 8, indices: bytes - encoded },
      });
    } catch (thrown) {
      refused.push({ format: name, message: thrown instanceof Error ? thrown.message : String(thrown) });
    }
  };
  for (const { layout, label } of layouts) {
    if (layout !== '2:4') add(layout, label, stored, global, kept);
    else if (columns % 4 === 0) add(layout, label, stored, compressors.pruneNOfM(scores, columns, 2, 4), values.length / 2);
    else refused.push({ format: '2:4', message: `Rows of ${columns} are not whole groups of four.` });
  }
  if (format !== stored) add('bitmask', 'bit mask', format, global, kept);
  return { rows, kept };
}
