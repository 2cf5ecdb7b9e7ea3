// Scalar quantizers designed and run: Lloyd-Max (fixed rate), entropy-coded uniform, and the uniform quantizer of the
// textbook's error formula. Lloyd, IEEE Trans. IT 28 (1982, written 1957); Max, IRE Trans. IT 6 (1960).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "error.h"
#include "tensor/random.h"

namespace bitbudget::theory {

/// A fixed-rate quantizer: value x takes the level of the cell that thresholds[i-1] <= x < thresholds[i] makes.
struct ScalarQuantizer {
  std::vector<double> levels;      // ascending
  std::vector<double> thresholds;  // one fewer than the levels
  double mse = 0;
  double entropy_bits = 0;         // of its output
};

/// The quantizer of least mean squared error with 2^bits levels (bits 1 to 8) for a unit-variance density: normal, laplace
/// or uniform (invalid_argument for student_t: design it from samples).
Result<ScalarQuantizer> lloyd_max(tensor::Distribution distribution, unsigned bits);

/// The same from samples: fixed point of "levels are the means of their cells, thresholds their midpoints", the best
/// of a few starts near the optimum for many levels. Fewer levels come back if there are fewer distinct values. bits 1 to 8.
Result<ScalarQuantizer> lloyd_max(std::span<const float> samples, unsigned bits);

/// A uniform quantizer whose codes are entropy-coded: infinitely many cells of width `step`, centroids as levels.
struct EntropyCoded {
  double step = 0;
  bool mid_tread = true;  // a cell is centred at zero (else a threshold is at zero)
  double rate_bits = 0;   // entropy of the codes
  double mse = 0;
};
/// For a unit-variance normal source at that step.
EntropyCoded entropy_coded_uniform(double step, bool mid_tread);

/// The step and kind with the least mse whose rate is `rate_bits` (0.05 to 12), for a unit-variance normal source.
Result<EntropyCoded> entropy_coded_uniform_at(double rate_bits);

/// The same run on values: each step of `steps` (> 0, asserted) is one quantizer, its codes' entropy and its mean squared
/// error with the means of its cells as levels, both as counted. Infinitely many levels: nothing is clipped. The levels are
/// not counted in the rate; it flatters the quantizer where there are few values to a cell. One sort for all steps.
/// invalid_argument for no values; non_finite.
Result<std::vector<EntropyCoded>> entropy_coded_uniform(std::span<const float> values, std::span<const double> steps, bool mid_tread);

/// The quantizer of either kind and of the least error for its rate, for each of `rates` (0.05 to 16): its rate is as near as
/// the values allow, which may be well off where few of them differ.
Result<std::vector<EntropyCoded>> entropy_coded_uniform_at(std::span<const float> values, std::span<const double> rates);

/// The course's uniform b-bit quantizer on [-range, range], run on values.
struct UniformError {
  double step = 0;
  double formula = 0;             // range^2 / (3 2^(2b)): the mean error of a uniform error within each cell
  double worst_bound = 0;         // (step / 2)^2 = range^2 / 2^(2b): no value inside the range is worse
  double mse = 0;                 // measured
  double worst = 0;               // measured, largest squared error
  double code_entropy_bits = 0;   // measured
  double entropy_minus_log_step = 0;  // h - log2(step) with `entropy_bits` given by the caller
};
/// mid_tread false: 2^b cells with levels at odd multiples of step / 2, step = 2 range / 2^b (mid-rise, as in the course).
/// mid_tread true: 2^b - 1 levels at multiples of step = 2 range / (2^b - 2), zero among them; b >= 2.
/// Values beyond the range take the outermost level. range 0: the largest magnitude. bits 1 to 16.
Result<UniformError> uniform_quantizer_error(std::span<const float> values, unsigned bits, bool mid_tread, double range,
                                             double differential_entropy_bits);

}  // namespace bitbudget::theory
