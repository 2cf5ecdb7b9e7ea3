// The loops behind tensor/statistics.h, one block at a time.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace bitbudget::kernels {

/// Counts and range of a block. `min` and `max` start from +infinity and -infinity; NaN and infinities do not enter them.
struct BlockCensus {
  std::uint32_t zeros = 0;
  std::uint32_t subnormals = 0;
  std::uint32_t nans = 0;
  std::uint32_t infinities = 0;
  float min = INFINITY;
  float max = -INFINITY;
};

struct PowerSums {
  double second = 0;
  double third = 0;
  double fourth = 0;
};

namespace scalar {

inline BlockCensus census(const float* values, std::size_t count) {
  BlockCensus census;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t magnitude = std::bit_cast<std::uint32_t>(values[i]) & 0x7FFFFFFFu;
    census.zeros += magnitude == 0;
    census.subnormals += magnitude - 1 < 0x007FFFFFu;
    census.nans += magnitude > 0x7F800000u;
    census.infinities += magnitude == 0x7F800000u;
    if (magnitude >= 0x7F800000u) continue;
    if (values[i] < census.min) census.min = values[i];
    if (values[i] > census.max) census.max = values[i];
  }
  return census;
}

/// Sums of finite values only. Element i goes to lane i mod 4; the lanes join as (0 + 2) + (1 + 3).
inline double sum_finite(const float* values, std::size_t count) {
  double lanes[4] = {};
  for (std::size_t i = 0; i < count; ++i) {
    if (std::isfinite(values[i])) lanes[i % 4] += values[i];
  }
  return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
}

/// Powers of the deviations of finite values from `mean`, in the same lanes.
inline PowerSums power_sums_finite(const float* values, std::size_t count, double mean) {
  PowerSums lanes[4];
  for (std::size_t i = 0; i < count; ++i) {
    if (!std::isfinite(values[i])) continue;
    const double deviation = values[i] - mean;
    const double square = deviation * deviation;
    lanes[i % 4].second += square;
    lanes[i % 4].third += square * deviation;
    lanes[i % 4].fourth += square * square;
  }
  const auto join = [&](double PowerSums::* sum) { return (lanes[0].*sum + lanes[2].*sum) + (lanes[1].*sum + lanes[3].*sum); };
  return {join(&PowerSums::second), join(&PowerSums::third), join(&PowerSums::fourth)};
}

}  // namespace scalar

inline BlockCensus census(const float* values, std::size_t count) { return scalar::census(values, count); }
inline double sum_finite(const float* values, std::size_t count) { return scalar::sum_finite(values, count); }
inline PowerSums power_sums_finite(const float* values, std::size_t count, double mean) {
  return scalar::power_sums_finite(values, count, mean);
}

}  // namespace bitbudget::kernels
