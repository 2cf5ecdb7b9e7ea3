// OPT (arXiv 2205.01068): GPT-2's layers; two positions more than the context; the 350M one embeds into fewer dimensions and has
// no final norm.
#include <array>

#include "sizing/families/family.h"

namespace bitbudget::sizing {
namespace {

void read(ConfigReader& config, ModelDescription& model) {
  DecoderSizes sizes;
  model.hidden = config.required({"hidden_size"}, kMaxHidden);
  sizes.layers = config.required({"num_hidden_layers"}, kMaxLayers);
  sizes.heads = sizes.kv_heads = config.required({"num_attention_heads"}, kMaxHeads);
  model.vocabulary = config.required({"vocab_size"}, kMaxVocabulary);
  sizes.intermediate = config.required({"ffn_dim", "intermediate_size"}, kMaxIntermediate);
  model.max_context = config.published({"max_position_embeddings"}, 2048, kMaxIntermediate - 2);
  model.positions = model.max_context + 2;
  sizes.head_dim = split_heads(config, model.hidden, sizes.heads);
  const std::uint64_t width = config.optional({"word_embed_proj_dim"}, kMaxHidden).value_or(model.hidden);
  model.embedding_width = width == model.hidden ? 0 : width;
  const bool affine = config.flag("layer_norm_elementwise_affine", true);
  const bool bias = config.flag("enable_bias", true);
  model.norm = affine ? NormKind::layer : NormKind::none;
  model.final_norm = config.flag("do_layer_norm_before", true) && !config.flag("_remove_final_layer_norm", false);
  model.tied_head = config.flag("tie_word_embeddings", true);
  LayerKind layer = decoder_layer(sizes, false);
  layer.attention.qkv_bias = layer.attention.output_bias = bias;
  layer.feed_forward.bias = bias;
  append_layers(model, layer, sizes.layers);
}

constexpr std::array<std::string_view, 1> kTypes = {"opt"};

}  // namespace

extern const Family kOpt;
constexpr Family kOpt = {kTypes, "OPT", read};

}  // namespace bitbudget::sizing
