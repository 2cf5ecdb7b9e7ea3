// Phi-3, Phi-3.5 and Phi-4 (arXiv 2404.14219, 2412.08905): Llama's layers with queries, keys and values in one matrix, gate and
// up in one, and a window in every layer where the field is a number.
#include <array>

#include "sizing/families/family.h"

namespace bitbudget::sizing {
namespace {

void read(ConfigReader& config, ModelDescription& model) {
  const DecoderSizes sizes = read_decoder_sizes(config, model);
  LayerKind layer = decoder_layer(sizes, true);
  layer.attention.fused_qkv = true;
  layer.feed_forward.fused_gate_up = true;
  model.tied_head = config.flag("tie_word_embeddings", false);
  append_pattern(model, layer, uniform_window(config, sizes.layers, config.optional({"sliding_window"}, kMaxTokens)));
}

constexpr std::array<std::string_view, 1> kTypes = {"phi3"};

}  // namespace

extern const Family kPhi3;
constexpr Family kPhi3 = {kTypes, "Phi-3", read};

}  // namespace bitbudget::sizing
