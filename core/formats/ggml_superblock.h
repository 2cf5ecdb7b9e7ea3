// What the ggml formats with 256 values to a block and an offset per group (Q2_K, Q4_K, Q5_K) have in common: each group of 16
// or 32 values is fitted by scale·q - offset, then the scales and offsets are themselves rounded to a few bits of two f16
// numbers, and the codes are made again from the rounded ones.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "formats/block.h"
#include "formats/ggml_search.h"
#include "formats/rounding.h"
#include "tensor/float_types.h"

namespace bitbudget::formats {

inline constexpr std::size_t kSuperblock = 256;
using SuperblockValues = std::span<const float, kSuperblock>;
using SuperblockCodes = std::array<std::uint8_t, kSuperblock>;

/// Fitted groups: value = scale·code - offset.
template <std::size_t kGroups>
struct FittedGroups {
  std::array<float, kGroups> scales;
  std::array<float, kGroups> offsets;
  SuperblockCodes codes;
};

/// value = (d·scales[group])·code - dmin·offsets[group]; d and dmin are f16.
template <std::size_t kGroups>
struct RoundedGroups {
  std::uint16_t d;
  std::uint16_t dmin;
  std::array<std::uint8_t, kGroups> scales;
  std::array<std::uint8_t, kGroups> offsets;
  SuperblockCodes codes;
};

template <std::size_t kGroups>
constexpr std::size_t kGroupLength = kSuperblock / kGroups;

/// Rounds the largest to `levels` and the others in proportion. Returns the f16 unit.
inline std::uint16_t round_to_largest(std::span<const float> values, int levels, std::span<std::uint8_t> codes) {
  float largest = 0;
  for (const float v : values) largest = std::max(largest, v);
  const float inverse = largest > 0 ? static_cast<float>(levels) / largest : 0.0f;
  for (std::size_t j = 0; j < values.size(); ++j) {
    codes[j] = std::min(static_cast<std::uint8_t>(round_half_even(inverse * values[j])), static_cast<std::uint8_t>(levels));
  }
  return tensor::f16_from_f32(largest / static_cast<float>(levels));
}

template <std::size_t kGroups>
void requantize_groups(SuperblockValues x, int levels, RoundedGroups<kGroups>& block) {
  const float d = tensor::f32_from_f16(block.d);
  const float dmin = tensor::f32_from_f16(block.dmin);
  for (std::size_t j = 0; j < kGroups; ++j) {
    const Affine rounded{d * static_cast<float>(block.scales[j]), dmin * static_cast<float>(block.offsets[j])};
    const auto at = j * kGroupLength<kGroups>;
    requantize(x.subspan(at, kGroupLength<kGroups>), rounded, levels, std::span(block.codes).subspan(at, kGroupLength<kGroups>));
  }
}

/// `weigh` fills the weights of one group's values.
template <std::size_t kGroups, class Weigh>
FittedGroups<kGroups> fit_groups(SuperblockValues x, int levels, const Sweep& sweep, Weigh weigh) {
  FittedGroups<kGroups> fitted;
  for (std::size_t j = 0; j < kGroups; ++j) {
    const auto at = j * kGroupLength<kGroups>;
    const auto group = x.subspan(at, kGroupLength<kGroups>);
    std::array<float, kGroupLength<kGroups>> weights;
    weigh(group, std::span(weights));
    const Affine fit = affine_search(group, weights, levels, sweep, std::span(fitted.codes).subspan(at, group.size()));
    fitted.scales[j] = fit.scale;
    fitted.offsets[j] = fit.offset;
  }
  return fitted;
}

template <std::size_t kGroups>
RoundedGroups<kGroups> round_groups(SuperblockValues x, const FittedGroups<kGroups>& fitted, int levels, int scale_levels) {
  RoundedGroups<kGroups> block;
  block.codes = fitted.codes;
  block.d = round_to_largest(fitted.scales, scale_levels, block.scales);
  block.dmin = round_to_largest(fitted.offsets, scale_levels, block.offsets);
  requantize_groups(x, levels, block);
  return block;
}

/// With an importance vector: weights importance·sqrt(energy + x²), and the scales and offsets are fitted too, weighted by
/// the sums of their groups' weights.
template <std::size_t kGroups>
RoundedGroups<kGroups> quantize_groups_weighted(SuperblockValues x, std::span<const float, kSuperblock> importance, float energy,
                                                int levels, int scale_levels) {
  std::array<float, kGroups> totals;
  std::size_t at = 0;
  const auto fitted = fit_groups<kGroups>(x, levels, kWeightedSweep, [&](auto group, auto weights) {
    importance_weights(group, importance.subspan(at, group.size()), energy, weights);
    totals[at / group.size()] = sum(weights);
    at += group.size();
  });
  RoundedGroups<kGroups> block;
  block.codes = fitted.codes;
  block.d = tensor::f16_from_f32(positive_search(fitted.scales, totals, scale_levels, block.scales));
  block.dmin = tensor::f16_from_f32(positive_search(fitted.offsets, totals, scale_levels, block.offsets));
  requantize_groups(x, levels, block);
  return block;
}

template <std::size_t kGroups>
void dequantize_groups(const RoundedGroups<kGroups>& block, std::span<float, kSuperblock> out) {
  const float d = tensor::f32_from_f16(block.d);
  const float dmin = tensor::f32_from_f16(block.dmin);
  for (std::size_t j = 0; j < kGroups; ++j) {
    const float scale = d * static_cast<float>(block.scales[j]);
    const float offset = dmin * static_cast<float>(block.offsets[j]);
    for (std::size_t i = j * kGroupLength<kGroups>; i < (j + 1) * kGroupLength<kGroups>; ++i) {
      out[i] = scale * static_cast<float>(block.codes[i]) - offset;
    }
  }
}

/// The weights of Q4_K and Q5_K without importance: root mean square of the group, plus |x|.
inline void weigh_by_magnitude(std::span<const float> x, std::span<float> weights) {
  const float rms = std::sqrt(sum_of_squares(x) / static_cast<float>(x.size()));
  for (std::size_t i = 0; i < x.size(); ++i) weights[i] = rms + std::abs(x[i]);
}

}  // namespace bitbudget::formats
