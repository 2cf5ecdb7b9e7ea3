// The ledger of a model: every tensor that its checkpoint holds, equal ones grouped. Parameters, weights, active counts,
// FLOPs and the comparison with a file all follow from it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "error.h"
#include "sizing/model.h"

namespace bitbudget::sizing {

enum class TensorRole {
  embedding,      // token table
  position,       // learned position table
  head,           // only where untied
  norm,           // norms of layers and of the ends, of queries and keys too
  attention,
  feed_forward,   // dense
  expert,         // routed
  shared_expert,  // always on
  router,
  recurrent,
  vision,         // image encoder and projector
};

/// "embedding", "shared_expert" ...
std::string_view to_string(TensorRole role);

/// One length of a tensor, with what it is called in formulas: {4096, "d"}.
struct Extent {
  std::uint64_t value = 0;
  std::string symbol;
};

/// `copies` tensors of rows x columns (a vector has rows = 1 and is no matrix). A linear layer's columns are its inputs:
/// the length along which formats form blocks.
struct TensorGroup {
  std::string id;             // "full.q": layer kind, tensor; unique in its model
  std::string label;          // "Query projection"
  std::string name;           // short, as llama.cpp calls it: "attn_q", "ffn_down", "token_embd" ...
  TensorRole role = TensorRole::norm;
  int layer_kind = -1;        // index in ModelDescription::kinds; -1 outside the layers
  Extent rows;
  Extent columns;
  bool matrix = false;        // two dimensions: formats apply. Vectors stay in a float type
  bool matmul = false;        // multiplied with activations: 2 FLOPs per parameter and token
  bool bias = false;          // a vector that is added
  Extent per_layer = {1, ""};  // copies in each layer: the experts; 1 for all others
  std::uint64_t layers = 1;   // layers of its kind; 1 outside the layers
  std::uint64_t copies = 1;   // per_layer x layers
  std::uint64_t parameters = 0;  // rows x columns x copies
  std::uint64_t active = 0;   // of these, used by one token: K/E of routed experts, all others
};

/// In the order of the model: embedding, layers by kind, ends, vision. A tied head has no group (the embedding's group
/// then has matmul set: it is multiplied as the head).
/// too_large if the model has more than 2^53 parameters; check_model's refusals.
Result<std::vector<TensorGroup>> tensor_groups(const ModelDescription& model);

/// What files of the model hold beyond its parameters: a tied head written out, rotary tables, multi-token prediction,
/// scales of FP8 blocks.
std::vector<StoredExtra> stored_extras(const ModelDescription& model, const std::vector<TensorGroup>& groups);

}  // namespace bitbudget::sizing
