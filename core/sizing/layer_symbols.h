// The sizes of a layer kind as named quantities, for formulas.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sizing/expression.h"
#include "sizing/model.h"
#include "sizing/tensor_groups.h"

namespace bitbudget::sizing {

struct LayerSymbols {
  Expression layers;                    // L, or L of this kind
  Expression d;                         // hidden
  Expression a, k, h, h_v;              // query heads, key/value heads, widths of a head; h_v is h where they agree
  Expression c, c_q, h_r;               // latent attention: ranks of keys/values and of queries, rotary width
  Expression window;                    // W
  Expression f, f_e, f_s;               // widths: dense, one expert, the shared experts together
  Expression experts, per_token;        // E, K
  Expression e, n, m, r;                // recurrent: inner width, state, taps, rank of the step size
};

LayerSymbols layer_symbols(const ModelDescription& model, std::size_t kind);

/// "scores" -> "scores", or "scores_sliding" where the model has several kinds.
std::string kind_id(const ModelDescription& model, std::size_t kind, const std::string& id);
/// "Scores" -> "Scores", or "Scores, sliding-window layers".
std::string kind_label(const ModelDescription& model, std::size_t kind, const std::string& label);

/// Elements of one copy of a group: rows times columns.
Expression shape(const TensorGroup& group);

/// The sum of the groups' shapes; equal shapes are counted. Layers and experts are left out.
Expression sum_of_shapes(const std::vector<const TensorGroup*>& groups);

}  // namespace bitbudget::sizing
