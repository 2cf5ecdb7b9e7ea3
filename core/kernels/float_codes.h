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

/// tensor::bf16_from_f32 in every lane.
template <class A>
simd::U32<A> bf16_codes(const simd::F32<A>& x) {
  using U32 = simd::U32<A>;
  const U32 bits = simd::as<std::uint32_t>(x);
  const U32 rounded = (bits + U32(0x7FFF) + ((bits >> 16) & U32(1))) >> 16;
  const U32 quiet = (bits >> 16) | U32(0x40);
  const auto magnitude = simd::as<std::int32_t>(bits & U32(0x7FFFFFFFu));
  const auto is_nan = magnitude > simd::I32<A>(0x7F800000);
  return simd::as<std::uint32_t>(xsimd::select(is_nan, simd::as<std::int32_t>(quiet), simd::as<std::int32_t>(rounded)));
}

// Loops over arrays. Encoders do the leading values that fill whole vectors and say how many; decoders do all.

/// 16-bit codes by `codes_of`, four at a time.
template <class A, class Codes>
std::size_t encode_16_bits(const float* x, std::size_t count, std::byte* out, Codes codes_of) {
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const auto low = simd::as<std::int32_t>(codes_of(simd::load<A>(x + i)));
    const auto high = simd::as<std::int32_t>(codes_of(simd::load<A>(x + i + 4)));
    simd::store_bytes(out + 2 * i, simd::narrow_u(low, high));
  }
  return i;
}

template <class A>
std::size_t encode_f16(const float* x, std::size_t count, std::byte* out) {
  return encode_16_bits<A>(x, count, out, [](const simd::F32<A>& v) { return float_codes<tensor::kF16Type>(v); });
}
template <class A>
std::size_t encode_bf16(const float* x, std::size_t count, std::byte* out) {
  return encode_16_bits<A>(x, count, out, [](const simd::F32<A>& v) { return bf16_codes(v); });
}

inline std::uint16_t word_at(const std::byte* from) {
  std::uint16_t word;
  std::memcpy(&word, from, 2);
  return word;
}

template <class A>
void decode_f16(const std::byte* from, std::size_t count, float* out) {
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const auto codes = simd::as<std::uint16_t>(simd::load_bytes<A>(from + 2 * i));
    simd::store(out + i, float_values<tensor::kF16Type>(simd::extend_low(codes)));
    simd::store(out + i + 4, float_values<tensor::kF16Type>(simd::extend_high(codes)));
  }
  for (; i < count; ++i) out[i] = tensor::f32_from_f16(word_at(from + 2 * i));
}

template <class A>
void decode_bf16(const std::byte* from, std::size_t count, float* out) {
  const simd::U16<A> zero(0);
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const auto codes = simd::as<std::uint16_t>(simd::load_bytes<A>(from + 2 * i));
    simd::store(out + i, simd::as<float>(xsimd::zip_lo(zero, codes)));
    simd::store(out + i + 4, simd::as<float>(xsimd::zip_hi(zero, codes)));
  }
  for (; i < count; ++i) out[i] = tensor::f32_from_bf16(word_at(from + 2 * i));
}

/// Sixteen codes of at most 8 bits, of `scaled(i)`: values i ... i + 3 as they are to be rounded.
template <tensor::FloatType type, class A, class Scaled>
simd::U8<A> sixteen_codes(Scaled scaled) {
  const auto four = [&](std::size_t i) { return simd::as<std::int32_t>(float_codes<type>(scaled(i))); };
  return simd::narrow_u(simd::narrow_s(four(0), four(4)), simd::narrow_s(four(8), four(12)));
}

/// out[0 ... 15] = value of code * scale
template <tensor::FloatType type, class A>
void put_float_values(const simd::U8<A>& codes, const simd::F32<A>& scale, float* out) {
  const simd::U16<A> low = simd::extend_low(codes), high = simd::extend_high(codes);
  simd::store(out, float_values<type>(simd::extend_low(low)) * scale);
  simd::store(out + 4, float_values<type>(simd::extend_high(low)) * scale);
  simd::store(out + 8, float_values<type>(simd::extend_low(high)) * scale);
  simd::store(out + 12, float_values<type>(simd::extend_high(high)) * scale);
}

/// One byte per code; the values are divided by `scale`, which is not 0.
template <tensor::FloatType type, class A>
std::size_t encode_divided(const float* x, std::size_t count, float scale, std::byte* out) {
  const simd::F32<A> divisor(scale);
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    simd::store_bytes(out + i, sixteen_codes<type, A>([&](std::size_t k) { return simd::load<A>(x + i + k) / divisor; }));
  }
  return i;
}
template <tensor::FloatType type, class A>
std::size_t decode_multiplied(const std::byte* from, std::size_t count, float scale, float* out) {
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) put_float_values<type>(simd::load_bytes<A>(from + i), simd::F32<A>(scale), out + i);
  return i;
}

}  // namespace bitbudget::kernels
