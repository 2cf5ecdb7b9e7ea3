// A function of one variable by a network of one hidden layer with few bits: the universal approximation theorem with a
// bit budget. Cybenko (1989) and Hornik (1991) promise the limit in units; fixed bits leave a floor.
#pragma once

#include <span>
#include <vector>

#include "error.h"

namespace bitbudget::theory {

/// f(x) = offset + sum over units of weight_k max(0, x - knot_k) on [0, 1]: m rectified linear units with evenly spaced
/// knots and an output layer fitted by least squares.
struct ReluNetwork {
  std::vector<double> knots;
  std::vector<double> weights;
  double offset = 0;

  double operator()(double x) const;
};

/// Least squares on `target`, the function's values at evenly spaced points from 0 to 1. units 1 to 512, and at least twice
/// as many points (invalid_argument).
Result<ReluNetwork> fit_relu_network(std::span<const double> target, std::size_t units);

/// The same network with its output weights and offset rounded to `bits`-bit codes (2 to 24, asserted; symmetric, one scale
/// per network, nearest): (units + 1) x bits in all, plus one 16-bit scale.
ReluNetwork quantized(const ReluNetwork& network, unsigned bits);

/// The network's values at `count` >= 2 evenly spaced points from 0 to 1.
std::vector<double> evaluate(const ReluNetwork& network, std::size_t count);

/// Largest |target - network| over those points.
double sup_error(std::span<const double> target, const ReluNetwork& network);

}  // namespace bitbudget::theory
