// The weights as a real file has them, in place of what number formats would give: SizeOptions::weight_bytes.
#pragma once

#include <cstddef>
#include <vector>

#include "error.h"
#include "sizing/breakdown.h"
#include "sizing/options.h"
#include "sizing/tensor_groups.h"

namespace bitbudget::sizing {

/// invalid_argument ("weightBytes") for a kind that there is not or that stands twice; too_large if all together pass 2^53 bytes.
Result<void> check_measured(const SizeOptions& options);

/// One term per kind. Exact.
Breakdown measured_weights(const SizeOptions& options);

/// Bytes of one group of tensors.
struct GroupBytes {
  std::size_t group = 0;  // index in the groups
  double bytes = 0;
};

/// What a pass may have to read of them: each kind spread over its groups by parameters, scales over all matrices that are
/// multiplied. A head that the model has not (a tied one, stored twice), buffers, prediction modules and tensors that
/// nothing is known of are not read.
std::vector<GroupBytes> measured_by_group(const std::vector<TensorGroup>& groups, const SizeOptions& options);

}  // namespace bitbudget::sizing
