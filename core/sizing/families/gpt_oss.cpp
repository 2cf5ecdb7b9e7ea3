// gpt-oss (arXiv 2508.10925): experts with biases in every layer, attention with biases and a learned sink for each head, windows
// in every other layer, from the first.
#include <array>

#include "sizing/families/family.h"

namespace bitbudget::sizing {
namespace {

void read(ConfigReader& config, ModelDescription& model) {
  const DecoderSizes sizes = read_decoder_sizes(config, model, 64);
  LayerKind layer = decoder_layer(sizes, true);
  layer.attention.qkv_bias = layer.attention.output_bias = config.flag("attention_bias", true);
  layer.attention.sinks = true;
  const std::uint64_t experts = config.required({"num_local_experts", "num_experts"}, kMaxExperts);
  const std::uint64_t per_token = config.published({"num_experts_per_tok", "experts_per_token"}, 4, kMaxExperts);
  layer.feed_forward = routed_experts(experts, per_token, sizes.intermediate);
  layer.feed_forward.bias = layer.feed_forward.router_bias = true;
  layer.feed_forward.fused_gate_up = true;
  model.scales = read_mxfp4_scales(config);
  model.tied_head = config.flag("tie_word_embeddings", false);
  LayerPattern pattern = uniform_window(config, sizes.layers, config.published({"sliding_window"}, 128, kMaxTokens));
  if (!config.has("layer_types")) {
    for (std::size_t i = 1; i < pattern.sliding.size(); i += 2) pattern.sliding[i] = false;
  }
  append_pattern(model, layer, pattern);
}

constexpr std::array<std::string_view, 1> kTypes = {"gpt_oss"};

}  // namespace

extern const Family kGptOss;
constexpr Family kGptOss = {kTypes, "gpt-oss", read};

}  // namespace bitbudget::sizing
