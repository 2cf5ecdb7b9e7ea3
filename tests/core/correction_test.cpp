#include <cmath>

#include <doctest/doctest.h>

#include "formats/registry.h"
#include "lowrank/correction.h"
#include "tensor/random.h"

using namespace bitbudget;

namespace {

constexpr std::size_t kRows = 48;
constexpr std::size_t kColumns = 64;

std::vector<float> normal(std::uint64_t seed) {
  std::vector<float> values(kRows * kColumns);
  tensor::fill_random({.seed = seed}, 0, values);
  return values;
}

std::vector<float> through(std::string_view format, std::span<const float> values) {
  const auto* chosen = formats::find(format);
  std::vector<std::byte> bytes(static_cast<std::size_t>(*formats::encoded_size(*chosen, values.size(), kColumns)));
  std::vector<float> decoded(values.size());
  REQUIRE(formats::encode(*chosen, values, bytes, kColumns));
  REQUIRE(formats::decode(*chosen, bytes, decoded, kColumns));
  return decoded;
}

/// The squared norm of (W - Q - L R) diag(scale).
double left_over(std::span<const float> weights, std::span<const float> quantized, const lowrank::Factors& factors, std::span<const float> scale = {}) {
  const auto product = lowrank::multiply(factors);
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double error = static_cast<double>(weights[i]) - quantized[i] - product[i];
    sum += std::pow(error * (scale.empty() ? 1.0 : scale[i % kColumns]), 2);
  }
  return sum;
}

double tail(std::span<const double> singular_values, std::size_t from) {
  double sum = 0;
  for (std::size_t i = from; i < singular_values.size(); ++i) sum += singular_values[i] * singular_values[i];
  return sum;
}

}  // namespace

TEST_CASE("a correction leaves the tail of the error's singular values, and of full rank nothing") {
  const auto weights = normal(1);
  const auto quantized = through("q4_0", weights);
  for (const std::size_t rank : {std::size_t{1}, std::size_t{8}, std::size_t{32}}) {
    const auto corrected = lowrank::correct_error(weights, quantized, kColumns, rank);
    REQUIRE(corrected);
    CHECK(left_over(weights, quantized, corrected->factors) == doctest::Approx(tail(corrected->singular_values, rank)).epsilon(1e-4));
  }
  const auto whole = lowrank::correct_error(weights, quantized, kColumns, kRows);
  CHECK(left_over(weights, quantized, whole->factors) < 1e-9 * tail(whole->singular_values, 0));
}

TEST_CASE("an error of rank one is taken up by one pair of factors") {
  const auto weights = normal(2);
  auto quantized = weights;
  for (std::size_t i = 0; i < quantized.size(); ++i) quantized[i] -= 0.01f * static_cast<float>(i / kColumns + 1) * static_cast<float>(i % kColumns % 3);
  const auto corrected = lowrank::correct_error(weights, quantized, kColumns, 1);
  REQUIRE(corrected);
  CHECK(left_over(weights, quantized, corrected->factors) < 1e-8 * tail(corrected->singular_values, 0));
}

TEST_CASE("weighted columns are corrected first: the weighted error is the least") {
  const auto weights = normal(3);
  const auto quantized = through("q4_0", weights);
  std::vector<float> scale(kColumns, 1);
  for (std::size_t j = 0; j < kColumns; j += 8) scale[j] = 20;
  const auto plain = lowrank::correct_error(weights, quantized, kColumns, 8);
  const auto weighted = lowrank::correct_error(weights, quantized, kColumns, 8, scale);
  REQUIRE(weighted);
  CHECK(left_over(weights, quantized, weighted->factors, scale) == doctest::Approx(tail(weighted->singular_values, 8)).epsilon(1e-4));
  CHECK(left_over(weights, quantized, weighted->factors, scale) < 0.5 * left_over(weights, quantized, plain->factors, scale));
  CHECK(left_over(weights, quantized, weighted->factors) > left_over(weights, quantized, plain->factors));
  scale[3] = 0;
  CHECK(lowrank::correct_error(weights, quantized, kColumns, 8, scale).error().field == "columnWeights");
}

TEST_CASE("quantizing and correcting in turn comes no further from the weights") {
  // LoftQ: Q of W - L R, then L R of W - Q. Rounding to a grid is no projection onto a convex set, so a round may lose a little;
  // over rounds it gains.
  const auto weights = normal(4);
  auto quantized = through("int3_asym_g64", weights);
  auto corrected = lowrank::correct_error(weights, quantized, kColumns, 16);
  const double once = left_over(weights, quantized, corrected->factors);
  for (int round = 1; round < 5; ++round) {
    auto rest = weights;
    const auto product = lowrank::multiply(corrected->factors);
    for (std::size_t i = 0; i < rest.size(); ++i) rest[i] -= product[i];
    quantized = through("int3_asym_g64", rest);
    corrected = lowrank::correct_error(weights, quantized, kColumns, 16);
  }
  CHECK(left_over(weights, quantized, corrected->factors) < once);
}
