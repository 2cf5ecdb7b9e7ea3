// The plan for other engines, and what was written as a table.
import { csv } from '../../../parts/save.js';
import { run } from '../../../worker/core.js';
import type { Outcome } from './job.js';
import { mainFormat } from './metadata.js';
import { isMatrix, type Plan } from './plan.js';
import type { Basis } from './tasks.js';

export type Tool = 'llama-quantize' | 'llm-compressor';

const kLlamaTypes: Readonly<Record<string, string>> = { q2_k: 'Q2_K', q3_k: 'Q3_K_M', q4_k: 'Q4_K_M', q5_k: 'Q5_K_M', mxfp4: 'MXFP4_MOE' };

/** The weights and their formats: norms and vectors are left alone by both tools. */
const assignments = (plan: Plan, basis: Basis) => plan.rows.filter(({ tensor }) => isMatrix(tensor, basis.types))
  .map(({ tensor, target }) => ({ tensor: tensor.name, format: target?.exported ?? tensor.type.toLowerCase() }));

/** The text of a command or of a recipe; rejects, with the tensor, where the tool has no word for a format. */
export async function exported(tool: Tool, plan: Plan, basis: Basis, stem: string): Promise<string> {
  const text = await run('files.exportPlan', { tool, assignments: assignments(plan, basis) });
  if (tool === 'llm-compressor') return text;
  const main = mainFormat(plan);
  const lines = text.trimEnd().split('\n').filter((line) => line !== '');
  return ['llama-quantize', ...lines.map((line) => `  ${line}`), `  '${stem.replaceAll("'", "'\\''")}.gguf' '${stem.replaceAll("'", "'\\''")}-mix.gguf' ${kLlamaTypes[main] ?? main.toUpperCase()}`].join(' \\\n') + '\n';
}

export const exportName = (tool: Tool, stem: string): string => (tool === 'llama-quantize' ? `${stem}-quantize.sh` : `${stem}-recipe.yaml`);

export function outcomeCsv({ tensors }: Outcome): string {
  const head = ['tensor', 'kind', 'shape', 'from', 'to', 'bytes_before', 'bytes_after', 'bits_per_weight', 'sqnr_db', 'relative_mse', 'max_abs_error', 'mean_error', 'note'];
  return csv([head, ...tensors.map(({ row: { tensor, target, reason, elements }, bytes, report }) => [
    tensor.name, tensor.kind, tensor.shape.join('x'), tensor.type, target?.id ?? tensor.type, tensor.byteLength, bytes, elements > 0 ? (8 * bytes) / elements : 0,
    report ? report.sqnrDb : target ? '' : 'exact', report?.relativeMse ?? 0, report?.maxAbsError ?? 0, report?.meanError ?? 0, reason,
  ])]);
}
