// What ggml's formats with 256 values to a block have in common: groups of 16 or 32 values are fitted, then the groups' scales
// (and offsets) are themselves rounded to a few bits in units of f16 numbers, and the codes are made again from the rounded
// ones. The loops over the values come in two kinds with the same results: PlainLoops, the truth, and VectorLoops.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "formats/block.h"
#include "formats/ggml_search.h"
#include "formats/ggml_weights.h"
#include "formats/rounding.h"
#include "kernels/group_search.h"
#include "tensor/float_types.h"

namespace bitbudget::formats {

inline constexpr std::size_t kSuperblock = 256;
using SuperblockValues = std::span<const float, kSuperblock>;
using SuperblockCodes = std::array<std::uint8_t, kSuperblock>;

/// Fitted groups: value = scale·code - offset, or scale·(code - levels) where there are no offsets.
template <std::size_t kGroups>
struct FittedGroups {
  std::array<float, kGroups> scales;
  std::array<float, kGroups> offsets;
  std::array<float, kGroups> totals;  // of the weights
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

/// One group of a block's values or codes.
template <std::size_t kGroups, class Block>
auto group_of(Block&& block, std::size_t j) {
  return std::span(block).subspan(j * kGroupLength<kGroups>, kGroupLength<kGroups>);
}

struct PlainLoops {
  template <std::size_t kGroups>
  static FittedGroups<kGroups> fit_affine(SuperblockValues x, int levels, const Sweep& sweep, const auto& weigh) {
    return each_group<kGroups>(x, weigh, [&](auto group, auto weights, auto codes) {
      return affine_search(group, weights, levels, sweep, codes);
    });
  }
  template <std::size_t kGroups>
  static FittedGroups<kGroups> fit_symmetric(SuperblockValues x, int levels, const auto& weigh) {
    return each_group<kGroups>(x, weigh, [&](auto group, auto weights, auto codes) {
      return Affine{symmetric_search(group, weights, levels, codes), 0};
    });
  }
  template <std::size_t kGroups>
  static FittedGroups<kGroups> fit_by_descent(SuperblockValues x, int levels) {
    return each_group<kGroups>(x, SquareWeights{}, [&](auto group, auto, auto codes) {
      return Affine{symmetric_descent(group, levels, codes), 0};
    });
  }
  template <std::size_t kLength>
  static void requantize(std::span<const float> x, Affine rounded, int levels, std::span<std::uint8_t> codes) {
    formats::requantize(x, rounded, levels, codes);
  }
  template <std::size_t kLength>
  static void requantize_symmetric(std::span<const float> x, float scale, int levels, std::span<std::uint8_t> codes) {
    formats::requantize_symmetric(x, scale, levels, codes);
  }

 private:
  template <std::size_t kGroups>
  static FittedGroups<kGroups> each_group(SuperblockValues x, const auto& weigh, auto search) {
    FittedGroups<kGroups> fitted;
    for (std::size_t j = 0; j < kGroups; ++j) {
      const auto group = group_of<kGroups>(x, j);
      std::array<float, kGroupLength<kGroups>> weights;
      weigh.plain(j * group.size(), group, weights);
      const Affine fit = search(group, std::span<const float>(weights), group_of<kGroups>(fitted.codes, j));
      fitted.scales[j] = fit.scale;
      fitted.offsets[j] = fit.offset;
      fitted.totals[j] = sum(weights);
    }
    return fitted;
  }
};

struct VectorLoops {
  using A = kernels::Arch;

  template <std::size_t kGroups>
  static FittedGroups<kGroups> fit_affine(SuperblockValues x, int levels, const Sweep& sweep, const auto& weigh) {
    FittedGroups<kGroups> fitted;
    for (std::size_t j = 0; j < kGroups; j += kernels::kGroupsAtOnce) {
      const auto [values, weights] = load<kGroups>(x, j, weigh);
      kernels::AffineFit<A> fit;
      if (!kernels::AffineSearch<A, kGroupLength<kGroups>>(values, weights, levels, sweep).run(fit)) {
        return PlainLoops::fit_affine<kGroups>(x, levels, sweep, weigh);
      }
      std::array<float, kernels::kGroupsAtOnce> inverse, base;
      kernels::store_pair(fit.inverse, inverse.data());
      kernels::store_pair(fit.base, base.data());
      kernels::store_pair(fit.scale, fitted.scales.data() + j);
      kernels::store_pair(fit.offset, fitted.offsets.data() + j);
      kernels::store_pair(fit.weight, fitted.totals.data() + j);
      for (std::size_t k = 0; k < kernels::kGroupsAtOnce; ++k) {
        kernels::affine_codes<A, kGroupLength<kGroups>>(group_of<kGroups>(x, j + k).data(), inverse[k], base[k], levels,
                                                        group_of<kGroups>(fitted.codes, j + k).data());
      }
    }
    return fitted;
  }

