import type { MainModule } from './bitbudget.mjs';
import type { Bitbudget, ElementType, FileLayout, FileReport, TensorEntry } from './api.js';
import { BitbudgetError, listOf, natural, typed, unwrap } from './error.js';

function shapeOf(shape: readonly number[]): number[] {
  if (!Array.isArray(shape)) throw new BitbudgetError('invalid_argument', 'shape must be an array of whole numbers.', { field: 'shape' });
  return shape.map((size) => natural(size, 'shape'));
}

/** As much of a file as is tried first: most headers are shorter. */
const FIRST_SLICE = 1 << 20;

/** Only the header crosses into the module's memory: slice by slice, as its refusals ask for more, up to all that is given. */
function inspect(module: MainModule, bytes: Uint8Array, { name = '', fileSize = 0 }: { name?: string; fileSize?: number } = {}): FileReport {
  const all = typed(bytes, 'Uint8Array', 'bytes');
  const size = natural(fileSize, 'fileSize') || all.length;
  for (let length = Math.min(FIRST_SLICE, all.length); ; ) {
    try {
      const report = unwrap<Omit<FileReport, 'metadata'> & { metadata: string }>(() => module.inspect(all.subarray(0, length), String(name), size));
      return { ...report, metadata: JSON.parse(report.metadata) as FileReport['metadata'] };
    } catch (error) {
      const more = error instanceof BitbudgetError && error.code === 'truncated' && error.field === 'bytes' ? error.offset ?? 0 : 0;
      if (more <= length || length === all.length) throw error;
      length = Math.min(more, all.length);
    }
  }
}

function decodeTensor(module: MainModule, tensor: TensorEntry, stored: Uint8Array): Float32Array {
  if (tensor.deflated) throw new BitbudgetError('unsupported', 'This tensor is compressed inside its file: use readTensor with the whole file.', { field: 'tensor' });
  return unwrap<Float32Array>(() =>
    module.decodeTensor(String(tensor.type), shapeOf(tensor.shape), tensor.bigEndian === true, tensor.columnMajor === true, typed(stored, 'Uint8Array', 'stored')));
}

export function filesApi(module: MainModule): Pick<Bitbudget, 'inspect' | 'elementTypes' | 'readTensor' | 'decodeTensor' | 'npyHeader' | 'layoutFile'> {
  return {
    elementTypes: () => module.elementTypes() as ElementType[],
    inspect: (bytes, options) => inspect(module, bytes, options),
    readTensor: (bytes, tensor, { name = '' } = {}) => {
      const entry = inspect(module, bytes, { name }).tensors.find((each) => each.name === String(tensor));
      // What is not there, is compressed or is an index: the core says so, or unpacks it.
      if (!entry || entry.deflated || entry.type === '') {
        return unwrap<{ shape: number[]; values: Float32Array }>(() => module.readTensor(bytes, String(tensor), String(name)));
      }
      return { shape: entry.shape, values: decodeTensor(module, entry, bytes.subarray(entry.offset, entry.offset + entry.byteLength)) };
    },
    decodeTensor: (tensor, stored) => decodeTensor(module, tensor, stored),
    layoutFile: (format, tensors, { metadata = {}, gguf = new Uint8Array(0), ggufSize = 0 } = {}) => {
      if (format !== 'safetensors' && format !== 'gguf') {
        throw new BitbudgetError('invalid_argument', 'A checkpoint is written as "safetensors" or "gguf".', { field: 'format' });
      }
      const list = listOf(module, tensors, ({ name, type, shape }) => ({ name: String(name), type: String(type), shape: shapeOf(shape) }));
      const texts: [string, string][] = [];
      const numbers: [string, number][] = [];
      for (const [key, value] of Object.entries(metadata)) {
        if (typeof value !== 'number') texts.push([key, String(value)]);
        else if (format === 'gguf' && natural(value, key) < 2 ** 32) numbers.push([key, value]);
        else throw new BitbudgetError('invalid_argument', `A number in the metadata is one of a GGUF and below 2^32.`, { field: key });
      }
      return unwrap<FileLayout>(() => module.layoutFile(format, list, texts, numbers, typed(gguf, 'Uint8Array', 'gguf'), natural(ggufSize || gguf.length, 'ggufSize')));
    },
    npyHeader: (shape, type = 'F32') => unwrap<Uint8Array>(() => module.npyHeader(String(type), shapeOf(shape))),
  };
}
