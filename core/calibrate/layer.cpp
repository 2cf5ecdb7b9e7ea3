#include "calibrate/layer.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <string>

#include "beat.h"
#include "concat.h"
#include "lowrank/eigen.h"

namespace bitbudget::calibrate {
namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

RowMajor to_matrix(std::span<const float> values, std::size_t columns) {
  using RowMajorF = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto rows = static_cast<Eigen::Index>(values.size() / columns);
  return Eigen::Map<const RowMajorF>(values.data(), rows, static_cast<Eigen::Index>(columns)).cast<double>();
}

std::vector<float> to_floats(const RowMajor& matrix) {
  std::vector<float> values(static_cast<std::size_t>(matrix.size()));
  std::transform(matrix.data(), matrix.data() + matrix.size(), values.begin(), [](double value) { return static_cast<float>(value); });
  return values;
}

Result<void> check(std::span<const float> weights, std::size_t columns) {
  if (columns == 0 || weights.empty() || weights.size() % columns != 0) {
    return fail(ErrorCode::invalid_argument, concat({weights.size(), " weights are no whole rows of ", columns, "."}));
  }
  if (!std::all_of(weights.begin(), weights.end(), [](float w) { return std::isfinite(w); })) {
    return fail(ErrorCode::non_finite, "There is a NaN or an infinity among the weights.");
  }
  return {};
}

Result<void> check(const Grid& grid) {
  if (grid.bits < 1 || grid.bits > 8 || grid.group == 0) {
    return fail_field(ErrorCode::invalid_argument, "bits", "A grid has 1 to 8 bits, and groups of a column at least.");
  }
  return {};
}

/// One row's codes for one group: scale and zero point fixed from the values that the group holds when it is reached.
struct GroupScale {
  double scale = 1;
  double zero = 0;
  double top = 1;

  GroupScale() = default;
  GroupScale(const double* values, Eigen::Index count, unsigned bits) : top(std::exp2(bits) - 1) {
    double low = 0;
    double high = 0;
    for (Eigen::Index i = 0; i < count; ++i) {
      low = std::min(low, values[i]);
      high = std::max(high, values[i]);
    }
    scale = high > low ? (high - low) / top : 1;
    zero = std::nearbyint(-low / scale);
  }

  double round(double value) const { return (std::clamp(std::nearbyint(value / scale) + zero, 0.0, top) - zero) * scale; }
};

RowMajor nearest(const RowMajor& weights, const Grid& grid) {
  RowMajor rounded = weights;
  for (Eigen::Index row = 0; row < rounded.rows(); ++row) {
    for (Eigen::Index at = 0; at < rounded.cols(); at += static_cast<Eigen::Index>(grid.group)) {
      const auto count = std::min(static_cast<Eigen::Index>(grid.group), rounded.cols() - at);
      const GroupScale scale(&weights(row, at), count, grid.bits);
      for (Eigen::Index i = 0; i < count; ++i) rounded(row, at + i) = scale.round(weights(row, at + i));
    }
  }
  return rounded;
}

/// U with U^T U = H^-1, upper triangular.
Result<Eigen::MatrixXd> inverse_factor(std::span<const double> hessian, std::size_t columns) {
  assert(hessian.size() == columns * columns);
  const auto n = static_cast<Eigen::Index>(columns);
  const Eigen::LLT<Eigen::MatrixXd> factor(Eigen::Map<const RowMajor>(hessian.data(), n, n));
  if (factor.info() == Eigen::Success) {
    const Eigen::LLT<Eigen::MatrixXd> inverse(factor.solve(Eigen::MatrixXd::Identity(n, n)));
    if (inverse.info() == Eigen::Success) return Eigen::MatrixXd(inverse.matrixU());
  }
  return fail_field(ErrorCode::invalid_argument, "hessian", "The Hessian is not positive definite: use more samples or more damping.");
}

/// X^T X: what ||X W^T||^2 = trace(W X^T X W^T) needs of the inputs.
RowMajor inner_products(const RowMajor& inputs) {
  RowMajor products = RowMajor::Zero(inputs.cols(), inputs.cols());
  products.selfadjointView<Eigen::Lower>().rankUpdate(inputs.transpose());
  return products.selfadjointView<Eigen::Lower>();
}

double output_energy(const RowMajor& weights, const RowMajor& products) { return (weights * products).cwiseProduct(weights).sum(); }

double relative_output_error(const RowMajor& weights, const RowMajor& changed, const RowMajor& products) {
  const double whole = output_energy(weights, products);
  return whole > 0 ? output_energy(weights - changed, products) / whole : 0;
}

}  // namespace

std::vector<double> hessian(std::span<const float> inputs, std::size_t columns, double damping) {
  const RowMajor x = to_matrix(inputs, columns);
  RowMajor h = 2.0 / static_cast<double>(x.rows()) * inner_products(x);
  h.diagonal().array() += damping * h.diagonal().mean();
  return {h.data(), h.data() + h.size()};
}

Result<std::vector<float>> round_to_nearest(std::span<const float> weights, std::size_t columns, const Grid& grid) {
  if (auto ok = check(weights, columns); !ok) return std::unexpected(ok.error());
  if (auto ok = check(grid); !ok) return std::unexpected(ok.error());
  return to_floats(nearest(to_matrix(weights, columns), grid));
}

