// BLOOM (arXiv 2211.05100): no positions (ALiBi), a norm after the embedding, biases, a feed-forward of width 4 hidden_size.
#include <array>

#include "sizing/families/family.h"

namespace bitbudget::sizing {
namespace {

void read(ConfigReader& config, ModelDescription& model) {
  DecoderSizes sizes;
  model.hidden = config.required({"hidden_size", "n_embed"}, kMaxHidden);
  sizes.layers = config.required({"n_layer", "num_hidden_layers"}, kMaxLayers);
  sizes.heads = sizes.kv_heads = config.required({"n_head", "num_attention_heads"}, kMaxHeads);
  model.vocabulary = config.required({"vocab_size"}, kMaxVocabulary);
  sizes.intermediate = 4 * model.hidden;
  sizes.head_dim = split_heads(config, model.hidden, sizes.heads);
  model.max_context = read_max_context(config);
  model.norm = NormKind::layer;
  model.embedding_norm = true;
  model.tied_head = config.flag("tie_word_embeddings", true);
  LayerKind layer = decoder_layer(sizes, false);
  layer.attention.fused_qkv = layer.attention.qkv_bias = layer.attention.output_bias = true;
  layer.feed_forward.bias = true;
  append_layers(model, layer, sizes.layers);
}

constexpr std::array<std::string_view, 1> kTypes = {"bloom"};

}  // namespace

extern const Family kBloom;
constexpr Family kBloom = {kTypes, "BLOOM", read};

}  // namespace bitbudget::sizing
