// The loops of the uniform integers of 8 and 4 bits; the truth is in formats/uniform.cpp and formats/bit_stream.cpp. They do
// the leading values, so many that whole vectors are filled, and say how many.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/decode.h"
#include "kernels/simd.h"

namespace bitbudget::kernels {

/// What a block's codes are made with: code = round(clamp(x * inverse, low, high)) + zero, halves to even. low and high are the
/// limits of the code less zero.
template <class A>
struct UniformRule {
  simd::F32<A> inverse, low, high;
  simd::I32<A> zero;

  UniformRule(float inverse_scale, int lowest, int highest, int zero_code)
      : inverse(inverse_scale),
        low(static_cast<float>(lowest - zero_code)),
        high(static_cast<float>(highest - zero_code)),
        zero(zero_code - 0x4B400000) {}

  simd::I32<A> four(const float* x) const {
    const simd::F32<A> held = simd::smaller(high, simd::larger(low, simd::load<A>(x) * inverse));
    // 1.5 x 2^23 more, and the last place is 1: the addition rounds, and the integer is in the low bits.
    return simd::as<std::int32_t>(held + simd::F32<A>(12582912.0f)) + zero;
  }
  simd::U8<A> sixteen(const float* x) const {
    return simd::narrow_u(simd::narrow_s(four(x), four(x + 4)), simd::narrow_s(four(x + 8), four(x + 12)));
  }
};

template <class A>
std::size_t uniform_bytes(const float* x, std::size_t count, const UniformRule<A>& rule, std::byte* out) {
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) simd::store_bytes(out + i, rule.sixteen(x + i));
  return i;
}

/// Two codes to a byte, the first in the low nibble.
template <class A>
std::size_t uniform_nibbles(const float* x, std::size_t count, const UniformRule<A>& rule, std::byte* out) {
  const auto pairs = [](const simd::U8<A>& codes) {  // of each 16-bit lane, the bytes' low nibbles
    const simd::U16<A> lanes = simd::as<std::uint16_t>(codes);
    return simd::as<std::int16_t>((lanes | (lanes >> 4)) & simd::U16<A>(0xFF));
  };
  std::size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    const auto first = pairs(rule.sixteen(x + i));
    const auto second = pairs(rule.sixteen(x + i + 16));
    simd::store_bytes(out + i / 2, simd::narrow_u(first, second));
  }
  return i;
}

/// out[0 ... 15] = (code - zero) * scale. A damaged file's zero may be anything up to 255: hence 16 bits.
template <class A>
void put_uniform(const simd::U8<A>& codes, const simd::I16<A>& zero, const simd::F32<A>& scale, float* out) {
  const simd::I16<A> low = simd::as<std::int16_t>(simd::extend_low(codes)) - zero;
  const simd::I16<A> high = simd::as<std::int16_t>(simd::extend_high(codes)) - zero;
  simd::store(out, simd::to_float(simd::extend_low(low)) * scale);
  simd::store(out + 4, simd::to_float(simd::extend_high(low)) * scale);
  simd::store(out + 8, simd::to_float(simd::extend_low(high)) * scale);
  simd::store(out + 12, simd::to_float(simd::extend_high(high)) * scale);
}

template <class A>
std::size_t decode_uniform_bytes(const std::byte* from, std::size_t count, float scale, int zero, float* out) {
  const simd::I16<A> centre(static_cast<std::int16_t>(zero));
  const simd::F32<A> factor(scale);
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) put_uniform(simd::load_bytes<A>(from + i), centre, factor, out + i);
  return i;
}

template <class A>
std::size_t decode_uniform_nibbles(const std::byte* from, std::size_t count, float scale, int zero, float* out) {
  const simd::I16<A> centre(static_cast<std::int16_t>(zero));
  const simd::F32<A> factor(scale);
  std::size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    const simd::U8<A> bytes = simd::load_bytes<A>(from + i / 2);
    const simd::U8<A> low = decoding::low_nibbles(bytes), high = decoding::high_nibbles(bytes);
    put_uniform(xsimd::zip_lo(low, high), centre, factor, out + i);
    put_uniform(xsimd::zip_hi(low, high), centre, factor, out + i + 16);
  }
  return i;
}

}  // namespace bitbudget::kernels
