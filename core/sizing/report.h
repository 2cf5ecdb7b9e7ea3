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

namespace bitbudget::sizing {

struct SizeReport {
  std::string model_type;
  std::vector<std::string> notes;       // defaults taken, what is left out
  std::vector<TensorGroup> tensors;     // the ledger behind the totals
  std::vector<StoredExtra> stored;      // what files hold beyond the parameters
  Parameters parameters;
  Breakdown weights;
  KvCache kv_cache;
};

/// Reads the config and sizes it. Errors as read_config, check_options, weights and kv_cache have them.
Result<SizeReport> size_model(std::string_view config, const SizeOptions& options = {});
/// The same for a description made by hand.
Result<SizeReport> size_model(const ModelDescription& model, const SizeOptions& options = {});

}  // namespace bitbudget::sizing
