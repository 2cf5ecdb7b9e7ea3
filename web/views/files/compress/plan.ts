// The plan: what each tensor of the checkpoint becomes, and why. Pure: the same settings give the same plan.
import type { ElementType } from 'bitbudget';
import type { CheckpointTensor } from '../checkpoint.js';
import { kKeep, readPatterns, type Patterns } from './pattern.js';
import { elementCount, partBytes, partsOf, refusalOf, rowLength, targetsFor, type Container, type StoredPart, type Target } from './targets.js';
import type { Basis } from './tasks.js';

export type Approach = 'mixture' | 'one' | 'kinds' | 'budget';

export interface Settings {
  container: Container;
  approach: Approach;
  mixture: string;
  /** The format of all matrices, for 'one'. */
  one: string;
  /** By kind; what is missing stays as it is. */
  kinds: Readonly<Record<string, string>>;
  patterns: string;
  /** By tensor, chosen in the table. */
  byHand: ReadonlyMap<string, string>;
}

export interface PlanRow {
  tensor: CheckpointTensor;
  /** Which of the plan's formats was asked for; kKeep for none. */
  wanted: string;
  /** undefined: its bytes are copied as they are. */
  target: Target | undefined;
  parts: StoredPart[];
  bytes: number;
  elements: number;
  /** Why it is not what was asked for. */
  reason: string;
  /** Why the file cannot be written with it. */
  blocked: string;
  by: 'method' | 'pattern' | 'hand';
}

export interface Plan {
  rows: PlanRow[];
  targets: Target[];
  patterns: Patterns;
  bytes: number;
  bytesBefore: number;
  elements: number;
  blocked: PlanRow[];
  /** Lines of the patterns that fit no tensor. */
  idle: number[];
}

/** Matrices of these kinds are compressed unless something else is asked for. */
const kCompressed = new Set(['embedding', 'head', 'attention', 'feed_forward', 'expert', 'shared_expert', 'recurrent', 'vision', 'prediction', 'other']);
const kPlainNumbers = new Set(['F64', 'F32', 'F16', 'BF16', 'F8_E4M3', 'F8_E5M2', 'F8_E4M3FNUZ', 'F8_E5M2FNUZ']);

/** Weights, of which fewer bits can be spent: not vectors, norms, routers, tables, codes of quantized weights. */
export const isMatrix = (tensor: CheckpointTensor, types: readonly ElementType[]): boolean =>
  tensor.shape.length >= 2 && kCompressed.has(tensor.kind) && tensor.decodes && !tensor.deflated && !tensor.columnMajor
  && (kPlainNumbers.has(tensor.type) || types.some(({ name, format }) => name === tensor.type && format !== ''));

/** Where the type itself has no place in the new file: one that holds all its values, or the nearest. */
function holdingType(tensor: CheckpointTensor, container: Container): string {
  if (container === 'safetensors') return 'f16';
  return tensor.type.startsWith('F8_E4M3') || tensor.type.startsWith('F8_E5M2') ? 'f16' : 'f32';
}

export class Planner {
  readonly targets: Target[];
  readonly #byId: Map<string, Target>;
  readonly #multiples: Map<string, number>;

  constructor(readonly basis: Basis, readonly container: Container) {
    this.targets = targetsFor(container, basis.formats, basis.types);
    this.#byId = new Map(this.targets.map((target) => [target.id, target]));
    this.#multiples = new Map(basis.formats.map(({ id, rowMultiple }) => [id, rowMultiple]));
  }

