// The 4-bit code books: NF4, FP4 and E2M1. The truth is in core/formats.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "kernels/decode.h"
#include "kernels/simd.h"
#include "kernels/strips.h"

namespace bitbudget::kernels {

/// A table of 16 floats, taken apart into the four bytes of each, so that a swizzle looks one byte of 16 values up.
template <class A>
struct FloatTable {
  simd::U8<A> bytes[4];

  explicit FloatTable(const std::array<float, 16>& values) {
    for (int k = 0; k < 4; ++k) {
      std::array<std::uint8_t, 16> plane;
      for (std::size_t i = 0; i < 16; ++i) plane[i] = static_cast<std::uint8_t>(std::bit_cast<std::uint32_t>(values[i]) >> (8 * k));
      bytes[k] = simd::keep_bytes<A>(plane.data());
    }
  }

  /// out[0 ... 15] = value of code * scale
  void put_scaled(const simd::U8<A>& codes, const simd::F32<A>& scale, float* out) const {
    simd::U8<A> planes[4];
    for (int k = 0; k < 4; ++k) planes[k] = simd::swizzle(bytes[k], codes);
    const auto join = [&](const simd::U8<A>& low, const simd::U8<A>& high, float* to) {
      const auto a = simd::as<std::uint16_t>(low), b = simd::as<std::uint16_t>(high);
      simd::store(to, simd::as<float>(xsimd::zip_lo(a, b)) * scale);
      simd::store(to + 4, simd::as<float>(xsimd::zip_hi(a, b)) * scale);
    };
    join(xsimd::zip_lo(planes[0], planes[1]), xsimd::zip_lo(planes[2], planes[3]), out);
    join(xsimd::zip_hi(planes[0], planes[1]), xsimd::zip_hi(planes[2], planes[3]), out + 8);
  }
};

/// x in [-1, 1] in steps of 2^-15, to the nearest: a monotone map, so that two values on different steps compare as their
/// steps do. The last place of the sum is a step.
inline constexpr float kFixedMagic = 384.0f;  // 1.5 x 2^8
constexpr std::int32_t fixed_step(float x) {
  return std::bit_cast<std::int32_t>(x + kFixedMagic) - std::bit_cast<std::int32_t>(kFixedMagic);
}

/// How many of the ascending thresholds in (-1, 1) a value exceeds, by 32 cells of fixed_step with at most one threshold in
/// each: the count is the cell's base, and one more above the cell's threshold. An entry holds the threshold's place among the
/// 2048 steps of its cell, and the base below that in four bits. A cell without one has a threshold that no step or every step
/// but the first is above: the blocks' largest values, 1 and -1, are on no threshold's step.
struct Staircase {
  alignas(16) std::array<std::uint8_t, 32> low{};  // the entries' two bytes
  alignas(16) std::array<std::uint8_t, 32> high{};
  bool valid = true;

  template <std::size_t n>
  explicit constexpr Staircase(const std::array<float, n>& thresholds) {
    for (int cell = 0; cell < 32; ++cell) {
      int below = 0, inside = 0, place = 0;
      for (const float threshold : thresholds) {
        const std::int32_t step = fixed_step(threshold) + 32768;
        below += step / 2048 < cell;
        if (step / 2048 != cell) continue;
        ++inside;
        place = step % 2048;
      }
      valid = valid && inside <= 1;
      if (inside == 0 && below > 0) --below;
      else if (inside == 0) place = 2047;
      const auto index = static_cast<std::size_t>(cell);
      low[index] = static_cast<std::uint8_t>((place << 4 | below) & 255);
      high[index] = static_cast<std::uint8_t>(place >> 4);
    }
  }
};

template <class A>
class StairSearch {
  using U8 = simd::U8<A>;
  using I16 = simd::I16<A>;

 public:
  explicit StairSearch(const Staircase& stairs)
      : low_{simd::keep_bytes<A>(stairs.low.data()), simd::keep_bytes<A>(stairs.low.data() + 16)},
        high_{simd::keep_bytes<A>(stairs.high.data()), simd::keep_bytes<A>(stairs.high.data() + 16)} {}

  /// The counts of 16 values. Adds to `unsure`, in some lane, that a value lies on the very step of a threshold.
  U8 operator()(const simd::F32<A>* four, I16& unsure) const {
    const auto step = [&](int k) { return simd::as<std::int32_t>(four[k] + magic_) - magic_bits_; };
    const I16 first = simd::narrow_s(step(0), step(1)), second = simd::narrow_s(step(2), step(3));
    const U8 cell = simd::as<std::uint8_t>(simd::narrow_s(first >> 11, second >> 11)) + sixteen_;
    const U8 upper = cell - sixteen_;
    const U8 low = simd::swizzle_or_zero(low_[0], cell) | simd::swizzle_or_zero(low_[1], upper);
    const U8 high = simd::swizzle_or_zero(high_[0], cell) | simd::swizzle_or_zero(high_[1], upper);
    const I16 entry_first = simd::as<std::int16_t>(xsimd::zip_lo(low, high)), entry_second = simd::as<std::int16_t>(xsimd::zip_hi(low, high));
    const I16 place_first = (first << 4) & places_, place_second = (second << 4) & places_;
    unsure = unsure | simd::true_lanes(limit_ > (place_first ^ entry_first)) | simd::true_lanes(limit_ > (place_second ^ entry_second));
    const auto count = [&](const I16& entry, const I16& place) { return (entry & base_) - simd::true_lanes(place > entry); };
    return simd::narrow_u(count(entry_first, place_first), count(entry_second, place_second));
  }

