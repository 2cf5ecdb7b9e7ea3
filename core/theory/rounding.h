// Bias and variance of a quantizer: how four ways of rounding split the same squared error.
// Widrow and Kollar, "Quantization Noise" (2008), for dither; Gray and Stockham, IEEE Trans. IT 39 (1993).
#pragma once

#include <cstdint>
#include <span>

#include "error.h"

namespace bitbudget::theory {

enum class Rounding {
  nearest,              // deterministic: all bias, no variance
  truncate,             // toward zero: more bias
  stochastic,           // up with the probability of the remainder: no bias, all variance
  dithered,             // uniform noise of one step added before rounding and left in: no bias, all variance
  subtractive_dither,   // the same noise taken off again: no bias, the variance of one step's uniform noise everywhere
};

/// Means over the values of E[Q(x)] - x squared, of Var Q(x), and of E[(Q(x) - x)^2], the expectation over the repeats.
struct BiasVariance {
  double bias_squared = 0;      // estimate, with the variance / repeats that chance adds to it taken off
  double variance = 0;          // unbiased estimate (divided by repeats - 1)
  double mse = 0;               // bias_squared + variance up to rounding
};

/// Uniform quantization with the given step, `repeats` (at least 2) independent times; the only randomness is that of the
/// rounding, from `seed`. invalid_argument for step <= 0 or fewer repeats.
Result<BiasVariance> bias_and_variance(std::span<const float> values, double step, Rounding rounding, unsigned repeats, std::uint64_t seed);

/// What rounding does to a sum of many products: the error of sum_i Q(v_i) x_i over `length` terms, in a sample of such sums.
struct SumError {
  std::size_t sums = 0;         // how many were measured
  double mean = 0;              // the bias: grows as the length where errors lean one way
  double deviation = 0;         // the noise (divided by sums - 1): grows as its square root where errors are independent
};

/// The values are cut into stretches of `length` from the first on, one sum each: the randomness is that of the values and of the
/// rounding (from `seed`). `inputs` has one entry per value. invalid_argument for step <= 0, or fewer than two whole stretches.
Result<SumError> sum_error(std::span<const float> values, std::span<const float> inputs, std::size_t length, double step,
                           Rounding rounding, std::uint64_t seed);

}  // namespace bitbudget::theory
