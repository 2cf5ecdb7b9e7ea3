// The loops of the uniform integers of 8 and 4 bits; the truth is in formats/uniform.cpp and formats/bit_stream.cpp. Over arrays
// they do the leading values, so many that whole vectors are filled, and say how many.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/decode.h"
#include "kernels/float_codes.h"
#include "kernels/simd.h"
#include "kernels/strips.h"

namespace bitbudget::kernels {

/// Sixteen codes: code = round(x * inverse) + zero, halves to even, held to the range of an unsigned byte.
template <class A>
struct UniformCodes {
  // 1.5 x 2^23 more, and the last place is 1: the addition rounds, and the integer is in the low bits.
  simd::F32<A> magic = simd::keep_f32<A>(12582912.0f);

  /// products(i): four values times the inverse, less than 2^22. zero_bits: the zero, less the bits of 1.5 x 2^23.
  template <class Products>
  simd::U8<A> operator()(Products products, const simd::I32<A>& zero_bits) const {
    const auto four = [&](std::size_t i) { return simd::as<std::int32_t>(products(i) + magic) + zero_bits; };
    return simd::narrow_u(simd::narrow_s(four(0), four(4)), simd::narrow_s(four(8), four(12)));
  }
};
inline constexpr std::int32_t kZeroBits = -0x4B400000;

/// What a long run's codes are made with: code = round(clamp(x * inverse, low, high)) + zero. low and high are the limits of the
/// code less zero.
template <class A>
class UniformRule {
 public:
  UniformRule(float inverse_scale, int lowest, int highest, int zero_code)
      : inverse_(simd::keep_f32<A>(inverse_scale)),
        low_(simd::keep_f32<A>(static_cast<float>(lowest - zero_code))),
        high_(simd::keep_f32<A>(static_cast<float>(highest - zero_code))),
        zero_(simd::keep_i32<A>(zero_code + kZeroBits)) {}

  simd::U8<A> sixteen(const float* x) const {
    return codes_([&](std::size_t i) { return simd::smaller(high_, simd::larger(low_, simd::load<A>(x + i) * inverse_)); }, zero_);
  }

 private:
  UniformCodes<A> codes_;
  simd::F32<A> inverse_, low_, high_;
  simd::I32<A> zero_;
};

template <class A>
std::size_t uniform_bytes(const float* x, std::size_t count, const UniformRule<A>& rule, std::byte* out) {
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) simd::store_bytes(out + i, rule.sixteen(x + i));
  return i;
}

/// The low nibbles of a vector's bytes in pairs, the first of a pair in the low nibble of a 16-bit lane.
template <class A>
simd::I16<A> nibble_pairs(const simd::U8<A>& codes) {
  const auto lanes = simd::as<std::uint16_t>(codes);
  return simd::as<std::int16_t>((lanes | (lanes >> 4)) & simd::U16<A>(0xFF));
}

/// Two codes to a byte, the first in the low nibble.
template <class A>
std::size_t uniform_nibbles(const float* x, std::size_t count, const UniformRule<A>& rule, std::byte* out) {
  std::size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    simd::store_bytes(out + i / 2, simd::narrow_u(nibble_pairs(rule.sixteen(x + i)), nibble_pairs(rule.sixteen(x + i + 16))));
  }
  return i;
}

/// Groups with an f16 scale, and asymmetric ones with the code of zero in a byte after it, in strips. The scale is the whole
/// range's: no value is so far outside that its code would not be held by a byte's range.
template <class A, int kBits, bool kSymmetric, std::size_t kGroup, PlainFour plain_four>
class UniformGroups {
  using F32 = simd::F32<A>;
  using I32 = simd::I32<A>;
  using U8 = simd::U8<A>;
  static constexpr int kTop = (1 << kBits) - 1;
  static constexpr int kMiddle = 1 << (kBits - 1);
  static constexpr std::size_t kHead = kSymmetric ? 2 : 3;

 public:
  static constexpr std::size_t kLength = kGroup, kBytes = kHead + kGroup * kBits / 8, kFactors = 2;
  static void plain(const float* x, std::byte* out) { plain_four(x, out); }

