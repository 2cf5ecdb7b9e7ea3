// Which tensors the ledger shows, in which order and groups.
import type { CheckpointTensor } from './checkpoint.js';
import { valuesOf } from './csv.js';
import { kindLabel, kindOrder } from './kinds.js';
import type { ColumnId, Grouping } from './state.js';

export interface LedgerGroup {
  /** Empty: the one group of an ungrouped list, without a head. */
  id: string;
  title: string;
  tensors: CheckpointTensor[];
  values: number;
  bytes: number;
}

const textOf = ({ name, kind, layer, type, shape, file }: CheckpointTensor): string =>
  `${name} ${kindLabel(kind)} ${kind} ${layer === undefined ? '' : `layer ${layer}`} ${type} ${shape.join(' × ')} ${shape.join('x')} ${file.name}`.toLowerCase();

/** "layer 3" is one thing to look for, and is not layer 31; all else is words, of which a tensor must have every one. */
export function found(tensors: readonly CheckpointTensor[], find: string): CheckpointTensor[] {
  const text = find.toLowerCase();
  const layer = /\blayer\s+(\d+)\b/.exec(text);
  const words = text.replace(/\blayer\s+\d+\b/, ' ').split(/\s+/).filter(Boolean);
  if (!layer && words.length === 0) return [...tensors];
  return tensors.filter((tensor) => {
    if (layer && tensor.layer !== Number(layer[1])) return false;
    const line = textOf(tensor);
    return words.every((word) => line.includes(word));
  });
}

const collator = new Intl.Collator('en', { numeric: true });
const product = (shape: readonly number[]): number => shape.reduce((all, size) => all * size, 1);

const compare: Readonly<Record<ColumnId, (a: CheckpointTensor, b: CheckpointTensor) => number>> = {
  name: (a, b) => collator.compare(a.name, b.name),
  kind: (a, b) => kindOrder(a.kind) - kindOrder(b.kind),
  type: (a, b) => collator.compare(a.type, b.type),
  shape: (a, b) => a.shape.length - b.shape.length || product(a.shape) - product(b.shape) || collator.compare(a.shape.join('x'), b.shape.join('x')),
  values: (a, b) => valuesOf(a) - valuesOf(b),
  bytes: (a, b) => a.byteLength - b.byteLength,
};

interface Place { id: string; title: string; order: number; }

/** What stands outside the layers comes first; a tensor of NPY files has neither layer nor kind, and its list no groups. */
function placeOf({ layer, kind, type, file }: CheckpointTensor, group: Grouping): Place {
  switch (group) {
    case 'layer': return layer === undefined ? { id: 'outside', title: 'Outside the layers', order: -1 } : { id: `layer ${layer}`, title: `Layer ${layer}`, order: layer };
    case 'kind': return { id: kind, title: kindLabel(kind), order: kindOrder(kind) };
    case 'type': return { id: type, title: type, order: 0 };
    case 'file': return { id: file.name, title: file.name, order: 0 };
    case 'none': return { id: '', title: '', order: 0 };
  }
}

/** Tensors in their groups, both in the asked order: groups by their sums where it is by a number, else as they come in a model. */
export function grouped(tensors: readonly CheckpointTensor[], group: Grouping, sort: string): LedgerGroup[] {
  const groups = new Map<string, LedgerGroup & { order: number }>();
  for (const tensor of tensors) {
    const { id, title, order } = placeOf(tensor, group);
    let into = groups.get(id);
    if (!into) groups.set(id, (into = { id, title, order, tensors: [], values: 0, bytes: 0 }));
    into.tensors.push(tensor);
    into.values += valuesOf(tensor);
    into.bytes += tensor.byteLength;
  }
  const column = sort.replace('-', '') as ColumnId | '';
  const sign = sort.startsWith('-') ? -1 : 1;
  const list = [...groups.values()].sort((a, b) => a.order - b.order || collator.compare(a.id, b.id));
  if (column === '') return list;
  for (const each of list) each.tensors.sort((a, b) => sign * compare[column](a, b) || collator.compare(a.name, b.name));
  if (column === 'values' || column === 'bytes') list.sort((a, b) => sign * (a[column] - b[column]));
  else if (sign < 0 && column === 'name') list.reverse();
  return list;
}
