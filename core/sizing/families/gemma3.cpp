// Gemma 3 (arXiv 2503.19786): Gemma 2's four norms, norms on queries and keys, one full layer after five with a window.
// The larger ones nest their text model in text_config, leave out fields at their defaults, and have an image encoder.
#include <array>

#include "sizing/families/family.h"

namespace bitbudget::sizing {
namespace {

LayerPattern read_pattern(ConfigReader& config, std::uint64_t layers) {
  LayerPattern pattern = uniform_window(config, layers, config.published({"sliding_window"}, 4096, kMaxTokens));
  const std::uint64_t period = config.optional({"sliding_window_pattern", "_sliding_window_pattern"}, kMaxLayers).value_or(6);
  if (config.has("layer_types")) return pattern;
  for (std::size_t i = 0; i < pattern.sliding.size(); ++i) pattern.sliding[i] = (i + 1) % period != 0;
  return pattern;
}

void read(ConfigReader& config, ModelDescription& model) {
  DecoderSizes sizes;
  model.hidden = config.required({"hidden_size"}, kMaxHidden);
  sizes.layers = config.required({"num_hidden_layers"}, kMaxLayers);
  sizes.intermediate = config.required({"intermediate_size"}, kMaxIntermediate);
  model.vocabulary = config.published({"vocab_size"}, 262208, kMaxVocabulary);
  sizes.heads = config.published({"num_attention_heads"}, 8, kMaxHeads);
  sizes.kv_heads = config.published({"num_key_value_heads"}, 4, kMaxHeads);
  sizes.head_dim = config.published({"head_dim"}, 256, kMaxHidden);
  model.max_context = config.optional({"max_position_embeddings"}, kMaxTokens).value_or(131072);
  LayerKind layer = decoder_layer(sizes, true);
  layer.norms = 4;
  layer.attention.qk_norm = NormKind::rms;
  layer.attention.qkv_bias = layer.attention.output_bias = config.flag("attention_bias", false);
  model.tied_head = config.flag("tie_word_embeddings", true);
  append_pattern(model, layer, read_pattern(config, sizes.layers));
}

/// SigLIP of 400 million parameters at 896 x 896 pixels in all published ones.
void read_vision(ConfigReader& config, ModelDescription& model) {
  auto vision = config.object("vision_config");
  if (!vision) {
    config.note("There is no vision_config: the image encoder is left out.");
    return;
  }
  model.vision.hidden = vision->required({"hidden_size"}, kMaxHidden);
  model.vision.layers = vision->required({"num_hidden_layers"}, kMaxLayers);
  model.vision.intermediate = vision->required({"intermediate_size"}, kMaxIntermediate);
  model.vision.patch = vision->published({"patch_size"}, 14, 4096);
  model.vision.channels = vision->optional({"num_channels"}, 256).value_or(3);
  const std::uint64_t image = vision->published({"image_size"}, 896, kMaxHeads);
  const std::uint64_t side = image / model.vision.patch;
  if (side == 0) vision->invalid("image_size", "must be at least patch_size.");
  model.vision.patches = side * side;
  config.merge(std::move(*vision));
}

constexpr std::array<std::string_view, 2> kTypes = {"gemma3_text", "gemma3"};

}  // namespace

extern const Family kGemma3;
constexpr Family kGemma3 = {kTypes, "Gemma 3", read, read_vision};

}  // namespace bitbudget::sizing
