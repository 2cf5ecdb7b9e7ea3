// Made-up inputs of a layer, to calibrate on where there is no model to take them from.
#pragma once

#include <cstdint>
#include <vector>

namespace bitbudget::calibrate {

struct InputOptions {
  /// The covariance's eigenvalues fall evenly on a logarithmic scale from 1 to this, along random directions: inputs of real
  /// layers are correlated in this way. 1: uncorrelated.
  double least_eigenvalue = 1e-3;
  /// Then each column is scaled by e^(spread x a normal number): 0 leaves them alike, 1 makes a few several times as large as
  /// the rest, as in the activations of language models.
  double spread = 0;
  std::uint64_t seed = 0;
};

/// samples x columns, row-major, normal with mean 0. Deterministic for a seed. Samples are independent of each other: some of
/// them can be held out.
std::vector<float> correlated_inputs(std::size_t samples, std::size_t columns, const InputOptions& options = {});

}  // namespace bitbudget::calibrate
