// Uniform integers: equally spaced levels with one scale per block. The loops that the formats int2 … int8 are made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "formats/format.h"

namespace bitbudget::formats {

/// The line between the values of a block and their codes: value = (code - zero) · scale, code in [low, high].
struct UniformScale {
  std::uint16_t scale_f16 = 0;  // as stored
  float scale = 0;              // the same, widened: encoder and decoder use one number
  float inverse = 0;            // 1/scale, or 0
  int zero = 0;                 // the code of the value 0
  int low = 0;
  int high = 0;
};

/// The rules that `bits` (2 to 8) and the kind give; see UniformLayout in uniform.cpp for the bytes.
///
/// Symmetric: the scale is max(|range|) / (2^(bits-1) - 1) rounded to f16, the zero is 2^(bits-1), and code 0
///   (-2^(bits-1)) stays unused, so that the levels are as many below zero as above.
/// Asymmetric: the range is extended to contain 0; the scale is its width / (2^bits - 1) rounded to f16, the zero is the
///   code nearest to -low/scale, ties to even.
/// A scale that f16 cannot hold becomes 65504: values beyond its levels are clipped, at either end in proportion. One that
/// rounds to 0 makes every value 0. -0 becomes 0.
UniformScale uniform_scale(int bits, bool symmetric, Range range);

/// The scale for these values by options.scale_search. options.tensor_range overrides the search: it is the range.
///
/// percentile: the range is taken at that percentile by nearest rank: symmetric of the magnitudes, asymmetric of the values
///   and of the negated values (so that both ends are cut).
/// mse: the range is shrunk to 100, 99 … 20 % of itself, and the first scale of least squared error (summed in f64) is
///   kept. Symmetric blocks then use code 0 too, with a scale of either sign; plain absmax is the first candidate.
UniformScale find_uniform_scale(int bits, bool symmetric, std::span<const float> values, const EncodeOptions& options);

/// code = clamp(round(x · inverse) + zero, low, high), halves to even, in f32.
void uniform_codes(std::span<const float> values, const UniformScale& scale, std::span<std::uint8_t> codes);

/// value = (code - zero) · scale, one f32 product.
void uniform_values(std::span<const std::uint8_t> codes, float scale, int zero, std::span<float> values);

}  // namespace bitbudget::formats
