// Falcon (arXiv 2311.16867): one key/value head, or num_kv_heads in the newer architecture; attention and feed-forward side by
// side after one norm or two; a feed-forward of width 4 hidden_size. RefinedWeb is its name in older files.
#include <array>

#include "sizing/families/family.h"

namespace bitbudget::sizing {
namespace {

std::uint64_t read_norms(ConfigReader& config, bool parallel, bool new_architecture) {
  const auto given = config.optional({"num_ln_in_parallel_attn"}, 2);
  if (!parallel) return 2;
  return given.value_or(new_architecture ? 2 : 1);
}

void read(ConfigReader& config, ModelDescription& model) {
  DecoderSizes sizes;
  model.hidden = config.required({"hidden_size", "n_embed"}, kMaxHidden);
  sizes.layers = config.required({"num_hidden_layers", "n_layer"}, kMaxLayers);
  sizes.heads = config.required({"num_attention_heads", "n_head"}, kMaxHeads);
  model.vocabulary = config.required({"vocab_size"}, kMaxVocabulary);
  sizes.intermediate = config.optional({"ffn_hidden_size"}, kMaxIntermediate).value_or(4 * model.hidden);
  sizes.head_dim = split_heads(config, model.hidden, sizes.heads);
  const bool new_architecture = config.flag("new_decoder_architecture", config.text("model_type", "") == "RefinedWeb");
  const bool one_head = config.flag("multi_query", true) && !new_architecture;
  const auto kv_heads = config.optional({"num_kv_heads", "n_head_kv", "num_key_value_heads"}, kMaxHeads);
  sizes.kv_heads = one_head ? 1 : new_architecture ? kv_heads.value_or(sizes.heads) : sizes.heads;
  const bool bias = config.flag("bias", false);
  model.norm = NormKind::layer;
  model.max_context = read_max_context(config);
  model.tied_head = config.flag("tie_word_embeddings", true);
  LayerKind layer = decoder_layer(sizes, false);
  layer.parallel = config.flag("parallel_attn", true);
  layer.norms = static_cast<std::uint32_t>(read_norms(config, layer.parallel, new_architecture));
  layer.attention.fused_qkv = true;
  layer.attention.qkv_bias = layer.attention.output_bias = bias;
  layer.feed_forward.bias = bias;
  append_layers(model, layer, sizes.layers);
}

constexpr std::array<std::string_view, 3> kTypes = {"falcon", "RefinedWeb", "RefinedWebModel"};

}  // namespace

extern const Family kFalcon;
constexpr Family kFalcon = {kTypes, "Falcon", read};

}  // namespace bitbudget::sizing
