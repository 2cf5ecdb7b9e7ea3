// The loops behind tensor/statistics.h, one block at a time.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/simd.h"

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

/// Sums of powers of the deviations from a mean.
struct PowerSums {
  double second = 0;
  double third = 0;
  double fourth = 0;
};

namespace scalar {

inline void add_census(const float* values, std::size_t count, BlockCensus& census) {
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
}

inline BlockCensus census(const float* values, std::size_t count) {
  BlockCensus census;
  add_census(values, count, census);
  return census;
}

/// Finite values only. Element i goes to lane i mod 4, and a lane adds up in index order.
inline void add_finite(const float* values, std::size_t first, std::size_t count, double* lanes) {
  for (std::size_t i = first; i < count; ++i) {
    if (std::isfinite(values[i])) lanes[i % 4] += values[i];
  }
}
inline void add_powers(const float* values, std::size_t first, std::size_t count, double mean, PowerSums* lanes) {
  for (std::size_t i = first; i < count; ++i) {
    if (!std::isfinite(values[i])) continue;
    const double deviation = values[i] - mean;
    const double square = deviation * deviation;
    lanes[i % 4].second += square;
    lanes[i % 4].third += square * deviation;
    lanes[i % 4].fourth += square * square;
  }
}

/// The lanes join as (0 + 2) + (1 + 3).
inline double join(const double* lanes) { return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]); }
inline PowerSums join(const PowerSums* lanes) {
  const auto total = [&](double PowerSums::* sum) { return (lanes[0].*sum + lanes[2].*sum) + (lanes[1].*sum + lanes[3].*sum); };
  return {total(&PowerSums::second), total(&PowerSums::third), total(&PowerSums::fourth)};
}

inline double sum_finite(const float* values, std::size_t count) {
  double lanes[4] = {};
  add_finite(values, 0, count, lanes);
  return join(lanes);
}
inline PowerSums power_sums_finite(const float* values, std::size_t count, double mean) {
  PowerSums lanes[4];
  add_powers(values, 0, count, mean, lanes);
  return join(lanes);
}

}  // namespace scalar

template <class A>
BlockCensus census(const float* values, std::size_t count) {
  using I32 = simd::I32<A>;
  const I32 mask = simd::keep<std::int32_t, A>(0x7FFFFFFF);
  I32 zeros(0), small(0), largest(0);
  simd::F32<A> min(INFINITY), max(-INFINITY);
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const simd::F32<A> x = simd::load<A>(values + i);
    const I32 magnitude = simd::as<std::int32_t>(x) & mask;
    // A true lane is -1.
    zeros = zeros - simd::true_lanes(magnitude == I32(0));
    small = small - simd::true_lanes(magnitude < I32(0x00800000));
    largest = xsimd::max(largest, magnitude);
    min = simd::smaller(min, x);
    max = simd::larger(max, x);
  }
  const auto sum = [](const I32& x) {
    const simd::portable::Lanes<std::int32_t, A> lanes(x);
    return static_cast<std::uint32_t>((lanes.lane[0] + lanes.lane[1]) + (lanes.lane[2] + lanes.lane[3]));
  };
  // Infinities and NaN are rare: they are counted only where there are some.
  if (xsimd::any(largest >= I32(0x7F800000))) return scalar::census(values, count);
  BlockCensus census;
  census.zeros = sum(zeros);
  census.subnormals = sum(small) - census.zeros;
  census.min = simd::smallest_lane(min);
  census.max = simd::largest_lane(max);
  scalar::add_census(values + i, count - i, census);
  return census;
}

/// Of values that are all finite: as scalar::sum_finite.
template <class A>
double sum_all(const float* values, std::size_t count) {
  simd::F64<A> low(0.0), high(0.0);
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const simd::F32<A> x = simd::load<A>(values + i);
    low = low + simd::widen_low(x);
    high = high + simd::widen_high(x);
  }
  double lanes[4];
  low.store_unaligned(lanes);
  high.store_unaligned(lanes + 2);
  scalar::add_finite(values, i, count, lanes);
  return scalar::join(lanes);
}

