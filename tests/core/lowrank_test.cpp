#include <cmath>

#include <doctest/doctest.h>

#include "calibrate/layer.h"
#include "lowrank/svd.h"
#include "tensor/random.h"

using namespace bitbudget;

namespace {

std::vector<float> normal(std::size_t count, std::uint64_t seed, double scale = 1) {
  std::vector<float> values(count);
  tensor::fill_random({.seed = seed, .scale = scale}, 0, values);
  return values;
}

double squared_distance(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (static_cast<double>(a[i]) - b[i]) * (static_cast<double>(a[i]) - b[i]);
  return sum;
}

double energy(std::span<const double> values, std::size_t from) {
  double sum = 0;
  for (std::size_t i = from; i < values.size(); ++i) sum += values[i] * values[i];
  return sum;
}

/// rows x columns with singular values 1/k: random rotations by Gram-Schmidt of a random matrix would do; a sum of outer
/// products of the orthonormal cosine bases is exact and simple.
std::vector<float> decaying(std::size_t n) {
  std::vector<float> matrix(n * n);
  const auto basis = [n](std::size_t k, std::size_t i) {
    const double c = std::cos(3.14159265358979323846 * (static_cast<double>(i) + 0.5) * static_cast<double>(k) / static_cast<double>(n));
    return c * std::sqrt((k == 0 ? 1.0 : 2.0) / static_cast<double>(n));
  };
  std::vector<double> sum(n * n);
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) sum[i * n + j] += basis(k, i) * basis(n - 1 - k, j) / static_cast<double>(k + 1);
    }
  }
  for (std::size_t i = 0; i < sum.size(); ++i) matrix[i] = static_cast<float>(sum[i]);
  return matrix;
}

}  // namespace

TEST_CASE("singular values are those the matrix was made with") {
  const auto values = lowrank::singular_values(decaying(48), 48);
  REQUIRE(values);
  for (std::size_t k = 0; k < 48; ++k) CHECK((*values)[k] == doctest::Approx(1.0 / static_cast<double>(k + 1)).epsilon(1e-5));
}

TEST_CASE("the truncated SVD leaves exactly the energy that Eckart and Young allow") {
  const auto weights = normal(96 * 64, 3);
  for (const std::size_t rank : {std::size_t{1}, std::size_t{8}, std::size_t{64}}) {
    const auto svd = lowrank::truncated_svd(weights, 64, rank);
    REQUIRE(svd);
    const auto product = lowrank::multiply(svd->factors);
    CHECK(svd->factors.left.size() + svd->factors.right.size() == (96 + 64) * rank);
    const double total = energy(svd->singular_values, 0);
    CHECK(squared_distance(weights, product) / total == doctest::Approx(energy(svd->singular_values, rank) / total).epsilon(1e-5));
    CHECK(lowrank::energy_kept(svd->singular_values, rank) == doctest::Approx(1 - energy(svd->singular_values, rank) / total));
  }
  CHECK_FALSE(lowrank::truncated_svd(weights, 64, 65));
  CHECK_FALSE(lowrank::truncated_svd(weights, 64, 0));
  CHECK_FALSE(lowrank::truncated_svd(weights, 63, 1));
}

TEST_CASE("the randomized SVD comes close to the best, and is the same for the same seed") {
  const auto weights = decaying(64);
  const auto best = lowrank::truncated_svd(weights, 64, 8);
  const auto sketch = lowrank::randomized_svd(weights, 64, 8, {.seed = 5});
  REQUIRE(sketch);
  const double optimal = squared_distance(weights, lowrank::multiply(best->factors));
  const double reached = squared_distance(weights, lowrank::multiply(sketch->factors));
  CHECK(reached >= optimal * (1 - 1e-5));
  CHECK(reached <= optimal * 1.02);
  CHECK(lowrank::randomized_svd(weights, 64, 8, {.seed = 5})->factors.left == sketch->factors.left);
}

TEST_CASE("the randomized SVD takes matrices of any scale, of low rank, and of zeros") {
  const auto plain = lowrank::randomized_svd(decaying(64), 64, 8);
  for (const float scale : {1e-30f, 1e30f}) {
    auto weights = decaying(64);
    for (float& w : weights) w *= scale;
    const auto scaled = lowrank::randomized_svd(weights, 64, 8);
    REQUIRE(scaled);
    for (std::size_t k = 0; k < 8; ++k) CHECK(scaled->singular_values[k] / scale == doctest::Approx(plain->singular_values[k]).epsilon(1e-4));
  }
  // Rank one: the other columns of the sketch are noise of rounding, and must not spoil it.
  std::vector<float> outer(32 * 48);
  for (std::size_t i = 0; i < outer.size(); ++i) outer[i] = static_cast<float>(i / 48 + 1) * static_cast<float>(i % 48 % 5 + 1);
  const auto one = lowrank::randomized_svd(outer, 48, 3);
  REQUIRE(one);
  CHECK(squared_distance(outer, lowrank::multiply(one->factors)) < 1e-9 * squared_distance(outer, std::vector<float>(outer.size())));
  const auto none = lowrank::randomized_svd(std::vector<float>(64), 8, 2);
  REQUIRE(none);
  CHECK(lowrank::multiply(none->factors) == std::vector<float>(64));
}

