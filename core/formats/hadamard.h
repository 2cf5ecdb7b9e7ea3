// The Walsh-Hadamard rotation, a step before any format: it spreads an outlier over its block, so that scales shrink, and is
// undone after decoding. A layer's product is unchanged if its input is rotated alike (QuIP, Tseng et al. 2024; QuaRot, Ashkboos
// et al. 2024).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "error.h"

namespace bitbudget::formats {

struct HadamardOptions {
  /// A power of two that divides the row length; 0: the largest one.
  std::size_t block = 0;
  /// With a seed, column c is first multiplied by +1 or -1: minus where the lowest bit of tensor::random_word(seed, c) is 1. All
  /// rows take the same signs, as the rotation of a layer's input needs.
  std::optional<std::uint64_t> sign_seed = {};
};

/// The largest power of two that divides n; 0 for 0.
constexpr std::size_t largest_hadamard_block(std::size_t n) { return n & (~n + 1); }

/// Each block x of each row becomes H D x: D the signs, H(i, j) = (-1)^popcount(i & j) / sqrt(block), in place, by log2(block)
/// rounds of f32 sums and differences (smallest stride first) and one product with 1/sqrt(block) rounded to f32.
/// Energy is kept to rounding. invalid_argument if the values are not whole rows, or the block is no power of two or does not
/// divide the row. Values above 3.4e38 / block may overflow.
Result<void> rotate(std::span<float> values, std::size_t row_length, const HadamardOptions& options = {});

/// The inverse, D H x, with the same options.
Result<void> rotate_back(std::span<float> values, std::size_t row_length, const HadamardOptions& options = {});

}  // namespace bitbudget::formats
