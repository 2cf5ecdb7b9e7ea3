// Mixtral (arXiv 2401.04088): Mistral's attention, and in every layer experts that a router chooses.
#include <array>

#include "sizing/families/family.h"

namespace bitbudget::sizing {
namespace {

void read(ConfigReader& config, ModelDescription& model) {
  const DecoderSizes sizes = read_decoder_sizes(config, model);
  LayerKind layer = decoder_layer(sizes, true);
  const std::uint64_t experts = config.published({"num_local_experts", "num_experts"}, 8, kMaxExperts);
  const std::uint64_t per_token = config.published({"num_experts_per_tok"}, 2, kMaxExperts);
  layer.feed_forward = routed_experts(experts, per_token, sizes.intermediate);
  model.tied_head = config.flag("tie_word_embeddings", false);
  append_pattern(model, layer, uniform_window(config, sizes.layers, config.optional({"sliding_window"}, kMaxTokens)));
}

constexpr std::array<std::string_view, 1> kTypes = {"mixtral"};

}  // namespace

extern const Family kMixtral;
constexpr Family kMixtral = {kTypes, "Mixtral", read};

}  // namespace bitbudget::sizing
