// Model families: how each one's config.json is read. One family is one file here and one line in families.cpp.
#pragma once

#include <span>
#include <string_view>

#include "sizing/config_reader.h"
#include "sizing/model.h"

namespace bitbudget::sizing {

struct Family {
  std::span<const std::string_view> model_types;  // the values of model_type that it reads
  std::string_view label;                         // "Llama"
  /// Fills `model` from the fields; faults go to the reader. On faults the rest of `model` does not matter.
  void (*read)(ConfigReader& config, ModelDescription& model);
};

/// All families. Static storage.
std::span<const Family* const> families();

/// The sizes that nearly every family has, by the names that transformers gives them.
struct DecoderSizes {
  std::uint64_t layers = 0;
  std::uint64_t heads = 0;
  std::uint64_t kv_heads = 0;
  std::uint64_t head_dim = 0;
  std::uint64_t intermediate = 0;
};

/// Reads hidden_size, vocab_size, max_position_embeddings into `model` and num_hidden_layers, num_attention_heads,
/// num_key_value_heads (absent: the heads), head_dim (absent: hidden_size / heads, which must be whole) and
/// intermediate_size into the result.
DecoderSizes read_decoder_sizes(ConfigReader& config, ModelDescription& model);

/// head_dim if given, else hidden / heads; a fault if that is not whole.
std::uint64_t read_head_dim(ConfigReader& config, std::uint64_t hidden, std::uint64_t heads);

/// Attention by heads of one width.
Attention head_attention(std::uint64_t heads, std::uint64_t kv_heads, std::uint64_t head_dim);

/// One layer of attention and dense feed-forward from the sizes: id "layer".
LayerKind decoder_layer(const DecoderSizes& sizes, bool gated);

/// Puts `layers` layers after one another. Those where is_sliding[i] holds get the window (kinds "sliding", "full").
void append_windowed_layers(ModelDescription& model, const LayerKind& kind, const std::vector<bool>& is_sliding, std::uint64_t window);

/// layer_types as transformers writes them (true: sliding_attention), or nothing if absent. A length other than
/// `layers` and an unknown text are faults.
std::optional<std::vector<bool>> read_layer_types(ConfigReader& config, std::uint64_t layers);

}  // namespace bitbudget::sizing
