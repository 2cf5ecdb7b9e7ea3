// What people paste: a number per line, columns with commas, semicolons, tabs or blanks between, or JSON. Whatever cannot be read
// is refused with its line.

/** A sentence for the reader that names the line. */
export class InputError extends Error {}

interface Row { where: string; cells: string[]; }

const kNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** undefined if it is none; infinities are numbers here, since they are written by those who take logarithms of nothing. */
function numberIn(cell: string): number | undefined {
  const text = cell.replace('−', '-');
  if (/^[+-]?inf(?:inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return kNumber.test(text) ? Number(text) : undefined;
}

const unquoted = (cell: string): string => /^"(.*)"$/.exec(cell.trim())?.[1]?.replaceAll('""', '"') ?? cell.trim();

function cellsOf(line: string): string[] {
  const separator = /[;\t]/.exec(line)?.[0] ?? (line.includes(',') ? ',' : undefined);
  return (separator ? line.split(separator) : line.trim().split(/\s+/)).map(unquoted);
}

function linesOf(text: string): Row[] {
  return text.split(/\r\n|\r|\n/).flatMap((line, i) => (line.trim() === '' || line.trimStart().startsWith('#') ? [] : [{ where: `Line ${i + 1}`, cells: cellsOf(line) }]));
}

function jsonRows(text: string): Row[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw new InputError(`This begins like JSON but breaks off or has a slip: ${thrown instanceof Error ? thrown.message : String(thrown)}. Mend it there, or paste plain lines.`);
  }
  const asRow = (entry: unknown, i: number): Row => {
    const cells = Array.isArray(entry) ? entry : entry !== null && typeof entry === 'object' ? Object.values(entry) : [entry];
    return { where: `Entry ${i + 1}`, cells: cells.map((cell) => (cell === null ? '' : String(cell))) };
  };
  if (Array.isArray(value)) return value.map(asRow);
  const columns = Object.entries(value as object).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]));
  if (columns.length === 0) throw new InputError('This JSON holds no list: write [[-0.5, -0.6], …] or {"original": […], "compressed": […]}.');
  const [first, ...rest] = columns;
  for (const [name, cells] of rest)
    if (cells.length !== first![1].length) throw new InputError(`“${first![0]}” has ${first![1].length} entries and “${name}” ${cells.length}: each token needs one of both.`);
  return first![1].map((_, i) => asRow(columns.map(([, cells]) => cells[i]), i));
}