/// Of values that are all finite: as scalar::power_sums_finite.
template <class A>
PowerSums power_sums_all(const float* values, std::size_t count, double mean) {
  using F64 = simd::F64<A>;
  struct Pair {
    F64 second{0.0}, third{0.0}, fourth{0.0};
    void add(const F64& x, const F64& centre) {
      const F64 deviation = x - centre;
      const F64 square = deviation * deviation;
      second = second + square;
      third = third + square * deviation;
      fourth = fourth + square * square;
    }
    void store(PowerSums* lanes) const {
      const simd::portable::Lanes<double, A> squares(second), cubes(third), fourths(fourth);
      for (int lane = 0; lane < 2; ++lane) lanes[lane] = {squares.lane[lane], cubes.lane[lane], fourths.lane[lane]};
    }
  };
  const F64 centre(mean);
  Pair low, high;
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const simd::F32<A> x = simd::load<A>(values + i);
    low.add(simd::widen_low(x), centre);
    high.add(simd::widen_high(x), centre);
  }
  PowerSums lanes[4];
  low.store(lanes);
  high.store(lanes + 2);
  scalar::add_powers(values, i, count, mean, lanes);
  return scalar::join(lanes);
}

/// Largest magnitude; passes over NaN, 0 for none.
template <class A>
float abs_max(const float* values, std::size_t count) {
  using F32 = simd::F32<A>;
  const F32 mask = simd::keep_f32<A>(std::bit_cast<float>(0x7FFFFFFFu));
  F32 a(0.0f), b(0.0f), c(0.0f), d(0.0f);
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    a = simd::larger(a, simd::load<A>(values + i) & mask);
    b = simd::larger(b, simd::load<A>(values + i + 4) & mask);
    c = simd::larger(c, simd::load<A>(values + i + 8) & mask);
    d = simd::larger(d, simd::load<A>(values + i + 12) & mask);
  }
  float most = simd::largest_lane(simd::larger(simd::larger(a, b), simd::larger(c, d)));
  for (; i < count; ++i) most = std::fabs(values[i]) > most ? std::fabs(values[i]) : most;
  return most;
}

/// The same of a block of fixed length, a multiple of 8, without NaN.
template <class A, std::size_t kLength>
float abs_max_of(const float* values) {
  using F32 = simd::F32<A>;
  const auto magnitude = [&](std::size_t i) { return xsimd::abs(simd::load<A>(values + i)); };
  F32 a = magnitude(0), b = magnitude(4);
  for (std::size_t i = 8; i < kLength; i += 8) {
    a = simd::larger(a, magnitude(i));
    b = simd::larger(b, magnitude(i + 4));
  }
  return simd::largest_lane(simd::larger(a, b));
}

struct Extremes {
  float low = 0;
  float high = 0;
};

/// Least and largest value with 0 among them; passes over NaN. The sign of a zero is not defined.
template <class A>
Extremes extremes_with_zero(const float* values, std::size_t count) {
  using F32 = simd::F32<A>;
  F32 low[2] = {F32(0.0f), F32(0.0f)}, high[2] = {F32(0.0f), F32(0.0f)};
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const F32 x = simd::load<A>(values + i), y = simd::load<A>(values + i + 4);
    low[0] = simd::smaller(low[0], x);
    high[0] = simd::larger(high[0], x);
    low[1] = simd::smaller(low[1], y);
    high[1] = simd::larger(high[1], y);
  }
  Extremes found{simd::smallest_lane(simd::smaller(low[0], low[1])), simd::largest_lane(simd::larger(high[0], high[1]))};
  for (; i < count; ++i) {
    found.low = values[i] < found.low ? values[i] : found.low;
    found.high = values[i] > found.high ? values[i] : found.high;
  }
  return found;
}

/// Index of the first NaN or infinity, or `count`.
template <class A>
std::size_t first_non_finite(const float* values, std::size_t count) {
  using I32 = simd::I32<A>;
  const I32 mask = simd::keep<std::int32_t, A>(0x7FFFFFFF);
  const auto magnitude = [&](std::size_t i) { return simd::as<std::int32_t>(simd::load<A>(values + i)) & mask; };
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const I32 most = xsimd::max(xsimd::max(magnitude(i), magnitude(i + 4)), xsimd::max(magnitude(i + 8), magnitude(i + 12)));
    if (!simd::none_set(most > I32(0x7F7FFFFF))) break;
  }
  while (i < count && std::isfinite(values[i])) ++i;
  return i;
}

}  // namespace bitbudget::kernels
