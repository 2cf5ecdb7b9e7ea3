// Llama 1, 2, 3, 3.x, TinyLlama, SmolLM2 and all others that call themselves "llama" (arXiv 2302.13971; biases, head_dim
// and tying as fields say).
#include <array>

#include "sizing/families/family.h"

namespace bitbudget::sizing {
namespace {

void read(ConfigReader& config, ModelDescription& model) {
  const DecoderSizes sizes = read_decoder_sizes(config, model);
  LayerKind layer = decoder_layer(sizes, true);
  layer.attention.qkv_bias = layer.attention.output_bias = config.flag("attention_bias", false);
  layer.feed_forward.bias = config.flag("mlp_bias", false);
  model.tied_head = config.flag("tie_word_embeddings", false);
  model.rotary_table = sizes.head_dim / 2;
  append_layers(model, layer, sizes.layers);
}

constexpr std::array<std::string_view, 1> kTypes = {"llama"};

}  // namespace

extern const Family kLlama;
constexpr Family kLlama = {kTypes, "Llama", read};

}  // namespace bitbudget::sizing
