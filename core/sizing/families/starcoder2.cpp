// StarCoder2 (arXiv 2402.19173): layer norms, biases, a two-matrix feed-forward; a window in every layer where the field is a number.
#include <array>

#include "sizing/families/family.h"

namespace bitbudget::sizing {
namespace {

void read(ConfigReader& config, ModelDescription& model) {
  const DecoderSizes sizes = read_decoder_sizes(config, model);
  const bool bias = config.flag("use_bias", true);
  model.norm = NormKind::layer;
  LayerKind layer = decoder_layer(sizes, false);
  layer.attention.qkv_bias = layer.attention.output_bias = bias;
  layer.feed_forward.bias = bias;
  model.tied_head = config.flag("tie_word_embeddings", true);
  append_pattern(model, layer, uniform_window(config, sizes.layers, config.optional({"sliding_window"}, kMaxTokens)));
}

constexpr std::array<std::string_view, 1> kTypes = {"starcoder2"};

}  // namespace

extern const Family kStarCoder2;
constexpr Family kStarCoder2 = {kTypes, "StarCoder2", read};

}  // namespace bitbudget::sizing
