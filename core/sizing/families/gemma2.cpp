// Gemma 2 (arXiv 2408.00118): norms before and after attention and feed-forward; windows in every other layer, from the first.
#include <array>

#include "sizing/families/family.h"

namespace bitbudget::sizing {
namespace {

void read(ConfigReader& config, ModelDescription& model) {
  const DecoderSizes sizes = read_decoder_sizes(config, model, 256);
  LayerKind layer = decoder_layer(sizes, true);
  layer.norms = 4;
  layer.attention.qkv_bias = layer.attention.output_bias = config.flag("attention_bias", false);
  model.tied_head = config.flag("tie_word_embeddings", true);
  LayerPattern pattern = uniform_window(config, sizes.layers, config.published({"sliding_window"}, 4096, kMaxTokens));
  if (!config.has("layer_types")) {
    for (std::size_t i = 1; i < pattern.sliding.size(); i += 2) pattern.sliding[i] = false;
  }
  append_pattern(model, layer, pattern);
}

constexpr std::array<std::string_view, 1> kTypes = {"gemma2"};

}  // namespace

extern const Family kGemma2;
constexpr Family kGemma2 = {kTypes, "Gemma 2", read};

}  // namespace bitbudget::sizing
