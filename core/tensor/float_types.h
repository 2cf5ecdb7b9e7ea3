// The small binary floating-point types, as their codes: conversions from and to f32 in integer and exact f32 arithmetic,
// so that every platform gives the same bits. A code is the type's bits in the low end of an unsigned integer.
//
//   type    bits s e m  bias  largest     smallest   infinity  NaN         specification
//   F16       16 1 5 10   15  65504       2^-24      yes       yes         IEEE 754-2019 binary16
//   BF16      16 1 8 7   127  3.39e38     2^-133     yes       yes         the upper half of binary32
//   F8E4M3     8 1 4 3     7  448         2^-9       no        0x7F, 0xFF  OCP 8-bit floating point 1.0 (E4M3; "fn")
//   F8E5M2     8 1 5 2    15  57344       2^-16      yes       yes         OCP 8-bit floating point 1.0 (E5M2)
//   F6E3M2     6 1 3 2     3  28          2^-4       no        no          OCP microscaling formats 1.0
//   F6E2M3     6 1 2 3     1  7.5         2^-3       no        no          OCP microscaling formats 1.0
//   F4E2M1     4 1 2 1     1  6           2^-1       no        no          OCP microscaling formats 1.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace bitbudget::tensor {

/// A binary type of 1 sign bit, `exponent` bits and `mantissa` bits with subnormals, whose magnitudes count upwards from
/// zero as their codes do.
struct FloatType {
  int exponent;
  int mantissa;
  int bias;
  std::uint32_t overflow;  // the code (without sign) of everything too large, infinity included
  std::uint32_t infinity;  // the code of infinity, 0 if the type has none
  std::uint32_t nan;       // the code of a NaN, 0 if the type has none (a NaN then turns into `overflow`)
};

inline constexpr FloatType kF16Type{5, 10, 15, 0x7C00, 0x7C00, 0x7E00};
// The 8-bit types saturate, as weight casts do; E5M2's infinity is only ever decoded.
inline constexpr FloatType kF8E4M3Type{4, 3, 7, 0x7E, 0, 0x7F};
inline constexpr FloatType kF8E5M2Type{5, 2, 15, 0x7B, 0x7C, 0x7E};
inline constexpr FloatType kF6E3M2Type{3, 2, 3, 0x1F, 0, 0};
inline constexpr FloatType kF6E2M3Type{2, 3, 1, 0x1F, 0, 0};
inline constexpr FloatType kF4E2M1Type{2, 1, 1, 0x07, 0, 0};

/// The code of the value nearest to x, ties to the even code, subnormals kept, the sign of zero kept.
template <FloatType type>
constexpr std::uint32_t encode_float(float x) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t magnitude = bits & 0x7FFFFFFFu;
  const std::uint32_t sign = (bits >> 31) << (type.exponent + type.mantissa);
  constexpr std::uint32_t min_normal = static_cast<std::uint32_t>(128 - type.bias) << 23;
  if (type.nan != 0 && magnitude > 0x7F800000u) return sign | type.nan;
  if (magnitude < min_normal) {
    // Added to 2^23 times the smallest subnormal, a sum's last place is that subnormal: the addition rounds.
    constexpr std::uint32_t unit = static_cast<std::uint32_t>(127 + 24 - type.bias - type.mantissa) << 23;
    const float sum = std::bit_cast<float>(magnitude) + std::bit_cast<float>(unit);
    return sign | (std::bit_cast<std::uint32_t>(sum) - unit);
  }
  constexpr int shift = 23 - type.mantissa;
  const std::uint32_t odd = (magnitude >> shift) & 1u;
  const std::uint32_t rounded = (magnitude + (1u << (shift - 1)) - 1u + odd) >> shift;
  constexpr std::uint32_t rebias = static_cast<std::uint32_t>(127 - type.bias) << type.mantissa;
  return sign | std::min(rounded - rebias, type.overflow);
}

/// The exact value of a code; bits above the type's are ignored.
template <FloatType type>
constexpr float decode_float(std::uint32_t code) {
  constexpr int width = type.exponent + type.mantissa;
  const std::uint32_t sign = ((code >> width) & 1u) << 31;
  const std::uint32_t magnitude = code & ((1u << width) - 1u);
  constexpr int shift = 23 - type.mantissa;
  std::uint32_t bits = (magnitude << shift) + (static_cast<std::uint32_t>(127 - type.bias) << 23);
  if (magnitude < (1u << type.mantissa)) {
    constexpr float unit = std::bit_cast<float>(static_cast<std::uint32_t>(128 - type.bias - type.mantissa) << 23);
    bits = std::bit_cast<std::uint32_t>(static_cast<float>(magnitude) * unit);
  }
  if (type.infinity != 0 && magnitude >= type.infinity) {
    bits = 0x7F800000u | ((magnitude - type.infinity) << shift);
  }
  if (type.nan == 0x7F && magnitude == 0x7F) bits = 0x7FC00000u;  // E4M3's only NaN
  return std::bit_cast<float>(sign | bits);
}

/// Nearest even; |x| >= 65520 gives infinity; a NaN gives 0x7E00 with its sign.
constexpr std::uint16_t f16_from_f32(float x) { return static_cast<std::uint16_t>(encode_float<kF16Type>(x)); }
constexpr float f32_from_f16(std::uint16_t code) { return decode_float<kF16Type>(code); }

/// Nearest even; what rounds past the largest gives infinity; a NaN stays one (quiet, sign and leading payload bits kept).
constexpr std::uint16_t bf16_from_f32(float x) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return static_cast<std::uint16_t>((bits >> 16) | 0x40u);
  return static_cast<std::uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}
constexpr float f32_from_bf16(std::uint16_t code) { return std::bit_cast<float>(static_cast<std::uint32_t>(code) << 16); }

/// Nearest even, saturating: |x| above 448 and infinities give 448; a NaN gives 0x7F with its sign.
constexpr std::uint8_t f8_e4m3_from_f32(float x) { return static_cast<std::uint8_t>(encode_float<kF8E4M3Type>(x)); }
constexpr float f32_from_f8_e4m3(std::uint8_t code) { return decode_float<kF8E4M3Type>(code); }

/// Nearest even, saturating: |x| above 57344 and infinities give 57344; a NaN gives 0x7E with its sign.
constexpr std::uint8_t f8_e5m2_from_f32(float x) { return static_cast<std::uint8_t>(encode_float<kF8E5M2Type>(x)); }
constexpr float f32_from_f8_e5m2(std::uint8_t code) { return decode_float<kF8E5M2Type>(code); }

}  // namespace bitbudget::tensor
