#include "lowrank/correction.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

namespace bitbudget::lowrank {

Result<Svd> correct_error(std::span<const float> weights, std::span<const float> quantized, std::size_t columns, std::size_t rank,
                          std::span<const float> column_weights) {
  assert(weights.size() == quantized.size());
  const auto usable = [](float weight) { return weight > 0 && std::isfinite(weight); };
  if (!column_weights.empty() && (column_weights.size() != columns || !std::all_of(column_weights.begin(), column_weights.end(), usable))) {
    return fail_field(ErrorCode::invalid_argument, "columnWeights", "There must be one positive weight for each column.");
  }
  std::vector<float> error(weights.size());
  for (std::size_t i = 0; i < error.size(); ++i) {
    error[i] = (weights[i] - quantized[i]) * (column_weights.empty() ? 1.0f : column_weights[i % columns]);
  }
  auto svd = truncated_svd(error, columns, rank);
  if (svd && !column_weights.empty()) {
    auto& right = svd->factors.right;
    for (std::size_t i = 0; i < right.size(); ++i) right[i] /= column_weights[i % columns];
  }
  return svd;
}

}  // namespace bitbudget::lowrank
