#include "sizing/activations.h"

#include <algorithm>

#include "sizing/layer_symbols.h"

namespace bitbudget::sizing {
namespace {

/// The widest moments of a layer: values for each token.
std::vector<Expression> layer_widths(const LayerKind& kind, const LayerSymbols& s) {
  std::vector<Expression> widths;
  const Attention& attention = kind.attention;
  if (attention.kind == AttentionKind::heads) {
    const bool one_width = attention.key_dim == attention.value_dim;
    widths.push_back(s.d + s.a * s.h + (one_width ? number(2) * s.k * s.h : s.k * s.h + s.k * s.h_v));
  }
  if (attention.kind == AttentionKind::latent) widths.push_back(s.d + s.a * (number(2) * s.h + s.h_v));
  if (kind.recurrent.inner != 0) widths.push_back(s.d + number(4) * s.e);
  const FeedForward& ffn = kind.feed_forward;
  const Expression matrices = number(ffn.gated ? 3 : 2);
  if (ffn.kind == FeedForwardKind::dense) widths.push_back(matrices * s.f);
  if (ffn.kind == FeedForwardKind::experts) {
    const Expression routed = s.per_token * s.f_e;
    widths.push_back(ffn.shared_width == 0 ? matrices * routed : matrices * (routed + s.f_s));
  }
  return widths;
}

Expression widest(const std::vector<Expression>& widths) {
  Expression most = number(0);
  for (const Expression& width : widths) most = most.value == 0 ? width : larger(most, width);
  return most;
}

/// Index of the kind whose layers are widest.
std::size_t widest_kind(const ModelDescription& model) {
  std::size_t best = 0;
  double most = -1;
  for (std::size_t i = 0; i < model.kinds.size(); ++i) {
    const double width = model.kinds[i].count == 0 ? 0 : widest(layer_widths(model.kinds[i], layer_symbols(model, i))).value;
    if (width > most) {
      most = width;
      best = i;
    }
  }
  return best;
}

/// The kind with most query heads: its scores are the largest buffer.
std::size_t most_heads_kind(const ModelDescription& model) {
  const auto most = std::ranges::max_element(model.kinds, {}, [](const LayerKind& kind) { return kind.count == 0 ? 0 : kind.attention.query_heads; });
  return static_cast<std::size_t>(most - model.kinds.begin());
}

/// Bytes for each token of one layer, by how parallel ranks share them.
struct LayerBytes {
  Expression whole = number(0);   // of width d: on every tensor-parallel rank
  Expression split = number(0);   // by heads or by feed-forward width
  Expression scores = number(0);  // by heads; what selective checkpointing drops
};

/// Coefficients in bytes: `value` for stored numbers, 1 for masks.
LayerBytes layer_bytes(const ModelDescription& model, std::size_t index, const Expression& context, const TrainingOptions& options) {
  const LayerKind& kind = model.kinds[index];
  const LayerSymbols s = layer_symbols(model, index);
  const std::uint64_t value = options.precision == Precision::fp32 ? 4 : 2;
  const Attention& attention = kind.attention;
  const FeedForward& ffn = kind.feed_forward;
  const bool mixes = attention.kind != AttentionKind::none || kind.recurrent.inner != 0;
  const bool feeds = ffn.kind != FeedForwardKind::none;
  const std::uint64_t parts = (mixes ? 1u : 0u) + (feeds ? 1u : 0u);
  const std::uint64_t inputs = kind.parallel && kind.norms == 1 ? 1 : parts;
  LayerBytes bytes;
  const std::uint64_t masks = options.dropout ? parts : 0;
  bytes.whole = number(value * (kind.norms + inputs) + masks) * s.d;
  if (attention.kind == AttentionKind::heads) {
    const bool one_width = attention.key_dim == attention.value_dim;
    bytes.split = one_width ? number(2 * value) * s.a * s.h + number(2 * value) * s.k * s.h
                            : number(value) * (s.a + s.k) * (s.h + s.h_v);
  }
  if (attention.kind == AttentionKind::latent) {
    // Queries, keys, values and output of each head; compressed vectors before and after their norms.
    bytes.split = number(2 * value) * s.a * (s.h + s.h_v);
    Expression compressed = number(2 * value) * s.c + number(value) * s.h_r;
    if (attention.query_rank != 0) compressed = compressed + number(2 * value) * s.c_q;
    bytes.whole = bytes.whole + compressed;
  }
  if (attention.kind != AttentionKind::none) {
    if (options.flash_attention) {
      bytes.split = bytes.split + number(4) * s.a;
    } else {
      bytes.scores = number(options.dropout ? 2 * value + 1 : value) * s.a * context;
    }
  }
  if (kind.recurrent.inner != 0) {
    // The fused scan keeps x, z, the convolution's result, dt, its output and the gated output, and B, C with dt's low-rank input;
    // states are made again.
    bytes.split = bytes.split + number(6 * value) * s.e + number(value) * (s.r + number(2) * s.n);
  }
  const std::uint64_t stored = value * (ffn.gated ? 3 : 2);
  if (ffn.kind == FeedForwardKind::dense) bytes.split = bytes.split + number(stored) * s.f;
  if (ffn.kind == FeedForwardKind::experts) {
    bytes.split = bytes.split + s.per_token * (number(stored) * s.f_e + number(2 * value) * s.d) + number(4) * s.experts;
    if (ffn.shared_width != 0) bytes.split = bytes.split + number(stored) * s.f_s;
  }
  return bytes;
}

Expression tensor_ranks(const TrainingOptions& options) {
  return options.tensor_parallel == 1 ? number(1) : symbol("t", options.tensor_parallel);
}

/// Per token, on one tensor-parallel rank, without scores.
Expression on_one_rank(const LayerBytes& bytes, const TrainingOptions& options) {
  const Expression t = tensor_ranks(options);
  if (options.sequence_parallel) return (bytes.whole + bytes.split) / t;
  return bytes.split.value == 0 ? bytes.whole : bytes.whole + bytes.split / t;
}

struct Tokens {
  Expression batch;
  Expression context;
  Expression all() const { return batch * context; }
};

Tokens tokens_of(std::uint64_t batch, std::uint64_t context) { return {symbol("B", batch), symbol("S", context)}; }

bool keeps_scores(const TrainingOptions& options) { return !options.flash_attention && options.checkpointing == Checkpointing::none; }

void add_layers(Breakdown& out, const ModelDescription& model, std::size_t kind, const Tokens& tokens, const TrainingWork& work,
                const TrainingOptions& options) {
  const LayerBytes bytes = layer_bytes(model, kind, tokens.context, options);
  Expression layers = layer_symbols(model, kind).layers;
  layers = symbol(layers.symbols, work.layers_by_kind[kind]);
  if (options.pipeline_parallel > 1) layers = symbol("n_{\\text{in flight}}", work.in_flight) * layers;
  if (options.checkpointing == Checkpointing::full) {
    const Expression one = number(options.precision == Precision::fp32 ? 4 : 2) * tokens.all() * layer_symbols(model, kind).d;
    const Expression share = options.sequence_parallel ? one / tensor_ranks(options) : one;
    out.add(to_term(kind_id(model, kind, "layer_inputs"), kind_label(model, kind, "Inputs of layers"), layers * share, Unit::bytes, Certainty::formula));
    return;
  }
  out.add(to_term(kind_id(model, kind, "layers"), kind_label(model, kind, "Layers, kept for the backward pass"),
                  layers * tokens.all() * on_one_rank(bytes, options), Unit::bytes, Certainty::formula));
  if (!keeps_scores(options) || bytes.scores.value == 0) return;
  out.add(to_term(kind_id(model, kind, "scores"), kind_label(model, kind, "Attention scores"),
                  layers * tokens.all() * (bytes.scores / tensor_ranks(options)), Unit::bytes, Certainty::formula));
}

/// One layer's worth while it is made again.
void add_working_layer(Breakdown& out, const ModelDescription& model, const Tokens& tokens, const TrainingWork& work, const TrainingOptions& options) {
  Expression most = number(0);
  for (std::size_t kind = 0; kind < model.kinds.size(); ++kind) {
    if (work.layers_by_kind[kind] == 0) continue;
    const LayerBytes bytes = layer_bytes(model, kind, tokens.context, options);
    Expression one = on_one_rank(bytes, options);
    if (bytes.scores.value != 0) one = one + bytes.scores / tensor_ranks(options);
    one = tokens.all() * one;
    if (one.value > most.value) most = one;
  }
  if (most.value == 0) return;
  out.add(to_term("working_layer", "One layer, made again for its backward pass", most, Unit::bytes, Certainty::formula));
}

}  // namespace

Breakdown inference_activations(const ModelDescription& model, const InferenceWork& work) {
  const Tokens tokens = tokens_of(work.batch, work.context);
  const Expression chunk = smaller(symbol("C", work.prefill_chunk), tokens.all());
  const std::size_t wide = widest_kind(model);
  Breakdown out;
  out.add(to_term("layer", "Widest moment of a layer", number(2) * chunk * widest(layer_widths(model.kinds[wide], layer_symbols(model, wide))),
                  Unit::bytes, Certainty::formula));
  const std::size_t heads = most_heads_kind(model);
  if (!work.flash_attention && model.kinds[heads].attention.query_heads != 0) {
    out.add(to_term("scores", "Attention scores of one layer", number(4) * chunk * layer_symbols(model, heads).a * tokens.context, Unit::bytes,
                    Certainty::formula));
  }
  const Expression logits = number(4) * (work.all_logits ? tokens.all() : tokens.batch) * symbol("V", model.vocabulary);
  out.add(to_term("logits", work.all_logits ? "Logits, every token" : "Logits, last token of each sequence", logits, Unit::bytes, Certainty::formula));
  return out;
}

InferenceShape inference_shape(const ModelDescription& model) {
  const std::size_t wide = widest_kind(model);
  return {widest(layer_widths(model.kinds[wide], layer_symbols(model, wide))).value,
          static_cast<double>(model.kinds[most_heads_kind(model)].attention.query_heads), static_cast<double>(model.vocabulary)};
}

double inference_activation_bytes(const InferenceShape& shape, const InferenceWork& work) {
  const double batch = static_cast<double>(work.batch);
  const double context = static_cast<double>(work.context);
  const double chunk = std::min(static_cast<double>(work.prefill_chunk), batch * context);
  const double layer = 2 * chunk * shape.width;
  const double scores = work.flash_attention ? 0 : 4 * chunk * shape.heads * context;
  const double logits = 4 * (work.all_logits ? batch * context : batch) * shape.vocabulary;
  return layer + scores + logits;
}

Breakdown training_activations(const ModelDescription& model, const TrainingWork& work, const TrainingOptions& options) {
  const Tokens tokens = tokens_of(work.batch, work.context);
  Breakdown out;
  for (std::size_t kind = 0; kind < model.kinds.size(); ++kind) {
    if (work.layers_by_kind[kind] != 0) add_layers(out, model, kind, tokens, work, options);
  }
  if (options.checkpointing == Checkpointing::full) add_working_layer(out, model, tokens, work, options);
  if (!work.has_head) return out;
  const Expression t = tensor_ranks(options);
  const std::uint64_t value = options.precision == Precision::fp32 ? 4 : 2;
  const Expression inputs = number(2 * value) * tokens.all() * symbol("d", model.hidden);
  out.add(to_term("head_inputs", "Inputs of the last norm and the head", options.sequence_parallel ? inputs / t : inputs, Unit::bytes, Certainty::formula));
  out.add(to_term("logits", "Logits, 32-bit", number(4) * tokens.all() * symbol("V", model.vocabulary) / t, Unit::bytes, Certainty::formula));
  return out;
}

double layer_activation_bytes(const ModelDescription& model, std::size_t kind, std::uint64_t batch, std::uint64_t context,
                              const TrainingOptions& options) {
  TrainingWork work;
  work.batch = batch;
  work.context = context;
  work.layers_by_kind.assign(model.kinds.size(), 0);
  work.layers_by_kind[kind] = 1;
  work.has_head = false;
  const Tokens tokens = tokens_of(batch, context);
  Breakdown out;
  add_layers(out, model, kind, tokens, work, options);
  return out.total;
}

}  // namespace bitbudget::sizing
