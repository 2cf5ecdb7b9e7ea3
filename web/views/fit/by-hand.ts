// A model described by hand: the few numbers that its size follows from, written as a config.json of the family that has just these parts.

export interface Description {
  layers: number; hidden: number; heads: number; kvHeads: number; headSize: number; feedForward: number; vocabulary: number;
  tied: boolean;
  /** 0: every layer is dense. */
  experts: number;
  expertsPerToken: number;
  /** Tokens that a sliding-window layer sees; 0: all. */
  window: number;
}

export const kStart: Description = { layers: 32, hidden: 4096, heads: 32, kvHeads: 8, headSize: 128, feedForward: 14_336, vocabulary: 128_256, tied: false, experts: 0, expertsPerToken: 2, window: 0 };

export const fields: { key: Exclude<keyof Description, 'tied'>; label: string; hint: string; zero?: boolean }[] = [
  { key: 'layers', label: 'Layers', hint: 'num_hidden_layers' },
  { key: 'hidden', label: 'Hidden size', hint: 'hidden_size, d' },
  { key: 'heads', label: 'Query heads', hint: 'num_attention_heads' },
  { key: 'kvHeads', label: 'Key/value heads', hint: 'num_key_value_heads; as many as query heads in older models' },
  { key: 'headSize', label: 'Head size', hint: 'head_dim; often hidden size / heads' },
  { key: 'feedForward', label: 'Feed-forward width', hint: 'intermediate_size; of one expert if there are experts' },
  { key: 'vocabulary', label: 'Vocabulary', hint: 'vocab_size' },
  { key: 'window', label: 'Sliding window', hint: 'tokens; 0: every layer sees all', zero: true },
  { key: 'experts', label: 'Experts', hint: 'of each layer; 0: none', zero: true },
  { key: 'expertsPerToken', label: 'Experts per token', hint: 'of them' },
];

/** Gated feed-forward layers, RMS norms, no biases: what nearly all current models are made of. */
export function configOf(model: Description): string {
  const type = model.experts > 0 ? 'mixtral' : model.window > 0 ? 'mistral' : 'llama';
  return JSON.stringify({
    model_type: type, num_hidden_layers: model.layers, hidden_size: model.hidden, num_attention_heads: model.heads, num_key_value_heads: model.kvHeads,
    head_dim: model.headSize, intermediate_size: model.feedForward, vocab_size: model.vocabulary, tie_word_embeddings: model.tied,
    ...(model.experts > 0 && { num_local_experts: model.experts, num_experts_per_tok: model.expertsPerToken }),
    ...(type !== 'llama' && { sliding_window: model.window > 0 ? model.window : null }),
  });
}

/** The description in a config that configOf wrote, or could have written. */
export function describeConfig(text: string): Description {
  let config: Record<string, unknown>;
  try { config = JSON.parse(text) as Record<string, unknown>; } catch { return kStart; }
  const number = (key: string, fallback: number) => (typeof config[key] === 'number' ? config[key] : fallback);
  const hidden = number('hidden_size', kStart.hidden);
  const heads = number('num_attention_heads', kStart.heads);
  return {
    layers: number('num_hidden_layers', kStart.layers), hidden, heads, kvHeads: number('num_key_value_heads', heads), headSize: number('head_dim', Math.round(hidden / heads)),
    feedForward: number('intermediate_size', kStart.feedForward), vocabulary: number('vocab_size', kStart.vocabulary), tied: config['tie_word_embeddings'] === true,
    experts: number('num_local_experts', 0), expertsPerToken: number('num_experts_per_tok', kStart.expertsPerToken), window: number('sliding_window', 0),
  };
}
