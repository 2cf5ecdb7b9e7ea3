#include "theory/rate_distortion.h"

#include <cmath>

#include <doctest/doctest.h>

#include "theory/blahut_arimoto.h"
#include "theory/scalar_quantizer.h"

using namespace bitbudget;
using namespace bitbudget::theory;
using tensor::Distribution;

TEST_CASE("R(D) and D(R) of a Gaussian are inverse, 6.02 dB a bit") {
  for (const double rate : {0.0, 0.5, 1.0, 3.25, 8.0}) {
    const double d = gaussian_distortion(rate, 0.7);
    CHECK(gaussian_rate(d, 0.7) == doctest::Approx(rate).epsilon(1e-12));
  }
  CHECK(10 * std::log10(gaussian_distortion(2, 1) / gaussian_distortion(3, 1)) == doctest::Approx(6.0206).epsilon(1e-5));
  CHECK(gaussian_rate(5, 1) == 0);
}

TEST_CASE("differential entropies agree with integrals worked by hand") {
  CHECK(differential_entropy(Distribution::normal, 1) == doctest::Approx(2.047095585).epsilon(1e-9));
  // Laplace: log2(2 e b) with b = 1/sqrt 2. Uniform of width 1 has none at deviation 1/sqrt 12.
  CHECK(differential_entropy(Distribution::laplace, 1) == doctest::Approx(1.942695041).epsilon(1e-9));
  CHECK(differential_entropy(Distribution::uniform, 1 / std::sqrt(12.0)) == doctest::Approx(0).epsilon(1e-12));
  // Student t: by trapezoid over the density, as an independent check.
  for (const double nu : {3.0, 5.0, 30.0}) {
    const double c = std::exp(std::lgamma((nu + 1) / 2) - std::lgamma(nu / 2)) / std::sqrt(nu * 3.14159265358979323846);
    double nats = 0;
    const double dx = 1e-3;
    for (double x = -4000; x < 4000; x += dx) {
      const double p = c * std::pow(1 + x * x / nu, -(nu + 1) / 2);
      if (p > 0) nats -= p * std::log(p) * dx;
    }
    const double textbook = nats / std::log(2.0);
    CHECK(differential_entropy(Distribution::student_t, std::sqrt(nu / (nu - 2)), nu) == doctest::Approx(textbook).epsilon(2e-4));
  }
}

