// Writes a sum of tensor shapes as LaTeX, in symbols and in numbers.
#pragma once

#include <span>
#include <string>

#include "sizing/tensor_groups.h"

namespace bitbudget::sizing {

struct FormulaText {
  std::string symbols;
  std::string numbers;
};

/// The layer count of a kind: "L", or "L_{\text{sliding}}" where the model has several kinds.
std::string layers_symbol(const ModelDescription& model, int layer_kind);

/// L (d a h + 2 d k h ...) for groups of one layer kind (all with the same layer_kind); equal shapes are counted.
FormulaText shapes_formula(const ModelDescription& model, std::span<const TensorGroup* const> groups);

/// "Attention" or "Norms": a role in words.
std::string_view role_label(TensorRole role);

}  // namespace bitbudget::sizing
