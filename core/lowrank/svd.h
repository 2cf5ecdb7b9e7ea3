// Low-rank factors of a matrix: W (m x n, row-major f32) is close to L R with L m x r and R r x n, (m + n) r numbers.
// The decompositions are Eigen's, in double but for the sketch of the randomized one.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "error.h"

namespace bitbudget::lowrank {

struct Factors {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t rank = 0;
  std::vector<float> left;    // rows x rank, row-major; carries the square roots of the singular values
  std::vector<float> right;   // rank x columns, row-major; the other half
};

struct Svd {
  std::vector<double> singular_values;  // descending; all min(m, n) of them, or those of the sketch
  Factors factors;
};

/// The best rank-r approximation in the Frobenius norm (Eckart and Young, Psychometrika 1, 1936), by a full decomposition:
/// O(m n min(m, n)). rank 1 to min(m, n), else invalid_argument; non_finite.
Result<Svd> truncated_svd(std::span<const float> weights, std::size_t columns, std::size_t rank);

/// The same nearly, from a random sketch: O(m n (rank + oversampling)) (Halko, Martinsson and Tropp, SIAM Review 53, 2011,
/// algorithms 4.4 and 5.1 with `power_iterations` rounds). Deterministic for a seed. The sketch is made in single precision, so
/// that singular values below about 1e-6 of the largest are lost in it.
struct SketchOptions {
  std::size_t oversampling = 10;
  unsigned power_iterations = 2;
  std::uint64_t seed = 0;
};
Result<Svd> randomized_svd(std::span<const float> weights, std::size_t columns, std::size_t rank, const SketchOptions& options = {});

/// All singular values, descending.
Result<std::vector<double>> singular_values(std::span<const float> weights, std::size_t columns);

/// left x right, rows x columns.
std::vector<float> multiply(const Factors& factors);

/// Share of sum s_i^2 that the first `rank` hold. The rest is the relative squared error of the best approximation.
double energy_kept(std::span<const double> singular_values, std::size_t rank);

/// The largest rank whose (m + n) r numbers are fewer than the matrix's m n; 0 if there is none.
std::size_t break_even_rank(std::size_t rows, std::size_t columns);

}  // namespace bitbudget::lowrank
