// The whole answer for one model and one set of options: what sizeModel returns.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "error.h"
#include "sizing/breakdown.h"
#include "sizing/kv_cache.h"
#include "sizing/model.h"
#include "sizing/options.h"
#include "sizing/parameters.h"
#include "sizing/tensor_groups.h"
#include "sizing/training.h"

namespace bitbudget::sizing {

struct SizeReport {
  std::string model_type;
  std::vector<std::string> notes;       // defaults taken, what is left out
  std::vector<TensorGroup> tensors;     // the ledger behind the totals
  std::vector<StoredExtra> stored;      // what files hold beyond the parameters
  Parameters parameters;
  Breakdown weights;
  KvCache kv_cache;
  Breakdown activations;                // of inference
  Breakdown inference;                  // weights, cache and activations: three terms
  Training training;                    // with micro-batches of options.batch sequences of options.context tokens
  Breakdown flops_per_token;            // one token at the end of options.context
  Breakdown flops_prefill;
  Breakdown flops_training;             // one step of one data-parallel rank
};

/// Reads the config and sizes it. Errors as read_config, check_options, weights, kv_cache and training_memory have them.
Result<SizeReport> size_model(std::string_view config, const SizeOptions& options = {});
/// The same for a description made by hand.
Result<SizeReport> size_model(const ModelDescription& model, const SizeOptions& options = {});

}  // namespace bitbudget::sizing
