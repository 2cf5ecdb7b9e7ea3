// What a weight is worth, by each pruning method: the score that masks are cut from.
// A weight matrix is row-major, rows x columns, one row per output and one column per input.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace bitbudget::prune {

/// |w|.
std::vector<float> magnitude(std::span<const float> weights);

/// |w_ij| ||x_j||: the norm of input j over a calibration set (Wanda: Sun et al., arXiv 2306.11695).
/// `input_norms` has one entry per column.
std::vector<float> wanda(std::span<const float> weights, std::span<const float> input_norms);

/// h w^2 / 2 with the diagonal of the loss's Hessian (Optimal Brain Damage: LeCun, Denker and Solla, NIPS 1989).
/// `hessian_diagonal` has one entry per weight or one per column.
std::vector<float> brain_damage(std::span<const float> weights, std::span<const float> hessian_diagonal);

}  // namespace bitbudget::prune
