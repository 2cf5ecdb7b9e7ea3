#include <cmath>
#include <numeric>

#include <doctest/doctest.h>

#include "calibrate/inputs.h"
#include "calibrate/layer.h"
#include "tensor/random.h"

using namespace bitbudget;

namespace {

double relative_squared_error(std::span<const float> original, std::span<const float> changed) {
  double error = 0;
  double whole = 0;
  for (std::size_t i = 0; i < original.size(); ++i) {
    error += std::pow(static_cast<double>(original[i]) - changed[i], 2);
    whole += std::pow(original[i], 2);
  }
  return error / whole;
}

/// ||X (W - V)^T||^2 / ||X W^T||^2 by the definition.
double output_error_by_definition(std::span<const float> weights, std::span<const float> changed, std::size_t columns, std::span<const float> inputs) {
  double error = 0;
  double whole = 0;
  for (std::size_t sample = 0; sample < inputs.size(); sample += columns) {
    for (std::size_t row = 0; row < weights.size(); row += columns) {
      double output = 0;
      double difference = 0;
      for (std::size_t j = 0; j < columns; ++j) {
        output += static_cast<double>(weights[row + j]) * inputs[sample + j];
        difference += (static_cast<double>(weights[row + j]) - changed[row + j]) * inputs[sample + j];
      }
      whole += output * output;
      error += difference * difference;
    }
  }
  return error / whole;
}

}  // namespace

TEST_CASE("GPTQ against rounding to nearest on 256 x 256: the table of an independent implementation") {
  // Written in numpy with other random numbers: W normal of variance 1/256, 1,024 inputs with eigenvalues 1 to 1e-3, groups of
  // 64, asymmetric, the output measured on held-out inputs. The tolerances are what other seeds move.
  struct Row { unsigned bits; double nearest_weight, nearest_output, gptq_weight, gptq_output; };
  constexpr Row kTable[] = {{4, 0.00822, 0.00825, 0.01871, 0.00292}, {3, 0.03795, 0.0374, 0.08615, 0.0136}, {2, 0.20878, 0.2093, 0.53449, 0.09782}};
  constexpr std::size_t kSize = 256;
  constexpr std::size_t kSamples = 1024;
  std::vector<float> weights(kSize * kSize);
  tensor::fill_random({.seed = 1, .scale = 1.0 / 16}, 0, weights);
  const auto inputs = calibrate::correlated_inputs(2 * kSamples, kSize, {.seed = 2});
  const auto calibration = std::span(inputs).first(kSamples * kSize);
  const auto held_out = std::span(inputs).last(kSamples * kSize);
  const auto h = calibrate::hessian(calibration, kSize);
  for (const Row& row : kTable) {
    CAPTURE(row.bits);
    const calibrate::Grid grid{.bits = row.bits, .group = 64};
    const auto nearest = calibrate::round_to_nearest(weights, kSize, grid);
    const auto gptq = calibrate::gptq(weights, kSize, grid, h);
    REQUIRE(nearest);
    REQUIRE(gptq);
    CHECK(relative_squared_error(weights, *nearest) == doctest::Approx(row.nearest_weight).epsilon(0.03));
    CHECK(calibrate::output_error(weights, *nearest, kSize, held_out) == doctest::Approx(row.nearest_output).epsilon(0.03));
    CHECK(relative_squared_error(weights, *gptq) == doctest::Approx(row.gptq_weight).epsilon(0.06));
    CHECK(calibrate::output_error(weights, *gptq, kSize, held_out) == doctest::Approx(row.gptq_output).epsilon(0.06));
  }
}

