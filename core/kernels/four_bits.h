// The 4-bit code books: NF4, FP4 and E2M1. The truth is in core/formats.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "kernels/decode.h"
#include "kernels/simd.h"

namespace bitbudget::kernels {

/// A table of 16 floats, taken apart into the four bytes of each, so that a swizzle looks one byte of 16 values up.
template <class A>
struct FloatTable {
  simd::U8<A> bytes[4];

  explicit FloatTable(const std::array<float, 16>& values) {
    for (int k = 0; k < 4; ++k) {
      std::array<std::uint8_t, 16> plane;
      for (std::size_t i = 0; i < 16; ++i) plane[i] = static_cast<std::uint8_t>(std::bit_cast<std::uint32_t>(values[i]) >> (8 * k));
      bytes[k] = simd::load<A>(plane.data());
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

/// x in [-1, 1] in steps of 1/32767, to the nearest: a monotone map, so that two values on different steps compare as their
/// steps do.
constexpr std::int32_t fixed_step(float x) {
  return static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(x * 32767.0f + 12582912.0f)) - 0x4B400000;
}

/// How many of the ascending thresholds in (-1, 1) a value exceeds, by 32 cells of fixed_step with at most one threshold in
/// each: the count is the cell's base, and one more above the cell's threshold.
struct Staircase {
  std::array<std::uint8_t, 32> base{};       // less one (modulo 256) in a cell without a threshold: every step is above its -32768
  std::array<std::uint8_t, 32> step_low{};   // the threshold's step, its two bytes
  std::array<std::uint8_t, 32> step_high{};
  bool valid = true;

  template <std::size_t n>
  explicit constexpr Staircase(const std::array<float, n>& thresholds) {
    for (int cell = 0; cell < 32; ++cell) {
      int below = 0, inside = 0;
      std::int32_t step = -32768;
      for (const float threshold : thresholds) {
        const std::int32_t at = fixed_step(threshold);
        below += (at >> 11) + 16 < cell;
        if ((at >> 11) + 16 != cell) continue;
        ++inside;
        step = at;
      }
      valid = valid && inside <= 1;
      const auto index = static_cast<std::size_t>(cell);
      base[index] = static_cast<std::uint8_t>(inside == 1 ? below : below - 1);
      step_low[index] = static_cast<std::uint8_t>(step & 255);
      step_high[index] = static_cast<std::uint8_t>(step >> 8 & 255);
    }
  }
};

/// The counts of 16 values, or `unsure` where one lies on the very step of a threshold.
template <class A>
struct StairCounts {
  simd::U8<A> counts;
  bool unsure;
};

template <class A>
class StairSearch {
 public:
  explicit StairSearch(const Staircase& stairs)
      : base_{half(stairs.base, 0), half(stairs.base, 16)},
        low_{half(stairs.step_low, 0), half(stairs.step_low, 16)},
        high_{half(stairs.step_high, 0), half(stairs.step_high, 16)} {}

  StairCounts<A> operator()(const simd::F32<A>* four) const {
    const auto step = [&](int k) {
      const auto sum = four[k] * simd::F32<A>(32767.0f) + simd::F32<A>(12582912.0f);
      return simd::as<std::int32_t>(sum) - simd::I32<A>(0x4B400000);
    };
    const simd::I16<A> first = simd::narrow_s(step(0), step(1)), second = simd::narrow_s(step(2), step(3));
    const auto cell = simd::narrow_u((first >> 11) + simd::I16<A>(16), (second >> 11) + simd::I16<A>(16));
    const simd::U8<A> index = cell & simd::U8<A>(15);
    const auto upper = cell > simd::U8<A>(15);
    const auto look_up = [&](const simd::U8<A>* table) {
      return xsimd::select(upper, simd::swizzle(table[1], index), simd::swizzle(table[0], index));
    };
    const simd::U8<A> low = look_up(low_), high = look_up(high_);
    const auto edge_first = simd::as<std::int16_t>(xsimd::zip_lo(low, high));
    const auto edge_second = simd::as<std::int16_t>(xsimd::zip_hi(low, high));
    const auto above = simd::narrow_s(simd::true_lanes(first > edge_first), simd::true_lanes(second > edge_second));
    const auto on_edge = (first == edge_first) | (second == edge_second);
    return {look_up(base_) - simd::as<std::uint8_t>(above), !simd::none_set(on_edge)};
  }

 private:
  static simd::U8<A> half(const std::array<std::uint8_t, 32>& table, std::size_t at) { return simd::load<A>(table.data() + at); }

  simd::U8<A> base_[2], low_[2], high_[2];
};

/// Sixteen E2M1 codes by ggml's rule: magnitudes against the midpoints times `scale`, ties to the smaller, never -0. Right where
/// the products are exact and |x| is below 2^20 scales (then the distances that the truth compares are exact or far apart).
template <class A>
class E2M1Search {
 public:
  explicit E2M1Search(float scale) {
    constexpr std::array kMidpoints{0.25f, 0.75f, 1.25f, 1.75f, 2.5f, 3.5f, 5.0f};
    for (std::size_t i = 0; i < 7; ++i) edges_[i] = simd::F32<A>(kMidpoints[i] * scale);
  }

  simd::U8<A> operator()(const float* x) const {
    simd::I32<A> ranks[4], signs[4];
    for (int k = 0; k < 4; ++k) {
      const auto bits = simd::as<std::int32_t>(simd::load<A>(x + 4 * k));
      const auto magnitude = simd::as<float>(bits & simd::I32<A>(0x7FFFFFFF));
      simd::I32<A> rank(0);
      for (const auto& edge : edges_) rank = rank - simd::true_lanes(xsimd::batch_bool_cast<std::int32_t>(magnitude > edge));
      ranks[k] = rank;
      signs[k] = bits >> 31;
    }
    const auto narrow = [](const simd::I32<A>* v) { return simd::narrow_s(simd::narrow_s(v[0], v[1]), simd::narrow_s(v[2], v[3])); };
    const simd::I8<A> rank = narrow(ranks), sign = narrow(signs) & simd::I8<A>(8);
    return simd::as<std::uint8_t>(rank | xsimd::select(rank == simd::I8<A>(0), simd::I8<A>(0), sign));
  }

 private:
  simd::F32<A> edges_[7];
};

/// Codes i and i + 16 to byte i, the first in the low nibble.
template <class A>
void put_split_nibbles(const simd::U8<A>& first, const simd::U8<A>& second, void* to) {
  simd::store_bytes(to, first | simd::as<std::uint8_t>(simd::as<std::uint16_t>(second) << 4));
}

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
