// The roundings and searches that quantizers share. Each is exact and the same on every platform.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>

#include "formats/format.h"

namespace bitbudget::formats {

/// 1/d, or 0 where d is 0 or so small that the reciprocal would be infinite: then every code becomes 0, or the code that
/// stands for 0. (Implementations that let it overflow go on with an undefined conversion to integer.)
constexpr float reciprocal_or_zero(float d) {
  const float inverse = d != 0 ? 1.0f / d : 0.0f;
  return std::abs(inverse) <= 0x1.fffffep127f ? inverse : 0.0f;
}

/// Nearest integer, ties to even, for |x| < 2^22. Total: beyond that the result is some integer in [-2^22, 2^22), 0 for NaN.
constexpr int round_half_even(float x) {
  const auto bits = std::bit_cast<std::int32_t>(x + 12582912.0f);  // 1.5 * 2^23: the integer is in the low mantissa bits
  return (bits & 0x007F'FFFF) - 0x0040'0000;
}

/// Nearest integer, ties away from zero, for |x| < 2^22. Adding the largest float below 1/2 carries exactly the halves.
inline int round_half_away(float x) { return static_cast<int>(x + std::copysign(0.49999997f, x)); }

/// Toward zero, then into [0, high]; 0 for NaN.
constexpr int truncate_to(float x, int high) {
  return x < 0 || x != x ? 0 : static_cast<int>(std::min(x, static_cast<float>(high)));
}

/// The element of largest magnitude with its sign: the first of several, 0 for none.
inline float signed_max(std::span<const float> x) {
  float largest = 0;
  float magnitude = 0;
  for (const float v : x) {
    if (std::abs(v) > magnitude) {
      magnitude = std::abs(v);
      largest = v;
    }
  }
  return largest;
}

/// Smallest and largest; of equal ones (the two zeros) the first. `x` is not empty.
inline Range range_of(std::span<const float> x) {
  Range range{x[0], x[0]};
  for (const float v : x) {
    if (v < range.low) range.low = v;
    if (v > range.high) range.high = v;
  }
  return range;
}

}  // namespace bitbudget::formats