  template <std::size_t kGroups>
  static FittedGroups<kGroups> fit_symmetric(SuperblockValues x, int levels, const auto& weigh) {
    FittedGroups<kGroups> fitted;
    for (std::size_t j = 0; j < kGroups; j += kernels::kGroupsAtOnce) {
      const auto [values, weights] = load<kGroups>(x, j, weigh);
      const auto fit = kernels::symmetric_search(values, weights, levels);
      kernels::store_pair(fit.scale, fitted.scales.data() + j);
      kernels::store_pair(kernels::sum_lanes(weights), fitted.totals.data() + j);
      std::array<float, kernels::kGroupsAtOnce> inverse;
      kernels::store_pair(fit.inverse, inverse.data());
      for (std::size_t k = 0; k < kernels::kGroupsAtOnce; ++k) {
        kernels::symmetric_codes<A, kGroupLength<kGroups>>(group_of<kGroups>(x, j + k).data(), inverse[k], levels,
                                                           group_of<kGroups>(fitted.codes, j + k).data());
      }
    }
    return fitted;
  }

  /// PlainLoops::fit_by_descent of eight blocks. Where a group's largest magnitude is positive, every product of the correlation
  /// is negative or 0, and so is every sum of them that rounding makes: no code moves. The other groups are brought together.
  template <std::size_t kGroups>
  static std::array<FittedGroups<kGroups>, 8> fit_eight_by_descent(std::span<const float, 8 * kSuperblock> x, int levels) {
    EightFits<kGroups> fitted;
    std::array<std::size_t, 8 * kGroups> moving;
    std::size_t count = 0;
    for (std::size_t j = 0; j < 8 * kGroups; j += kernels::kGroupsAtOnce) {
      Descent<kGroups> descent;
      kernels::Groups<A, kGroupLength<kGroups>> lanes;
      kernels::load_groups(x.data() + j * kGroupLength<kGroups>, lanes);
      descent.begin(lanes, levels);
      keep_fits<kGroups>(descent, levels, [&](std::size_t k) { return j + k; }, fitted);
      std::array<float, kernels::kGroupsAtOnce> largest;
      kernels::store_pair(descent.largest(), largest.data());
      for (std::size_t k = 0; k < kernels::kGroupsAtOnce; ++k) {
        moving[count] = j + k;
        count += largest[k] < 0 ? 1 : 0;
      }
    }
    descend_all<kGroups>(x, std::span(moving).first(count), levels, fitted);
    return fitted;
  }

  template <std::size_t kLength>
  static void requantize(std::span<const float> x, Affine rounded, int levels, std::span<std::uint8_t> codes) {
    kernels::requantize<A, kLength>(x.data(), rounded.scale, rounded.offset, levels, codes.data());
  }
  template <std::size_t kLength>
  static void requantize_symmetric(std::span<const float> x, float scale, int levels, std::span<std::uint8_t> codes) {
    kernels::requantize_symmetric<A, kLength>(x.data(), scale, levels, codes.data());
  }

 private:
  template <std::size_t kGroups>
  using EightFits = std::array<FittedGroups<kGroups>, 8>;
  template <std::size_t kGroups>
  using Descent = kernels::SymmetricDescent<A, kGroupLength<kGroups>>;

  /// What a descent has come to, as the fits of its eight groups: group_at(k) counts through all blocks.
  template <std::size_t kGroups>
  static void keep_fits(const Descent<kGroups>& descent, int levels, auto group_at, EightFits<kGroups>& fitted) {
    constexpr std::size_t kLength = kGroupLength<kGroups>;
    kernels::Groups<A, kLength> lanes;
    std::array<float, kernels::kGroupsAtOnce> scales;
    std::array<std::uint8_t, kernels::kGroupsAtOnce * kLength> codes;
    kernels::store_pair(descent.finish(levels, lanes), scales.data());
    kernels::store_group_codes(lanes, levels, codes.data());
    for (std::size_t k = 0; k < kernels::kGroupsAtOnce; ++k) {
      FittedGroups<kGroups>& block = fitted[group_at(k) / kGroups];
      const std::size_t j = group_at(k) % kGroups;
      block.scales[j] = scales[k];
      std::copy_n(codes.data() + k * kLength, kLength, block.codes.data() + j * kLength);
    }
  }

