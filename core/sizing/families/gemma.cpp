// Gemma 1 (arXiv 2403.08295): heads wider than hidden_size / heads, a gated feed-forward, the head tied.
#include <array>

#include "sizing/families/family.h"

namespace bitbudget::sizing {
namespace {

void read(ConfigReader& config, ModelDescription& model) {
  const DecoderSizes sizes = read_decoder_sizes(config, model, 256);
  LayerKind layer = decoder_layer(sizes, true);
  layer.attention.qkv_bias = layer.attention.output_bias = config.flag("attention_bias", false);
  model.tied_head = config.flag("tie_word_embeddings", true);
  append_layers(model, layer, sizes.layers);
}

constexpr std::array<std::string_view, 1> kTypes = {"gemma"};

}  // namespace

extern const Family kGemma;
constexpr Family kGemma = {kTypes, "Gemma", read};

}  // namespace bitbudget::sizing
