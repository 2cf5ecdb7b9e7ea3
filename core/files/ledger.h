// The ledger of a checkpoint: its tensors by layer and kind, and its total beside that of its config.json, with every
// difference explained.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "files/file_report.h"
#include "sizing/model.h"
#include "sizing/tensor_groups.h"

namespace bitbudget::files {

/// What a tensor is, told from its name as transformers or llama.cpp write it. `kind` is one of sizing::TensorRole's names,
/// or "scales" (of quantized weights, zero points and group indices too), "buffer" (computed, not learned: rotary
/// frequencies, causal masks) or "other". Static storage.
struct TensorPlace {
  int layer = -1;  // -1 outside the layers
  std::string_view kind;
};
TensorPlace place_of(std::string_view name);

/// The tensors of one kind in one layer.
struct LedgerRow {
  int layer = -1;
  std::string_view kind;
  std::uint64_t tensors = 0;
  std::uint64_t elements = 0;  // as stored: a packed word is one element
  std::uint64_t bytes = 0;
};

struct Ledger {
  std::vector<LedgerRow> rows;  // by layer (what stands outside them first), then by kind
  std::uint64_t tensors = 0;
  std::uint64_t elements = 0;
  std::uint64_t bytes = 0;
};

/// Of all shards' tensors together.
Ledger make_ledger(std::span<const TensorInfo> tensors);

/// The same by kind alone (every row's layer is -1). Layers from `layers` on, the model's own count, are "prediction": its modules for
/// multi-token prediction.
std::vector<LedgerRow> rows_by_kind(const Ledger& ledger, std::uint64_t layers = UINT64_MAX);

/// One kind where the file and the config do not agree.
struct Difference {
  std::string_view kind;
  std::uint64_t in_file = 0;    // elements
  std::uint64_t in_config = 0;  // parameters
  std::string explanation;      // a sentence
  bool explained = false;       // false: the sentence says what may be wrong
};

struct TieOut {
  std::uint64_t file_elements = 0;
  std::uint64_t config_parameters = 0;
  std::vector<Difference> differences;  // empty: they agree, kind by kind
};

/// `groups` are tensor_groups(model)'s. Layers from the model's count on are its prediction modules: the kind "prediction".
TieOut tie_out(const Ledger& ledger, const sizing::ModelDescription& model, std::span<const sizing::TensorGroup> groups);

}  // namespace bitbudget::files
