// A function of one variable by a network of one hidden layer with few bits: the universal approximation theorem with a
// bit budget. Cybenko (1989) and Hornik (1991) promise the limit in units; fixed bits leave a floor.
#pragma once

#include <functional>
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

/// Least squares on `samples` evenly spaced points of [0, 1]; units 1 to 512 (invalid_argument), samples at least twice that.
Result<ReluNetwork> fit_relu_network(const std::function<double(double)>& target, std::size_t units, std::size_t samples = 2048);

/// The same network with its output weights and offset rounded to `bits`-bit codes (2 to 24, symmetric, one scale per
/// network, nearest): (units + 1) bits in all, plus one 16-bit scale.
ReluNetwork quantized(const ReluNetwork& network, unsigned bits);

/// Largest |target - network| on an even grid of `points` points.
double sup_error(const std::function<double(double)>& target, const ReluNetwork& network, std::size_t points = 4096);

}  // namespace bitbudget::theory
