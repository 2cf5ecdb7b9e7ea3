// f16, bf16 and the floats of at most 8 bits, 16 values at a time; the truth is tensor/float_types.h.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/simd.h"
#include "tensor/float_types.h"

namespace bitbudget::kernels {

/// How the encoders round. With E the exponent field of |x|, held to the type's lowest normal one from below, the power of two
/// with the field E + 23 - mantissa is added to |x|: the sum's last place is that of a code, so the addition rounds. The low
/// half of the sum's bits is then the code's mantissa with its leading 1 (or without, for a subnormal), and its field counts
/// the codes of the binades below: a dot product adds the two up. (Where that field runs over into the sign, the sum is |x| or
/// infinity, and the code too large.)
template <tensor::FloatType type, class A>
struct Rounding {
  using I32 = simd::I32<A>;
  /// The upper half of a sum's bits where the code is 0.
  static constexpr std::int32_t kFieldOfZero = (128 - type.bias + 23 - type.mantissa) << 7;

  I32 magnitude_mask = simd::keep_i32<A>(0x7FFFFFFF), field_mask = simd::keep_i32<A>(0x7F800000);
  I32 lowest = simd::keep_i32<A>((128 - type.bias) << 23), raise = simd::keep_i32<A>((23 - type.mantissa) << 23);
  simd::I16<A> weights;  // of the halves, the low one first

  explicit Rounding(std::int32_t low_weight, std::int32_t high_weight)
      : weights(simd::as<std::int16_t>(simd::keep_i32<A>(high_weight << 16 | low_weight))) {}

  I32 weighted_sum(const I32& magnitude) const {
    const I32 field = xsimd::max(magnitude & field_mask, lowest) + raise;
    return simd::dot(simd::as<std::int16_t>(simd::as<float>(magnitude) + simd::as<float>(field)), weights);
  }
};

/// tensor::f16_from_f32 in every lane; none is NaN.
template <class A>
class F16Codes : Rounding<tensor::kF16Type, A> {
 public:
  F16Codes() : Base(1, 8) {}
  simd::I32<A> operator()(const simd::F32<A>& x) const {
    const auto bits = simd::as<std::int32_t>(x);
    const auto code = xsimd::min(this->weighted_sum(bits & this->magnitude_mask), limit_) - zero_;
    return code | ((bits >> 16) & sign_);
  }

 private:
  using Base = Rounding<tensor::kF16Type, A>;
  static constexpr std::int32_t kZero = Base::kFieldOfZero * 8;
  simd::I32<A> limit_ = simd::keep_i32<A>(0x7C00 + kZero), zero_ = simd::keep_i32<A>(kZero), sign_ = simd::keep_i32<A>(0x8000);
};

/// tensor::encode_float of 16 values to a type of at most 8 bits, which saturates; none is NaN.
template <tensor::FloatType type, class A>
class SmallCodes : Rounding<type, A> {
 public:
  SmallCodes() : Base(1 << kUnit, 1) {}
  simd::U8<A> operator()(const simd::F32<A>& a, const simd::F32<A>& b, const simd::F32<A>& c, const simd::F32<A>& d) const {
    const auto codes = simd::as<std::uint8_t>(simd::narrow_s(eight(a, b), eight(c, d)));
    const auto signs = simd::as<std::uint16_t>(simd::sign_bits(a, b, c, d));
    return codes | simd::as<std::uint8_t>(signs >> (7 - type.exponent - type.mantissa));
  }

 private:
  using Base = Rounding<type, A>;
  static constexpr int kUnit = 7 - type.mantissa;  // sums are codes times 2^kUnit: a field then weighs 1
  simd::I16<A> eight(const simd::F32<A>& x, const simd::F32<A>& y) const { return (simd::narrow_s(four(x), four(y)) - zero_) >> kUnit; }
  simd::I32<A> four(const simd::F32<A>& x) const {
    const auto magnitude = simd::as<float>(simd::as<std::int32_t>(x) & this->magnitude_mask);
    return this->weighted_sum(simd::as<std::int32_t>(simd::smaller(largest_, magnitude)));
  }
  simd::F32<A> largest_ = simd::keep_f32<A>(tensor::decode_float<type>(type.overflow));
  simd::I16<A> zero_ = simd::keep<std::int16_t, A>(static_cast<std::int16_t>(Base::kFieldOfZero));
};

/// tensor::bf16_from_f32 in every lane; none is NaN.
template <class A>
struct Bf16Codes {
  simd::U32<A> half = simd::keep<std::uint32_t, A>(0x7FFF), one = simd::keep<std::uint32_t, A>(1);