  /// Four times eight groups side by side; the last one fills up what is left.
  template <std::size_t kGroups>
  static void descend_all(std::span<const float, 8 * kSuperblock> x, std::span<const std::size_t> groups, int levels, EightFits<kGroups>& fitted) {
    constexpr std::size_t kAtOnce = kernels::kGroupsAtOnce;
    std::array<Descent<kGroups>, 4> descents;
    for (std::size_t done = 0; done < groups.size(); done += descents.size() * kAtOnce) {
      const std::size_t used = std::min(descents.size(), (groups.size() - done + kAtOnce - 1) / kAtOnce);
      const auto group = [&](std::size_t d, std::size_t k) { return groups[std::min(done + d * kAtOnce + k, groups.size() - 1)]; };
      for (std::size_t d = 0; d < used; ++d) {
        std::array<const float*, kAtOnce> from;
        for (std::size_t k = 0; k < kAtOnce; ++k) from[k] = x.data() + group(d, k) * kGroupLength<kGroups>;
        kernels::Groups<A, kGroupLength<kGroups>> lanes;
        kernels::gather_groups(from.data(), lanes);
        descents[d].begin(lanes, levels);
      }
      kernels::descend(std::span(descents).first(used), levels);
      for (std::size_t d = 0; d < used; ++d) keep_fits<kGroups>(descents[d], levels, [&](std::size_t k) { return group(d, k); }, fitted);
    }
  }

  template <std::size_t kGroups>
  struct Loaded {
    kernels::Groups<A, kGroupLength<kGroups>> values, weights;
  };
  template <std::size_t kGroups>
  static Loaded<kGroups> load(SuperblockValues x, std::size_t j, const auto& weigh) {
    Loaded<kGroups> loaded;
    kernels::load_groups(group_of<kGroups>(x, j).data(), loaded.values);
    weigh.lanes(j * kGroupLength<kGroups>, loaded.values, loaded.weights);
    return loaded;
  }
};

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

template <class Loops, std::size_t kGroups>
void requantize_groups(SuperblockValues x, int levels, RoundedGroups<kGroups>& block) {
  const float d = tensor::f32_from_f16(block.d);
  const float dmin = tensor::f32_from_f16(block.dmin);
  for (std::size_t j = 0; j < kGroups; ++j) {
    const Affine rounded{d * static_cast<float>(block.scales[j]), dmin * static_cast<float>(block.offsets[j])};
    Loops::template requantize<kGroupLength<kGroups>>(group_of<kGroups>(x, j), rounded, levels, group_of<kGroups>(block.codes, j));
  }
}

template <class Loops, std::size_t kGroups>
RoundedGroups<kGroups> quantize_groups(SuperblockValues x, int levels, int scale_levels, const Sweep& sweep, const auto& weigh) {
  const FittedGroups<kGroups> fitted = Loops::template fit_affine<kGroups>(x, levels, sweep, weigh);
  RoundedGroups<kGroups> block;
  block.codes = fitted.codes;
  block.d = round_to_largest(fitted.scales, scale_levels, block.scales);
  block.dmin = round_to_largest(fitted.offsets, scale_levels, block.offsets);
  requantize_groups<Loops>(x, levels, block);
  return block;
}

/// With an importance vector the scales and offsets are fitted too, weighted by the sums of their groups' weights.
template <class Loops, std::size_t kGroups>
RoundedGroups<kGroups> quantize_groups_weighted(SuperblockValues x, int levels, int scale_levels, const ImportanceWeights& weigh) {
  const FittedGroups<kGroups> fitted = Loops::template fit_affine<kGroups>(x, levels, kWeightedSweep, weigh);
  RoundedGroups<kGroups> block;
  block.codes = fitted.codes;
  block.d = tensor::f16_from_f32(positive_search(fitted.scales, fitted.totals, scale_levels, block.scales));
  block.dmin = tensor::f16_from_f32(positive_search(fitted.offsets, fitted.totals, scale_levels, block.offsets));
  requantize_groups<Loops>(x, levels, block);
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

}  // namespace bitbudget::formats
