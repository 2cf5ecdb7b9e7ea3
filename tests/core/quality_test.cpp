#include "measure/quality.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "tensor/random.h"
#include "theory/approximation.h"
#include "theory/rounding.h"

using namespace bitbudget;
using namespace bitbudget::measure;

TEST_CASE("a model as uncertain as k equal options has perplexity k") {
  const std::vector<double> certain_of_one_in_eight(100, -std::log(8.0));
  const auto eight = perplexity(certain_of_one_in_eight);
  REQUIRE(eight);
  CHECK(eight->perplexity == doctest::Approx(8));
  CHECK(eight->bits_per_token == doctest::Approx(3));
  CHECK(eight->standard_error == doctest::Approx(0));
  CHECK_FALSE(perplexity({}));
  CHECK(perplexity(std::vector<double>{-1, 0.5}).error().offset == 1);
  CHECK_FALSE(perplexity(std::vector<double>{-1, NAN}));
}

TEST_CASE("Q is inverted for perplexity, and pairing narrows the interval") {
  // Tokens differ widely in difficulty; the compressed model is worse by 0.01 nats with a little spread.
  std::vector<float> difficulty(20'000), spread(20'000);
  tensor::fill_random({.distribution = tensor::Distribution::laplace, .seed = 1, .scale = 2}, 0, difficulty);
  tensor::fill_random({.seed = 2, .scale = 0.05}, 0, spread);
  std::vector<double> original, compressed;
  for (std::size_t i = 0; i < difficulty.size(); ++i) {
    const double log_p = -std::abs(static_cast<double>(difficulty[i])) - 1;
    original.push_back(log_p);
    compressed.push_back(std::min(0.0, log_p - 0.01 - spread[i]));
  }
  const auto comparison = compare_quality(original, compressed);
  REQUIRE(comparison);
  CHECK(comparison->low < 0.01);
  CHECK(comparison->high > 0.01);
  CHECK(comparison->standard_error < comparison->original.standard_error / 10);
  CHECK(comparison->q < 1);
  CHECK(comparison->q == doctest::Approx(comparison->original.perplexity / comparison->compressed.perplexity));
  CHECK_FALSE(compare_quality(original, std::span(compressed).first(3)));
}

TEST_CASE("divergence and agreement by hand") {
  const std::vector<double> p{0.5, 0.5, 0.9, 0.1};
  const std::vector<double> q{0.25, 0.75, 0.9, 0.1};
  const auto result = divergence(p, q, 2);
  REQUIRE(result);
  CHECK(result->mean_kl == doctest::Approx((0.5 * std::log(2.0) + 0.5 * std::log(0.5 / 0.75)) / 2));
  CHECK(result->top1_agreement == doctest::Approx(0.5));
  CHECK_FALSE(divergence(p, std::vector<double>{0.5, 0.6, 0.9, 0.1}, 2));
}

TEST_CASE("equal accuracies can hide flips") {
  const std::vector<std::int32_t> truth{0, 1, 2, 3}, before{0, 1, 9, 9}, after{9, 1, 2, 8};
  const auto flips = compare_predictions(truth, before, after);
  REQUIRE(flips);
  CHECK(flips->q == doctest::Approx(1));
  CHECK(flips->right_to_wrong == 1);
  CHECK(flips->wrong_to_right == 1);
  CHECK(flips->changed == 3);
}

TEST_CASE("the Pareto front holds what nothing beats; eta alone picks the worst model") {
  const std::vector<Run> runs{{1, 1}, {2, 0.99}, {2, 0.9}, {4, 0.95}, {3, 0.94}, {50, 0.05}};
  CHECK(pareto_front(runs) == std::vector<std::size_t>{0, 1, 3, 5});
  CHECK(most_efficient(runs, 0) == 3);
  const std::vector<Run> wrecks{{1, 1}, {4, 0.95}, {1000, 0.01}};
  CHECK(most_efficient(wrecks, 0) == 2);
  CHECK(most_efficient(wrecks, 0.9) == 1);
  CHECK(most_efficient(wrecks, 1.1) == -1);
}

TEST_CASE("a power law is found with its exponent and error") {
  std::vector<double> sizes, times;
  for (double n = 1e3; n < 1e6; n *= 2) {
    sizes.push_back(n);
    times.push_back(3e-9 * n * std::sqrt(n) * (sizes.size() % 2 ? 1.05 : 1 / 1.05));
  }
  const auto law = fit_power_law(sizes, times);
  REQUIRE(law);
  CHECK(std::abs(law->exponent - 1.5) < 3 * law->standard_error);
  CHECK(law->standard_error < 0.02);
  CHECK(law->factor == doctest::Approx(3e-9).epsilon(0.2));
  CHECK_FALSE(fit_power_law(std::vector<double>{1, 1, 1}, std::vector<double>{1, 2, 3}));
  CHECK_FALSE(fit_power_law(std::vector<double>{1, 2}, std::vector<double>{1, 2}));
}

