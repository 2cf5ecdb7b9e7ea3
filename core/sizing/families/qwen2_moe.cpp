// Qwen1.5-MoE and Qwen2-MoE (arXiv 2407.10671): Qwen2's attention, routed experts, and shared experts behind a gate.
#include <array>

#include "sizing/families/family.h"

namespace bitbudget::sizing {
namespace {

void read(ConfigReader& config, ModelDescription& model) {
  const DecoderSizes sizes = read_decoder_sizes(config, model);
  LayerKind layer = decoder_layer(sizes, true);
  layer.attention.qkv_bias = config.flag("qkv_bias", true);
  const FeedForward dense = layer.feed_forward;
  const std::uint64_t experts = config.published({"num_experts"}, 60, kMaxExperts);
  const std::uint64_t per_token = config.published({"num_experts_per_tok"}, 4, kMaxExperts);
  layer.feed_forward = routed_experts(experts, per_token, config.required({"moe_intermediate_size"}, kMaxIntermediate));
  layer.feed_forward.shared_width = config.required({"shared_expert_intermediate_size"}, kMaxIntermediate);
  layer.feed_forward.shared_gate = true;
  model.tied_head = config.flag("tie_word_embeddings", false);
  LayerPattern pattern = read_qwen_windows(config, sizes.layers);
  pattern.dense = read_qwen_dense_layers(config, sizes.layers);
  append_pattern(model, layer, dense, pattern);
}

constexpr std::array<std::string_view, 1> kTypes = {"qwen2_moe"};

}  // namespace

extern const Family kQwen2Moe;
constexpr Family kQwen2Moe = {kTypes, "Qwen2-MoE", read};

}  // namespace bitbudget::sizing
