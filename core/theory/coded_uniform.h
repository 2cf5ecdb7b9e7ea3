// Uniform quantization whose codes are entropy-coded, run on values rather than on a density.
#pragma once

#include <cstdint>
#include <span>

#include "error.h"

namespace bitbudget::theory {

struct CodedUniform {
  double rate_bits = 0;      // order-0 entropy of the codes, bits per value; no tables
  double mse = 0;
  std::uint64_t levels = 0;  // how many codes occur
};

/// Each value takes the code round(x / step), ties to even, which stands for code * step: a level at zero, no clipping. The
/// rate is what an ideal order-0 coder spends (Shannon 1948). It is measured on the same values, so it flatters a code that
/// has many levels for few values: by about levels / (2 ln 2 count) bits (Miller 1955).
/// invalid_argument for no values, for a step that is not positive, and for one so small that the codes span more than 2^22;
/// non_finite.
Result<CodedUniform> run_coded_uniform(std::span<const float> values, double step);

}  // namespace bitbudget::theory
