#include "theory/rate_distortion.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

namespace bitbudget::theory {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kE = std::numbers::e;

/// psi(x) for x > 0: recurrence up to 10, then the asymptotic series (Abramowitz and Stegun 6.3.18).
double digamma(double x) {
  double sum = 0;
  for (; x < 10; x += 1) sum -= 1 / x;
  const double r = 1 / (x * x);
  return sum + std::log(x) - 0.5 / x - r * (1.0 / 12 - r * (1.0 / 120 - r * (1.0 / 252 - r * (1.0 / 240 - r / 132))));
}

double log_beta(double a, double b) { return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b); }

}  // namespace

double gaussian_distortion(double rate, double variance) { return variance * std::exp2(-2 * rate); }

double gaussian_rate(double distortion, double variance) {
  return distortion >= variance ? 0 : 0.5 * std::log2(variance / distortion);
}

double differential_entropy(tensor::Distribution distribution, double deviation, double nu) {
  using enum tensor::Distribution;
  switch (distribution) {
    case normal: return 0.5 * std::log2(2 * kPi * kE * deviation * deviation);
    case laplace: return std::log2(std::numbers::sqrt2 * kE * deviation);        // 2 e b, b = deviation / sqrt 2
    case uniform: return std::log2(2 * std::numbers::sqrt3 * deviation);
    case student_t: {
      assert(nu > 2);
      const double nats = (nu + 1) / 2 * (digamma((nu + 1) / 2) - digamma(nu / 2)) + 0.5 * std::log(nu) + log_beta(nu / 2, 0.5);
      return nats / std::numbers::ln2 + std::log2(deviation * std::sqrt((nu - 2) / nu));
    }
  }
  return 0;
}

Result<EntropyEstimate> estimate_differential_entropy(std::span<const float> values) {
  const std::size_t n = values.size();
  if (n < 16) return fail(ErrorCode::invalid_argument, "An entropy estimate needs at least 16 values.");
  std::vector<float> sorted(values.begin(), values.end());
  for (std::size_t i = 0; i < n; ++i) {
    if (!std::isfinite(sorted[i])) return fail_at(ErrorCode::non_finite, i, "There is a NaN or an infinity among the values.");
  }
  std::sort(sorted.begin(), sorted.end());
  const auto half = std::max<std::size_t>(1, static_cast<std::size_t>(std::sqrt(static_cast<double>(n))) / 2);
  // The expected logarithm of a k-spacing of n uniform values is psi(k) - psi(n + 1).
  std::vector<double> expected(2 * half + 1);
  for (std::size_t k = 1; k <= 2 * half; ++k) {
    expected[k] = (digamma(static_cast<double>(k)) - digamma(static_cast<double>(n + 1))) / std::numbers::ln2;
  }
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t low = i < half ? 0 : i - half;
    const std::size_t high = std::min(n - 1, i + half);
    const double spacing = static_cast<double>(sorted[high]) - static_cast<double>(sorted[low]);
    if (spacing <= 0) return EntropyEstimate{-std::numeric_limits<double>::infinity(), 0};
    const double bits = std::log2(spacing) - expected[high - low];
    sum += bits;
    squares += bits * bits;
  }
  const double mean = sum / static_cast<double>(n);
  const double variance = std::max(0.0, squares / static_cast<double>(n) - mean * mean);
  return EntropyEstimate{mean, std::sqrt(variance / static_cast<double>(n))};
}

double shannon_lower_bound(double entropy_bits, double rate) {
  return std::exp2(2 * (entropy_bits - rate)) / (2 * kPi * kE);
}

WaterFilling reverse_water_filling(std::span<const double> variances, double total_rate) {
  std::vector<double> sorted(variances.begin(), variances.end());
  std::erase_if(sorted, [](double variance) { return !(variance > 0); });
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  WaterFilling filling;
  filling.rates.resize(variances.size());
  // With the k largest components above the level, the rates sum to k/2 (mean log variance - log level): take the k at
  // which that level lies between component k and component k + 1.
  double logs = 0;
  for (std::size_t k = 1; k <= sorted.size(); ++k) {
    logs += std::log2(sorted[k - 1]);
    const double level = std::exp2((logs - 2 * total_rate) / static_cast<double>(k));
    if (k == sorted.size() || level >= sorted[k]) {
      filling.level = std::min(level, sorted[0]);
      break;
    }
  }
  for (std::size_t i = 0; i < variances.size(); ++i) {
    if (variances[i] > 0) filling.rates[i] = gaussian_rate(filling.level, variances[i]);
    filling.rate += filling.rates[i];
    filling.distortion += std::min(filling.level, variances[i]);
  }
  return filling;
}

}  // namespace bitbudget::theory