  simd::I32<A> operator()(const simd::F32<A>& x) const {
    const auto bits = simd::as<std::uint32_t>(x);
    return simd::as<std::int32_t>((bits + half + ((bits >> 16) & one)) >> 16);
  }
};

// Loops over arrays. Encoders do the leading values that fill whole vectors and say how many; decoders do all. NaN and, in
// decoders, infinities are rare: a run of values with one goes through the plain code.

/// 16-bit codes by `Codes`.
template <class A, class Codes, std::uint16_t (*code_of)(float)>
std::size_t encode_16_bits(const float* x, std::size_t count, std::byte* out) {
  const Codes codes;
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16, out += 32) {
    const simd::F32<A> a = simd::load<A>(x + i), b = simd::load<A>(x + i + 4), c = simd::load<A>(x + i + 8), d = simd::load<A>(x + i + 12);
    const simd::F32<A> any = (a + b) + (c + d);  // NaN if one of them is
    if (simd::none_set(any != any)) {
      simd::store_bytes(out, simd::narrow_u(codes(a), codes(b)));
      simd::store_bytes(out + 16, simd::narrow_u(codes(c), codes(d)));
      continue;
    }
    for (std::size_t k = 0; k < 16; ++k) {
      const std::uint16_t code = code_of(x[i + k]);
      std::memcpy(out + 2 * k, &code, 2);
    }
  }
  return i;
}

template <class A>
std::size_t encode_f16(const float* x, std::size_t count, std::byte* out) {
  return encode_16_bits<A, F16Codes<A>, tensor::f16_from_f32>(x, count, out);
}
template <class A>
std::size_t encode_bf16(const float* x, std::size_t count, std::byte* out) {
  return encode_16_bits<A, Bf16Codes<A>, tensor::bf16_from_f32>(x, count, out);
}

inline std::uint16_t word_at(const std::byte* from) {
  std::uint16_t word;
  std::memcpy(&word, from, 2);
  return word;
}

