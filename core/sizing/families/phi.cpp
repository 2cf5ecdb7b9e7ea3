// Phi-1, Phi-1.5 and Phi-2: attention and a two-matrix feed-forward side by side after one norm, biases everywhere, even on the head.
#include <array>

#include "sizing/families/family.h"

namespace bitbudget::sizing {
namespace {

void read(ConfigReader& config, ModelDescription& model) {
  const DecoderSizes sizes = read_decoder_sizes(config, model);
  model.norm = NormKind::layer;
  LayerKind layer = decoder_layer(sizes, false);
  layer.norms = 1;
  layer.parallel = true;
  layer.attention.qkv_bias = layer.attention.output_bias = true;
  if (config.flag("qk_layernorm", false)) layer.attention.qk_norm = NormKind::layer;
  layer.feed_forward.bias = true;
  model.tied_head = config.flag("tie_word_embeddings", false);
  model.head_bias = true;
  append_layers(model, layer, sizes.layers);
}

constexpr std::array<std::string_view, 1> kTypes = {"phi"};

}  // namespace

extern const Family kPhi;
constexpr Family kPhi = {kTypes, "Phi", read};

}  // namespace bitbudget::sizing
