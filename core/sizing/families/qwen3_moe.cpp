// Qwen3 with experts (arXiv 2505.09388): Qwen3's attention, routed experts without shared ones.
#include <array>

#include "sizing/families/family.h"

namespace bitbudget::sizing {
namespace {

void read(ConfigReader& config, ModelDescription& model) {
  const DecoderSizes sizes = read_decoder_sizes(config, model);
  LayerKind layer = decoder_layer(sizes, true);
  layer.attention.qkv_bias = layer.attention.output_bias = config.flag("attention_bias", false);
  layer.attention.qk_norm = NormKind::rms;
  const FeedForward dense = layer.feed_forward;
  const std::uint64_t experts = config.published({"num_experts"}, 128, kMaxExperts);
  const std::uint64_t per_token = config.published({"num_experts_per_tok"}, 8, kMaxExperts);
  layer.feed_forward = routed_experts(experts, per_token, config.required({"moe_intermediate_size"}, kMaxIntermediate));
  model.tied_head = config.flag("tie_word_embeddings", false);
  LayerPattern pattern = read_qwen_windows(config, sizes.layers);
  pattern.dense = read_qwen_dense_layers(config, sizes.layers);
  append_pattern(model, layer, dense, pattern);
}

constexpr std::array<std::string_view, 1> kTypes = {"qwen3_moe"};

}  // namespace

extern const Family kQwen3Moe;
constexpr Family kQwen3Moe = {kTypes, "Qwen3-MoE", read};

}  // namespace bitbudget::sizing
