// The scale search of IQ4_NL for eight blocks at once, one to a lane; the truth is in formats/iq4_nl.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/group_search.h"

namespace bitbudget::kernels {

/// Sixteen unequally spaced whole levels in ascending order, less than 256 apart.
struct Levels {
  float lowest;
  std::array<float, 15> borders;  // of a value on a border, the higher level is the nearest; exact, and so is every comparison
  alignas(16) std::array<std::uint8_t, 16> above_lowest;

  explicit constexpr Levels(const std::array<float, 16>& values) : lowest(values[0]), borders{}, above_lowest{} {
    for (std::size_t code = 0; code < 16; ++code) {
      above_lowest[code] = static_cast<std::uint8_t>(values[code] - lowest);
      if (code > 0) borders[code - 1] = (values[code - 1] + values[code]) / 2;
    }
  }
};

/// The codes of the nearest levels: how many borders are at or below x.
template <class A>
simd::I32<A> level_codes(const simd::F32<A>& x, const Levels& levels) {
  simd::I32<A> code(0);
  for (const float border : levels.borders) code -= simd::true_bits(simd::F32<A>(border) <= x);
  return code;
}

/// The nearest levels themselves. In a code's upper three bytes the table gives its first entry, which is 0.
template <class A>
simd::F32<A> nearest_levels(const simd::F32<A>& x, const Levels& levels) {
  const auto table = simd::load<A>(levels.above_lowest.data());
  const auto found = simd::swizzle(table, simd::as<std::uint8_t>(level_codes(x, levels)));
  return simd::to_float(simd::as<std::int32_t>(found)) + simd::F32<A>(levels.lowest);
}

/// The scales of eight groups: the weighted fit to the best of 1 + 2·`reach` + 1 inverse scales around the one that puts the
/// largest magnitude on the lowest level.
template <class A, std::size_t kLength>
Pair<A> level_search(const Groups<A, kLength>& x, const Groups<A, kLength>& weights, const Levels& levels, int reach) {
  const Pair<A> zero(0.0f), lowest(levels.lowest);
  const Pair<A> largest = signed_max_lanes(x);
  Pair<A> products, squared;
  const auto sums = [&](const Pair<A>& inverse) {
    products = squared = zero;
    for (std::size_t i = 0; i < kLength; ++i) {
      const Pair<A> target = inverse * x[i];
      const Pair<A> v = Pair<A>::each([&](std::size_t t) { return nearest_levels(target.v[t], levels); });
      const Pair<A> wv = weights[i] * v;
      products += wv * x[i];
      squared += wv * v;
    }
  };
  sums(Pair<A>(1.0f) / (-largest / lowest));
  Pair<A> scale = select(squared > zero, products / squared, zero);
  Pair<A> best = scale * products;
  for (int t = -reach; t <= reach; ++t) {
    sums(Pair<A>(static_cast<float>(t) + levels.lowest) / largest);
    const PairMask<A> better = (squared > zero) & (products * products > best * squared);
    if (better.none()) continue;
    const Pair<A> trial = products / squared;
    scale = select(better, trial, scale);
    best = select(better, trial * products, best);
  }
  const PairMask<A> none = Pair<A>(formats::kGroupEpsilon) > magnitude(largest);
  return select(none, zero, scale);
}

/// The codes of eight groups from their inverse scales.
template <class A, std::size_t kLength>
void store_level_codes(const Groups<A, kLength>& x, const Pair<A>& inverse, const Levels& levels, std::uint8_t* to) {
  Groups<A, kLength> codes;
  for (std::size_t i = 0; i < kLength; ++i) {
    codes[i] = Pair<A>::each([&](std::size_t t) { return simd::to_float(level_codes(inverse.v[t] * x[i].v[t], levels)); });
  }
  store_group_codes(codes, 0, to);
}

}  // namespace bitbudget::kernels