Result<std::vector<float>> gptq(std::span<const float> weights, std::size_t columns, const Grid& grid, std::span<const double> hessian) {
  if (auto ok = check(weights, columns); !ok) return std::unexpected(ok.error());
  if (auto ok = check(grid); !ok) return std::unexpected(ok.error());
  const auto factor = inverse_factor(hessian, columns);
  if (!factor) return std::unexpected(factor.error());
  const Eigen::MatrixXd& u = *factor;
  RowMajor w = to_matrix(weights, columns);
  std::vector<GroupScale> scales(static_cast<std::size_t>(w.rows()));
  for (Eigen::Index column = 0; column < w.cols(); ++column) {
    const auto in_group = column % static_cast<Eigen::Index>(grid.group);
    const auto rest = w.cols() - column - 1;
    for (Eigen::Index row = 0; row < w.rows(); ++row) {
      auto& scale = scales[static_cast<std::size_t>(row)];
      if (in_group == 0) {
        scale = GroupScale(&w(row, column), std::min(static_cast<Eigen::Index>(grid.group), rest + 1), grid.bits);
      }
      const double rounded = scale.round(w(row, column));
      const double error = (w(row, column) - rounded) / u(column, column);
      w(row, column) = rounded;
      w.row(row).tail(rest) -= error * u.row(column).tail(rest);
    }
  }
  return to_floats(w);
}

Result<std::vector<float>> brain_surgeon(std::span<const float> weights, std::size_t columns, double sparsity, std::size_t block,
                                         std::span<const double> hessian, bool compensate) {
  if (auto ok = check(weights, columns); !ok) return std::unexpected(ok.error());
  if (!(sparsity >= 0 && sparsity <= 1) || block == 0) {
    return fail_field(ErrorCode::invalid_argument, "sparsity", "The sparsity is a share from 0 to 1, of blocks of a column at least.");
  }
  const auto factor = inverse_factor(hessian, columns);
  if (!factor) return std::unexpected(factor.error());
  const Eigen::MatrixXd& u = *factor;
  RowMajor w = to_matrix(weights, columns);
  std::vector<Eigen::Index> order;
  for (Eigen::Index row = 0; row < w.rows(); ++row) {
    std::vector<bool> gone(columns);
    for (Eigen::Index column = 0; column < w.cols(); ++column) {
      if (column % static_cast<Eigen::Index>(block) == 0) {
        order.resize(static_cast<std::size_t>(std::min(static_cast<Eigen::Index>(block), w.cols() - column)));
        std::iota(order.begin(), order.end(), column);
        std::stable_sort(order.begin(), order.end(), [&](Eigen::Index a, Eigen::Index b) {
          return std::abs(w(row, a) / u(a, a)) < std::abs(w(row, b) / u(b, b));
        });
        const auto drop = static_cast<std::size_t>(std::llround(sparsity * static_cast<double>(order.size())));
        for (std::size_t i = 0; i < drop; ++i) gone[static_cast<std::size_t>(order[i])] = true;
      }
      if (!gone[static_cast<std::size_t>(column)]) continue;
      const auto rest = w.cols() - column - 1;
      if (compensate) w.row(row).tail(rest) -= w(row, column) / u(column, column) * u.row(column).tail(rest);
      w(row, column) = 0;
    }
  }
  return to_floats(w);
}

Result<ScaledRounding> awq(std::span<const float> weights, std::size_t columns, const Grid& grid, std::span<const float> inputs) {
  if (auto ok = check(weights, columns); !ok) return std::unexpected(ok.error());
  if (auto ok = check(grid); !ok) return std::unexpected(ok.error());
  const RowMajor w = to_matrix(weights, columns);
  const RowMajor x = to_matrix(inputs, columns);
  const Eigen::RowVectorXd activity = x.cwiseAbs().colwise().mean().cwiseMax(1e-4);
  const RowMajor products = inner_products(x);
  ScaledRounding best;
  double least = INFINITY;
  for (int step = 0; step < 20; ++step) {
    beat();
    const double exponent = step / 20.0;
    Eigen::RowVectorXd scale = activity.array().pow(exponent);
    scale /= std::sqrt(scale.maxCoeff() * scale.minCoeff());
    const RowMajor scaled = w.array().rowwise() * scale.array();
    const RowMajor back = nearest(scaled, grid).array().rowwise() / scale.array();
    const double error = relative_output_error(w, back, products);
    if (error < least) {
      least = error;
      best = {exponent, to_floats(back)};
    }
  }
  return best;
}

double output_error(std::span<const float> weights, std::span<const float> changed, std::size_t columns, std::span<const float> inputs) {
  return relative_output_error(to_matrix(weights, columns), to_matrix(changed, columns), inner_products(to_matrix(inputs, columns)));
}

double output_error(std::span<const float> weights, std::span<const float> changed, std::size_t columns, std::span<const double> hessian) {
  assert(hessian.size() == columns * columns);
  const auto n = static_cast<Eigen::Index>(columns);
  return relative_output_error(to_matrix(weights, columns), to_matrix(changed, columns), Eigen::Map<const RowMajor>(hessian.data(), n, n));
}

}  // namespace bitbudget::calibrate
