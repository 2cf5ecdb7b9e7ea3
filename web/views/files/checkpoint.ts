// An opened checkpoint: files told apart by their content, and joined by what they say of each other.
import type { FileReport, LedgerReport, TensorEntry } from 'bitbudget';
import { CoreError, run } from '../../worker/core.js';
import type { Progress } from '../../worker/protocol.js';
import type { StoredType } from './tasks.js';

/** `read`: how many of its bytes were looked at. */
export interface OpenedFile { file: File; report: FileReport; read: number; }
export interface RefusedFile { file: File; error: CoreError; }

/** `name` is unique in the checkpoint; offset and byteLength are bytes of `file`. */
export interface CheckpointTensor extends TensorEntry {
  file: File;
  /** What `file` itself calls it: arrays of NPY files have no names of their own. */
  nameInFile: string;
  /** False: it is listed, but there is no decoder for its type. */
  decodes: boolean;
  /** As in a LedgerReport; no layer: outside the layers. */
  kind: string;
  layer?: number;
}

/** The tensors of one type together. */
export interface TypeSum { type: string; tensors: number; bytes: number; decodes: boolean; formatId: string; }

export type CheckpointFormat = 'safetensors' | 'gguf' | 'npy' | 'npz';

export interface Checkpoint {
  /** Of its tensors; undefined while there is only a config.json or an index. */
  format: CheckpointFormat | undefined;
  /** All that were taken: weights by name, then the index and config.json. */
  files: OpenedFile[];
  /** In the order of the files, and in each of its bytes. */
  tensors: CheckpointTensor[];
  /** Bytes of the tensors, and of the files that hold them. */
  bytes: number;
  fileBytes: number;
  /** The text of a config.json: the file's own, or made from a GGUF's metadata; and which file it came from. */
  config?: string;
  configFile?: File;
  ledger: LedgerReport;
  /** By bytes, most first. */
  types: TypeSum[];
  /** Why the sizing cannot read `config`. */
  configRefusal?: CoreError;
  /** Files that the index, or the numbers in the shards' names, call for and that are not here. */
  missing: string[];
  /** Files that the index does not name. */
  extra: string[];
  /** Tensors that the index places in files that are here but that are not in them, and those that it does not name. */
  lost: string[];
  unnamed: string[];
}

