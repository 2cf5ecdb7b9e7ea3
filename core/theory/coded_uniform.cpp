#include "theory/coded_uniform.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "entropy/entropy.h"

namespace bitbudget::theory {
namespace {

constexpr double kMostCodes = 1 << 22;

}  // namespace

Result<CodedUniform> run_coded_uniform(std::span<const float> values, double step) {
  if (values.empty()) return fail(ErrorCode::invalid_argument, "There are no values.");
  if (!(step > 0) || !std::isfinite(step)) return fail_field(ErrorCode::invalid_argument, "step", "A step is a positive number.");
  double lowest = values[0];
  double highest = values[0];
  for (const float value : values) {
    if (!std::isfinite(value)) return fail(ErrorCode::non_finite, "There is a NaN or an infinity among the values.");
    lowest = std::min<double>(lowest, value);
    highest = std::max<double>(highest, value);
  }
  const double first = std::nearbyint(lowest / step);
  const double span = std::nearbyint(highest / step) - first + 1;
  if (!(span <= kMostCodes)) {
    return fail_field(ErrorCode::invalid_argument, "step", "The step is too small for these values: they span more than 4 million steps.");
  }
  std::vector<std::uint64_t> counts(static_cast<std::size_t>(span));
  double sum = 0;
  for (const float value : values) {
    const double code = std::nearbyint(value / step);
    const double error = value - code * step;
    sum += error * error;
    ++counts[static_cast<std::size_t>(code - first)];
  }
  return CodedUniform{
      .rate_bits = entropy::entropy_bits(counts),
      .mse = sum / static_cast<double>(values.size()),
      .levels = static_cast<std::uint64_t>(std::ranges::count_if(counts, [](std::uint64_t count) { return count > 0; })),
  };
}

}  // namespace bitbudget::theory
