// The course module's own formulas on this case, beside the exact figures, with the reason where they differ.
import type { SizeReport } from 'bitbudget';
import type { Explained } from '../../parts/explain.js';

/** The few numbers that the course's formulas are made of. */
export interface Shape { vocabulary: number; hidden: number; layers: number; feedForward: number; heads: number; kvHeads: number; tied: boolean; }

const first = (config: Record<string, unknown>, names: string[]): number | undefined => {
  for (const name of names) if (typeof config[name] === 'number') return config[name];
  return undefined;
};

/** From a config.json under the names that the families use; undefined if one is missing. */
export function shapeOf(text: string, report: SizeReport): Shape | undefined {
  const outer = JSON.parse(text) as Record<string, unknown>;
  const config = { ...outer, ...(outer['text_config'] as Record<string, unknown> | undefined) };
  const embedding = report.tensors.find((tensor) => tensor.role === 'embedding');
  const layers = first(config, ['num_hidden_layers', 'n_layer', 'n_layers', 'num_layers']);
  const heads = first(config, ['num_attention_heads', 'n_head', 'n_heads', 'num_heads']);
  if (!embedding || !layers || !heads) return undefined;
  const hidden = first(config, ['hidden_size', 'n_embd', 'd_model']) ?? embedding.columns;
  return {
    vocabulary: embedding.rows, hidden, layers, heads, kvHeads: first(config, ['num_key_value_heads', 'num_kv_heads']) ?? heads,
    feedForward: first(config, ['intermediate_size', 'n_inner', 'ffn_dim']) ?? 4 * hidden, tied: !report.tensors.some((tensor) => tensor.role === 'head'),
  };
}

const n = (value: number): string => Math.round(value).toLocaleString('en').replaceAll(',', '{,}');

export interface CourseRow { id: string; course: Explained; exact: number; exactly: string; why: string; }

export interface CourseCase { shape: Shape; report: SizeReport; batch: number; context: number; weightBits: number; kvBits: number; }

export function courseRows({ shape, report, batch, context, weightBits, kvBits }: CourseCase): CourseRow[] {
  const { vocabulary: V, hidden: d, layers: L, feedForward: f, heads, kvHeads, tied } = shape;
  const P = report.parameters.total;
  const bytes = weightBits / 8;
  const kvBytes = kvBits / 8;
  const parameters = V * d * (tied ? 1 : 2) + L * (12 * d * d + 4 * d);
  const perLayer = 2 * batch * context * context * d + 4 * batch * context * d * d + 4 * batch * context * d * f;
  const trainingActivations = report.training.terms.filter((term) => term.id.startsWith('activations')).reduce((sum, term) => sum + term.value, 0);
  const source = 'the course module';
  return [
    {
      id: 'parameters', exact: P, exactly: 'sum of tensor shapes',
      course: {
        label: 'Parameters', value: parameters, unit: 'parameters', certainty: 'formula', source,
        formula: `P = V d + L (12 d^2 + 4 d)${tied ? '' : ' + V d'}`,
        substituted: `${n(V)} \\cdot ${n(d)} + ${n(L)} (12 \\cdot ${n(d)}^2 + 4 \\cdot ${n(d)})${tied ? '' : ` + ${n(V)} \\cdot ${n(d)}`}`,
      },
      why: `The course counts a layer as if keys and values had all ${heads} heads, the feed-forward part two matrices of width 4 d, and two norms with shifts.${
        kvHeads < heads ? ` Here ${kvHeads} heads of keys and values serve ${heads} of queries.` : ''}${f === 4 * d ? '' : ` Here the feed-forward width is ${f.toLocaleString()}, not ${(4 * d).toLocaleString()}.`}`,
    },
    {
      id: 'weights', exact: report.weights.total, exactly: 'each tensor in its format',
      course: { label: 'Weights', value: P * bytes, unit: 'bytes', certainty: 'formula', source, formula: 'M_{\\text{weights}} = P b_w', substituted: `${n(P)} \\cdot ${bytes}` },
      why: 'The course gives every parameter the same number of bits. Files keep norms, and often embedding and head, in a wider format, and each block has its scales.',
    },
    {
      id: 'kv', exact: report.kvCache.total, exactly: 'each layer’s own keys and values',
      course: {
        label: 'KV cache', value: 2 * batch * context * L * d * kvBytes, unit: 'bytes', certainty: 'formula', source,
        formula: 'M_{\\text{KV}} = 2 B S L d b_a', substituted: `2 \\cdot ${n(batch)} \\cdot ${n(context)} \\cdot ${n(L)} \\cdot ${n(d)} \\cdot ${kvBytes}`,
      },
      why: 'With d in it the formula holds only when every query head has its own keys and values, and every layer keeps the whole context. Grouped heads, latent caches and sliding windows need less.',
    },
    {
      id: 'training', exact: report.training.total, exactly: 'mixed-precision Adam, one device',
      course: {
        label: 'Training', value: 4 * P * 4 + trainingActivations, unit: 'bytes', certainty: 'formula', source,
        formula: 'M = M_{\\text{weights}} (1 + 1 + 2) + M_{\\text{activations}}', substituted: `4 \\cdot ${n(P)} \\cdot 4 + ${n(trainingActivations)}`,
      },
      why: 'Weights, gradients and two Adam states in 32 bits are 16 bytes for each parameter. Mixed precision also comes to 16, by another sum: 2 + 2 + 4 + 4 + 4. It saves time, not this memory. Activations are taken from the exact side.',
    },
    {
      id: 'flops', exact: report.flops.prefill.total, exactly: '2 for each multiply-add',
      course: {
        label: 'FLOPs of the prompt', value: L * perLayer, unit: 'flops', certainty: 'formula', source,
        formula: 'L (2 B S^2 d + 4 B S d^2 + 4 B S d\\, d_{ff})',
        substituted: `${n(L)} (2 \\cdot ${n(batch)} \\cdot ${n(context)}^2 \\cdot ${n(d)} + 4 \\cdot ${n(batch)} \\cdot ${n(context)} \\cdot ${n(d)}^2 + 4 \\cdot ${n(batch)} \\cdot ${n(context)} \\cdot ${n(d)} \\cdot ${n(f)})`,
      },
      why: 'The attention terms count a multiply-add once, the feed-forward term twice; a third matrix of gated layers and the head are left out; and a token looks back at half the context on average, not at all of it.',
    },
    {
      id: 'flops-short', exact: report.flops.prefill.total, exactly: '2 for each multiply-add',
      course: { label: 'FLOPs, short form', value: 2 * P * context * batch, unit: 'flops', certainty: 'formula', source, formula: '2 P S', substituted: `2 \\cdot ${n(P)} \\cdot ${n(context)}${batch > 1 ? ` \\cdot ${n(batch)}` : ''}` },
      why: 'Good for short sequences. It leaves out attention over the context, which grows with its square, and counts the embedding, which is only looked up.',
    },
  ];
}
