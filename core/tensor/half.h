// The two 16-bit floats as bit patterns, and their conversion to and from f32, one value at a time.
// Narrowing rounds once, to nearest with ties to even; widening is exact.
#pragma once

#include <bit>
#include <cstdint>

namespace bitbudget::tensor {

/// IEEE 754 binary16. Subnormals are kept, |x| >= 65520 becomes infinity, every NaN becomes the quiet 0x7E00 with its sign.
constexpr std::uint16_t f16_from_f32(float x) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t sign = bits >> 16 & 0x8000;
  const std::uint32_t magnitude = bits & 0x7FFF'FFFF;
  std::uint32_t half = 0;
  if (magnitude > 0x7F80'0000) {
    half = 0x7E00;
  } else if (magnitude >= 0x477F'F000) {  // 65520: half a step above the largest finite value
    half = 0x7C00;
  } else if (magnitude < 0x3880'0000) {  // below 2^-14, where a step is 2^-24: also f32's step in [0.5, 1)
    half = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - std::bit_cast<std::uint32_t>(0.5f);
  } else {
    const std::uint32_t rounded = magnitude + 0xFFF + (magnitude >> 13 & 1);
    half = (rounded - 0x3800'0000) >> 13;  // exponent bias 127 to 15
  }
  return static_cast<std::uint16_t>(sign | half);
}

/// A NaN keeps its sign and payload.
constexpr float f32_from_f16(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000) << 16;
  const std::uint32_t magnitude = half & 0x7FFF;
  std::uint32_t bits = 0;
  if (magnitude >= 0x7C00) {
    bits = 0x7F80'0000 | magnitude << 13;
  } else if (magnitude >= 0x0400) {
    bits = (magnitude << 13) + 0x3800'0000;
  } else {
    bits = std::bit_cast<std::uint32_t>(static_cast<float>(magnitude) * 0x1p-24f);
  }
  return std::bit_cast<float>(sign | bits);
}

/// bfloat16: the upper half of binary32. A NaN keeps its sign and the upper part of its payload, and becomes quiet.
constexpr std::uint16_t bf16_from_f32(float x) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  if ((bits & 0x7FFF'FFFF) > 0x7F80'0000) return static_cast<std::uint16_t>(bits >> 16 | 0x40);
  return static_cast<std::uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

constexpr float f32_from_bf16(std::uint16_t half) { return std::bit_cast<float>(static_cast<std::uint32_t>(half) << 16); }

}  // namespace bitbudget::tensor