export function rowsOf(text: string): Row[] {
  const rows = /^\s*[[{]/.test(text) ? jsonRows(text) : linesOf(text);
  if (rows.length === 0) throw new InputError('There is nothing to read yet: paste lines, or load a file.');
  return rows;
}

const isHeader = ({ where, cells }: Row): boolean => where.startsWith('Line') && cells.every((cell) => cell !== '' && numberIn(cell) === undefined);

export interface Table { width: number; values: Float64Array; where: (row: number) => string; }

/** Rows of numbers, all equally long, row after row. A first line of words is taken for the columns' names. */
export function readNumbers(text: string): Table {
  let rows = rowsOf(text);
  if (rows.length > 1 && isHeader(rows[0]!)) rows = rows.slice(1);
  const width = rows[0]!.cells.length;
  const values = new Float64Array(rows.length * width);
  rows.forEach(({ where, cells }, row) => {
    if (cells.length !== width) throw new InputError(`${where} has ${cells.length} ${cells.length === 1 ? 'number' : 'numbers'}, the lines before it ${width}. All need the same.`);
    cells.forEach((cell, column) => {
      const value = numberIn(cell);
      if (value === undefined) throw new InputError(`${where}: “${cell.length > 24 ? `${cell.slice(0, 24)}…` : cell}” is not a number. Write 0.5 or -1.2e-3, with a point.`);
      values[row * width + column] = value;
    });
  });
  return { width, values, where: (row) => rows[row]!.where };
}

export const column = ({ values, width }: Table, at: number): Float64Array => Float64Array.from({ length: values.length / width }, (_, row) => values[row * width + at]!);

/** What the numbers are logarithms to the base of; a loss is -ln p. */
export type Logarithm = 'natural' | 'log2' | 'log10' | 'loss';
/** What each is multiplied by to be a natural logarithm. */
export const factors: Record<Logarithm, number> = { natural: 1, log2: Math.LN2, log10: Math.LN10, loss: -1 };

/** Natural logarithms of probabilities. */
export function logProbabilities(values: Float64Array, base: Logarithm, where: (row: number) => string): Float64Array {
  return values.map((value, row) => {
    if (!Number.isFinite(value)) throw new InputError(`${where(row)}: an infinite logarithm says that the model held what came for impossible; its perplexity has no limit. It is usually an underflow: take logarithms in 32 bits.`);
    if (base === 'loss' ? value < 0 : value > 0) {
      throw new InputError(base === 'loss'
        ? `${where(row)}: ${value} is negative, and a loss −ln p is not. If these are log-probabilities, say so at “The numbers are”.`
        : `${where(row)}: ${value} is positive, and the logarithm of a probability is at most 0. If these are losses (−ln p), say so at “The numbers are”.`);
    }
    // A loss of zero must not become -0, which reads oddly.
    return value === 0 ? 0 : value * factors[base];
  });
}

export interface Predictions { truth: Int32Array; original: Int32Array; compressed: Int32Array; }

/** Three columns of answers, of any kind of text: what is right, what each model said. */
export function readPredictions(text: string): Predictions {
  let rows = rowsOf(text);
  if (rows.length > 1 && rows[0]!.cells.some((cell) => /^(truth|label|target|correct|original|compressed)/i.test(cell))) rows = rows.slice(1);
  const codes = new Map<string, number>();
  const code = (cell: string): number => codes.get(cell) ?? (codes.set(cell, codes.size), codes.size - 1);
  const coded = rows.map(({ where, cells }) => {
    if (cells.length !== 3) throw new InputError(`${where} has ${cells.length} ${cells.length === 1 ? 'column' : 'columns'}: it needs three, what is right, the original’s answer, the compressed model’s.`);
    const empty = cells.indexOf('');
    if (empty >= 0) throw new InputError(`${where}: column ${empty + 1} is empty. Write any word for “no answer”, such as none.`);
    return cells.map(code);
  });
  const take = (at: number) => Int32Array.from(coded, (row) => row[at]!);
  return { truth: take(0), original: take(1), compressed: take(2) };
}

/** name, size, metric: a model run of the reader's. */
export interface OwnRun { name: string; size: number; metric: number; }

const units: Record<string, number> = { '': 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 };

/** "4.9 GB", "4.58GiB", "4920000000": bytes. */
export function sizeIn(text: string): number | undefined {
  const match = /^(.*?)\s*([kmgt]?i?b)?$/i.exec(text.trim());
  const value = match && numberIn(match[1]!.replaceAll('_', ''));
  return value !== undefined && value !== null && value > 0 && Number.isFinite(value) ? value * units[(match![2] ?? '').toLowerCase()]! : undefined;
}

export function readRuns(text: string, kind: 'perplexity' | 'accuracy'): OwnRun[] {
  let rows = rowsOf(text);
  if (rows.length > 1 && rows[0]!.cells.length === 3 && sizeIn(rows[0]!.cells[1]!) === undefined && numberIn(rows[0]!.cells[2]!) === undefined) rows = rows.slice(1);
  return rows.map(({ where, cells }) => {
    if (cells.length !== 3) throw new InputError(`${where} has ${cells.length} ${cells.length === 1 ? 'column' : 'columns'}: it needs three with commas between, a name, a size, a ${kind}.`);
    const [name, sizeText, metricText] = cells as [string, string, string];
    const size = sizeIn(sizeText);
    if (size === undefined) throw new InputError(`${where}: “${sizeText}” is no size. Write 4.9 GB, 4.58 GiB, or a count of bytes.`);
    const metric = numberIn(metricText);
    if (metric === undefined || !Number.isFinite(metric)) throw new InputError(`${where}: “${metricText}” is no ${kind}. Write a number such as ${kind === 'accuracy' ? '0.71' : '6.23'}.`);
    if (kind === 'perplexity' && metric < 1) throw new InputError(`${where}: a perplexity is at least 1, which is certainty; this is ${metricText}.`);
    if (kind === 'accuracy' && (metric <= 0 || metric > 1)) throw new InputError(`${where}: an accuracy is a share above 0 and up to 1; this is ${metricText}. Divide percentages by 100.`);
    return { name, size, metric };
  });
}
