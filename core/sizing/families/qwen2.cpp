// Qwen1.5, Qwen2 and Qwen2.5, dense (arXiv 2407.10671): Llama's layers with biases on queries, keys and values.
#include <array>

#include "sizing/families/family.h"

namespace bitbudget::sizing {
namespace {

void read(ConfigReader& config, ModelDescription& model) {
  const DecoderSizes sizes = read_decoder_sizes(config, model);
  LayerKind layer = decoder_layer(sizes, true);
  layer.attention.qkv_bias = true;
  model.tied_head = config.flag("tie_word_embeddings", false);
  append_pattern(model, layer, read_qwen_windows(config, sizes.layers));
}

constexpr std::array<std::string_view, 1> kTypes = {"qwen2"};

}  // namespace

extern const Family kQwen2;
constexpr Family kQwen2 = {kTypes, "Qwen2", read};

}  // namespace bitbudget::sizing
