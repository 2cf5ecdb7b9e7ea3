#include "theory/rounding.h"

#include <cassert>
#include <cmath>

#include "tensor/random.h"

namespace bitbudget::theory {
namespace {

/// Q(x) in steps, with u uniform on (0, 1) for the ways that draw one.
double round_to_step(double x, Rounding rounding, double u) {
  switch (rounding) {
    case Rounding::nearest: return std::nearbyint(x);
    case Rounding::truncate: return std::trunc(x);
    case Rounding::stochastic: return std::floor(x + u);
    case Rounding::dithered: return std::nearbyint(x + u - 0.5);
    case Rounding::subtractive_dither: return std::nearbyint(x + u - 0.5) - (u - 0.5);
  }
  return x;
}

double uniform(std::uint64_t seed, std::uint64_t index) {
  return (static_cast<double>(tensor::random_word(seed, index) >> 12) + 0.5) * 0x1p-52;
}

}  // namespace

Result<BiasVariance> bias_and_variance(std::span<const float> values, double step, Rounding rounding, unsigned repeats, std::uint64_t seed) {
  if (!(step > 0) || !std::isfinite(step)) return fail_field(ErrorCode::invalid_argument, "step", "The step must be positive.");
  if (repeats < 2 || values.empty()) return fail_field(ErrorCode::invalid_argument, "repeats", "At least one value and two repeats are needed.");
  BiasVariance total;
  const auto n = static_cast<double>(repeats);
  for (std::size_t i = 0; i < values.size(); ++i) {
    // Deviations from the first repeat, so that equal repeats have exactly no variance.
    double first = 0;
    double sum = 0;
    double squares = 0;
    for (unsigned repeat = 0; repeat < repeats; ++repeat) {
      const double u = uniform(seed, std::uint64_t{i} * repeats + repeat);
      const double error = round_to_step(values[i] / step, rounding, u) * step - values[i];
      if (repeat == 0) first = error;
      sum += error - first;
      squares += (error - first) * (error - first);
    }
    const double mean = first + sum / n;
    const double spread = std::max(0.0, squares - sum * sum / n);
    total.bias_squared += mean * mean - spread / (n - 1) / n;
    total.variance += spread / (n - 1);
    total.mse += mean * mean + spread / n;
  }
  const auto count = static_cast<double>(values.size());
  return BiasVariance{total.bias_squared / count, total.variance / count, total.mse / count};
}

Result<SumError> sum_error(std::span<const float> values, std::span<const float> inputs, std::size_t length, double step,
                           Rounding rounding, std::uint64_t seed) {
  assert(values.size() == inputs.size());
  if (!(step > 0) || !std::isfinite(step)) return fail_field(ErrorCode::invalid_argument, "step", "The step must be positive.");
  if (length == 0 || values.size() / length < 2) {
    return fail_field(ErrorCode::invalid_argument, "length", "There must be values for two sums at least.");
  }
  SumError found{.sums = values.size() / length};
  double squares = 0;
  for (std::size_t sum = 0; sum < found.sums; ++sum) {
    double error = 0;
    for (std::size_t i = sum * length; i < (sum + 1) * length; ++i) {
      error += (round_to_step(values[i] / step, rounding, uniform(seed, i)) * step - values[i]) * inputs[i];
    }
    // Welford's running mean and sum of squared deviations.
    const double deviation = error - found.mean;
    found.mean += deviation / static_cast<double>(sum + 1);
    squares += deviation * (error - found.mean);
  }
  found.deviation = std::sqrt(squares / static_cast<double>(found.sums - 1));
  return found;
}

}  // namespace bitbudget::theory
