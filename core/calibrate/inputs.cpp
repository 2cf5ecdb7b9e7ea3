#include "calibrate/inputs.h"

#include <cmath>
#include <span>

#include "lowrank/eigen.h"
#include "tensor/random.h"

namespace bitbudget::calibrate {
namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

RowMajor normal(std::size_t rows, std::size_t columns, std::uint64_t seed) {
  std::vector<float> values(rows * columns);
  tensor::fill_random({.seed = seed}, 0, values);
  using Map = Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;
  return Map(values.data(), static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(columns)).cast<double>();
}

}  // namespace

std::vector<float> correlated_inputs(std::size_t samples, std::size_t columns, const InputOptions& options) {
  // Three streams that do not meet: directions, column scales, samples.
  const std::uint64_t seed = 3 * options.seed;
  const auto n = static_cast<Eigen::Index>(columns);
  RowMajor mixing = Eigen::HouseholderQR<RowMajor>(normal(columns, columns, seed)).householderQ() * RowMajor::Identity(n, n);
  const RowMajor spread = normal(1, columns, seed + 1);
  for (Eigen::Index i = 0; i < n; ++i) {
    const double along = n > 1 ? static_cast<double>(i) / static_cast<double>(n - 1) : 0;
    mixing.row(i) *= std::pow(options.least_eigenvalue, along / 2);
  }
  for (Eigen::Index j = 0; j < n; ++j) mixing.col(j) *= std::exp(options.spread * spread(0, j));
  const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> inputs = (normal(samples, columns, seed + 2) * mixing).cast<float>();
  return {inputs.data(), inputs.data() + inputs.size()};
}

}  // namespace bitbudget::calibrate
