// A model described by hand: the few numbers that its size follows from, written as a config.json of type "custom", which the core
// reads for families that it does not know.

export interface Description {
  layers: number; hidden: number; heads: number; kvHeads: number; headSize: number; feedForward: number; vocabulary: number;
  /** Tokens that a sliding-window layer sees; 0: every layer sees all. */
  window: number;
  /** Each layer whose number this divides sees all; 0: none does. */
  windowPattern: number;
  /** 0: every layer is dense. */
  experts: number;
  expertsPerToken: number;
  expertWidth: number;
  norm: string;
  gated: boolean;
  biases: boolean;
  tied: boolean;
}

export const kStart: Description = {
  layers: 32, hidden: 4096, heads: 32, kvHeads: 8, headSize: 128, feedForward: 14_336, vocabulary: 128_256, window: 0, windowPattern: 0, experts: 0, expertsPerToken: 2,
  expertWidth: 14_336, norm: 'rms', gated: true, biases: false, tied: false,
};

type NumberKey = { [K in keyof Description]: Description[K] extends number ? K : never }[keyof Description];

/** only: shown while this other number is not 0. zero: may be 0. */
export const fields: { key: NumberKey; label: string; hint: string; zero?: boolean; only?: NumberKey }[] = [
  { key: 'layers', label: 'Layers', hint: 'num_hidden_layers' },
  { key: 'hidden', label: 'Hidden size', hint: 'hidden_size' },
  { key: 'heads', label: 'Query heads', hint: 'num_attention_heads' },
  { key: 'kvHeads', label: 'KV heads', hint: 'num_key_value_heads' },
  { key: 'headSize', label: 'Head size', hint: 'head_dim' },
  { key: 'feedForward', label: 'FFN width', hint: 'intermediate_size' },
  { key: 'vocabulary', label: 'Vocabulary', hint: 'vocab_size' },
  { key: 'window', label: 'Sliding window', hint: 'tokens; 0: none', zero: true },
  { key: 'windowPattern', label: 'Full layer every', hint: 'layers; 0: none is full', zero: true, only: 'window' },
  { key: 'experts', label: 'Experts', hint: 'per layer; 0: none', zero: true },
  { key: 'expertsPerToken', label: 'Used per token', hint: 'of the experts', only: 'experts' },
  { key: 'expertWidth', label: 'Expert width', hint: 'of one expert', only: 'experts' },
];

export const norms = [{ value: 'rms', label: 'RMS' }, { value: 'layer', label: 'Layer norm' }, { value: 'layer_without_bias', label: 'Layer norm, no shift' }];

export function configOf(model: Description): string {
  return JSON.stringify({
    model_type: 'custom', num_hidden_layers: model.layers, hidden_size: model.hidden, num_attention_heads: model.heads, num_key_value_heads: model.kvHeads,
    head_dim: model.headSize, intermediate_size: model.feedForward, vocab_size: model.vocabulary,
    ...(model.norm !== 'rms' && { norm: model.norm }), ...(!model.gated && { gated: false }), ...(model.tied && { tie_word_embeddings: true }),
    ...(model.biases && { attention_bias: true, attention_output_bias: true, mlp_bias: true }),
    ...(model.window > 0 && { sliding_window: model.window, ...(model.windowPattern > 0 && { sliding_window_pattern: model.windowPattern }) }),
    ...(model.experts > 0 && { num_experts: model.experts, num_experts_per_tok: model.expertsPerToken, moe_intermediate_size: model.expertWidth }),
  });
}

/** What the fields show for a config: its own numbers under their common names, else the start's. */
export function describeConfig(text: string): Description {
  let config: Record<string, unknown>;
  try { config = JSON.parse(text) as Record<string, unknown>; } catch { return kStart; }
  const number = (key: string, fallback: number) => (typeof config[key] === 'number' ? config[key] : fallback);
  const hidden = number('hidden_size', kStart.hidden);
  const heads = number('num_attention_heads', kStart.heads);
  const norm = config['norm'];
  return {
    layers: number('num_hidden_layers', kStart.layers), hidden, heads, kvHeads: number('num_key_value_heads', heads), headSize: number('head_dim', Math.max(1, Math.round(hidden / heads))),
    feedForward: number('intermediate_size', kStart.feedForward), vocabulary: number('vocab_size', kStart.vocabulary), window: number('sliding_window', 0), windowPattern: number('sliding_window_pattern', 0),
    experts: number('num_experts', 0), expertsPerToken: number('num_experts_per_tok', kStart.expertsPerToken), expertWidth: number('moe_intermediate_size', kStart.expertWidth),
    norm: norms.some(({ value }) => value === norm) ? String(norm) : 'rms', gated: config['gated'] !== false, biases: config['attention_bias'] === true, tied: config['tie_word_embeddings'] === true,
  };
}
