#include "sizing/families/family.h"

namespace bitbudget::sizing {

std::uint64_t read_head_dim(ConfigReader& config, std::uint64_t hidden, std::uint64_t heads) {
  if (const auto given = config.optional({"head_dim"}, kMaxHidden)) return *given;
  if (!config.failed() && hidden % heads != 0) {
    config.invalid("num_attention_heads", "must divide the hidden size " + std::to_string(hidden) + ", or head_dim must be given; it is " +
                                              std::to_string(heads) + ".");
  }
  return hidden / heads;
}

DecoderSizes read_decoder_sizes(ConfigReader& config, ModelDescription& model) {
  DecoderSizes sizes;
  model.hidden = config.required({"hidden_size"}, kMaxHidden);
  sizes.layers = config.required({"num_hidden_layers"}, kMaxLayers);
  sizes.heads = config.required({"num_attention_heads"}, kMaxHeads);
  model.vocabulary = config.required({"vocab_size"}, kMaxVocabulary);
  sizes.intermediate = config.required({"intermediate_size"}, kMaxIntermediate);
  sizes.kv_heads = config.optional({"num_key_value_heads"}, kMaxHeads).value_or(sizes.heads);
  sizes.head_dim = read_head_dim(config, model.hidden, sizes.heads);
  model.max_context = config.optional({"max_position_embeddings"}, std::uint64_t{1} << 40).value_or(0);
  return sizes;
}

Attention head_attention(std::uint64_t heads, std::uint64_t kv_heads, std::uint64_t head_dim) {
  Attention attention;
  attention.kind = AttentionKind::heads;
  attention.query_heads = heads;
  attention.kv_heads = kv_heads;
  attention.key_dim = attention.value_dim = head_dim;
  return attention;
}

LayerKind decoder_layer(const DecoderSizes& sizes, bool gated) {
  LayerKind layer;
  layer.id = "layer";
  layer.label = "Layers";
  layer.attention = head_attention(sizes.heads, sizes.kv_heads, sizes.head_dim);
  layer.feed_forward.kind = FeedForwardKind::dense;
  layer.feed_forward.gated = gated;
  layer.feed_forward.width = sizes.intermediate;
  return layer;
}

void append_windowed_layers(ModelDescription& model, const LayerKind& kind, const std::vector<bool>& is_sliding, std::uint64_t window) {
  LayerKind full = kind;
  full.id = "full";
  full.label = "Full-attention layers";
  LayerKind sliding = kind;
  sliding.id = "sliding";
  sliding.label = "Sliding-window layers";
  sliding.attention.window = window;
  for (const bool slides : is_sliding) append_layers(model, slides ? sliding : full);
}

std::optional<std::vector<bool>> read_layer_types(ConfigReader& config, std::uint64_t layers) {
  const auto types = config.texts("layer_types");
  if (!types) return std::nullopt;
  if (types->size() != layers) {
    config.invalid("layer_types", "must name one type for each of the " + std::to_string(layers) + " layers; it names " +
                                      std::to_string(types->size()) + ".");
    return std::nullopt;
  }
  std::vector<bool> sliding;
  for (const std::string& type : *types) {
    if (type != "full_attention" && type != "sliding_attention") {
      config.invalid("layer_types", "may hold full_attention and sliding_attention; \"" + type.substr(0, 40) + "\" is not known here.");
      return std::nullopt;
    }
    sliding.push_back(type == "sliding_attention");
  }
  return sliding;
}

}  // namespace bitbudget::sizing
