// Qwen3, dense (arXiv 2505.09388): Qwen2's layers without biases, with norms on each head's queries and keys.
#include <array>

#include "sizing/families/family.h"

namespace bitbudget::sizing {
namespace {

void read(ConfigReader& config, ModelDescription& model) {
  const DecoderSizes sizes = read_decoder_sizes(config, model, 128);
  LayerKind layer = decoder_layer(sizes, true);
  layer.attention.qkv_bias = layer.attention.output_bias = config.flag("attention_bias", false);
  layer.attention.qk_norm = NormKind::rms;
  model.tied_head = config.flag("tie_word_embeddings", false);
  append_pattern(model, layer, read_qwen_windows(config, sizes.layers));
}

constexpr std::array<std::string_view, 1> kTypes = {"qwen3"};

}  // namespace

extern const Family kQwen3;
constexpr Family kQwen3 = {kTypes, "Qwen3", read};

}  // namespace bitbudget::sizing
