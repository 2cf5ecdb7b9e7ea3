// What a tensor can become in the file that is written: which tensors stand there for it, and how its elements are cut.
import type { ElementType, FormatInfo } from 'bitbudget';

export type Container = 'gguf' | 'safetensors';

/** A tensor of the new file. */
export interface StoredPart {
  name: string;
  type: string;
  shape: number[];
  /** Every `elements` of the source tensor give `bytes` here; 0 elements: these bytes stand there once, whatever its size. */
  elements: number;
  bytes: number;
}

/** How a worker makes the bytes: a format's blocks as they are, an FP8 format's codes apart from its scales, or packed integers. */
export type Method =
  | { kind: 'blocks'; format: string }
  | { kind: 'scaled'; format: string; scale: 'tensor' | 'row' }
  | { kind: 'packed'; bits: number; group: number; symmetric: boolean };

export interface Target {
  /** In plans: a format's id, or "packed_int4_sym_g128". */
  id: string;
  label: string;
  /** In one line, for the menu's hint. */
  note: string;
  bitsPerWeight: number;
  method: Method;
  /** The id that exportPlan knows. */
  exported: string;
}

export interface Shaped { name: string; shape: readonly number[]; }

export const rowLength = ({ shape }: { shape: readonly number[] }): number => shape.at(-1) ?? 1;
export const elementCount = ({ shape }: { shape: readonly number[] }): number => shape.reduce((product, size) => product * size, 1);

/** A number format's own type in a GGUF: Q4_K for q4_k. */
export const ggufType = (types: readonly ElementType[], format: string): ElementType | undefined =>
  types.find(({ name, gguf }) => gguf && name.toLowerCase() === format);

const kFloats: readonly string[] = ['f32', 'f16', 'bf16'];

/** Bits, group (0: the row) and symmetry of what compressed-tensors calls pack-quantized. */
const kPacked: readonly [bits: number, group: number, symmetric: boolean][] = [
  [8, 0, true], [8, 128, true], [4, 128, true], [4, 128, false], [4, 64, true], [4, 32, true], [4, 32, false],
];

function packedTarget([bits, group, symmetric]: (typeof kPacked)[number]): Target {
  const id = `int${bits}_${symmetric ? 'sym' : 'asym'}_${group === 0 ? 'row' : `g${group}`}`;
  const perWeight = bits + (group === 0 ? 0 : (32 + (symmetric ? 0 : bits)) / group);
  return {
    id: `packed_${id}`, exported: id, bitsPerWeight: perWeight, method: { kind: 'packed', bits, group, symmetric },
    label: `INT${bits} ${symmetric ? 'symmetric' : 'with zero points'}, ${group === 0 ? 'a scale per row' : `groups of ${group}`}`,
    note: 'compressed-tensors “pack-quantized”: codes in 32-bit words, scales in F32 beside them',
  };
}

/** What each container can hold, most bits first. */
export function targetsFor(container: Container, formats: readonly FormatInfo[], types: readonly ElementType[]): Target[] {
  const plain = (format: FormatInfo, label: string, note: string): Target =>
    ({ id: format.id, exported: format.id, label, note, bitsPerWeight: format.bitsPerWeight, method: { kind: 'blocks', format: format.id } });
  const targets = container === 'gguf'
    ? formats.flatMap((format) => (ggufType(types, format.id) ? [plain(format, format.label, 'a type of ggml')] : []))
    : formats.flatMap((format): Target[] => {
      if (kFloats.includes(format.id)) return [plain(format, format.label, 'a type of safetensors')];
      const scaled = /^f8_(e4m3|e5m2)(_row)?$/.exec(format.id);
      if (!scaled) return [];
      const scale = scaled[2] ? 'row' : 'tensor';
      return [{ ...plain(format, format.label, `F8_${scaled[1]!.toUpperCase()} and, beside it, an F32 scale ${scale === 'row' ? 'for each row' : 'for the tensor'}`), method: { kind: 'scaled', format: format.id, scale } }];
    }).concat(kPacked.map(packedTarget));
  return targets.sort((a, b) => b.bitsPerWeight - a.bitsPerWeight);
}

/** "….q_proj.weight" has its scale in "….q_proj.weight_scale"; other names just get the ending. */
const beside = (name: string, what: string): string => `${name}_${what}`;

/** The tensors that stand for `tensor` once it is `target`. */
export function partsOf(tensor: Shaped, { method }: Target, types: readonly ElementType[], container: Container): StoredPart[] {
  const { name } = tensor;
  const shape = [...tensor.shape];
  const columns = rowLength(tensor);
  const rows = columns === 0 ? 0 : elementCount(tensor) / columns;
  if (method.kind === 'blocks') {
    const type = container === 'gguf' ? ggufType(types, method.format)! : types.find((each) => each.name.toLowerCase() === method.format)!;
    return [{ name, type: type.name, shape, elements: type.blockLength, bytes: type.blockBits / 8 }];
  }
  if (method.kind === 'scaled') {
    const type = method.format.startsWith('f8_e4m3') ? 'F8_E4M3' : 'F8_E5M2';
    const scale = method.scale === 'row' ? { shape: [rows, 1], elements: columns, bytes: 4 } : { shape: [1], elements: 0, bytes: 4 };
    return [{ name, type, shape, elements: 1, bytes: 1 }, { name: beside(name, 'scale'), type: 'F32', ...scale }];
  }
  const { bits, symmetric } = method;
  const group = method.group || columns;
  const words = Math.ceil((columns * bits) / 32);
  const groups = columns / group;
  const parts: StoredPart[] = [
    { name: beside(name, 'packed'), type: 'I32', shape: [rows, words], elements: columns, bytes: words * 4 },
    { name: beside(name, 'scale'), type: 'F32', shape: [rows, groups], elements: columns, bytes: groups * 4 },
    { name: beside(name, 'shape'), type: 'I64', shape: [2], elements: 0, bytes: 16 },
  ];
  // Zero points are packed down the rows: a word of each group for every 32 / bits rows.
  const down = 32 / bits;
  if (!symmetric) parts.push({ name: beside(name, 'zero_point'), type: 'I32', shape: [Math.ceil(rows / down), groups], elements: columns * down, bytes: groups * 4 });
  return parts;
}

export const partBytes = (part: StoredPart, count: number): number => (part.elements === 0 ? part.bytes : Math.ceil(count / part.elements) * part.bytes);

/** Why `target` cannot hold `tensor`; undefined if it can. Blocks that do not fit a GGUF's rows have substitutes: see plan.ts. */
export function refusalOf(tensor: Shaped, target: Target, rowMultiple: number): string | undefined {
  const columns = rowLength(tensor);
  const { method } = target;
  if (method.kind === 'blocks' && columns % rowMultiple !== 0) return `Its rows of ${columns} are no multiple of ${rowMultiple}.`;
  if (method.kind !== 'packed') return undefined;
  if (tensor.shape.length !== 2 || !tensor.name.endsWith('.weight')) return 'Only matrices with names in .weight are packed.';
  const group = method.group || columns;
  return columns % group === 0 ? undefined : `Its rows of ${columns} are no multiple of ${group}.`;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
const lcm = (a: number, b: number): number => (a / gcd(a, b)) * b;

/** Elements that a chunk must be a multiple of, so that chunks meet between blocks, rows and words of both files. */
export const unitOf = (parts: readonly StoredPart[], sourceBlock: number): number =>
  parts.reduce((unit, { elements }) => (elements > 0 ? lcm(unit, elements) : unit), sourceBlock);
