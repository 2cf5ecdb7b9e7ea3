// The mixtures that llama.cpp's quantizer writes under one name: Q4_K_M is no number format but a table of formats by
// tensor and layer. Rules as of llama.cpp's src/llama-quant.cpp without an importance matrix.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "sizing/model.h"
#include "sizing/tensor_groups.h"

namespace bitbudget::sizing {

enum class MixtureCondition : std::uint8_t {
  always,
  grouped_heads,    // four query heads or more for each key/value head
  more_bits,        // the first and last eighth of the layers, and every third between
  first_eighth,     // of the layers
  first_sixteenth,
  first_two,        // attention layers
  first_four,
};

/// Which models a rule is for.
enum class MixtureScope : std::uint8_t { all, not_falcon, falcon, eight_experts, not_eight_experts };

/// The tensors whose name begins with `tensor` take `format` where the condition holds. The first rule that fits counts.
struct MixtureRule {
  std::string_view tensor;
  MixtureCondition condition;
  MixtureScope scope;
  std::string_view format;
};

struct Mixture {
  std::string_view id;     // "q4_k_m"; with "_mix" at the end where a format has the plain name
  std::string_view label;  // "Q4_K_M": llama.cpp's name
  std::string_view base;   // the format of every matrix without a rule
  std::span<const MixtureRule> rules;
};

/// Every mixture, by bits. Static storage.
std::span<const Mixture> mixtures();

/// nullptr if there is none of that id.
const Mixture* find_mixture(std::string_view id);

/// What the rules ask about a model.
struct MixtureModel {
  std::uint64_t layers = 0;
  std::uint64_t attention_layers = 0;
  std::uint64_t heads_per_kv_head = 0;
  std::uint64_t experts = 0;
  bool falcon = false;
  bool is_70b = false;  // 80 layers with grouped heads: llama.cpp gives its values more bits
};
MixtureModel mixture_model(const ModelDescription& model);

/// The format of one layer's copies of a tensor (before rows that do not fit its blocks take another one).
/// `attention_layer` is the layer's index among those with attention.
std::string_view mixture_format(const Mixture& mixture, const MixtureModel& model, std::string_view tensor, std::uint64_t layer,
                                std::uint64_t attention_layer);

/// The format of the output head (of the embedding where the head is tied), whose rows are `row` long.
std::string_view mixture_head_format(const Mixture& mixture, const MixtureModel& model, std::uint64_t row);

}  // namespace bitbudget::sizing