TEST_CASE("the entropy estimate is right within its error, and knows atoms") {
  std::vector<float> values(200'000);
  for (const auto distribution : {Distribution::normal, Distribution::laplace, Distribution::uniform, Distribution::student_t}) {
    tensor::fill_random({.distribution = distribution, .seed = 4, .scale = 0.02, .nu = 5}, 0, values);
    const auto estimate = estimate_differential_entropy(values);
    REQUIRE(estimate);
    CAPTURE(tensor::to_string(distribution));
    // Five standard errors, and 0.012 bits for the estimator's stated bias in heavy tails.
    CHECK(std::abs(estimate->bits - differential_entropy(distribution, 0.02, 5)) < 5 * estimate->standard_error + 0.012);
  }
  for (float& value : values) value = value > 0 ? 1.0f : -1.0f;
  CHECK(estimate_differential_entropy(values)->bits == -INFINITY);
  CHECK_FALSE(estimate_differential_entropy(std::span(values).first(3)));
}

TEST_CASE("Shannon's lower bound is D(R) for a Gaussian and lies below it for other densities") {
  for (const double rate : {1.0, 4.0}) {
    CHECK(shannon_lower_bound(differential_entropy(Distribution::normal, 2), rate) == doctest::Approx(gaussian_distortion(rate, 4)).epsilon(1e-12));
    CHECK(shannon_lower_bound(differential_entropy(Distribution::laplace, 2), rate) < gaussian_distortion(rate, 4));
  }
}

TEST_CASE("reverse water-filling spends the rate it is given, where it pays") {
  const std::vector<double> variances{4, 1, 0.25, 0, 1e-6};
  const auto filling = reverse_water_filling(variances, 2);
  // By hand: two components above the level: 1/2 log2(4/t) + 1/2 log2(1/t) = 2 gives t = 0.5.
  CHECK(filling.level == doctest::Approx(0.5));
  CHECK(filling.rate == doctest::Approx(2));
  CHECK(filling.rates[0] == doctest::Approx(1.5));
  CHECK(filling.rates[1] == doctest::Approx(0.5));
  CHECK(filling.rates[2] == 0);
  CHECK(filling.distortion == doctest::Approx(0.5 + 0.5 + 0.25 + 1e-6));
  for (const double rate : {0.0, 0.3, 7.0, 60.0}) {
    const auto one = reverse_water_filling(variances, rate);
    CHECK(one.rate == doctest::Approx(rate).epsilon(1e-9));
    const auto more = reverse_water_filling(variances, rate + 0.1);
    CHECK(more.distortion < one.distortion);
  }
}

TEST_CASE("Lloyd-Max designs agree with the published tables") {
  // Max 1960 and its successors, to more digits by integration in double precision.
  const double normal[] = {0.36338023, 0.11748185, 0.03454776, 0.00950101, 0.00250467, 0.00064424, 0.00016348};
  for (unsigned bits = 1; bits <= 7; ++bits) {
    const auto design = lloyd_max(Distribution::normal, bits);
    REQUIRE(design);
    CHECK(std::abs(design->mse - normal[bits - 1]) < 6e-9 + 3e-5 * normal[bits - 1]);
    CHECK(design->entropy_bits <= bits);
  }
  const auto two = lloyd_max(Distribution::normal, 2);
  CHECK(two->levels[3] == doctest::Approx(1.510418).epsilon(1e-6));
  CHECK(two->levels[2] == doctest::Approx(0.45278).epsilon(1e-5));
  CHECK(two->entropy_bits == doctest::Approx(1.9111).epsilon(1e-4));
  // Laplace, one bit: the level is E|x| = 1/sqrt 2, the error 1 - 1/2. Uniform: step^2 / 12 exactly.
  CHECK(lloyd_max(Distribution::laplace, 1)->mse == doctest::Approx(0.5));
  CHECK(lloyd_max(Distribution::uniform, 4)->mse == doctest::Approx(1 / 256.0).epsilon(1e-9));
}

TEST_CASE("Lloyd-Max from samples comes near the design from the density") {
  std::vector<float> values(400'000);
  tensor::fill_random({.seed = 8}, 0, values);
  for (const auto& [bits, mse] : {std::pair{1u, 0.36338}, {2u, 0.117482}, {4u, 0.009501}, {6u, 0.00064424}, {7u, 0.00016348}, {8u, 4.119e-05}}) {
    CHECK(lloyd_max(values, bits)->mse == doctest::Approx(mse).epsilon(0.01));
  }
  // A Student t(5) by the high-rate integral, (integral of p^(1/3))^3 / 12 2^(-2b) = 0.0001004 at 8 bits: the tails get their levels.
  tensor::fill_random({.distribution = Distribution::student_t, .seed = 8, .nu = 5}, 0, values);
  CHECK(lloyd_max(values, 8)->mse == doctest::Approx(0.0001004).epsilon(0.1));
  const std::vector<float> three{1, 1, 2, 5, 5, 5};
  const auto exact = lloyd_max(three, 4);
  CHECK(exact->mse == 0);
  CHECK(exact->levels.size() <= 16);
}

TEST_CASE("entropy-coded uniform quantization keeps its quarter bit from the limit") {
  const std::pair<double, double> rows[] = {{0.5, 0.61733665}, {1.0, 0.34833864}, {1.5, 0.17766731}, {2.0, 0.08894121}, {2.5, 0.04447687},
                                            {3.0, 0.02223883}, {4.0, 0.00555972}, {5.0, 0.00138993}, {6.0, 0.00034748}, {8.0, 2.172e-05}};
  for (const auto& [rate, mse] : rows) {
    const auto coded = entropy_coded_uniform_at(rate);
    REQUIRE(coded);
    CAPTURE(rate);
    CHECK(coded->rate_bits == doctest::Approx(rate).epsilon(1e-6));
    CHECK(coded->mse == doctest::Approx(mse).epsilon(1e-4));
  }
  // At high rates: pi e / 6 above D(R), 1.5329 dB (Gish and Pierce 1968).
  const auto fine = entropy_coded_uniform_at(10);
  CHECK(10 * std::log10(fine->mse / gaussian_distortion(10, 1)) == doctest::Approx(1.5329).epsilon(1e-3));
}

TEST_CASE("entropy-coded uniform quantizers of samples count what the integrals say") {
  std::vector<float> values(200'000);
  tensor::fill_random({.seed = 12}, 0, values);
  const std::vector<double> steps{0.1, 0.5224, 1.0824, 2.4216, 40};
  for (const bool mid_tread : {true, false}) {
    const auto measured = entropy_coded_uniform(values, steps, mid_tread);
    REQUIRE(measured);
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const auto ideal = entropy_coded_uniform(steps[i], mid_tread);
      CAPTURE(steps[i]);
      CHECK(std::abs((*measured)[i].rate_bits - ideal.rate_bits) < 0.01);
      CHECK((*measured)[i].mse == doctest::Approx(ideal.mse).epsilon(0.01));
    }
  }
  const std::pair<double, double> rows[] = {{0.5, 0.61733665}, {1.0, 0.34833864}, {2.0, 0.08894121}, {4.0, 0.00555972}, {8.0, 2.172e-05}};
  for (const auto& [rate, mse] : rows) {
    const auto found = entropy_coded_uniform_at(values, std::vector{rate});
    REQUIRE(found);
    CAPTURE(rate);
    CHECK(std::abs(found->front().rate_bits - rate) < 1e-3);
    CHECK(found->front().mse == doctest::Approx(mse).epsilon(0.015));
  }
  // By hand: cells of 1 about the whole numbers, {0, 0.25} and {1, 1.25, 0.75, 1}.
  const std::vector<float> few{1.25f, 0, 1, 0.25f, 0.75f, 1};
  const auto one = entropy_coded_uniform(few, std::vector{1.0}, true)->front();
  CHECK(one.rate_bits == doctest::Approx(std::log2(3.0) - 2.0 / 3));
  CHECK(one.mse == doctest::Approx((2 * 0.015625 + 0.0625 * 2) / 6));
  const std::vector<float> zeros(20);
  CHECK(entropy_coded_uniform_at(zeros, std::vector{2.0})->front().mse == 0);
  CHECK_FALSE(entropy_coded_uniform_at(few, std::vector{0.0}));
  CHECK_FALSE(entropy_coded_uniform(std::vector{NAN}, std::vector{1.0}, true));
}

TEST_CASE("the uniform quantizer's formula is the mean error for mid-rise cells, not for mid-tread, and no bound") {
  std::vector<float> uniform(1 << 18);
  tensor::fill_random({.distribution = Distribution::uniform, .seed = 2, .scale = 1 / std::sqrt(3.0)}, 0, uniform);
  for (const unsigned bits : {1u, 2u, 4u, 8u}) {
    const auto error = uniform_quantizer_error(uniform, bits, false, 1, 1);
    CHECK(error->mse == doctest::Approx(error->formula).epsilon(0.02));
    CHECK(error->worst <= error->worst_bound * (1 + 1e-12));
    CHECK(error->worst > 2 * error->formula);
    CHECK(error->worst_bound == doctest::Approx(3 * error->formula));
  }
  // A Gaussian over +- its largest value: the measured ratios for M = 5.207 and 2^20 values are 1.603, 1.066, 1.000 (mid-rise,
  // b = 1, 2, 3) and 1.719, 1.775, 1.305 (mid-tread, b = 2, 3, 4). M differs here, so the range is given.
  std::vector<float> normal(1 << 20);
  tensor::fill_random({.seed = 77}, 0, normal);
  const auto ratio = [&](unsigned bits, bool mid_tread) {
    const auto error = uniform_quantizer_error(normal, bits, mid_tread, 5.207, differential_entropy(Distribution::normal, 1));
    return error->mse / error->formula;
  };
  const double rise[] = {1.603, 1.066, 1.000, 1.000, 0.999, 1.001, 0.999, 0.999};
  for (unsigned bits = 1; bits <= 8; ++bits) CHECK(ratio(bits, false) == doctest::Approx(rise[bits - 1]).epsilon(0.01));
  struct Tread { unsigned bits; double ratio, code_entropy, entropy_minus_log_step; };
  const Tread rows[] = {{2, 1.719, 0.085, -0.333}, {3, 1.775, 1.411, 1.252}, {4, 1.305, 2.508, 2.474}, {5, 1.139, 3.582, 3.574},
                        {6, 1.066, 4.624, 4.621}, {7, 1.031, 5.645, 5.644}, {8, 1.016, 6.656, 6.655}};
  for (const auto& row : rows) {
    CAPTURE(row.bits);
    CHECK(ratio(row.bits, true) == doctest::Approx(row.ratio).epsilon(0.01));
    const auto error = uniform_quantizer_error(normal, row.bits, true, 5.207, differential_entropy(Distribution::normal, 1));
    CHECK(std::abs(error->code_entropy_bits - row.code_entropy) < 0.005);
    CHECK(std::abs(error->entropy_minus_log_step - row.entropy_minus_log_step) < 0.001);
  }
}

TEST_CASE("Blahut-Arimoto meets the binary source's closed form and the Gaussian's D(R)") {
  // Fair bit, Hamming distortion (squared error on 0 and 1): R(D) = 1 - H2(D).
  const std::vector<double> fair{0.5, 0.5};
  const std::vector<double> bits{0, 1};
  for (const double slope : {1.0, 3.0, 6.0}) {
    const auto point = blahut_arimoto(fair, bits, bits, slope, 1e-10, 20'000);
    const double d = point.distortion;
    CHECK(point.rate_bits == doctest::Approx(1 + d * std::log2(d) + (1 - d) * std::log2(1 - d)).epsilon(1e-6));
    CHECK(d == doctest::Approx(1 / (1 + std::exp2(slope))).epsilon(1e-6));
  }
  std::vector<double> points, probability;
  double total = 0;
  for (double x = -5; x <= 5; x += 0.1) {
    points.push_back(x);
    probability.push_back(std::exp(-x * x / 2));
    total += probability.back();
  }
  for (double& p : probability) p /= total;
  const auto point = blahut_arimoto(probability, points, points, 4, 1e-5, 3000);
  CHECK(point.rate_bits == doctest::Approx(gaussian_rate(point.distortion, 1)).epsilon(0.01));
}
