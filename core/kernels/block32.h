// The encoders of ggml's plain formats with 32 values to a block. The truth is in core/formats, one block at a time; strips.h
// says how these work.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/float_codes.h"
#include "kernels/simd.h"
#include "kernels/strips.h"

namespace bitbudget::kernels {

/// Q8_0.
template <class A, PlainFour plain_four>
class Q8_0Encoder {
  using F32 = simd::F32<A>;

 public:
  static constexpr std::size_t kLength = 32, kBytes = 34, kFactors = 1;
  static void plain(const float* x, std::byte* out) { plain_four(x, out); }

  bool scales(const float* x, std::byte* out, StripFactors<1>& factors, std::size_t first) const {
    const F32 d = abs_max_of_four<32>(x, reciprocals_.mask) / divisor_;
    store_halves(halves_(d), out, kBytes);
    const F32 inverse = reciprocals_(d);
    const F32 doubled = inverse + inverse;
    simd::store(factors.of[0] + first, doubled);
    return simd::none_set(doubled > reciprocals_.most);
  }

  void codes(const float* x, const StripFactors<1>& factors, std::size_t block, std::byte* out) const {
    const F32 inverse(factors.of[0][block]);
    simd::store_bytes(out + 2, simd::narrow_s(eight(x, inverse), eight(x + 8, inverse)));
    simd::store_bytes(out + 18, simd::narrow_s(eight(x + 16, inverse), eight(x + 24, inverse)));
  }

 private:
  /// x times the inverse to the nearest, halves away from zero. Twice that truncates to a number of half steps h, and the code
  /// is (h + 1) >> 1, or h >> 1 for a negative h: modulo 2^16, a rounded mean of h and its sign.
  simd::I16<A> eight(const float* x, const F32& doubled_inverse) const {
    const auto halves = simd::narrow_s(to_int_(simd::truncate(simd::load<A>(x) * doubled_inverse)),
                                       to_int_(simd::truncate(simd::load<A>(x + 4) * doubled_inverse)));
    return simd::as<std::int16_t>(simd::rounded_mean(simd::as<std::uint16_t>(halves), simd::as<std::uint16_t>(halves >> 15)));
  }

  F16Codes<A> halves_;
  Reciprocals<A> reciprocals_;
  simd::WholeToInt<A> to_int_;
  F32 divisor_ = simd::keep_f32<A>(127.0f);
};

/// Codes of 4 or 5 bits: the low four bits of codes i and i + 16 share byte i; the fifth bits, if any, stand before them.
template <int kBits, class A>
class BlockCodes {
  using F32 = simd::F32<A>;
  using U8 = simd::U8<A>;

 public:
  /// Codes min(trunc(value(i)), 2^kBits - 1) of 32 values that are at least 0; value(i) gives four of them.
  template <class Value>
  void operator()(Value value, std::byte* to) const {
    const U8 low = sixteen(value, 0), high = sixteen(value, 16);
    if constexpr (kBits == 5) {
      put_fifth(low, to);
      put_fifth(high, to + 2);
      to += 4;
    }
    const U8 high_nibbles = simd::as<std::uint8_t>(simd::as<std::uint16_t>(kBits == 5 ? high & nibble_ : high) << 4);
    simd::store_bytes(to, (kBits == 5 ? low & nibble_ : low) | high_nibbles);
  }

 private:
  template <class Value>
  U8 sixteen(Value value, std::size_t i) const {
    const auto four = [&](std::size_t k) { return to_int_(simd::truncate(value(i + k))); };
    return xsimd::min(simd::narrow_u(simd::narrow_s(four(0), four(4)), simd::narrow_s(four(8), four(12))), limit_);
  }
  static void put_fifth(const U8& codes, std::byte* to) {
    const std::uint16_t bits = simd::top_bits(simd::as<std::uint8_t>(simd::as<std::uint16_t>(codes) << 3));
    std::memcpy(to, &bits, 2);
  }

  simd::WholeToInt<A> to_int_;
  U8 limit_ = simd::keep<std::uint8_t, A>((1 << kBits) - 1), nibble_ = simd::keep<std::uint8_t, A>(15);
};

/// Q4_0 and Q5_0: the value of largest magnitude is code 0.
template <int kBits, class A, PlainFour plain_four>
class SignedMaxEncoder {
  using F32 = simd::F32<A>;