TEST_CASE("random Gaussian matrices do not compress by rank, decaying spectra do") {
  // Residual energy at rank 64, 32, 16 of 256 x 256: 0.38, 0.626, 0.792 for independent values; 0.0071, 0.0164, 0.0345 for 1/k.
  const auto gaussian = lowrank::singular_values(normal(256 * 256, 9), 256);
  CHECK(1 - lowrank::energy_kept(*gaussian, 64) == doctest::Approx(0.38).epsilon(0.02));
  CHECK(1 - lowrank::energy_kept(*gaussian, 32) == doctest::Approx(0.626).epsilon(0.02));
  CHECK(1 - lowrank::energy_kept(*gaussian, 16) == doctest::Approx(0.792).epsilon(0.02));
  std::vector<double> harmonic(256);
  for (std::size_t k = 0; k < 256; ++k) harmonic[k] = 1.0 / static_cast<double>(k + 1);
  CHECK(1 - lowrank::energy_kept(harmonic, 64) == doctest::Approx(0.00707).epsilon(0.01));
  CHECK(lowrank::break_even_rank(256, 256) == 127);
  CHECK(lowrank::break_even_rank(1, 5) == 0);
}

TEST_CASE("GPTQ raises the weights' error and lowers the output's") {
  // 64 x 128 layer, correlated inputs: x = z A with a slowly turning mixture of a few directions.
  const std::size_t columns = 128, samples = 512;
  const auto weights = normal(64 * columns, 1, 1 / std::sqrt(128.0));
  const auto make_inputs = [&](std::uint64_t seed) {
    const auto noise = normal(samples * columns, seed);
    std::vector<float> inputs(noise.size());
    for (std::size_t s = 0; s < samples; ++s) {
      double state = 0;
      for (std::size_t c = 0; c < columns; ++c) {
        state = 0.95 * state + 0.31 * noise[s * columns + c];
        inputs[s * columns + c] = static_cast<float>(state);
      }
    }
    return inputs;
  };
  const auto inputs = make_inputs(2);
  const auto held_out = make_inputs(3);
  const auto h = calibrate::hessian(inputs, columns);
  for (const unsigned bits : {2u, 3u, 4u}) {
    const calibrate::Grid grid{.bits = bits, .group = 64};
    const auto nearest = calibrate::round_to_nearest(weights, columns, grid);
    const auto compensated = calibrate::gptq(weights, columns, grid, h);
    REQUIRE(nearest);
    REQUIRE(compensated);
    CHECK(squared_distance(weights, *compensated) > squared_distance(weights, *nearest));
    CHECK(calibrate::output_error(weights, *compensated, columns, held_out) < 0.7 * calibrate::output_error(weights, *nearest, columns, held_out));
    const auto scaled = calibrate::awq(weights, columns, grid, inputs);
    REQUIRE(scaled);
    CHECK(calibrate::output_error(weights, scaled->weights, columns, inputs) <= calibrate::output_error(weights, *nearest, columns, inputs));
  }
}

TEST_CASE("with uncorrelated inputs of one size GPTQ is rounding to nearest") {
  const std::size_t columns = 32;
  const auto weights = normal(8 * columns, 4);
  std::vector<double> identity(columns * columns);
  for (std::size_t i = 0; i < columns; ++i) identity[i * columns + i] = 2;
  const calibrate::Grid grid{.bits = 4, .group = 16};
  CHECK(*calibrate::gptq(weights, columns, grid, identity) == *calibrate::round_to_nearest(weights, columns, grid));
  CHECK_FALSE(calibrate::gptq(weights, columns, grid, std::vector<double>(columns * columns)));
}

TEST_CASE("OBS compensation reaches the least-squares optimum for one pruned weight") {
  // One row, one weight pruned, the last columns free: the optimum of the quadratic in the remaining weights, for two
  // columns by hand. H = [[2, 1], [1, 2]], w = (1, 3): with w_0 = 0 the best w_1 minimises (d0, d1) H (d0, d1)^T over d1,
  // d0 = -1: 2 d1 - 1 * 1 = 0 -> d1 = 1/2 -> w_1 = 3.5.
  const std::vector<float> weights{1, 3};
  const std::vector<double> h{2, 1, 1, 2};
  const auto moved = calibrate::brain_surgeon(weights, 2, 0.5, 2, h);
  REQUIRE(moved);
  CHECK((*moved)[0] == 0);
  CHECK((*moved)[1] == doctest::Approx(3.5));
  const auto only_gone = calibrate::brain_surgeon(weights, 2, 0.5, 2, h, false);
  CHECK(*only_gone == std::vector<float>{0, 3});
}

TEST_CASE("OBS compensation beats plain pruning on the output") {
  const std::size_t columns = 64;
  const auto weights = normal(32 * columns, 6);
  auto inputs = normal(256 * columns, 7);
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    if (i % columns != 0) inputs[i] = 0.8f * inputs[i - 1] + 0.6f * inputs[i];
  }
  const auto h = calibrate::hessian(inputs, columns);
  const auto moved = calibrate::brain_surgeon(weights, columns, 0.5, 32, h);
  const auto gone = calibrate::brain_surgeon(weights, columns, 0.5, 32, h, false);
  CHECK(calibrate::output_error(weights, *moved, columns, inputs) < 0.8 * calibrate::output_error(weights, *gone, columns, inputs));
}
