// What engines must be told of a safetensors file with packed integers or scaled FP8: the quantization_config in its config.json.
import { run } from '../../../worker/core.js';
import type { Checkpoint } from '../checkpoint.js';
import type { PlanRow } from './plan.js';

const isQuantized = ({ target }: PlanRow): boolean => target !== undefined && target.method.kind !== 'blocks';

/** GGUFs and plain floats say themselves what they are. */
export const needsConfig = (rows: readonly PlanRow[]): boolean => rows.some(isQuantized);

/** The model's own config.json; what was made from a GGUF's metadata is none. */
const configOf = ({ files }: Checkpoint): string | undefined => files.find(({ report }) => report.format === 'config')?.report.config;

export const configName = (checkpoint: Checkpoint): string => (configOf(checkpoint) === undefined ? 'quantization_config.json' : 'config.json');

/** Vectors are nobody's to quantize: engines ask about matrices only. Rejects, with the tensor, what no engine would find. */
export function engineConfig(rows: readonly PlanRow[], checkpoint: Checkpoint): Promise<string> {
  const assignments = rows.filter((row) => row.tensor.shape.length >= 2 || isQuantized(row))
    .map((row) => ({ tensor: row.tensor.name, format: isQuantized(row) ? row.target!.exported : '' }));
  return run('files.exportPlan', { tool: 'compressed-tensors', assignments, config: configOf(checkpoint) ?? '' });
}

/** Matrices that vLLM joins into one, which then has one format. */
const kJoined: readonly (readonly string[])[] = [['q_proj', 'k_proj', 'v_proj'], ['gate_proj', 'up_proj']];

/** What vLLM does not take, though the file and its config are sound. */
export function cautions(rows: readonly PlanRow[]): string[] {
  const out: string[] = [];
  const embedding = rows.find((row) => isQuantized(row) && row.tensor.kind === 'embedding');
  if (embedding) out.push(`vLLM takes embeddings as plain floats, and only newer versions as packed integers: to be safe, keep “${embedding.tensor.name}” as it is.`);
  const formats = new Map<string, Set<string>>();
  for (const { tensor, target } of rows) {
    const [, before, name] = /^(.*\.)(\w+)\.weight$/.exec(tensor.name) ?? [];
    const joined = kJoined.find((names) => names.includes(name!));
    if (!joined) continue;
    const key = `${before}${joined.join(', ')}`;
    formats.set(key, (formats.get(key) ?? new Set()).add(target?.id ?? tensor.type));
  }
  const apart = [...formats].find(([, ids]) => ids.size > 1);
  if (apart) out.push(`vLLM joins matrices that have the same input, and refuses them in different formats: give ${apart[0]} one format, and so in every layer.`);
  return out;
}
