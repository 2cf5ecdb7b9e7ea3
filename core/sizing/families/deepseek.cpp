// DeepSeek V2 and V3 (arXiv 2405.04434, 2412.19437): latent attention; the first layers dense, then shared and routed experts.
// V2-Lite does not compress its queries (q_lora_rank null). V3's files hold a multi-token prediction module and FP8 scales.
#include <array>

#include "sizing/families/family.h"

namespace bitbudget::sizing {
namespace {

Attention read_attention(ConfigReader& config, std::uint64_t heads) {
  Attention attention;
  attention.kind = AttentionKind::latent;
  attention.query_heads = heads;
  attention.kv_heads = config.optional({"num_key_value_heads"}, kMaxHeads).value_or(heads);
  attention.query_rank = config.nullable("q_lora_rank", 1536, kMaxHidden).value_or(0);
  attention.kv_rank = config.published({"kv_lora_rank"}, 512, kMaxHidden);
  attention.rope_dim = config.published({"qk_rope_head_dim"}, 64, kMaxHidden / 2);
  attention.key_dim = attention.rope_dim + config.published({"qk_nope_head_dim"}, 128, kMaxHidden / 2);
  attention.value_dim = config.published({"v_head_dim"}, 128, kMaxHidden);
  attention.qkv_bias = attention.output_bias = config.flag("attention_bias", false);
  return attention;
}

FeedForward read_experts(ConfigReader& config, bool third) {
  const std::uint64_t experts = config.required({"n_routed_experts", "num_experts"}, kMaxExperts);
  const std::uint64_t per_token = config.required({"num_experts_per_tok"}, kMaxExperts);
  FeedForward ffn = routed_experts(experts, per_token, config.required({"moe_intermediate_size"}, kMaxIntermediate));
  ffn.shared_width = ffn.width * config.optional({"n_shared_experts"}, 16, 0).value_or(0);
  ffn.router_correction = third || config.text("topk_method", "") == "noaux_tc";
  return ffn;
}

std::vector<bool> read_dense_layers(ConfigReader& config, std::uint64_t layers, bool third) {
  const std::uint64_t first = config.published({"first_k_dense_replace"}, third ? 3 : 0, kMaxLayers, 0);
  const std::uint64_t step = config.optional({"moe_layer_freq"}, kMaxLayers).value_or(1);
  std::vector<bool> dense;
  for (std::uint64_t i = 0; i < layers; ++i) dense.push_back(i < first || i % step != 0);
  return dense;
}

void read(ConfigReader& config, ModelDescription& model) {
  const bool third = model.model_type == "deepseek_v3";
  model.hidden = config.required({"hidden_size"}, kMaxHidden);
  LayerPattern pattern;
  pattern.layers = config.required({"num_hidden_layers"}, kMaxLayers);
  const std::uint64_t heads = config.required({"num_attention_heads"}, kMaxHeads);
  model.vocabulary = config.required({"vocab_size"}, kMaxVocabulary);
  const FeedForward dense = dense_feed_forward(config.required({"intermediate_size"}, kMaxIntermediate), true);
  model.max_context = read_max_context(config);
  model.tied_head = config.flag("tie_word_embeddings", false);
  model.prediction_layers = third ? config.optional({"num_nextn_predict_layers"}, 64, 0).value_or(0) : 0;
  model.scales = read_fp8_scales(config);
  LayerKind layer;
  layer.attention = read_attention(config, heads);
  layer.feed_forward = read_experts(config, third);
  pattern.dense = read_dense_layers(config, pattern.layers, third);
  append_pattern(model, layer, dense, pattern);
}

constexpr std::array<std::string_view, 2> kTypes = {"deepseek_v2", "deepseek_v3"};

}  // namespace

extern const Family kDeepSeek;
constexpr Family kDeepSeek = {kTypes, "DeepSeek", read};

}  // namespace bitbudget::sizing
