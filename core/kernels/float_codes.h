// f16, bf16 and the 8-bit floats, four and more at a time; the truth is tensor/float_types.h.
#pragma once

#include "kernels/simd.h"
#include "tensor/float_types.h"

namespace bitbudget::kernels {

/// tensor::encode_float in every lane (its comments say why this rounds right).
template <tensor::FloatType type, class A>
simd::U32<A> float_codes(const simd::F32<A>& x) {
  using U32 = simd::U32<A>;
  using I32 = simd::I32<A>;
  constexpr int shift = 23 - type.mantissa;
  constexpr std::uint32_t min_normal = static_cast<std::uint32_t>(128 - type.bias) << 23;
  constexpr std::uint32_t unit = static_cast<std::uint32_t>(127 + 24 - type.bias - type.mantissa) << 23;
  constexpr std::uint32_t rebias = static_cast<std::uint32_t>(127 - type.bias) << type.mantissa;
  const U32 bits = simd::as<std::uint32_t>(x);
  const U32 magnitude = bits & U32(0x7FFFFFFFu);
  const U32 sign = (bits ^ magnitude) >> (31 - type.exponent - type.mantissa);
  const simd::F32<A> sum = simd::as<float>(magnitude) + simd::F32<A>(std::bit_cast<float>(unit));
  const U32 subnormal = simd::as<std::uint32_t>(sum) - U32(unit);
  const U32 odd = (magnitude >> shift) & U32(1);
  // Signed comparisons: magnitudes are below 2^31, and unsigned ones cost more.
  const I32 whole = simd::as<std::int32_t>(magnitude);
  const I32 normal = simd::as<std::int32_t>(((magnitude + odd + U32((1u << (shift - 1)) - 1)) >> shift) - U32(rebias));
  const I32 held = xsimd::min(normal, I32(static_cast<std::int32_t>(type.overflow)));
  I32 code = xsimd::select(whole < I32(static_cast<std::int32_t>(min_normal)), simd::as<std::int32_t>(subnormal), held);
  if constexpr (type.nan != 0) {
    code = xsimd::select(whole > I32(0x7F800000), I32(static_cast<std::int32_t>(type.nan)), code);
  }
  return simd::as<std::uint32_t>(code) | sign;
}

/// tensor::decode_float in every lane; the codes have no bits above the type's.
template <tensor::FloatType type, class A>
simd::F32<A> float_values(const simd::U32<A>& codes) {
  using U32 = simd::U32<A>;
  constexpr int width = type.exponent + type.mantissa;
  constexpr int shift = 23 - type.mantissa;
  const U32 magnitude = codes & U32((1u << width) - 1);
  const U32 sign = (codes ^ magnitude) << (31 - width);
  const U32 shifted = magnitude << shift;
  // Read as an f32 with the type's exponent, a code is its value times 2^(bias - 127), subnormals included.
  constexpr float power = std::bit_cast<float>(static_cast<std::uint32_t>(254 - type.bias) << 23);
  U32 bits = simd::as<std::uint32_t>(simd::as<float>(shifted) * simd::F32<A>(power));
  if constexpr (type.infinity != 0) {
    const auto special = simd::as<std::int32_t>(magnitude) > simd::I32<A>(static_cast<std::int32_t>(type.infinity) - 1);
    bits = xsimd::select(xsimd::batch_bool_cast<std::uint32_t>(special), shifted | U32(0x7F800000u), bits);
  } else if constexpr (type.nan != 0) {
    const auto special = simd::as<std::int32_t>(magnitude) > simd::I32<A>(static_cast<std::int32_t>(type.nan) - 1);
    bits = xsimd::select(xsimd::batch_bool_cast<std::uint32_t>(special), U32(0x7FC00000u), bits);
  }
  return simd::as<float>(bits | sign);
}

}  // namespace bitbudget::kernels