 private:
  static I16 keep(int value) { return simd::keep<std::int16_t, A>(static_cast<std::int16_t>(value)); }

  U8 low_[2], high_[2];
  simd::F32<A> magic_ = simd::keep_f32<A>(kFixedMagic);
  simd::I32<A> magic_bits_ = simd::keep_i32<A>(std::bit_cast<std::int32_t>(kFixedMagic));
  U8 sixteen_ = simd::keep<std::uint8_t, A>(16);
  I16 places_ = keep(0x7FF0), base_ = keep(15), limit_ = keep(16);
};

/// Codes i and i + 16 to byte i, the first in the low nibble.
template <class A>
void put_split_nibbles(const simd::U8<A>& first, const simd::U8<A>& second, void* to) {
  simd::store_bytes(to, first | simd::as<std::uint8_t>(simd::as<std::uint16_t>(second) << 4));
}

/// Sixteen E2M1 codes by ggml's rule: the nearest value, ties to the smaller magnitude, never -0. A magnitude in quarters of the
/// scale is rounded up to a whole one, from 0 on: the borders 1, 3, 5, 7, 10, 14, 20 lie below or at the whole number that it
/// is above them. Right where the quarters are exact or correctly rounded quotients, and below 2^22.
template <class A>
class E2M1Codes {
  using U8 = simd::U8<A>;

 public:
  /// quarters(m): of four magnitudes.
  template <class Quarters>
  U8 operator()(const float* x, Quarters quarters) const {
    const auto a = simd::load<A>(x), b = simd::load<A>(x + 4), c = simd::load<A>(x + 8), d = simd::load<A>(x + 12);
    const auto whole = [&](const simd::F32<A>& v) { return to_int_(simd::round_up(quarters(v & magnitude_))); };
    const U8 up = xsimd::min(simd::narrow_u(simd::narrow_s(whole(a), whole(b)), simd::narrow_s(whole(c), whole(d))), last_);
    const U8 code = simd::swizzle_or_zero(table_[0], up) | simd::swizzle_or_zero(table_[1], up - sixteen_);
    const U8 sign = simd::as<std::uint8_t>(simd::as<std::uint16_t>(simd::sign_bits(a, b, c, d)) >> 4);
    return code | simd::where(code != U8(0), sign);
  }

 private:
  static constexpr std::array<std::uint8_t, 32> codes() {
    std::array<std::uint8_t, 32> table{};
    for (int up = 0; up < 32; ++up) {
      for (const int border : {1, 3, 5, 7, 10, 14, 20}) {
        if (up > border) ++table[static_cast<std::size_t>(up)];
      }
    }
    return table;
  }
  alignas(16) static constexpr std::array<std::uint8_t, 32> kCodes = codes();

  U8 table_[2] = {simd::keep_bytes<A>(kCodes.data()), simd::keep_bytes<A>(kCodes.data() + 16)};
  U8 last_ = simd::keep<std::uint8_t, A>(31), sixteen_ = simd::keep<std::uint8_t, A>(16);
  simd::F32<A> magnitude_ = simd::keep_f32<A>(std::bit_cast<float>(0x7FFFFFFFu));
  simd::WholeToInt<A> to_int_;
};

/// MXFP4 of ggml: the quarters are products with a power of two.
template <class A, PlainFour plain_four>
class Mxfp4Encoder {
  using I32 = simd::I32<A>;

 public:
  static constexpr std::size_t kLength = 32, kBytes = 17, kFactors = 1;
  static void plain(const float* x, std::byte* out) { plain_four(x, out); }

  /// Scales are 2^(code - 127), so quarters are x times 2^(129 - code). Where that is beyond f32 (code 0 or 1, the values below
  /// 2^-124), zeros alone come out right.
  bool scales(const float* x, std::byte* out, StripFactors<1>& factors, std::size_t first) const {
    const simd::F32<A> most = abs_max_of_four<kLength>(x, magnitude_);
    const I32 code = xsimd::max((simd::as<std::int32_t>(most) >> 23) - I32(2), I32(0));
    simd::store_lane<std::uint8_t, 0>(out, code);
    simd::store_lane<std::uint8_t, 4>(out + kBytes, code);
    simd::store_lane<std::uint8_t, 8>(out + 2 * kBytes, code);
    simd::store_lane<std::uint8_t, 12>(out + 3 * kBytes, code);
    simd::store(factors.of[0] + first, simd::as<float>((I32(256) - xsimd::max(code, I32(2))) << 23));
    const auto tiny = simd::true_lanes(I32(2) > code) & simd::as<std::int32_t>(most);
    return simd::none_set(tiny != I32(0));
  }

