// The 4-bit float E2M1 as ggml's block formats use it: magnitudes 0, 0.5, 1, 1.5, 2, 3, 4, 6 are codes 0 to 7, and 8 more
// with the sign.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

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

}  // namespace bitbudget::formats
