#include "lowrank/svd.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <Eigen/Dense>

#include "tensor/random.h"

namespace bitbudget::lowrank {
namespace {

using Matrix = Eigen::MatrixXd;

Result<Matrix> to_matrix(std::span<const float> weights, std::size_t columns, std::size_t rank) {
  const std::size_t rows = columns == 0 ? 0 : weights.size() / columns;
  if (rows == 0 || rows * columns != weights.size()) {
    return fail(ErrorCode::invalid_argument, std::to_string(weights.size()) + " values are no whole rows of " + std::to_string(columns) + ".");
  }
  if (rank < 1 || rank > std::min(rows, columns)) {
    return fail_field(ErrorCode::invalid_argument, "rank", "The rank must be from 1 to " + std::to_string(std::min(rows, columns)) + ".");
  }
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!std::isfinite(weights[i])) return fail_at(ErrorCode::non_finite, i, "There is a NaN or an infinity at index " + std::to_string(i) + ".");
  }
  using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Map<const RowMajor> view(weights.data(), static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(columns));
  return Matrix(view.cast<double>());
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

Matrix orthonormal_basis(const Matrix& columns) {
  return Eigen::HouseholderQR<Matrix>(columns).householderQ() * Matrix::Identity(columns.rows(), columns.cols());
}

}  // namespace

Result<Svd> truncated_svd(std::span<const float> weights, std::size_t columns, std::size_t rank) {
  const auto matrix = to_matrix(weights, columns, rank);
  if (!matrix) return std::unexpected(matrix.error());
  const Eigen::BDCSVD<Matrix> svd(*matrix, Eigen::ComputeThinU | Eigen::ComputeThinV);
  return Svd{to_vector(svd.singularValues()), make_factors(svd.matrixU(), svd.singularValues(), svd.matrixV(), rank)};
}

Result<Svd> randomized_svd(std::span<const float> weights, std::size_t columns, std::size_t rank, const SketchOptions& options) {
  const auto matrix = to_matrix(weights, columns, rank);
  if (!matrix) return std::unexpected(matrix.error());
  const Matrix& a = *matrix;
  const auto sketch = std::min(static_cast<Eigen::Index>(rank + options.oversampling), std::min(a.rows(), a.cols()));
  std::vector<float> noise(static_cast<std::size_t>(a.cols() * sketch));
  tensor::fill_random({.seed = options.seed}, 0, noise);
  const Matrix omega = Eigen::Map<const Eigen::MatrixXf>(noise.data(), a.cols(), sketch).cast<double>();
  Matrix basis = orthonormal_basis(a * omega);
  for (unsigned round = 0; round < options.power_iterations; ++round) {
    basis = orthonormal_basis(a * orthonormal_basis(a.transpose() * basis));
  }
  const Eigen::BDCSVD<Matrix> small(basis.transpose() * a, Eigen::ComputeThinU | Eigen::ComputeThinV);
  return Svd{to_vector(small.singularValues()), make_factors(basis * small.matrixU(), small.singularValues(), small.matrixV(), rank)};
}

Result<std::vector<double>> singular_values(std::span<const float> weights, std::size_t columns) {
  const auto matrix = to_matrix(weights, columns, 1);
  if (!matrix) return std::unexpected(matrix.error());
  return to_vector(Eigen::BDCSVD<Matrix>(*matrix).singularValues());
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
