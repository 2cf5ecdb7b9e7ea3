import type { MainModule } from './bitbudget.mjs';
import type { Bitbudget, FileLayout, FileReport, TensorEntry } from './api.js';
import { BitbudgetError, natural, typed, unwrap } from './error.js';

function shapeOf(shape: readonly number[]): number[] {
  if (!Array.isArray(shape)) throw new BitbudgetError('invalid_argument', 'shape must be an array of whole numbers.', { field: 'shape' });
  return shape.map((size) => natural(size, 'shape'));
}

export function filesApi(module: MainModule): Pick<Bitbudget, 'inspect' | 'readTensor' | 'decodeTensor' | 'npyHeader' | 'layoutFile'> {
  return {
    inspect: (bytes, { name = '', fileSize = 0 } = {}) => {
      const report = unwrap<Omit<FileReport, 'metadata'> & { metadata: string }>(() => module.inspect(typed(bytes, 'Uint8Array', 'bytes'), String(name), natural(fileSize, 'fileSize')));
      return { ...report, metadata: JSON.parse(report.metadata) as FileReport['metadata'] };
    },
    readTensor: (bytes, tensor, { name = '' } = {}) =>
      unwrap<{ shape: number[]; values: Float32Array }>(() => module.readTensor(typed(bytes, 'Uint8Array', 'bytes'), String(tensor), String(name))),
    decodeTensor: (tensor: TensorEntry, stored) => {
      if (tensor.deflated) throw new BitbudgetError('unsupported', 'This tensor is compressed inside its file: use readTensor with the whole file.', { field: 'tensor' });
      return unwrap<Float32Array>(() =>
        module.decodeTensor(String(tensor.type), shapeOf(tensor.shape), tensor.bigEndian === true, tensor.columnMajor === true, typed(stored, 'Uint8Array', 'stored')));
    },
    layoutFile: (format, tensors, { metadata = {}, gguf = new Uint8Array(0), ggufSize = 0 } = {}) => {
      if (format !== 'safetensors' && format !== 'gguf') {
        throw new BitbudgetError('invalid_argument', 'A checkpoint is written as "safetensors" or "gguf".', { field: 'format' });
      }
      const list = tensors.map(({ name, type, shape }) => ({ name: String(name), type: String(type), shape: shapeOf(shape) }));
      const pairs = Object.entries(metadata).map(([key, text]) => [key, String(text)]);
      return unwrap<FileLayout>(() => module.layoutFile(format, list, pairs, typed(gguf, 'Uint8Array', 'gguf'), natural(ggufSize || gguf.length, 'ggufSize')));
    },
    npyHeader: (shape, type = 'F32') => unwrap<Uint8Array>(() => module.npyHeader(String(type), shapeOf(shape))),
  };
}
