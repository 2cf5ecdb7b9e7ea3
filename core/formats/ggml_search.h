// The searches by which ggml chooses the scales of its formats. The order of every sum and product is part of the format:
// each result is one rounding per operation, sums run left to right, nothing is fused.
// Source: ggml, src/ggml-quants.c (the algorithm and its constants).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace bitbudget::formats {

/// Groups whose largest magnitude is below this have scale 0 in the symmetric and positive searches.
inline constexpr float kGroupEpsilon = 1e-15f;

enum class Metric { absolute, square };

/// The inverse scales that affine_search tries: (first + step·k + levels) / range for k = 0 ... steps.
struct Sweep {
  float first;
  float step;
  int steps;
  Metric metric;
};

/// Of every weighted affine search.
inline constexpr Sweep kWeightedSweep{-0.9f, 0.05f, 36, Metric::square};

/// value = scale·code - offset, with offset >= 0.
struct Affine {
  float scale;
  float offset;
};

/// The scale and offset with the smallest weighted error among those swept, each the weighted least-squares fit to its own
/// codes 0 ... levels. Writes those codes. All spans have the same length.
Affine affine_search(std::span<const float> x, std::span<const float> weights, int levels, const Sweep& sweep,
                     std::span<std::uint8_t> codes);

/// value = scale·(code - levels), codes 0 ... 2·levels - 1: the largest weighted correlation among 19 inverse scales around
/// the one that puts the largest magnitude at code 0. Returns the scale (of either sign; 0 with codes 0 for a group below
/// kGroupEpsilon).
float symmetric_search(std::span<const float> x, std::span<const float> weights, int levels, std::span<std::uint8_t> codes);

/// The same model as symmetric_search with weights x²: from the codes at the largest magnitude, up to five passes that change
/// one code at a time where it helps. (With a positive largest value every correlation is negative and no code moves: so it is
/// in the reference.)
float symmetric_descent(std::span<const float> x, int levels, std::span<std::uint8_t> codes);

/// value = scale·code for values that are not negative, codes 0 ... levels: the best of nine inverse scales, then up to five
/// passes over single codes. Returns the scale, 0 if no value reaches kGroupEpsilon or no weight is positive.
float positive_search(std::span<const float> x, std::span<const float> weights, int levels, std::span<std::uint8_t> codes);

/// weights[i] = importance[i]·sqrt(energy + x[i]²).
void importance_weights(std::span<const float> x, std::span<const float> importance, float energy, std::span<float> weights);

/// Left to right.
float sum(std::span<const float> x);

/// Codes of already chosen scales: nearest((x + offset) / scale) in [0, levels]; left alone where the scale is 0.
void requantize(std::span<const float> x, Affine rounded, int levels, std::span<std::uint8_t> codes);

/// Codes of an already chosen scale: nearest(x / scale) + levels in [0, 2·levels); left alone where the scale is 0.
void requantize_symmetric(std::span<const float> x, float scale, int levels, std::span<std::uint8_t> codes);

}  // namespace bitbudget::formats
