#include "formats/hadamard.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <vector>

#include "formats/registry.h"
#include "tensor/random.h"

using namespace bitbudget;
using namespace bitbudget::formats;

namespace {

std::vector<float> normal(std::size_t count, std::uint64_t seed) {
  std::vector<float> values(count);
  tensor::fill_random({.seed = seed}, 0, values);
  return values;
}

/// The matrix itself, in double: H(i, j) = (-1)^popcount(i & j) / sqrt(n).
std::vector<double> by_matrix(std::span<const float> x) {
  std::vector<double> y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t j = 0; j < x.size(); ++j) y[i] += std::popcount(i & j) % 2 ? -double{x[j]} : double{x[j]};
    y[i] /= std::sqrt(static_cast<double>(x.size()));
  }
  return y;
}

double relative_error(std::span<const float> original, std::span<const float> decoded) {
  double error = 0;
  double square = 0;
  for (std::size_t i = 0; i < original.size(); ++i) {
    error += std::pow(double{decoded[i]} - original[i], 2);
    square += double{original[i]} * original[i];
  }
  return error / square;
}

std::vector<float> through(const char* id, std::span<const float> values, std::size_t row) {
  const Format& format = *find(id);
  std::vector<std::byte> bytes(static_cast<std::size_t>(*encoded_size(format, values.size(), row)));
  REQUIRE(encode(format, values, bytes, row));
  std::vector<float> decoded(values.size());
  REQUIRE(decode(format, bytes, decoded, row));
  return decoded;
}

}  // namespace

TEST_CASE("Hadamard: the fast transform is the matrix") {
  for (const std::size_t block : {1u, 2u, 4u, 8u, 32u, 256u}) {
    const auto x = normal(3 * block, block);
    auto y = x;
    REQUIRE(rotate(y, 3 * block, {.block = block}));
    for (std::size_t b = 0; b < 3; ++b) {
      const auto expected = by_matrix(std::span(x).subspan(b * block, block));
      for (std::size_t i = 0; i < block; ++i) CHECK(y[b * block + i] == doctest::Approx(expected[i]).epsilon(1e-5).scale(1));
    }
  }
  // By hand: H of order 4 on 1, 2, 3, 4 is (10, -2, -4, 0) / 2.
  std::vector<float> four{1, 2, 3, 4};
  REQUIRE(rotate(four, 4));
  CHECK(four == std::vector<float>{5, -1, -2, 0});
}

TEST_CASE("Hadamard: rotating back gives the values, with signs and without") {
  for (const auto seed : {std::optional<std::uint64_t>{}, std::optional<std::uint64_t>{7}}) {
    const auto x = normal(10 * 96, 3);
    auto y = x;
    const HadamardOptions options{.block = 32, .sign_seed = seed};
    REQUIRE(rotate(y, 96, options));
    double before = 0;
    double after = 0;
    for (std::size_t i = 0; i < x.size(); ++i) before += double{x[i]} * x[i], after += double{y[i]} * y[i];
    CHECK(after == doctest::Approx(before).epsilon(1e-6));
    CHECK(relative_error(x, y) > 0.5);
    REQUIRE(rotate_back(y, 96, options));
    CHECK(relative_error(x, y) < 1e-12);
  }
}

TEST_CASE("Hadamard: the signs are those of the seed, alike in every row") {
  std::vector<float> x(2 * 64, 1.0f);
  REQUIRE(rotate(x, 64, {.block = 1, .sign_seed = 5}));  // a block of one only flips
  int minus = 0;
  for (std::size_t c = 0; c < 64; ++c) {
    CHECK(x[c] == (tensor::random_word(5, c) & 1 ? -1.0f : 1.0f));
    CHECK(x[64 + c] == x[c]);
    minus += x[c] < 0;
  }
  CHECK(minus > 16);
  CHECK(minus < 48);
}

TEST_CASE("Hadamard: what it does to an outlier column") {
  // tests/golden/theory.json, own_small_experiments.hadamard_outlier: 256 x 256 normal values, one column 20 times larger,
  // asymmetric 4-bit groups. One matrix each, and other random numbers: 5 % for that.
  auto x = normal(256 * 256, 11);
  for (std::size_t r = 0; r < 256; ++r) x[r * 256 + 100] *= 20;
  struct Case {
    const char* id;
    double raw, rotated;
  };
  for (const Case c : {Case{"int4_asym_row", 0.06927, 0.00782}, Case{"int4_asym_g64", 0.01912, 0.00586}, Case{"int4_asym_g32", 0.01047, 0.00488}}) {
    CAPTURE(c.id);
    CHECK(relative_error(x, through(c.id, x, 256)) == doctest::Approx(c.raw).epsilon(0.05));
    auto y = x;
    REQUIRE(rotate(y, 256));
    y = through(c.id, y, 256);
    REQUIRE(rotate_back(y, 256));
    CHECK(relative_error(x, y) == doctest::Approx(c.rotated).epsilon(0.05));
  }
}

TEST_CASE("Hadamard: what it refuses") {
  std::vector<float> x(96);
  CHECK(largest_hadamard_block(96) == 32);
  CHECK(largest_hadamard_block(0) == 0);
  CHECK(rotate(x, 96, {.block = 64}).error().field == "block");
  CHECK(rotate(x, 96, {.block = 3}).error().field == "block");
  CHECK(rotate(x, 50).error().field == "rowLength");
  CHECK(rotate(x, 0).error().field == "rowLength");
  CHECK(rotate(std::span<float>{}, 0).has_value());
}
