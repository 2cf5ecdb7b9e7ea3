#include "theory/blahut_arimoto.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "beat.h"

namespace bitbudget::theory {

RatePoint blahut_arimoto(std::span<const double> probability, std::span<const double> points,
                         std::span<const double> reproduction, double slope, double tolerance, int max_iterations) {
  assert(probability.size() == points.size() && !points.empty() && !reproduction.empty() && slope > 0);
  const std::size_t n = points.size();
  const std::size_t m = reproduction.size();
  // kernel[i m + j] = 2^(-slope d(x_i, y_j)), each row scaled by its largest so that none underflows to zeros; the scale
  // cancels in every quotient and comes back in the rate.
  std::vector<double> kernel(n * m);
  for (std::size_t i = 0; i < n; ++i) {
    double least = INFINITY;
    for (const double y : reproduction) least = std::min(least, (points[i] - y) * (points[i] - y));
    for (std::size_t j = 0; j < m; ++j) {
      const double difference = points[i] - reproduction[j];
      kernel[i * m + j] = std::exp2(-slope * (difference * difference - least));
    }
  }
  std::vector<double> output(m, 1 / static_cast<double>(m));
  std::vector<double> mass(n);
  std::vector<double> factor(m);
  RatePoint point;
  for (point.iterations = 1;; ++point.iterations) {
    beat();
    std::fill(factor.begin(), factor.end(), 0);
    for (std::size_t i = 0; i < n; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < m; ++j) sum += output[j] * kernel[i * m + j];
      mass[i] = sum;
      for (std::size_t j = 0; j < m; ++j) factor[j] += probability[i] * kernel[i * m + j] / sum;
    }
    double mean_log = 0;
    double largest_log = -INFINITY;
    for (std::size_t j = 0; j < m; ++j) {
      const double log = std::log2(factor[j]);
      largest_log = std::max(largest_log, log);
      if (output[j] * factor[j] > 0) mean_log += output[j] * factor[j] * log;
    }
    point.gap_bits = std::max(0.0, largest_log - mean_log);
    if (point.gap_bits <= tolerance || point.iterations >= max_iterations) break;
    for (std::size_t j = 0; j < m; ++j) output[j] *= factor[j];
  }
  // The joint distribution that these outputs make: its distortion and its mutual information.
  std::vector<double> marginal(m);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < m; ++j) {
      const double joint = probability[i] * output[j] * kernel[i * m + j] / mass[i];
      const double difference = points[i] - reproduction[j];
      point.distortion += joint * difference * difference;
      marginal[j] += joint;
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < m; ++j) {
      const double conditional = output[j] * kernel[i * m + j] / mass[i];
      if (probability[i] * conditional > 0 && marginal[j] > 0) point.rate_bits += probability[i] * conditional * std::log2(conditional / marginal[j]);
    }
  }
  return point;
}

}  // namespace bitbudget::theory
