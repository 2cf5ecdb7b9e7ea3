// How many parameters a model has, and how many one token uses.
#pragma once

#include <vector>

#include "sizing/breakdown.h"
#include "sizing/tensor_groups.h"

namespace bitbudget::sizing {

struct Parameters : Breakdown {
  double active = 0;  // everything outside the experts + experts x K / E
};

/// One term per role and layer kind: embedding, attention, feed-forward ... A tied head counts once, buffers never.
/// Exact: the sum of tensor shapes.
Parameters parameters(const ModelDescription& model, const std::vector<TensorGroup>& groups);

}  // namespace bitbudget::sizing