TEST_CASE("made-up inputs have the covariance that was asked for") {
  constexpr std::size_t kColumns = 8;
  constexpr std::size_t kSamples = 40'000;
  const auto inputs = calibrate::correlated_inputs(kSamples, kColumns, {.least_eigenvalue = 0.01, .seed = 3});
  REQUIRE(inputs.size() == kSamples * kColumns);
  std::vector<double> covariance(kColumns * kColumns);
  for (std::size_t s = 0; s < inputs.size(); s += kColumns) {
    for (std::size_t i = 0; i < kColumns; ++i) {
      for (std::size_t j = 0; j < kColumns; ++j) covariance[i * kColumns + j] += static_cast<double>(inputs[s + i]) * inputs[s + j] / kSamples;
    }
  }
  // The sums of the eigenvalues and of their squares are the trace and the squared norm.
  double trace = 0, squares = 0, eigenvalues = 0, eigenvalues_squared = 0;
  for (std::size_t i = 0; i < kColumns; ++i) {
    trace += covariance[i * kColumns + i];
    const double eigenvalue = std::pow(0.01, static_cast<double>(i) / (kColumns - 1));
    eigenvalues += eigenvalue;
    eigenvalues_squared += eigenvalue * eigenvalue;
  }
  for (const double entry : covariance) squares += entry * entry;
  CHECK(trace == doctest::Approx(eigenvalues).epsilon(0.02));
  CHECK(squares == doctest::Approx(eigenvalues_squared).epsilon(0.03));
  CHECK(calibrate::correlated_inputs(4, kColumns, {.seed = 3}) == calibrate::correlated_inputs(4, kColumns, {.seed = 3}));
  CHECK(calibrate::correlated_inputs(4, kColumns, {.seed = 3}) != calibrate::correlated_inputs(4, kColumns, {.seed = 4}));
}

TEST_CASE("a spread makes columns of different size: log-normal, by that deviation") {
  constexpr std::size_t kColumns = 512;
  const auto alike = calibrate::correlated_inputs(64, kColumns, {.least_eigenvalue = 1, .seed = 5});
  const auto uneven = calibrate::correlated_inputs(64, kColumns, {.least_eigenvalue = 1, .spread = 1.5, .seed = 5});
  double sum = 0, squares = 0;
  for (std::size_t j = 0; j < kColumns; ++j) {
    const double logarithm = std::log(uneven[j] / alike[j]);   // the same directions and samples, so the scale alone is left
    CHECK(uneven[kColumns + j] / alike[kColumns + j] == doctest::Approx(std::exp(logarithm)).epsilon(1e-4));
    sum += logarithm;
    squares += logarithm * logarithm;
  }
  CHECK(sum / kColumns == doctest::Approx(0).epsilon(0.2));
  CHECK(std::sqrt(squares / kColumns) == doctest::Approx(1.5).epsilon(0.1));
}

TEST_CASE("the output's error from inputs, from their Hessian, and by its definition are one") {
  constexpr std::size_t kColumns = 24;
  std::vector<float> weights(8 * kColumns);
  tensor::fill_random({.seed = 6}, 0, weights);
  const auto inputs = calibrate::correlated_inputs(50, kColumns, {.spread = 1, .seed = 7});
  const auto changed = calibrate::round_to_nearest(weights, kColumns, {.bits = 3, .group = 8});
  REQUIRE(changed);
  const double expected = output_error_by_definition(weights, *changed, kColumns, inputs);
  CHECK(calibrate::output_error(weights, *changed, kColumns, inputs) == doctest::Approx(expected).epsilon(1e-9));
  CHECK(calibrate::output_error(weights, *changed, kColumns, calibrate::hessian(inputs, kColumns, 0)) == doctest::Approx(expected).epsilon(1e-9));
}

TEST_CASE("AWQ scales where inputs differ in size, and then serves the output better than rounding") {
  constexpr std::size_t kColumns = 128;
  std::vector<float> weights(64 * kColumns);
  tensor::fill_random({.seed = 8}, 0, weights);
  const calibrate::Grid grid{.bits = 3, .group = 128};
  const auto uneven = calibrate::correlated_inputs(256, kColumns, {.spread = 1.5, .seed = 9});
  const auto scaled = calibrate::awq(weights, kColumns, grid, uneven);
  const auto nearest = calibrate::round_to_nearest(weights, kColumns, grid);
  REQUIRE(scaled);
  CHECK(scaled->exponent > 0);
  CHECK(calibrate::output_error(weights, scaled->weights, kColumns, uneven) < 0.8 * calibrate::output_error(weights, *nearest, kColumns, uneven));
}
