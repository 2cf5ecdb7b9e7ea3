#include "lowrank/svd.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "beat.h"
#include "concat.h"
#include "lowrank/eigen.h"
#include "tensor/random.h"

namespace bitbudget::lowrank {
namespace {

using Matrix = Eigen::MatrixXd;
using Sketch = Eigen::MatrixXf;
using RowMajorMap = Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;

Result<RowMajorMap> to_map(std::span<const float> weights, std::size_t columns, std::size_t rank) {
  const std::size_t rows = columns == 0 ? 0 : weights.size() / columns;
  if (rows == 0 || rows * columns != weights.size()) {
    return fail(ErrorCode::invalid_argument, concat({weights.size(), " values are no whole rows of ", columns, "."}));
  }
  if (rank < 1 || rank > std::min(rows, columns)) {
    return fail_field(ErrorCode::invalid_argument, "rank", concat({"The rank must be from 1 to ", std::min(rows, columns), "."}));
  }
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!std::isfinite(weights[i])) return fail_at(ErrorCode::non_finite, i, concat({"There is a NaN or an infinity at index ", i, "."}));
  }
  return RowMajorMap(weights.data(), static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(columns));
}

/// The factors from the leading singular vectors, each side taking the square root of the singular value.
Factors make_factors(const Matrix& u, const Eigen::VectorXd& s, const Matrix& v, std::size_t rank) {
  Factors factors{static_cast<std::size_t>(u.rows()), static_cast<std::size_t>(v.rows()), rank, {}, {}};
  factors.left.reserve(factors.rows * rank);
  factors.right.reserve(factors.columns * rank);
  for (Eigen::Index i = 0; i < u.rows(); ++i) {
    for (std::size_t k = 0; k < rank; ++k) {
      const auto column = static_cast<Eigen::Index>(k);
      factors.left.push_back(static_cast<float>(u(i, column) * std::sqrt(s(column))));
    }
  }
  for (std::size_t k = 0; k < rank; ++k) {
    const auto column = static_cast<Eigen::Index>(k);
    for (Eigen::Index j = 0; j < v.rows(); ++j) factors.right.push_back(static_cast<float>(v(j, column) * std::sqrt(s(column))));
  }
  return factors;
}

std::vector<double> to_vector(const Eigen::VectorXd& values) { return {values.data(), values.data() + values.size()}; }

Sketch orthonormal_basis(const Sketch& columns) {
  return Eigen::HouseholderQR<Sketch>(columns).householderQ() * Sketch::Identity(columns.rows(), columns.cols());
}

/// Columns of about the same span and size, so that the large directions do not drown the small ones in the next product: by
/// Cholesky's factor of their inner products, four times as fast as reflections, or by those where it is not to be had.
Sketch evened(Sketch columns) {
  const Eigen::LLT<Sketch> factor(columns.transpose() * columns);
  const auto pivots = factor.matrixLLT().diagonal().cwiseAbs();
  if (factor.info() != Eigen::Success || !(pivots.minCoeff() > 1e-3f * pivots.maxCoeff())) return orthonormal_basis(columns);
  factor.matrixU().solveInPlace<Eigen::OnTheRight>(columns);
  return columns;
}

}  // namespace

Result<Svd> truncated_svd(std::span<const float> weights, std::size_t columns, std::size_t rank) {
  const auto matrix = to_map(weights, columns, rank);
  if (!matrix) return std::unexpected(matrix.error());
  const Eigen::BDCSVD<Matrix> svd(matrix->cast<double>(), Eigen::ComputeThinU | Eigen::ComputeThinV);
  return Svd{to_vector(svd.singularValues()), make_factors(svd.matrixU(), svd.singularValues(), svd.matrixV(), rank)};
}

Result<Svd> randomized_svd(std::span<const float> weights, std::size_t columns, std::size_t rank, const SketchOptions& options) {
  const auto matrix = to_map(weights, columns, rank);
  if (!matrix) return std::unexpected(matrix.error());
  // Squares of the values must stay within single precision.
  const float largest = matrix->cwiseAbs().maxCoeff();
  const float scale = std::isnormal(1 / largest) ? largest : 1.0f;
  const Sketch a = *matrix / scale;
  const auto width = std::min(static_cast<Eigen::Index>(rank + options.oversampling), std::min(a.rows(), a.cols()));
  Sketch omega(a.cols(), width);
  tensor::fill_random({.seed = options.seed}, 0, std::span(omega.data(), static_cast<std::size_t>(omega.size())));
  Sketch sample = a * omega;
  for (unsigned round = 0; round < options.power_iterations; ++round) sample = a * evened(a.transpose() * evened(std::move(sample)));
  const Sketch basis = orthonormal_basis(sample);
  const Sketch projected = basis.transpose() * a;
  const Eigen::BDCSVD<Matrix> small(projected.cast<double>(), Eigen::ComputeThinU | Eigen::ComputeThinV);
  const Eigen::VectorXd values = scale * small.singularValues();
  return Svd{to_vector(values), make_factors(basis.cast<double>() * small.matrixU(), values, small.matrixV(), rank)};
}

Result<std::vector<double>> singular_values(std::span<const float> weights, std::size_t columns) {
  const auto matrix = to_map(weights, columns, 1);
  if (!matrix) return std::unexpected(matrix.error());
  return to_vector(Eigen::BDCSVD<Matrix>(matrix->cast<double>()).singularValues());
}

std::vector<float> multiply(const Factors& factors) {
  std::vector<float> product(factors.rows * factors.columns);
  std::vector<double> row(factors.columns);
  for (std::size_t i = 0; i < factors.rows; ++i) {
    std::fill(row.begin(), row.end(), 0);
    for (std::size_t k = 0; k < factors.rank; ++k) {
      const double left = factors.left[i * factors.rank + k];
      for (std::size_t j = 0; j < factors.columns; ++j) row[j] += left * factors.right[k * factors.columns + j];
    }
    beat();
    for (std::size_t j = 0; j < factors.columns; ++j) product[i * factors.columns + j] = static_cast<float>(row[j]);
  }
  return product;
}

double energy_kept(std::span<const double> singular_values, std::size_t rank) {
  double kept = 0;
  double all = 0;
  for (std::size_t i = 0; i < singular_values.size(); ++i) {
    const double energy = singular_values[i] * singular_values[i];
    all += energy;
    if (i < rank) kept += energy;
  }
  return all == 0 ? 1 : kept / all;
}

std::size_t break_even_rank(std::size_t rows, std::size_t columns) {
  if (rows == 0 || columns == 0) return 0;
  return (rows * columns - 1) / (rows + columns);
}

}  // namespace bitbudget::lowrank
