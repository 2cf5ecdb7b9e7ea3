// The tensor on the bench as a file: decoded or encoded, alone in an .npy, a safetensors or a GGUF v3.
import type { ElementType, FormatInfo } from 'bitbudget';
import { run } from '../../worker/core.js';
import { decodedPieces, encodedPieces, type Watch } from './runner.js';
import type { Detail, Tensor } from './tensor.js';

export interface Kind {
  id: string;
  what: 'decoded' | 'encoded';
  label: string;
  container: 'npy' | 'safetensors' | 'gguf' | 'bin';
  /** Of its elements, as files name it. */
  type: string;
}

/** Number formats that are plain numbers in files. */
const plain: Record<string, string> = { f32: 'F32', f16: 'F16', bf16: 'BF16' };
/** FP8 with scales: the codes are a tensor of their own, the scales another. */
const scaled = /^f8_(e4m3|e5m2)(_row)?$/;

const decoded: Kind[] = [
  { id: 'npy', what: 'decoded', label: 'NumPy (.npy), F32', container: 'npy', type: 'F32' },
  ...(['safetensors', 'gguf'] as const).flatMap((container) => Object.values(plain).map((type): Kind => ({
    id: `${container}-${type.toLowerCase()}`, what: 'decoded', label: `${container === 'gguf' ? 'GGUF (.gguf)' : 'safetensors'}, ${type}`, container, type,
  }))),
];

/** What a tensor in that format can be saved as. */
export function kindsFor({ id, label }: FormatInfo, types: readonly ElementType[]): Kind[] {
  const fp8 = scaled.exec(id)?.[1];
  const type = types.find((each) => (each.format ? each.format === id : each.name === plain[id]));
  const encoded: Kind[] = [{ id: 'bin', what: 'encoded', label: 'its bytes alone (.bin)', container: 'bin', type: '' }];
  if (fp8) encoded.push({ id: 'encoded-safetensors', what: 'encoded', label: `safetensors, F8_${fp8.toUpperCase()} with scales`, container: 'safetensors', type: `F8_${fp8.toUpperCase()}` });
  else if (type?.safetensors) encoded.push({ id: 'encoded-safetensors', what: 'encoded', label: `safetensors, ${type.name}`, container: 'safetensors', type: type.name });
  if (type?.gguf) encoded.push({ id: 'encoded-gguf', what: 'encoded', label: `GGUF (.gguf), ${label}`, container: 'gguf', type: type.name });
  return [...encoded, ...decoded];
}

interface Piece { name: string; type: string; shape: number[]; bytes: Uint8Array[]; }

const dataView = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Codes and scales apart: one scale before all codes, or one before those of each row. */
function splitScales(pieces: Uint8Array[], columns: number, perRow: boolean): { codes: Uint8Array[]; scales: Uint8Array } {
  if (!perRow) return { scales: pieces[0]!.subarray(0, 4), codes: pieces.map((piece, i) => piece.subarray(i === 0 ? 4 : 0)) };
  const scales: number[] = [];
  const codes = pieces.map((piece) => {
    const rows = piece.length / (columns + 4);
    const out = new Uint8Array(rows * columns);
    for (let row = 0; row < rows; row++) {
      const from = row * (columns + 4);
      scales.push(dataView(piece).getFloat32(from, true));
      out.set(piece.subarray(from + 4, from + 4 + columns), row * columns);
    }
    return out;
  });
  return { codes, scales: new Uint8Array(Float32Array.from(scales).buffer) };
}

/** The longest name that readers of GGUF take, in bytes. */
const kGgufName = 63;

async function piecesOf(tensor: Tensor, format: FormatInfo, detail: Detail, kind: Kind, watch: Watch): Promise<Piece[]> {
  const { rows, columns } = tensor;
  const long = kind.container === 'gguf' && new TextEncoder().encode(tensor.name).length > kGgufName;
  const name = long || tensor.name === '' ? 'weight' : tensor.name;
  // GGUF knows up to four dimensions, of one element at least.
  const shape = tensor.shape.length === 0 || (kind.container === 'gguf' && tensor.shape.length > 4) ? [rows, columns] : tensor.shape;
  if (kind.what === 'decoded') return [{ name, type: kind.type, shape, bytes: await decodedPieces(tensor, detail, kind.type.toLowerCase(), watch) }];
  const bytes = encodedPieces(format, detail);
  const perRow = scaled.exec(format.id)?.[2] !== undefined;
  if (!scaled.test(format.id)) return [{ name, type: kind.type, shape, bytes }];
  const { codes, scales } = splitScales(bytes, columns, perRow);
  return [{ name, type: kind.type, shape, bytes: codes }, { name: `${name}_scale`, type: 'F32', shape: perRow ? [rows, 1] : [1], bytes: [scales] }];
}

const endings = { npy: 'npy', safetensors: 'safetensors', gguf: 'gguf', bin: 'bin' } as const;

export async function fileOf(tensor: Tensor, format: FormatInfo, detail: Detail, kind: Kind, watch: Watch): Promise<{ name: string; content: Blob }> {
  const stem = tensor.title.replace(/\.npy$/, '').replace(/[^\w.-]+/g, '-');
  const name = `${stem}-${format.id}${kind.what === 'decoded' && kind.container !== 'npy' ? '-decoded' : ''}.${endings[kind.container]}`;
  const whole = (parts: Uint8Array[]) => new Blob(parts as BlobPart[], { type: 'application/octet-stream' });
  if (kind.container === 'bin') return { name, content: whole(encodedPieces(format, detail)) };
  const pieces = await piecesOf(tensor, format, detail, kind, watch);
  if (kind.container === 'npy') return { name, content: whole([await run('lab.npyHeader', pieces[0]!.shape, { signal: watch.signal }), ...pieces[0]!.bytes]) };
  const { container } = kind;
  const made = `${kind.what === 'decoded' ? 'decoded from' : 'encoded in'} ${format.label} by bitbudget`;
  const metadata: Record<string, string> = container === 'gguf' ? { 'general.architecture': 'tensor', 'general.name': tensor.title, 'general.description': made } : { description: made, tensor: tensor.title };
  const layout = await run('lab.layout', { container, tensors: pieces.map(({ name: each, type, shape }) => ({ name: each, type, shape })), metadata }, { signal: watch.signal });
  const parts: Uint8Array[] = [layout.header];
  let written = layout.header.length;
  for (const index of layout.order) {
    parts.push(new Uint8Array(layout.offsets[index]! - written), ...pieces[index]!.bytes);
    written = layout.offsets[index]! + pieces[index]!.bytes.reduce((sum, { length }) => sum + length, 0);
  }
  parts.push(new Uint8Array(layout.fileSize - written));
  return { name, content: whole(parts) };
}
