// A model described by hand, for families that have no reader here: the common field names, and fields for what other
// families imply. norm: "rms" (default), "layer", "layer_without_bias"; norms_per_layer 2; gated true; attention_bias,
// attention_output_bias, mlp_bias, qk_norm, lm_head_bias false; learned_positions: rows of a position table. Experts where num_experts is
// given, after first_k_dense_replace dense layers; latent attention where kv_lora_rank is given; windows by sliding_window with
// layer_types, or with sliding_window_pattern (each layer whose number it divides is full; absent: none is).
#include <array>

#include "sizing/families/family.h"

namespace bitbudget::sizing {
namespace {

NormKind read_norm(ConfigReader& config) {
  const std::string name = config.text("norm", "rms");
  if (name == "rms") return NormKind::rms;
  if (name == "layer") return NormKind::layer;
  if (name == "layer_without_bias") return NormKind::layer_without_bias;
  config.invalid("norm", "must be \"rms\", \"layer\" or \"layer_without_bias\".");
  return NormKind::rms;
}

Attention read_attention(ConfigReader& config, ModelDescription& model, std::uint64_t& layers) {
  Attention attention;
  if (config.has("kv_lora_rank")) {
    model.hidden = config.required({"hidden_size"}, kMaxHidden);
    layers = config.required({"num_hidden_layers"}, kMaxLayers);
    attention.query_heads = attention.kv_heads = config.required({"num_attention_heads"}, kMaxHeads);
    model.vocabulary = config.required({"vocab_size"}, kMaxVocabulary);
    attention.kind = AttentionKind::latent;
    attention.kv_rank = config.required({"kv_lora_rank"}, kMaxHidden);
    attention.query_rank = config.optional({"q_lora_rank"}, kMaxHidden).value_or(0);
    attention.rope_dim = config.required({"qk_rope_head_dim"}, kMaxHidden / 2);
    attention.key_dim = attention.rope_dim + config.required({"qk_nope_head_dim"}, kMaxHidden / 2);
    attention.value_dim = config.required({"v_head_dim"}, kMaxHidden);
  } else {
    const DecoderSizes sizes = read_attention_sizes(config, model);
    layers = sizes.layers;
    attention = head_attention(sizes);
    if (config.flag("qk_norm", false)) attention.qk_norm = model.norm;
  }
  attention.qkv_bias = config.flag("attention_bias", false);
  attention.output_bias = config.flag("attention_output_bias", false);
  return attention;
}

LayerPattern read_pattern(ConfigReader& config, std::uint64_t layers) {
  LayerPattern pattern = uniform_window(config, layers, config.optional({"sliding_window"}, kMaxTokens));
  const auto period = config.optional({"sliding_window_pattern"}, kMaxLayers);
  if (!period || config.has("layer_types")) return pattern;
  for (std::size_t i = 0; i < pattern.sliding.size(); ++i) pattern.sliding[i] = pattern.sliding[i] && (i + 1) % *period != 0;
  return pattern;
}

void read(ConfigReader& config, ModelDescription& model) {
  model.norm = read_norm(config);
  std::uint64_t layers = 1;
  LayerKind layer;
  layer.attention = read_attention(config, model, layers);
  const bool gated = config.flag("gated", true);
  FeedForward dense = dense_feed_forward(config.required({"intermediate_size"}, kMaxIntermediate), gated);
  dense.bias = config.flag("mlp_bias", false);
  layer.feed_forward = dense;
  layer.norms = static_cast<std::uint32_t>(config.optional({"norms_per_layer"}, 8, 0).value_or(2));
  LayerPattern pattern = read_pattern(config, layers);
  if (const auto experts = config.optional({"num_experts"}, kMaxExperts)) {
    layer.feed_forward = routed_experts(*experts, config.required({"num_experts_per_tok"}, kMaxExperts), config.required({"moe_intermediate_size"}, kMaxIntermediate));
    layer.feed_forward.gated = gated;
    layer.feed_forward.bias = dense.bias;
    layer.feed_forward.shared_width = config.optional({"shared_expert_intermediate_size"}, kMaxIntermediate).value_or(0);
    const std::uint64_t first = config.optional({"first_k_dense_replace"}, kMaxLayers, 0).value_or(0);
    for (std::uint64_t i = 0; i < layers; ++i) pattern.dense.push_back(i < first);
  }
  model.positions = config.optional({"learned_positions"}, kMaxIntermediate).value_or(0);
  model.max_context = read_max_context(config);
  model.tied_head = config.flag("tie_word_embeddings", false);
  model.head_bias = config.flag("lm_head_bias", false);
  append_pattern(model, layer, dense, pattern);
}

constexpr std::array<std::string_view, 1> kTypes = {"custom"};

}  // namespace

extern const Family kCustom;
constexpr Family kCustom = {kTypes, "described by hand", read};

}  // namespace bitbudget::sizing