template <class A>
void decode_f16(const std::byte* from, std::size_t count, float* out) {
  using I16 = simd::I16<A>;
  const I16 zero(0), top = simd::keep<std::int16_t, A>(0x7C00);
  const auto mask = simd::keep_i32<A>(static_cast<std::int32_t>(0x8FFFE000));
  const auto power = simd::keep_f32<A>(0x1p112f);
  std::size_t i = 0;
  const auto plain = [&](std::size_t end) {
    for (; i < end; ++i) out[i] = tensor::f32_from_f16(word_at(from + 2 * i));
  };
  while (i + 16 <= count) {
    const auto a = simd::as<std::int16_t>(simd::load_bytes<A>(from + 2 * i)), b = simd::as<std::int16_t>(simd::load_bytes<A>(from + 2 * i + 16));
    if (!simd::none_set(((a & top) == top) | ((b & top) == top))) {
      plain(i + 16);
      continue;
    }
    // With its exponent at the place of f32's, a code reads as its value times 2^-112, subnormals included.
    const auto four = [&](const I16& codes) {
      return simd::as<float>((simd::as<std::int32_t>(codes) >> 3) & mask) * power;
    };
    simd::store(out + i, four(xsimd::zip_lo(zero, a)));
    simd::store(out + i + 4, four(xsimd::zip_hi(zero, a)));
    simd::store(out + i + 8, four(xsimd::zip_lo(zero, b)));
    simd::store(out + i + 12, four(xsimd::zip_hi(zero, b)));
    i += 16;
  }
  plain(count);
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

/// The values of a type of at most 8 bits as bf16, which holds them all: a magnitude of at least 16 times the smallest is moved
/// into place and gets another bias; for those below, subnormals among them, here is what differs from that.
template <tensor::FloatType type>
struct SmallValues {
  static constexpr int kShift = 7 - type.mantissa;
  static constexpr int kBias = (127 - type.bias) / 2;  // in the upper byte
  alignas(16) std::array<std::uint8_t, 16> high{};     // to be subtracted
  alignas(16) std::array<std::uint8_t, 16> low{};      // to be flipped

  constexpr SmallValues() {
    static_assert(type.bias % 2 == 1);
    for (std::uint32_t code = 0; code < 16; ++code) {
      const std::uint32_t value = std::bit_cast<std::uint32_t>(tensor::decode_float<type>(code)) >> 16;
      const std::uint32_t moved = (code << kShift) + (static_cast<std::uint32_t>(kBias) << 8);
      if (code >= 1u << (type.exponent + type.mantissa)) continue;  // no magnitude
      high[code] = static_cast<std::uint8_t>((moved >> 8) - (value >> 8));
      low[code] = static_cast<std::uint8_t>((moved ^ value) & 255);
    }
  }
};

/// out[0 ... 15] = value of code * scale. The codes have no bits above the type's.
template <tensor::FloatType type, class A>
class PutFloatValues {
  using U8 = simd::U8<A>;
  using Table = SmallValues<type>;
  static constexpr Table kTable{};
  static constexpr int kWidth = type.exponent + type.mantissa;
  static U8 keep(unsigned byte) { return simd::keep<std::uint8_t, A>(static_cast<std::uint8_t>(byte)); }

 public:
  void operator()(const U8& codes, const simd::F32<A>& scale, float* out) const {
    const auto shifted_left = [](const U8& x, int by) { return simd::as<std::uint8_t>(simd::as<std::uint16_t>(x) << by); };
    const U8 magnitude = codes & magnitude_mask_;
    U8 high = simd::as<std::uint8_t>(simd::as<std::uint16_t>(magnitude) >> (8 - Table::kShift)) & high_mask_;
    high = high + bias_ - simd::swizzle_or_zero(high_table_, magnitude);
    const U8 low = (shifted_left(magnitude, Table::kShift) & low_mask_) ^ simd::swizzle_or_zero(low_table_, magnitude);
    // Where the type's largest codes are not finite, the exponent becomes that of infinity and NaN.
    if constexpr (kSpecial != 0) {
      const auto beyond = simd::true_lanes(simd::as<std::int8_t>(magnitude) > last_finite_);
      high = high | (simd::as<std::uint8_t>(beyond) & magnitude_mask_);
    }
    high = high | (shifted_left(codes, 7 - kWidth) & sign_);
    const auto eight = [&](const U8& halves, float* to) {
      const simd::U16<A> zero(0);
      simd::store(to, simd::as<float>(xsimd::zip_lo(zero, simd::as<std::uint16_t>(halves))) * scale);
      simd::store(to + 4, simd::as<float>(xsimd::zip_hi(zero, simd::as<std::uint16_t>(halves))) * scale);
    };
    eight(xsimd::zip_lo(low, high), out);
    eight(xsimd::zip_hi(low, high), out + 8);
  }

 private:
  static constexpr std::uint32_t kSpecial = type.infinity != 0 ? type.infinity : type.nan;
  U8 magnitude_mask_ = keep((1u << kWidth) - 1), sign_ = keep(0x80), bias_ = keep(Table::kBias);
  U8 high_mask_ = keep(0xFFu >> (8 - Table::kShift)), low_mask_ = keep(0xFFu << Table::kShift);
  U8 high_table_ = simd::keep_bytes<A>(kTable.high.data()), low_table_ = simd::keep_bytes<A>(kTable.low.data());
  simd::I8<A> last_finite_ = simd::as<std::int8_t>(keep(kSpecial - 1));
};

/// Sixteen 6-bit codes to 12 bytes, low bits first: each four to three bytes.
template <class A>
void put_six_bits(const simd::U8<A>& codes, std::byte* to) {
  using U32 = simd::U32<A>;
  alignas(16) static constexpr std::array<std::uint8_t, 16> kThreeOfFour{0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 7, 11, 15};
  const auto lanes = simd::as<std::uint32_t>(codes);
  const U32 joined = (lanes & U32(0x3F)) | ((lanes >> 2) & U32(0x3F << 6)) | ((lanes >> 4) & U32(0x3F << 12)) | ((lanes >> 6) & U32(0x3F << 18));
  const auto bytes = simd::swizzle(simd::as<std::uint8_t>(joined), simd::load<A>(kThreeOfFour.data()));
  simd::store_lane<std::uint64_t, 0>(to, bytes);
  simd::store_lane<std::uint32_t, 2>(to + 8, bytes);
}

/// Sixteen 6-bit codes from the 12 bytes that begin at byte `first` of 16.
template <class A>
simd::U8<A> take_six_bits(const simd::U8<A>& bytes, std::uint8_t first) {
  using U32 = simd::U32<A>;
  alignas(16) static constexpr std::array<std::uint8_t, 16> kFourOfThree{0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8, 9, 10, 11, 11};
  const auto places = simd::load<A>(kFourOfThree.data()) + simd::U8<A>(first);
  const auto lanes = simd::as<std::uint32_t>(simd::swizzle(bytes, places)) & U32(0xFFFFFF);
  return simd::as<std::uint8_t>((lanes & U32(0x3F)) | ((lanes << 2) & U32(0x3F << 8)) | ((lanes << 4) & U32(0x3F << 16)) |
                                ((lanes << 6) & U32(0x3F << 24)));
}

/// One byte per code; the values are divided by `scale`, which is not 0.
template <tensor::FloatType type, class A>
std::size_t encode_divided(const float* x, std::size_t count, float scale, std::byte* out) {
  const SmallCodes<type, A> codes;
  const simd::F32<A> divisor(scale);
  const auto four = [&](std::size_t i) { return simd::load<A>(x + i) / divisor; };
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) simd::store_bytes(out + i, codes(four(i), four(i + 4), four(i + 8), four(i + 12)));
  return i;
}
template <tensor::FloatType type, class A>
std::size_t decode_multiplied(const std::byte* from, std::size_t count, float scale, float* out) {
  const PutFloatValues<type, A> put;
  const simd::F32<A> factor = simd::keep_f32<A>(scale);
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) put(simd::load_bytes<A>(from + i), factor, out + i);
  return i;
}

}  // namespace bitbudget::kernels