  bool scales(const float* x, std::byte* out, StripFactors<2>& factors, std::size_t first) const {
    F32 low(0.0f), width;
    if constexpr (kSymmetric) {
      width = abs_max_of_four<kGroup>(x, reciprocals_.mask);
    } else {
      const auto [least, most] = range_of_four<A, kGroup>(x);
      low = simd::smaller(F32(0.0f), least);
      width = simd::larger(F32(0.0f), most) - low;
    }
    const F32 step = width / steps_;
    const I32 half = halves_(step);
    store_halves(half, out, kBytes);
    const F32 inverse = reciprocals_(simd::as<float>(half << 13) * raise_);
    simd::store(factors.of[0] + first, inverse);
    if constexpr (!kSymmetric) {
      const I32 zero = to_int_(simd::smaller(F32(static_cast<float>(kTop)), (-low) * inverse));
      simd::store_lane<std::uint8_t, 0>(out + 2, zero);
      simd::store_lane<std::uint8_t, 4>(out + 2 + kBytes, zero);
      simd::store_lane<std::uint8_t, 8>(out + 2 + 2 * kBytes, zero);
      simd::store_lane<std::uint8_t, 12>(out + 2 + 3 * kBytes, zero);
      simd::store(factors.of[1] + first, simd::as<float>(zero + zero_));
    }
    return simd::none_set(step > largest_);
  }

  void codes(const float* x, const StripFactors<2>& factors, std::size_t block, std::byte* out) const {
    const F32 inverse(factors.of[0][block]);
    const I32 zero = kSymmetric ? zero_ : simd::as<std::int32_t>(F32(factors.of[1][block]));
    out += kHead;
    if constexpr (kBits == 8) {
      for (std::size_t i = 0; i < kGroup; i += 16) simd::store_bytes(out + i, sixteen(x + i, inverse, zero));
    } else {
      for (std::size_t i = 0; i < kGroup; i += 32) {
        simd::store_bytes(out + i / 2, simd::narrow_u(nibble_pairs(sixteen(x + i, inverse, zero)), nibble_pairs(sixteen(x + i + 16, inverse, zero))));
      }
    }
  }

 private:
  U8 sixteen(const float* x, const F32& inverse, const I32& zero) const {
    U8 codes = codes_([&](std::size_t i) { return simd::load<A>(x + i) * inverse; }, zero);
    if constexpr (kSymmetric) codes = xsimd::max(codes, lowest_);
    if constexpr (kBits < 8) codes = xsimd::min(codes, highest_);
    return codes;
  }

  UniformCodes<A> codes_;
  F16Codes<A> halves_;
  Reciprocals<A> reciprocals_;
  simd::NearestToInt<A> to_int_;
  F32 steps_ = simd::keep_f32<A>(static_cast<float>(kSymmetric ? kTop / 2 : kTop));
  F32 largest_ = simd::keep_f32<A>(65504.0f), raise_ = simd::keep_f32<A>(0x1p112f);
  I32 zero_ = simd::keep_i32<A>((kSymmetric ? kMiddle : 0) + kZeroBits);
  U8 lowest_ = simd::keep<std::uint8_t, A>(1), highest_ = simd::keep<std::uint8_t, A>(kTop);
};

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

/// Groups as UniformGroups encodes them.
template <class A, int kBits, bool kSymmetric, std::size_t kGroup>
void decode_uniform_groups(const std::byte* from, std::size_t groups, float* out) {
  constexpr std::size_t head = kSymmetric ? 2 : 3;
  for (std::size_t g = 0; g < groups; ++g, from += head + kGroup * kBits / 8, out += kGroup) {
    const simd::F32<A> scale(decoding::f16_at(from));
    const simd::I16<A> zero(static_cast<std::int16_t>(kSymmetric ? 0 : std::to_integer<int>(from[2])));
    const auto put = [&](const simd::U8<A>& codes, float* to) {
      if constexpr (kSymmetric) decoding::put_scaled(decoding::less(codes, static_cast<std::int8_t>(1 << (kBits - 1))), scale, to);
      else put_uniform(codes, zero, scale, to);
    };
    for (std::size_t i = 0; i < kGroup; i += 128 / kBits) {
      const simd::U8<A> bytes = simd::load_bytes<A>(from + head + i * kBits / 8);
      if constexpr (kBits == 8) {
        put(bytes, out + i);
      } else {
        const simd::U8<A> low = decoding::low_nibbles(bytes), high = decoding::high_nibbles(bytes);
        put(xsimd::zip_lo(low, high), out + i);
        put(xsimd::zip_hi(low, high), out + i + 16);
      }
    }
  }
}

}  // namespace bitbudget::kernels
