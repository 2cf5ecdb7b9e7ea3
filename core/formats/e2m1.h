// The 4-bit float E2M1 as ggml's block formats use it: magnitudes 0, 0.5, 1, 1.5, 2, 3, 4, 6 are codes 0 to 7, and 8 more
// with the sign.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "formats/ggml_pack.h"

namespace bitbudget::formats {

/// Code 8, the type's -0, is 0 here: ggml's table is of integers.
inline constexpr std::array<float, 16> kE2M1Values{0, 0.5f, 1, 1.5f, 2, 3, 4, 6, 0, -0.5f, -1, -1.5f, -2, -3, -4, -6};

/// The code whose value times `scale` is nearest to x in f32; of several the first, hence the smaller magnitude and never -0.
inline std::uint8_t nearest_e2m1(float x, float scale) {
  std::uint8_t nearest = 0;
  float least = std::numeric_limits<float>::infinity();
  for (std::uint8_t code = 0; code < 16; ++code) {
    const float distance = std::abs(kE2M1Values[code] * scale - x);
    if (distance < least) {
      least = distance;
      nearest = code;
    }
  }
  return nearest;
}

/// Twice the values, as bytes for a vector's table: to be multiplied by half a scale, which is exact either way.
alignas(16) inline constexpr std::array<std::uint8_t, 16> kDoubledE2M1{0, 1, 2, 3, 4, 6, 8, 12, 0, 255, 254, 253, 252, 250, 248, 244};

/// A group of values that share a scale, as nibbles in ggml's order.
template <std::size_t kCount>
void pack_e2m1(std::span<const float, kCount> values, float scale, std::span<std::uint8_t, kCount / 2> bytes) {
  std::array<std::uint8_t, kCount> codes;
  for (std::size_t i = 0; i < kCount; ++i) codes[i] = nearest_e2m1(values[i], scale);
  pack_nibbles(codes, bytes);
}

/// And back. Half the scale, since the whole one may be beyond f32.
template <std::size_t kCount>
void unpack_e2m1(std::span<const std::uint8_t, kCount / 2> bytes, float half_scale, std::span<float, kCount> values) {
  std::array<std::uint8_t, kCount> codes;
  unpack_nibbles(bytes, codes);
  for (std::size_t i = 0; i < kCount; ++i) values[i] = 2 * kE2M1Values[codes[i]] * half_scale;
}

}  // namespace bitbudget::formats
