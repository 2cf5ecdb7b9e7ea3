// Model families: how each one's config.json is read. One family is one file here and one line in families.cpp.
// Names and defaults are those of transformers' configuration classes of the same model_type.
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
  /// What stands beside a text_config: image encoders. nullptr: nothing.
  void (*read_beside_text)(ConfigReader& config, ModelDescription& model) = nullptr;
};

/// All families. Static storage.
std::span<const Family* const> families();

/// The sizes that nearly every family has.
struct DecoderSizes {
  std::uint64_t layers = 0;
  std::uint64_t heads = 0;
  std::uint64_t kv_heads = 0;
  std::uint64_t head_dim = 0;
  std::uint64_t intermediate = 0;
};

/// Reads hidden_size, vocab_size, max_position_embeddings into `model` and num_hidden_layers, num_attention_heads,
/// num_key_value_heads (absent: the heads), head_dim and intermediate_size into the result.
/// head_dim 0: absent means hidden_size / heads, which must be whole; otherwise the family's default.
DecoderSizes read_decoder_sizes(ConfigReader& config, ModelDescription& model, std::uint64_t head_dim = 0);

/// The same without intermediate_size.
DecoderSizes read_attention_sizes(ConfigReader& config, ModelDescription& model, std::uint64_t head_dim = 0);

/// hidden / heads; a fault if that is not whole.
std::uint64_t split_heads(ConfigReader& config, std::uint64_t hidden, std::uint64_t heads);

/// max_position_embeddings or its aliases; 0 if absent.
std::uint64_t read_max_context(ConfigReader& config);

/// Attention by heads of one width.
Attention head_attention(const DecoderSizes& sizes);

FeedForward dense_feed_forward(std::uint64_t width, bool gated);

/// Routed experts, gated.
FeedForward routed_experts(std::uint64_t experts, std::uint64_t per_token, std::uint64_t width);

/// One layer of attention by heads and dense feed-forward: id "layer".
LayerKind decoder_layer(const DecoderSizes& sizes, bool gated);

/// Which layers slide and which are dense, of all layers in order; empty: none.
struct LayerPattern {
  std::uint64_t layers = 0;
  std::vector<bool> sliding;
  std::uint64_t window = 0;
  std::vector<bool> dense;  // of a model with experts
};

/// Puts the layers of a pattern after one another: kinds "full" and "sliding" ("layer" if nothing slides).
void append_pattern(ModelDescription& model, const LayerKind& layer, const LayerPattern& pattern);

/// The same for layers with experts, where dense layers have `dense` instead: kinds "moe", "dense" and their sliding ones.
void append_pattern(ModelDescription& model, const LayerKind& layer, const FeedForward& dense, const LayerPattern& pattern);

/// layer_types as transformers writes them (true: sliding_attention), or nothing if absent. A length other than
/// `layers` and an unknown text are faults.
std::optional<std::vector<bool>> read_layer_types(ConfigReader& config, std::uint64_t layers);

/// The windows of Qwen: only where use_sliding_window is set, and then from layer max_window_layers on.
LayerPattern read_qwen_windows(ConfigReader& config, std::uint64_t layers);

/// Dense layers among those with experts, of Qwen: mlp_only_layers, and all but each decoder_sparse_step-th.
std::vector<bool> read_qwen_dense_layers(ConfigReader& config, std::uint64_t layers);

/// A window in every layer, or none: the families of Mistral, Phi-3 and StarCoder2. layer_types wins.
LayerPattern uniform_window(ConfigReader& config, std::uint64_t layers, std::optional<std::uint64_t> window);

/// Blocks of an FP8 checkpoint (quantization_config: quant_method "fp8", weight_block_size), and of one in MXFP4 (32 weights of
/// an expert share a scale). Anything else: none.
StoredScales read_fp8_scales(ConfigReader& config);
StoredScales read_mxfp4_scales(ConfigReader& config);

/// "auto" or absent: hidden / 16, rounded up (Mamba).
std::uint64_t read_step_rank(ConfigReader& config, std::string_view name, std::uint64_t hidden);

}  // namespace bitbudget::sizing