 public:
  static constexpr std::size_t kLength = 32, kBytes = kBits == 4 ? 18 : 22, kFactors = 1;
  static void plain(const float* x, std::byte* out) { plain_four(x, out); }

  bool scales(const float* x, std::byte* out, StripFactors<1>& factors, std::size_t first) const {
    const F32 d = signed_max(x) * unit_;
    store_halves(halves_(d), out, kBytes);
    simd::store(factors.of[0] + first, reciprocals_(d));
    return true;
  }

  void codes(const float* x, const StripFactors<1>& factors, std::size_t block, std::byte* out) const {
    const F32 inverse(factors.of[0][block]);
    codes_([&](std::size_t i) { return simd::load<A>(x + i) * inverse + middle_; }, out + 2);
  }

 private:
  static constexpr float kLevels = 1 << (kBits - 1);

  /// The values of largest magnitude of four blocks, one per lane; of +m and -m the first one.
  F32 signed_max(const float* x) const {
    const auto [least, highest] = range_of_four<A, kLength>(x);
    const F32 most = highest + F32(0.0f);  // no -0
    const F32 found = xsimd::select(-least > most, least, most);
    const auto tied = (-least == most) & (most != F32(0.0f));
    return simd::none_set(tied) ? found : first_of_tied(x, found);
  }
  static F32 first_of_tied(const float* x, const F32& found) {
    simd::portable::Lanes<float, A> lanes(found);
    for (float& lane : lanes.lane) {
      const float magnitude = std::fabs(lane);
      const float* from = x;
      if (magnitude != 0) {
        while (std::fabs(*from) != magnitude) ++from;
        lane = *from;
      }
      x += kLength;
    }
    return lanes.batch();
  }

  F16Codes<A> halves_;
  Reciprocals<A> reciprocals_;
  BlockCodes<kBits, A> codes_;
  F32 unit_ = simd::keep_f32<A>(-1 / kLevels);  // a power of two: the product is the quotient
  F32 middle_ = simd::keep_f32<A>(kLevels + 0.5f);
};

/// Q4_1 and Q5_1: steps from the least value to the largest.
template <int kBits, class A, PlainFour plain_four>
class RangeEncoder {
  using F32 = simd::F32<A>;

 public:
  static constexpr std::size_t kLength = 32, kBytes = kBits == 4 ? 20 : 24, kFactors = 2;
  static void plain(const float* x, std::byte* out) { plain_four(x, out); }

  bool scales(const float* x, std::byte* out, StripFactors<2>& factors, std::size_t first) const {
    auto [low, high] = range_of_four<A, kLength>(x);
    if (!simd::none_set(low == F32(0.0f))) low = first_zeros(x, low);
    const F32 d = (high - low + F32(0.0f)) / steps_;  // no -0
    store_halves(halves_(d), out, kBytes);
    store_halves(halves_(low), out + 2, kBytes);
    simd::store(factors.of[0] + first, reciprocals_(d));
    simd::store(factors.of[1] + first, low);
    return simd::none_set(d > reciprocals_.most);
  }

  void codes(const float* x, const StripFactors<2>& factors, std::size_t block, std::byte* out) const {
    const F32 inverse(factors.of[0][block]), low(factors.of[1][block]);
    codes_([&](std::size_t i) { return (simd::load<A>(x + i) - low) * inverse + half_; }, out + 4);
  }

 private:
  /// Of the two zeros, a least value is the one that comes first.
  static F32 first_zeros(const float* x, const F32& low) {
    simd::portable::Lanes<float, A> lanes(low);
    for (float& lane : lanes.lane) {
      const float* from = x;
      if (lane == 0) {
        while (*from != 0) ++from;
        lane = *from;
      }
      x += kLength;
    }
    return lanes.batch();
  }

  F16Codes<A> halves_;
  Reciprocals<A> reciprocals_;
  BlockCodes<kBits, A> codes_;
  F32 steps_ = simd::keep_f32<A>((1 << kBits) - 1), half_ = simd::keep_f32<A>(0.5f);
};

}  // namespace bitbudget::kernels
