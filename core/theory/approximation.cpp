#include "theory/approximation.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "lowrank/eigen.h"

namespace bitbudget::theory {

double ReluNetwork::operator()(double x) const {
  double sum = offset;
  for (std::size_t k = 0; k < knots.size(); ++k) {
    if (x > knots[k]) sum += weights[k] * (x - knots[k]);
  }
  return sum;
}

Result<ReluNetwork> fit_relu_network(std::span<const double> target, std::size_t units) {
  if (units < 1 || units > 512 || target.size() < 2 * units) {
    return fail_field(ErrorCode::invalid_argument, "units", "A network has 1 to 512 units, fitted on at least twice as many points.");
  }
  ReluNetwork network;
  const auto rows = static_cast<Eigen::Index>(target.size());
  const auto columns = static_cast<Eigen::Index>(units) + 1;
  // The hat functions of the same knots span the same space and make a well-conditioned system; the slopes' changes are
  // then the weights of the rectified units.
  Eigen::MatrixXd hats = Eigen::MatrixXd::Zero(rows, columns);
  const Eigen::Map<const Eigen::VectorXd> wanted(target.data(), rows);
  for (Eigen::Index i = 0; i < rows; ++i) {
    const double scaled = static_cast<double>(i) / static_cast<double>(rows - 1) * static_cast<double>(units);
    const auto cell = std::min(static_cast<Eigen::Index>(scaled), columns - 2);
    hats(i, cell + 1) = scaled - static_cast<double>(cell);
    hats(i, cell) = 1 - hats(i, cell + 1);
  }
  const Eigen::MatrixXd gram = hats.transpose() * hats;
  const Eigen::VectorXd heights = gram.ldlt().solve(hats.transpose() * wanted);
  network.offset = heights(0);
  double slope = 0;
  for (std::size_t k = 0; k < units; ++k) {
    const auto at = static_cast<Eigen::Index>(k);
    const double next = (heights(at + 1) - heights(at)) * static_cast<double>(units);
    network.knots.push_back(static_cast<double>(k) / static_cast<double>(units));
    network.weights.push_back(next - slope);
    slope = next;
  }
  return network;
}

ReluNetwork quantized(const ReluNetwork& network, unsigned bits) {
  assert(bits >= 2 && bits <= 24);
  ReluNetwork rounded = network;
  double largest = std::abs(network.offset);
  for (const double weight : network.weights) largest = std::max(largest, std::abs(weight));
  if (largest == 0) return rounded;
  const double step = largest / (std::exp2(bits - 1) - 1);
  const auto round = [step](double value) { return std::nearbyint(value / step) * step; };
  rounded.offset = round(network.offset);
  for (double& weight : rounded.weights) weight = round(weight);
  return rounded;
}

std::vector<double> evaluate(const ReluNetwork& network, std::size_t count) {
  assert(count >= 2);
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = network(static_cast<double>(i) / static_cast<double>(count - 1));
  return values;
}

double sup_error(std::span<const double> target, const ReluNetwork& network) {
  const auto values = evaluate(network, target.size());
  double worst = 0;
  for (std::size_t i = 0; i < values.size(); ++i) worst = std::max(worst, std::abs(target[i] - values[i]));
  return worst;
}

}  // namespace bitbudget::theory
