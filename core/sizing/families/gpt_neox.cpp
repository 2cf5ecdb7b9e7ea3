// GPT-NeoX and Pythia (arXiv 2204.06745, 2304.01373): layer norms, biases, a two-matrix feed-forward beside the attention, an own head.
#include <array>

#include "sizing/families/family.h"

namespace bitbudget::sizing {
namespace {

void read(ConfigReader& config, ModelDescription& model) {
  DecoderSizes sizes = read_decoder_sizes(config, model);
  sizes.kv_heads = sizes.heads;
  model.norm = NormKind::layer;
  LayerKind layer = decoder_layer(sizes, false);
  layer.parallel = config.flag("use_parallel_residual", true);
  layer.attention.fused_qkv = true;
  layer.attention.qkv_bias = layer.attention.output_bias = config.flag("attention_bias", true);
  layer.feed_forward.bias = true;
  model.tied_head = config.flag("tie_word_embeddings", false);
  model.mask_context = model.max_context;
  model.rotary_table = static_cast<std::uint64_t>(config.share("rotary_pct", 0.25) * static_cast<double>(sizes.head_dim)) / 2;
  append_layers(model, layer, sizes.layers);
}

constexpr std::array<std::string_view, 1> kTypes = {"gpt_neox"};

}  // namespace

extern const Family kGptNeoX;
constexpr Family kGptNeoX = {kTypes, "GPT-NeoX", read};

}  // namespace bitbudget::sizing
