// Compressing a linear layer with its inputs in view: a weight may be rounded the wrong way if the layer's output comes out
// nearer. Y = X W^T with W rows x columns (one row per output) and X samples x columns, all row-major f32.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "error.h"

namespace bitbudget::calibrate {

/// Uniform asymmetric quantization of the simplest kind, per row and group of columns: scale = (max - min) / (2^bits - 1), the
/// zero point rounded to a code, nearest code to even. The point of comparison, in double, with nothing stored.
struct Grid {
  unsigned bits = 4;             // 1 to 8
  std::size_t group = 64;        // columns that share a scale; the last group may be shorter
};

/// H = 2 X^T X / samples + damping x mean(diagonal) x I, columns x columns, row-major.
std::vector<double> hessian(std::span<const float> inputs, std::size_t columns, double damping = 0.01);

/// W on the grid, each weight to its nearest code.
Result<std::vector<float>> round_to_nearest(std::span<const float> weights, std::size_t columns, const Grid& grid);

/// W on the grid, column by column, the error of each spread over the columns that are still to come so that the output
/// changes least (GPTQ: Frantar et al., arXiv 2210.17323, on OBS: Hassibi and Stork, NIPS 1992). `hessian` as above.
/// invalid_argument if it is not positive definite.
Result<std::vector<float>> gptq(std::span<const float> weights, std::size_t columns, const Grid& grid, std::span<const double> hessian);

/// W with the share `sparsity` of each block of `block` columns of a row set to zero, least w^2 / [H^-1]_jj first, and the
/// rest moved to make up for it (SparseGPT: Frantar and Alistarh, arXiv 2301.00774). Without compensation the weights only go.
Result<std::vector<float>> brain_surgeon(std::span<const float> weights, std::size_t columns, double sparsity, std::size_t block,
                                         std::span<const double> hessian, bool compensate = true);

/// Activation-aware scaling (AWQ: Lin et al., arXiv 2306.00978): columns scaled by mean|x|^r before rounding and back after,
/// r the best of 20 steps from 0 to 0.95 by the output's error.
struct ScaledRounding {
  double exponent = 0;          // the r chosen
  std::vector<float> weights;   // on the scaled grid, scaled back
};
Result<ScaledRounding> awq(std::span<const float> weights, std::size_t columns, const Grid& grid, std::span<const float> inputs);

/// ||X (W - V)^T||^2 / ||X W^T||^2.
double output_error(std::span<const float> weights, std::span<const float> changed, std::size_t columns, std::span<const float> inputs);

/// The same from `hessian`, undamped, of the inputs: quicker where many layers are measured on the same inputs.
double output_error(std::span<const float> weights, std::span<const float> changed, std::size_t columns, std::span<const double> hessian);

}  // namespace bitbudget::calibrate
