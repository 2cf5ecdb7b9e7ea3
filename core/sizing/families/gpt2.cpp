// GPT-2: learned positions, layer norms with shift, biases everywhere, a two-matrix feed-forward of width 4 n_embd, the head tied.
#include <array>

#include "sizing/families/family.h"

namespace bitbudget::sizing {
namespace {

void read(ConfigReader& config, ModelDescription& model) {
  DecoderSizes sizes;
  model.hidden = config.required({"n_embd", "hidden_size"}, kMaxHidden);
  sizes.layers = config.required({"n_layer", "num_hidden_layers"}, kMaxLayers);
  sizes.heads = sizes.kv_heads = config.required({"n_head", "num_attention_heads"}, kMaxHeads);
  model.vocabulary = config.required({"vocab_size"}, kMaxVocabulary);
  model.positions = config.required({"n_positions", "max_position_embeddings", "n_ctx"}, kMaxIntermediate);
  model.max_context = model.positions;
  sizes.intermediate = config.optional({"n_inner", "intermediate_size"}, kMaxIntermediate).value_or(4 * model.hidden);
  sizes.head_dim = split_heads(config, model.hidden, sizes.heads);
  model.norm = NormKind::layer;
  model.tied_head = config.flag("tie_word_embeddings", true);
  LayerKind layer = decoder_layer(sizes, false);
  layer.attention.fused_qkv = layer.attention.qkv_bias = layer.attention.output_bias = true;
  layer.feed_forward.bias = true;
  model.mask_context = model.positions;
  append_layers(model, layer, sizes.layers);
}

constexpr std::array<std::string_view, 1> kTypes = {"gpt2"};

}  // namespace

extern const Family kGpt2;
constexpr Family kGpt2 = {kTypes, "GPT-2", read};

}  // namespace bitbudget::sizing
