// The ledger as comma-separated values, one line for each tensor.
import { csv } from '../../parts/save.js';
import type { Checkpoint, CheckpointTensor } from './checkpoint.js';

export const valuesOf = ({ shape }: Pick<CheckpointTensor, 'shape'>): number => shape.reduce((product, size) => product * size, 1);

export const ledgerCsv = ({ tensors }: Checkpoint): string => csv([
  ['name', 'file', 'layer', 'kind', 'type', 'shape', 'values', 'bytes', 'offset', 'decodes'],
  ...tensors.map((tensor) => [tensor.name, tensor.file.name, tensor.layer ?? '', tensor.kind, tensor.type, tensor.shape.join('x'), valuesOf(tensor), tensor.byteLength, tensor.offset, tensor.decodes ? 'yes' : 'no']),
]);