export interface OpenOptions {
  /** What is open already: shards join it, another checkpoint takes its place. */
  onto?: Checkpoint;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

export interface Opening {
  /** undefined: nothing could be taken, and what was open stays. */
  checkpoint?: Checkpoint;
  refused: RefusedFile[];
  /** Files that belong to a model but are of no use here: its tokenizer, its licence. */
  aside: File[];
  /** `onto` was another checkpoint. */
  replaced: boolean;
}

const isWeights = ({ report }: OpenedFile): boolean => report.format !== 'config' && report.format !== 'safetensors-index';
const byName = (a: OpenedFile, b: OpenedFile): number => a.file.name.localeCompare(b.file.name, 'en', { numeric: true });

/** What stands beside the weights where models are published. */
const kCompanion = /^(\.git.*|.*\.(md|txt|py|jinja|model|vocab|tiktoken|png|svg|html)|licen[cs]e.*|notice|use_policy.*|(tokenizer|vocab|merges|special_tokens_map|added_tokens|generation_config|preprocessor_config|processor_config|chat_template).*\.json)$/i;

/** A config.json says what kind of model it is, or how large; other JSON does not. */
const isConfig = ({ report: { format, metadata } }: OpenedFile): boolean =>
  format !== 'config' || ['model_type', 'architectures', 'text_config', 'hidden_size', 'n_embd', 'd_model', 'num_hidden_layers', 'n_layer'].some((key) => Object.hasOwn(metadata, key));

const refuse = (file: File, code: string, message: string, field = ''): RefusedFile =>
  ({ file, error: new CoreError({ name: 'Error', code, message, ...(field && { field }) }) });

/** Shards are numbered alike in all formats: NAME-00002-of-00005.safetensors. */
interface Series { stem: string; number: number; total: number; digits: number; extension: string; }

function seriesOf(name: string): Series | undefined {
  const match = /^(.*)-(\d{1,6})-of-(\d{1,6})(\.\w+)$/.exec(name);
  if (!match) return undefined;
  const [, stem = '', number = '', total = '', extension = ''] = match;
  return { stem, number: Number(number), total: Number(total), digits: number.length, extension };
}

const sameSeries = (a: string, b: string): boolean => {
  const [first, second] = [seriesOf(a), seriesOf(b)];
  return first !== undefined && second !== undefined && first.stem === second.stem && first.total === second.total && first.extension === second.extension;
};

/** No more names are made up than a person would read. */
const kMostShards = 1000;

function missingOf(weights: readonly OpenedFile[], index: OpenedFile | undefined): string[] {
  const here = new Set(weights.map(({ file }) => file.name));
  if (index) return (index.report.shards ?? []).filter((name) => !here.has(name));
  const series = weights[0] && seriesOf(weights[0].file.name);
  if (!series || series.total > kMostShards || !weights.every(({ file }) => sameSeries(file.name, weights[0]!.file.name))) return [];
  const { stem, total, digits, extension } = series;
  return Array.from({ length: total }, (_, shard) => `${stem}-${String(shard + 1).padStart(digits, '0')}-of-${String(total).padStart(digits, '0')}${extension}`).filter((name) => !here.has(name));
}

/** An array of an .npy has no name but its file's. */
const nameOf = ({ file, report }: OpenedFile, entry: TensorEntry, alone: boolean): string =>
  report.format === 'npy' ? file.name.replace(/\.npy$/i, '') : report.format === 'npz' && !alone ? `${file.name.replace(/\.npz$/i, '')}/${entry.name}` : entry.name;

const namesOf = (files: readonly OpenedFile[]): Map<string, OpenedFile> => {
  const names = new Map<string, OpenedFile>();
  for (const opened of files) for (const entry of opened.report.tensors) names.set(nameOf(opened, entry, files.length === 1), opened);
  return names;
};

/** Whether new weights belong to those that are open: the index names them, or their numbers go on. */
function belongs(fresh: readonly OpenedFile[], open: readonly OpenedFile[], index: OpenedFile | undefined): boolean {
  const first = open[0];
  if (!first) return true;
  const named = new Set(index?.report.shards ?? []);
  return fresh.every(({ file, report }) => report.format === first.report.format
    && (open.some((each) => each.file.name === file.name) || (named.has(file.name) && named.has(first.file.name)) || sameSeries(file.name, first.file.name)));
}

/** One checkpoint has one format and each tensor once; what does not fit in is refused. */
function fitting(weights: readonly OpenedFile[], refused: RefusedFile[]): OpenedFile[] {
  const taken: OpenedFile[] = [];
  const names = new Map<string, OpenedFile>();
  for (const opened of weights) {
    const { file, report } = opened;
    const first = taken[0];
    if (first && first.report.format !== report.format) {
      refused.push(refuse(file, 'unsupported', `${file.name} is ${report.format} and ${first.file.name} is ${first.report.format}: a checkpoint is all of one format. Open this file alone.`));
      continue;
    }
    const own = [...namesOf(weights.length === 1 ? [opened] : [opened, opened]).keys()];
    const twice = own.find((name) => names.has(name));
    if (twice !== undefined) {
      refused.push(refuse(file, 'unsupported', `The tensor “${twice}” is in ${names.get(twice)!.file.name} already, so these are two checkpoints. Open this file alone.`, twice));
      continue;
    }
    for (const name of own) names.set(name, opened);
    taken.push(opened);
  }
  return taken;
}

/** The newest of each name; of config.json and of the index there is one. */
function merged(open: readonly OpenedFile[], fresh: readonly OpenedFile[]): OpenedFile[] {
  const replaces = (old: OpenedFile) => fresh.some(({ file, report }) => file.name === old.file.name || (!isWeights(old) && report.format === old.report.format));
  return [...open.filter((old) => !replaces(old)), ...fresh];
}

async function inspectAll(files: readonly File[], refused: RefusedFile[], aside: File[], { signal, onProgress }: OpenOptions): Promise<OpenedFile[]> {
  const opened: OpenedFile[] = [];
  const turnAway = (refusal: RefusedFile) => {
    if (files.length > 1 && kCompanion.test(refusal.file.name)) aside.push(refusal.file);
    else refused.push(refusal);
  };
  for (const [done, file] of files.entries()) {
    onProgress?.({ stage: `Reading ${file.name}`, done, total: files.length });
    if (file.size === 0) {
      turnAway(refuse(file, 'truncated', 'The file is empty: copy or download it again.'));
      continue;
    }
    try {
      const inspected = { file, ...(await run('files.inspect', file, signal && { signal })) };
      if (isConfig(inspected)) opened.push(inspected);
      else turnAway(refuse(file, 'unsupported', 'This JSON describes no model: it has neither a model_type nor sizes. Open the config.json that was published with the model.', 'model_type'));
    } catch (thrown) {
      if (signal?.aborted || !(thrown instanceof CoreError)) throw thrown;
      turnAway({ file, error: thrown });
    }
  }
  return opened;
}

/** Reads the headers of `files` and joins them with each other and with what is open. Rejects only when cancelled. */
export async function openCheckpoint(files: readonly File[], options: OpenOptions = {}): Promise<Opening> {
  const refused: RefusedFile[] = [];
  const aside: File[] = [];
  const fresh = await inspectAll(files, refused, aside, options);
  if (fresh.length === 0) return { refused, aside, replaced: false };
  const before = options.onto?.files ?? [];
  const freshWeights = fresh.filter(isWeights);
  const index = [...fresh, ...before].find(({ report }) => report.format === 'safetensors-index');
  const joins = freshWeights.length === 0 || belongs(freshWeights, before.filter(isWeights), index);
  const all = merged(joins ? before : [], fresh);
  const weights = fitting(all.filter(isWeights).sort(byName), refused);
  const checkpoint = await assemble([...weights, ...all.filter((each) => !isWeights(each))], options);
  return { checkpoint, refused, aside, replaced: !joins };
}

/** The checkpoint without one of its files; undefined once none is left. */
export async function withoutFile(checkpoint: Checkpoint, file: File): Promise<Checkpoint | undefined> {
  const left = checkpoint.files.filter((each) => each.file !== file);
  return left.length === 0 ? undefined : assemble(left, {});
}

function typeSums(tensors: readonly CheckpointTensor[], types: ReadonlyMap<string, StoredType>): TypeSum[] {
  const sums = new Map<string, TypeSum>();
  for (const { type, byteLength, decodes } of tensors) {
    const sum = sums.get(type) ?? { type, tensors: 0, bytes: 0, decodes, formatId: types.get(type)?.formatId ?? '' };
    sum.tensors++;
    sum.bytes += byteLength;
    sums.set(type, sum);
  }
  return [...sums.values()].sort((a, b) => b.bytes - a.bytes);
}

async function assemble(files: OpenedFile[], { signal }: OpenOptions): Promise<Checkpoint> {
  const weights = files.filter(isWeights);
  const index = files.find(({ report }) => report.format === 'safetensors-index');
  const described = files.find(({ report }) => report.format === 'config') ?? weights.find(({ report }) => report.config !== undefined);
  const config = described?.report.config;
  const types = new Map((await run('files.types', null, signal && { signal })).map((type) => [type.name, type]));
  const entries = weights.flatMap((opened) => opened.report.tensors.map((entry) => ({ opened, entry, name: nameOf(opened, entry, weights.length === 1) })));
  const listed = entries.map(({ entry: { type, shape, byteLength, offset }, name }) => ({ name, type, shape, byteLength, offset }));
  const { report: ledger, refusal } = await run('files.ledger', { tensors: listed, config: config ?? '' }, signal && { signal });
  const tensors = entries.map(({ opened, entry, name }, at): CheckpointTensor =>
    ({ ...entry, name, nameInFile: entry.name, file: opened.file, decodes: types.get(entry.type)?.decodes ?? false, ...ledger.places[at]! }));
  const named = new Map(index?.report.tensors.map((entry) => [entry.name, index.report.shards![entry.shard ?? 0]!]));
  const here = new Set(weights.map(({ file }) => file.name));
  const own = new Set(tensors.map(({ name }) => name));
  return {
    files, tensors, ledger, types: typeSums(tensors, types), format: weights[0]?.report.format as CheckpointFormat | undefined,
    bytes: ledger.bytes, fileBytes: weights.reduce((sum, { file }) => sum + file.size, 0),
    ...(config !== undefined && { config, configFile: described!.file }), ...(refusal && { configRefusal: new CoreError(refusal) }),
    missing: missingOf(weights, index),
    extra: index ? [...here].filter((name) => !index.report.shards!.includes(name)) : [],
    lost: [...named].filter(([name, shard]) => here.has(shard) && !own.has(name)).map(([name]) => name),
    unnamed: index ? [...own].filter((name) => !named.has(name)) : [],
  };
}