  void codes(const float* x, const StripFactors<1>& factors, std::size_t block, std::byte* out) const {
    const simd::F32<A> factor(factors.of[0][block]);
    const auto quarters = [&](const simd::F32<A>& v) { return v * factor; };
    put_split_nibbles(codes_(x, quarters), codes_(x + 16, quarters), out + 1);
  }

 private:
  E2M1Codes<A> codes_;
  simd::F32<A> magnitude_ = simd::keep_f32<A>(std::bit_cast<float>(0x7FFFFFFFu));
};

/// NVFP4 of ggml, group by group: four of 16 values make a block of 36 bytes. The quarters are quotients.
template <class A, PlainFour plain_four>
class Nvfp4Encoder {
  using I32 = simd::I32<A>;
  using F32 = simd::F32<A>;

 public:
  static constexpr std::size_t kLength = 16, kBytes = 9, kFactors = 1;
  static void plain(const float* x, std::byte* out) { plain_four(x, out); }

  /// A saturated scale leaves values that are all too far from every level to be told apart in f32: those are the plain loop's.
  bool scales(const float* x, std::byte* out, StripFactors<1>& factors, std::size_t first) const {
    const F32 most = abs_max_of_four<kLength>(x, magnitude_);
    const F32 wanted = most / six_;
    // UE4M3, halves up by the first dropped bit; 15 << 3 and above become 448.
    const I32 normal = (((simd::as<std::int32_t>(wanted) >> 19) + one_) >> 1) - bias_;
    const I32 subnormal = xsimd::min(to_int_(simd::truncate(wanted * steps_ + half_)), seven_);
    I32 code = simd::select_bits(wanted < smallest_, subnormal, normal);
    code = simd::select_bits(code > last_, saturated_, code);
    const auto bytes = simd::narrow_s(simd::narrow_s(code, code), simd::narrow_s(code, code));
    simd::store_lane<std::uint32_t, 0>(out, bytes);
    // A quarter of the scale. Without one everything is 0: a quotient by infinity.
    const F32 value = simd::as<float>((code << 20) + field_);
    const F32 quarter = simd::select_bits(code > seven_, value, simd::to_float(code) * subnormal_unit_);
    simd::store(factors.of[0] + first, simd::select_bits(code == none_, infinity_, quarter));
    return simd::none_set(most > far_);
  }

  void codes(const float* x, const StripFactors<1>& factors, std::size_t group, std::byte* out) const {
    const F32 quarter(factors.of[0][group]);
    const auto codes = codes_(x, [&](const F32& v) { return v / quarter; });
    // Codes i and i + 8 share a byte; the codes of a block's groups follow its four scales.
    const auto upper = simd::as<std::uint8_t>(xsimd::zip_hi(simd::as<std::uint64_t>(codes), simd::as<std::uint64_t>(codes)));
    simd::store_lane<std::uint64_t, 0>(out + 4 - group % 4, codes | simd::as<std::uint8_t>(simd::as<std::uint16_t>(upper) << 4));
  }

 private:
  E2M1Codes<A> codes_;
  F32 magnitude_ = simd::keep_f32<A>(std::bit_cast<float>(0x7FFFFFFFu));
  simd::WholeToInt<A> to_int_;
  F32 six_ = simd::keep_f32<A>(6.0f), steps_ = simd::keep_f32<A>(512.0f), half_ = simd::keep_f32<A>(0.5f);
  F32 smallest_ = simd::keep_f32<A>(0x1p-6f), subnormal_unit_ = simd::keep_f32<A>(0x1p-11f), far_ = simd::keep_f32<A>(1e6f);
  F32 infinity_ = simd::keep_f32<A>(std::numeric_limits<float>::infinity());
  I32 none_ = simd::keep_i32<A>(0), one_ = simd::keep_i32<A>(1), seven_ = simd::keep_i32<A>(7), bias_ = simd::keep_i32<A>(120 << 3);
  I32 last_ = simd::keep_i32<A>(15 * 8 - 1), saturated_ = simd::keep_i32<A>(0x7E), field_ = simd::keep_i32<A>(118 << 23);
};

/// Neighbours to one byte, the first in the low or the high nibble: 32 codes, 16 bytes.
template <bool first_is_high, class A>
simd::U8<A> paired_nibbles(const simd::U8<A>& first, const simd::U8<A>& second) {
  const auto pairs = [](const simd::U8<A>& codes) {
    const simd::U16<A> lanes = simd::as<std::uint16_t>(codes);
    const simd::U16<A> joined = first_is_high ? (lanes << 4) | (lanes >> 8) : lanes | (lanes >> 4);
    return simd::as<std::int16_t>(joined & simd::U16<A>(0xFF));
  };
  return simd::narrow_u(pairs(first), pairs(second));
}
template <bool first_is_high, class A>
void put_paired_nibbles(const simd::U8<A>& first, const simd::U8<A>& second, void* to) {
  simd::store_bytes(to, paired_nibbles<first_is_high>(first, second));
}

}  // namespace bitbudget::kernels
