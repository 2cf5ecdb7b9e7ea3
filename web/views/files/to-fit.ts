// The way to Fit: the model's config, and the bytes that the files really have for its weights.
import { writeHash } from '../../shell/hash.js';
import { writeStored } from '../fit/state.js';
import type { Checkpoint } from './checkpoint.js';
import { kindOrder } from './kinds.js';

/** "model" of model-00001-of-00004.safetensors; a single file keeps its name. */
export function checkpointName({ files, format }: Checkpoint): string {
  const weights = files.filter(({ report }) => report.format === format);
  const first = (weights[0] ?? files[0])?.file.name ?? '';
  return weights.length > 1 ? `${first.replace(/-\d+-of-\d+(?=\.\w+$)/, '')}, ${weights.length} files` : first;
}

/** A part of the files is not what the weights take. */
export const isWhole = ({ missing, ledger }: Checkpoint): boolean => missing.length === 0 && ledger.bytes > 0;

/** undefined where the sizing has no config that it can read. */
export function fitAddress(checkpoint: Checkpoint): string | undefined {
  const { config, configRefusal, ledger, types } = checkpoint;
  if (config === undefined || configRefusal || !ledger.config) return undefined;
  const sums = [...ledger.kinds].sort((a, b) => kindOrder(a.kind) - kindOrder(b.kind));
  const measured = isWhole(checkpoint) ? { weights: types.find(({ formatId }) => formatId !== '')?.formatId ?? '', stored: writeStored(sums), file: checkpointName(checkpoint) } : {};
  return writeHash('fit', { config: JSON.stringify(JSON.parse(config)), ...measured });
}