  /** `wanted`'s target for a tensor, or its substitute and the reason. */
  fit(tensor: CheckpointTensor, wanted: string): { target: Target | undefined; reason: string } {
    if (wanted === kKeep || elementCount(tensor) === 0) return { target: undefined, reason: '' };
    const target = this.#byId.get(wanted);
    if (!target) return { target: undefined, reason: `${wanted} has no place in this kind of file.` };
    if (!tensor.decodes) return { target: undefined, reason: `There is no decoder for ${tensor.type}, so it stays as it is.` };
    const refusal = refusalOf(tensor, target, target.method.kind === 'blocks' ? this.#multiples.get(target.method.format) ?? 1 : 1);
    if (!refusal) return { target, reason: '' };
    const id = this.container === 'gguf' ? this.basis.fitting[`${wanted}/${rowLength(tensor)}`] : 'f16';
    const instead = this.#byId.get(id ?? 'f16');
    return { target: instead, reason: `${refusal} ${instead?.label ?? 'F16'} instead${this.container === 'gguf' ? ', as llama-quantize does' : ''}.` };
  }

  row(tensor: CheckpointTensor, wanted: string, by: PlanRow['by']): PlanRow {
    let { target, reason } = this.fit(tensor, wanted);
    const elements = elementCount(tensor);
    let blocked = '';
    const type = this.basis.types.find(({ name }) => name === tensor.type);
    // Nothing is gained by decoding what has the wanted type already.
    if (target?.method.kind === 'blocks' && target.id === tensor.type.toLowerCase() && !tensor.bigEndian) target = undefined;
    if (tensor.deflated) blocked = 'It is compressed inside its file: unpack the NPZ first.';
    else if (tensor.columnMajor) blocked = 'It is stored column by column: save it in row order first.';
    else if (target === undefined && (!type?.[this.container] || tensor.bigEndian)) {
      const instead = this.#byId.get(holdingType(tensor, this.container));
      if (!tensor.decodes || !instead) blocked = `${this.container === 'gguf' ? 'A GGUF' : 'A safetensors file'} has no type ${tensor.type}, and it cannot be decoded.`;
      else {
        target = instead;
        reason = `${reason} ${this.container === 'gguf' ? 'A GGUF' : 'A safetensors file'} has no ${tensor.bigEndian ? 'big-endian numbers' : tensor.type}: its values are written as ${instead.label}.`.trim();
      }
    }
    const parts = target ? partsOf(tensor, target, this.basis.types, this.container)
      : [{ name: tensor.name, type: tensor.type, shape: [...tensor.shape], elements: type?.blockLength ?? 1, bytes: (type?.blockBits ?? 8) / 8 }];
    const bytes = target ? parts.reduce((sum, part) => sum + partBytes(part, elements), 0) : tensor.byteLength;
    return { tensor, wanted, target, parts, bytes, elements, reason, blocked, by };
  }

  /** `fromMethod`: for each tensor the format that the approach gives it (a mixture's, a budget's); kKeep or "" for none. */
  plan(tensors: readonly CheckpointTensor[], settings: Settings, fromMethod?: ReadonlyMap<string, string>): Plan {
    const patterns = readPatterns(settings.patterns, new Set(this.#byId.keys()));
    const rows = tensors.map((tensor) => {
      const hand = settings.byHand.get(tensor.name);
      if (hand !== undefined && (hand === kKeep || this.#byId.has(hand))) return this.row(tensor, hand, 'hand');
      const rule = patterns.rules.findLast(({ matches }) => matches(tensor.name));
      if (rule) return this.row(tensor, rule.target, 'pattern');
      return this.row(tensor, this.#ofMethod(tensor, settings, fromMethod), 'method');
    });
    const sum = (of: (row: PlanRow) => number) => rows.reduce((total, row) => total + of(row), 0);
    return {
      rows, targets: this.targets, patterns, bytes: sum(({ bytes }) => bytes), bytesBefore: sum(({ tensor }) => tensor.byteLength),
      elements: sum(({ elements }) => elements), blocked: rows.filter(({ blocked }) => blocked !== ''),
      idle: patterns.rules.filter(({ matches }) => !tensors.some(({ name }) => matches(name))).map(({ line }) => line),
    };
  }

  #ofMethod(tensor: CheckpointTensor, { approach, one, kinds }: Settings, given?: ReadonlyMap<string, string>): string {
    if (approach === 'kinds') return tensor.shape.length >= 2 || tensor.kind === 'norm' ? kinds[tensor.kind] ?? kKeep : kKeep;
    if (!isMatrix(tensor, this.basis.types)) return kKeep;
    return approach === 'one' ? one : given?.get(tensor.name) || kKeep;
  }
}
