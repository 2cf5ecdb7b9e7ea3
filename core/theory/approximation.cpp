#include "theory/approximation.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace bitbudget::theory {
namespace {

/// Heights at the units + 1 even knots whose broken line is closest to the target. The hat functions of the knots span the
/// same space as the rectified units and overlap only their neighbours: the normal equations have three diagonals, are
/// positive definite, and are solved in one sweep down and one up.
std::vector<double> best_heights(std::span<const double> target, std::size_t units) {
  std::vector<double> diagonal(units + 1), beside(units), heights(units + 1);
  for (std::size_t i = 0; i < target.size(); ++i) {
    const double scaled = static_cast<double>(i) / static_cast<double>(target.size() - 1) * static_cast<double>(units);
    const auto cell = std::min(static_cast<std::size_t>(scaled), units - 1);
    const double right = scaled - static_cast<double>(cell);
    const double left = 1 - right;
    diagonal[cell] += left * left;
    diagonal[cell + 1] += right * right;
    beside[cell] += left * right;
    heights[cell] += left * target[i];
    heights[cell + 1] += right * target[i];
  }
  for (std::size_t k = 0; k < units; ++k) {
    const double factor = beside[k] / diagonal[k];
    diagonal[k + 1] -= factor * beside[k];
    heights[k + 1] -= factor * heights[k];
  }
  heights[units] /= diagonal[units];
  for (std::size_t k = units; k-- > 0;) heights[k] = (heights[k] - beside[k] * heights[k + 1]) / diagonal[k];
  return heights;
}

}  // namespace

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
  const std::vector<double> heights = best_heights(target, units);
  network.offset = heights[0];
  double slope = 0;
  for (std::size_t k = 0; k < units; ++k) {
    const double next = (heights[k + 1] - heights[k]) * static_cast<double>(units);
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
