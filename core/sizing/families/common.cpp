#include <algorithm>

#include "concat.h"
#include "sizing/checked.h"
#include "sizing/families/family.h"

namespace bitbudget::sizing {

std::uint64_t split_heads(ConfigReader& config, std::uint64_t hidden, std::uint64_t heads) {
  if (!config.failed() && hidden % heads != 0) {
    config.invalid("num_attention_heads", concat({"must divide the hidden size ", hidden, " where head_dim is not given; it is ", heads, "."}));
  }
  return hidden / heads;
}

std::uint64_t read_max_context(ConfigReader& config) {
  return config.optional({"max_position_embeddings", "n_positions", "seq_length"}, kMaxTokens).value_or(0);
}

DecoderSizes read_attention_sizes(ConfigReader& config, ModelDescription& model, std::uint64_t head_dim) {
  DecoderSizes sizes;
  model.hidden = config.required({"hidden_size"}, kMaxHidden);
  sizes.layers = config.required({"num_hidden_layers"}, kMaxLayers);
  sizes.heads = config.required({"num_attention_heads"}, kMaxHeads);
  model.vocabulary = config.required({"vocab_size"}, kMaxVocabulary);
  sizes.kv_heads = config.optional({"num_key_value_heads"}, kMaxHeads).value_or(sizes.heads);
  if (head_dim != 0) {
    sizes.head_dim = config.published({"head_dim"}, head_dim, kMaxHidden);
  } else {
    const auto given = config.optional({"head_dim"}, kMaxHidden);
    sizes.head_dim = given ? *given : split_heads(config, model.hidden, sizes.heads);
  }
  model.max_context = read_max_context(config);
  return sizes;
}

DecoderSizes read_decoder_sizes(ConfigReader& config, ModelDescription& model, std::uint64_t head_dim) {
  DecoderSizes sizes = read_attention_sizes(config, model, head_dim);
  sizes.intermediate = config.required({"intermediate_size"}, kMaxIntermediate);
  return sizes;
}

Attention head_attention(const DecoderSizes& sizes) {
  Attention attention;
  attention.kind = AttentionKind::heads;
  attention.query_heads = sizes.heads;
  attention.kv_heads = sizes.kv_heads;
  attention.key_dim = attention.value_dim = sizes.head_dim;
  return attention;
}

FeedForward dense_feed_forward(std::uint64_t width, bool gated) {
  FeedForward ffn;
  ffn.kind = FeedForwardKind::dense;
  ffn.gated = gated;
  ffn.width = width;
  return ffn;
}

FeedForward routed_experts(std::uint64_t experts, std::uint64_t per_token, std::uint64_t width) {
  FeedForward ffn;
  ffn.kind = FeedForwardKind::experts;
  ffn.gated = true;
  ffn.width = width;
  ffn.experts = experts;
  ffn.experts_per_token = per_token;
  return ffn;
}

LayerKind decoder_layer(const DecoderSizes& sizes, bool gated) {
  LayerKind layer;
  layer.id = "layer";
  layer.label = "Layers";
  layer.attention = head_attention(sizes);
  layer.feed_forward = dense_feed_forward(sizes.intermediate, gated);
  return layer;
}

namespace {

/// "layer", "sliding", "moe_full" ...: parts that tell nothing are left out.
void name_kind(LayerKind& kind, bool any_sliding, bool any_experts) {
  const bool slides = kind.attention.window != 0;
  const bool experts = kind.feed_forward.kind == FeedForwardKind::experts;
  kind.id = any_experts ? (experts ? "moe" : "dense") : "";
  kind.label = any_experts ? (experts ? "Expert layers" : "Dense layers") : "";
  if (any_sliding) {
    kind.id += (kind.id.empty() ? "" : "_") + std::string(slides ? "sliding" : "full");
    const std::string words = slides ? "sliding window" : "full attention";
    kind.label += kind.label.empty() ? (slides ? "Sliding-window layers" : "Full-attention layers") : ", " + words;
  }
  if (kind.id.empty()) {
    kind.id = "layer";
    kind.label = "Layers";
  }
}

}  // namespace

void append_pattern(ModelDescription& model, const LayerKind& layer, const FeedForward& dense, const LayerPattern& pattern) {
  const bool any_experts = layer.feed_forward.kind == FeedForwardKind::experts;
  bool any_sliding = false;
  for (const bool slides : pattern.sliding) any_sliding = any_sliding || slides;
  for (std::size_t i = 0; i < pattern.layers; ++i) {
    LayerKind kind = layer;
    if (i < pattern.dense.size() && pattern.dense[i]) kind.feed_forward = dense;
    if (i < pattern.sliding.size() && pattern.sliding[i]) kind.attention.window = pattern.window;
    name_kind(kind, any_sliding, any_experts);
    append_layers(model, kind);
  }
}

void append_pattern(ModelDescription& model, const LayerKind& layer, const LayerPattern& pattern) {
  append_pattern(model, layer, layer.feed_forward, pattern);
}

std::optional<std::vector<bool>> read_layer_types(ConfigReader& config, std::uint64_t layers) {
  const auto types = config.texts("layer_types");
  if (!types) return std::nullopt;
  if (types->size() != layers) {
    config.invalid("layer_types", concat({"must name one type for each of the ", layers, " layers; it names ", types->size(), "."}));
    return std::nullopt;
  }
  std::vector<bool> sliding;
  for (const std::string& type : *types) {
    if (type != "full_attention" && type != "sliding_attention") {
      config.invalid("layer_types", concat({"may hold full_attention and sliding_attention; \"", type.substr(0, 40),
                                            "\" is not known here."}));
      return std::nullopt;
    }
    sliding.push_back(type == "sliding_attention");
  }
  return sliding;
}

LayerPattern read_qwen_windows(ConfigReader& config, std::uint64_t layers) {
  LayerPattern pattern;
  pattern.layers = layers;
  const auto types = read_layer_types(config, layers);
  const bool uses_window = config.flag("use_sliding_window", false);
  // sliding_window and max_window_layers stand in the configs of models that do not slide, too.
  if (types) pattern.sliding = *types;
  const bool slides = types ? std::ranges::find(*types, true) != types->end() : uses_window;
  if (!slides) return pattern;
  pattern.window = config.published({"sliding_window"}, 4096, kMaxTokens);
  if (types) return pattern;
  const std::uint64_t first = config.published({"max_window_layers"}, 28, kMaxLayers, 0);
  for (std::uint64_t i = 0; i < layers; ++i) pattern.sliding.push_back(i >= first);
  return pattern;
}

std::vector<bool> read_qwen_dense_layers(ConfigReader& config, std::uint64_t layers) {
  std::vector<bool> dense;
  const std::uint64_t step = config.optional({"decoder_sparse_step"}, kMaxLayers).value_or(1);
  for (std::uint64_t i = 0; i < layers; ++i) dense.push_back((i + 1) % step != 0);
  for (const std::uint64_t layer : config.numbers("mlp_only_layers")) {
    if (layer < dense.size()) dense[static_cast<std::size_t>(layer)] = true;
  }
  return dense;
}

LayerPattern uniform_window(ConfigReader& config, std::uint64_t layers, std::optional<std::uint64_t> window) {
  LayerPattern pattern;
  pattern.layers = layers;
  pattern.window = window.value_or(0);
  pattern.sliding.assign(static_cast<std::size_t>(layers), window.has_value());
  if (auto types = read_layer_types(config, layers)) {
    if (!window && std::ranges::find(*types, true) != types->end()) {
      config.invalid("sliding_window", "must be given: layer_types holds sliding_attention.");
    }
    pattern.sliding = std::move(*types);
  }
  return pattern;
}

namespace {

/// quantization_config's method, or "" if there is none; its reader goes to `details`.
std::string read_quant_method(ConfigReader& config, std::optional<ConfigReader>& details) {
  details = config.object("quantization_config");
  return details ? details->text("quant_method", "") : "";
}

}  // namespace

StoredScales read_fp8_scales(ConfigReader& config) {
  std::optional<ConfigReader> details;
  if (read_quant_method(config, details) != "fp8") return {};
  const std::vector<std::uint64_t> block = details->numbers("weight_block_size");
  if (!block.empty() && (block.size() != 2 || block[0] == 0 || block[1] == 0)) details->invalid("weight_block_size", "must be two numbers >= 1.");
  config.merge(std::move(*details));
  return block.size() == 2 && !config.failed() ? StoredScales{block[0], block[1], false} : StoredScales{};
}

StoredScales read_mxfp4_scales(ConfigReader& config) {
  std::optional<ConfigReader> details;
  return read_quant_method(config, details) == "mxfp4" ? StoredScales{1, 32, true} : StoredScales{};
}

std::uint64_t read_step_rank(ConfigReader& config, std::string_view name, std::uint64_t hidden) {
  const std::uint64_t automatic = ceil_div(hidden, 16);
  if (!config.is_text(name)) return config.optional({name}, kMaxHidden).value_or(automatic);
  if (config.text(name, "") != "auto") config.invalid(name, "must be a whole number or \"auto\".");
  return automatic;
}

}  // namespace bitbudget::sizing
