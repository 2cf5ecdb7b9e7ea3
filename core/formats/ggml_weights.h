// The weights of ggml's scale searches. Each kind is a small type with two functions that agree bit for bit: `plain` fills the
// weights of the group of values that begins at `at` of a block, `lanes` those of eight groups, one to a lane.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

#include "formats/block.h"
#include "formats/ggml_search.h"
#include "kernels/group_search.h"

namespace bitbudget::formats {

/// |x|
struct MagnitudeWeights {
  void plain(std::size_t, std::span<const float> x, std::span<float> w) const {
    for (std::size_t i = 0; i < x.size(); ++i) w[i] = std::abs(x[i]);
  }
  template <class A, std::size_t kLength>
  void lanes(std::size_t, const kernels::Groups<A, kLength>& x, kernels::Groups<A, kLength>& w) const {
    for (std::size_t i = 0; i < kLength; ++i) w[i] = magnitude(x[i]);
  }
};

/// x²
struct SquareWeights {
  void plain(std::size_t, std::span<const float> x, std::span<float> w) const {
    for (std::size_t i = 0; i < x.size(); ++i) w[i] = x[i] * x[i];
  }
  template <class A, std::size_t kLength>
  void lanes(std::size_t, const kernels::Groups<A, kLength>& x, kernels::Groups<A, kLength>& w) const {
    for (std::size_t i = 0; i < kLength; ++i) w[i] = x[i] * x[i];
  }
};

/// Root mean square of the group, plus |x|.
struct RmsWeights {
  void plain(std::size_t, std::span<const float> x, std::span<float> w) const {
    const float rms = std::sqrt(sum_of_squares(x) / static_cast<float>(x.size()));
    for (std::size_t i = 0; i < x.size(); ++i) w[i] = rms + std::abs(x[i]);
  }
  template <class A, std::size_t kLength>
  void lanes(std::size_t, const kernels::Groups<A, kLength>& x, kernels::Groups<A, kLength>& w) const {
    const auto rms = root(sum_of_squares_lanes(x) / kernels::Pair<A>(static_cast<float>(kLength)));
    for (std::size_t i = 0; i < kLength; ++i) w[i] = rms + magnitude(x[i]);
  }
};

/// importance·sqrt(energy + x²)
struct ImportanceWeights {
  std::span<const float> importance;  // of the block
  float energy;

  void plain(std::size_t at, std::span<const float> x, std::span<float> w) const {
    importance_weights(x, importance.subspan(at, x.size()), energy, w);
  }
  template <class A, std::size_t kLength>
  void lanes(std::size_t at, const kernels::Groups<A, kLength>& x, kernels::Groups<A, kLength>& w) const {
    const kernels::Pair<A> e(energy);
    kernels::load_groups<A, kLength>(importance.data() + at, w);
    for (std::size_t i = 0; i < kLength; ++i) w[i] = w[i] * root(e + x[i] * x[i]);
  }
};

/// The importance itself.
struct BareImportance {
  std::span<const float> importance;  // of the block

  void plain(std::size_t at, std::span<const float> x, std::span<float> w) const {
    std::ranges::copy(importance.subspan(at, x.size()), w.begin());
  }
  template <class A, std::size_t kLength>
  void lanes(std::size_t at, const kernels::Groups<A, kLength>&, kernels::Groups<A, kLength>& w) const {
    kernels::load_groups<A, kLength>(importance.data() + at, w);
  }
};

}  // namespace bitbudget::formats