TEST_CASE("the ways of rounding split their error as theory says") {
  std::vector<float> values(4000);
  tensor::fill_random({.seed = 3}, 0, values);
  const double step = 0.1;
  const double twelfth = step * step / 12;
  const auto measure = [&](theory::Rounding rounding) { return *theory::bias_and_variance(values, step, rounding, 64, 5); };
  using enum theory::Rounding;
  // Nearest: step^2/12 of bias. Truncation: the error is uniform on one whole step, step^2/3. Stochastic: the variance
  // p (1 - p) step^2 averages step^2/6. Subtractive dither: step^2/12 whatever the value; non-subtractive: step^2/6 as stochastic.
  CHECK(measure(nearest).bias_squared == doctest::Approx(twelfth).epsilon(0.05));
  CHECK(measure(nearest).variance == 0);
  CHECK(measure(truncate).bias_squared == doctest::Approx(4 * twelfth).epsilon(0.05));
  CHECK(measure(stochastic).variance == doctest::Approx(2 * twelfth).epsilon(0.05));
  CHECK(std::abs(measure(stochastic).bias_squared) < 0.02 * twelfth);
  CHECK(measure(dithered).variance == doctest::Approx(2 * twelfth).epsilon(0.05));
  CHECK(measure(subtractive_dither).variance == doctest::Approx(twelfth).epsilon(0.05));
  CHECK(std::abs(measure(subtractive_dither).bias_squared) < 0.02 * twelfth);
  for (const auto rounding : {nearest, truncate, stochastic, dithered, subtractive_dither}) {
    const auto split = measure(rounding);
    CHECK(split.bias_squared + split.variance == doctest::Approx(split.mse).epsilon(1e-9));
  }
  CHECK_FALSE(theory::bias_and_variance(values, 0, nearest, 8, 1));
}

TEST_CASE("in a sum the bias of truncation grows as the length, the noise of rounding as its square root") {
  // Positive values and inputs of 1: each truncated value is too small by half a step on average, each rounded one is off by a
  // uniform error of variance step^2 / 12, and stochastic rounding by one of variance step^2 / 6 on average.
  constexpr double kStep = 0.25;
  std::vector<float> values(1 << 18);
  tensor::fill_random({.distribution = tensor::Distribution::uniform, .seed = 4}, 0, values);
  for (float& value : values) value += 2;
  const std::vector<float> ones(values.size(), 1);
  for (const std::size_t length : {std::size_t{16}, std::size_t{256}}) {
    const auto n = static_cast<double>(length);
    const auto measure = [&](theory::Rounding rounding) { return *theory::sum_error(values, ones, length, kStep, rounding, 6); };
    const auto sums = values.size() / length;
    const double noise = kStep * std::sqrt(n / 12);
    const double chance = 4 * noise / std::sqrt(static_cast<double>(sums));   // four standard errors of a mean
    CHECK(measure(theory::Rounding::truncate).sums == sums);
    CHECK(std::abs(measure(theory::Rounding::truncate).mean + n * kStep / 2) < chance + 0.002 * n);
    CHECK(std::abs(measure(theory::Rounding::nearest).mean) < chance + 0.002 * n);
    CHECK(measure(theory::Rounding::nearest).deviation == doctest::Approx(noise).epsilon(0.06));
    CHECK(std::abs(measure(theory::Rounding::stochastic).mean) < 2 * chance);
    CHECK(measure(theory::Rounding::stochastic).deviation == doctest::Approx(kStep * std::sqrt(n / 6)).epsilon(0.06));
    CHECK(measure(theory::Rounding::subtractive_dither).deviation == doctest::Approx(noise).epsilon(0.06));
  }
  CHECK(theory::sum_error(values, ones, values.size(), kStep, theory::Rounding::nearest, 1).error().field == "length");
  CHECK(theory::sum_error(values, ones, 16, 0, theory::Rounding::nearest, 1).error().field == "step");
}

TEST_CASE("more units approach a smooth function by the square of their number, fixed bits leave a floor") {
  std::vector<double> target(4096);
  for (std::size_t i = 0; i < target.size(); ++i) {
    const double x = static_cast<double>(i) / 4095;
    target[i] = std::sin(6.283185307179586 * x) + x * x;
  }
  std::vector<double> errors;
  for (const std::size_t units : {8, 16, 32, 64, 128}) {
    const auto network = theory::fit_relu_network(target, units);
    REQUIRE(network);
    errors.push_back(theory::sup_error(target, *network));
  }
  for (std::size_t i = 1; i < errors.size(); ++i) CHECK(errors[i - 1] / errors[i] == doctest::Approx(4).epsilon(0.25));

  const auto wide = theory::fit_relu_network(target, 128);
  const double exact = theory::sup_error(target, *wide);
  double previous = INFINITY;
  for (const unsigned bits : {6u, 10u, 14u, 18u}) {
    const double error = theory::sup_error(target, theory::quantized(*wide, bits));
    CHECK(error < previous);
    previous = error;
  }
  CHECK(previous < 2 * exact);
  // With 8 bits the floor stays far above what the units could do.
  CHECK(theory::sup_error(target, theory::quantized(*wide, 8)) > 20 * exact);
  CHECK_FALSE(theory::fit_relu_network(target, 0));
}

TEST_CASE("the fitted network leaves an error that no network with the same knots could lower") {
  constexpr std::size_t kPoints = 301;
  constexpr std::size_t kUnits = 7;
  std::vector<double> target;
  for (std::size_t i = 0; i < kPoints; ++i) target.push_back(std::exp(-3.0 * static_cast<double>(i) / 300) + (i > 100 ? 0.5 : 0));
  const auto network = theory::fit_relu_network(target, kUnits);
  REQUIRE(network);
  const auto values = theory::evaluate(*network, kPoints);
  // A least-squares residual is orthogonal to all that the network can add: a constant, and each rectified unit.
  double along_constant = 0;
  std::vector<double> along_unit(kUnits);
  for (std::size_t i = 0; i < kPoints; ++i) {
    const double x = static_cast<double>(i) / 300;
    along_constant += target[i] - values[i];
    for (std::size_t k = 0; k < kUnits; ++k) along_unit[k] += (target[i] - values[i]) * std::max(0.0, x - static_cast<double>(k) / kUnits);
  }
  CHECK(along_constant == doctest::Approx(0).epsilon(1e-10));
  for (const double along : along_unit) CHECK(along == doctest::Approx(0).epsilon(1e-10));
}
