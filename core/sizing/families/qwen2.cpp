// Qwen1.5, Qwen2 and Qwen2.5, dense (arXiv 2407.10671): Llama's layers with biases on queries, keys and values.
#include <array>

#include "sizing/families/family.h"

namespace bitbudget::sizing {
namespace {

/// Layers from max_window_layers on slide, and only where use_sliding_window is set: transformers' Qwen2Config.
std::vector<bool> read_windows(ConfigReader& config, std::uint64_t layers, std::uint64_t& window) {
  const bool uses_window = config.flag("use_sliding_window", false);
  window = uses_window ? config.published({"sliding_window"}, 4096, kMaxVocabulary * 16) : 0;
  if (auto types = read_layer_types(config, layers)) return *types;
  std::vector<bool> sliding(static_cast<std::size_t>(layers), false);
  if (!uses_window) return sliding;
  const std::uint64_t first = config.published({"max_window_layers"}, 28, kMaxLayers);
  for (std::size_t i = 0; i < sliding.size(); ++i) sliding[i] = i >= first;
  return sliding;
}

void read(ConfigReader& config, ModelDescription& model) {
  const DecoderSizes sizes = read_decoder_sizes(config, model);
  LayerKind layer = decoder_layer(sizes, true);
  layer.attention.qkv_bias = true;
  model.tied_head = config.flag("tie_word_embeddings", false);
  std::uint64_t window = 0;
  const std::vector<bool> sliding = read_windows(config, sizes.layers, window);
  append_windowed_layers(model, layer, sliding, window);
}

constexpr std::array<std::string_view, 1> kTypes = {"qwen2"};

}  // namespace

extern const Family kQwen2;
constexpr Family kQwen2 = {kTypes, "Qwen2", read};

}  // namespace bitbudget::sizing
