#include "tensor/random.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "tensor/portable_math.h"

using namespace bitbudget::tensor;

namespace {

std::vector<float> draw(const RandomSource& source, std::size_t count, std::uint64_t first = 0) {
  std::vector<float> values(count);
  fill_random(source, first, values);
  return values;
}

void check_bits(const std::vector<float>& values, std::initializer_list<std::uint32_t> expected) {
  REQUIRE(values.size() == expected.size());
  std::size_t i = 0;
  for (const std::uint32_t bits : expected) {
    std::uint32_t got;
    std::memcpy(&got, &values[i++], 4);
    CHECK(got == bits);
  }
}

double share_beyond(const std::vector<float>& values, double limit) {
  const auto beyond = std::count_if(values.begin(), values.end(), [&](float x) { return std::fabs(x) > limit; });
  return static_cast<double>(beyond) / static_cast<double>(values.size());
}

struct Moments {
  double mean, variance, kurtosis;
};
Moments moments(const std::vector<float>& values) {
  const double n = static_cast<double>(values.size());
  double mean = 0, second = 0, fourth = 0;
  for (const float x : values) mean += x / n;
  for (const float x : values) {
    const double square = (x - mean) * (x - mean);
    second += square / n;
    fourth += square * square / n;
  }
  return {mean, second, fourth / (second * second)};
}

// A share of n draws differs from its probability by 5 standard deviations less than once in a million times.
double five_sigma(double probability, double n) { return 5 * std::sqrt(probability * (1 - probability) / n); }

constexpr std::size_t kCount = 200'000;

}  // namespace

TEST_CASE("portable math agrees with libm") {
  double log_error = 0, exp_error = 0, cos_error = 0;
  for (int i = 1; i < 20'000; ++i) {
    const double x = i * 0.00037;
    const double y = std::pow(1.003, i - 10'000);
    if (y != 1) log_error = std::max(log_error, std::fabs(portable::log(y) / std::log(y) - 1));
    log_error = std::max(log_error, std::fabs(portable::log(1 + x * 1e-4) / std::log(1 + x * 1e-4) - 1));
    exp_error = std::max(exp_error, std::fabs(portable::exp(50 * x - 180) / std::exp(50 * x - 180) - 1));
    cos_error = std::max(cos_error, std::fabs(portable::cos_turns(i / 20'000.0) - std::cos(2 * std::acos(-1.0) * (i / 20'000.0))));
  }
  CHECK(log_error < 4 * 0x1p-52);
  CHECK(exp_error < 4 * 0x1p-52);
  CHECK(cos_error < 8 * 0x1p-52);  // libm's argument is itself rounded
  CHECK(portable::log(1) == 0);
  CHECK(portable::exp(0) == 1);
  CHECK(portable::cos_turns(0.25) == 0);
}

TEST_CASE("the normal quantile inverts the normal distribution function") {
  for (double x = -8; x <= 8; x += 0.01) {
    const double p = 0.5 * std::erfc(-x / std::sqrt(2.0));
    if (p >= 1) break;
    // Near p = 1 the probability itself has few digits left: its spacing over the density is what x can be off by.
    const double density = std::exp(-x * x / 2) / std::sqrt(2 * std::acos(-1.0));
    const double tolerance = 1e-14 * (1 + std::fabs(x)) + 3 * 0x1p-53 * p / density;
    REQUIRE(std::fabs(portable::normal_quantile(p) - x) < tolerance);
  }
  CHECK(portable::normal_quantile(0.5) == 0);
}

TEST_CASE("first values as tests/golden/random.py gives them") {
  CHECK(random_word(1, 0) == 0xbfef8030ddc2d772ull);
  CHECK(random_word(1, 1) == 0x5f552ce482f2aa47ull);
  CHECK(random_word(1, 2) == 0x70335fc3daf3d8a7ull);
  using enum Distribution;
  check_bits(draw({.distribution = normal, .seed = 1}, 8),
             {0x3f2c7774, 0xbe1f0c9e, 0xbf5593d2, 0xbde3875c, 0xbef6d967, 0x3d1aaa87, 0x3fb644d4, 0xbf8200b3});
  check_bits(draw({.distribution = laplace, .seed = 1}, 8),
             {0x3efa94e9, 0xbdbec81a, 0xbf2402fb, 0xbd862147, 0xbea77032, 0x3cb1298f, 0x3fa90f3e, 0xbf541ff6});
  check_bits(draw({.distribution = student_t, .seed = 1}, 8),
             {0xbed780c4, 0x3f84e4b5, 0xbfacfc36, 0x3ed31711, 0x3f7b044c, 0xbf6f04f8, 0x3dbf1cc7, 0xbfdfb6ba});
  check_bits(draw({.distribution = uniform, .seed = 1}, 8),
             {0x3f5d7ab0, 0xbe5aebfb, 0xbf841bb4, 0xbe1ce59a, 0xbf242f9f, 0x3d55b1b6, 0x3fbb75b3, 0xbf990501});
  check_bits(draw({.distribution = student_t, .seed = 7, .nu = 1.5}, 4), {0xbeebbe31, 0x3e875afa, 0xbf15c0dc, 0xbfc0984d});
  check_bits(draw({.distribution = normal, .seed = 7}, 4, std::uint64_t{1} << 33),
             {0xbdbde60b, 0x3eadc14d, 0x3f460a8b, 0xbf4ff294});
}

TEST_CASE("a checksum over many values: equal natively and in wasm") {
  // FNV-1a over the bits of 20,000 values; the words come from tests/golden/random.py too.
  for (const auto& [source, expected] : std::vector<std::pair<RandomSource, std::uint64_t>>{
           {{.distribution = Distribution::normal, .seed = 3}, 0xc2f9ce064cf5a657ull},
           {{.distribution = Distribution::laplace, .seed = 3}, 0xb758ec024aee00fdull},
           {{.distribution = Distribution::student_t, .seed = 3}, 0x8b171d617b532767ull},
           {{.distribution = Distribution::uniform, .seed = 3}, 0x8074192117f7f7b5ull}}) {
    std::uint64_t hash = 0xcbf29ce484222325ull;
    for (const float x : draw(source, 20'000)) {
      std::uint32_t bits;
      std::memcpy(&bits, &x, 4);
      hash = (hash ^ bits) * 0x100000001b3ull;
    }
    CHECK(hash == expected);
  }
}

TEST_CASE("moments and tails") {
  using enum Distribution;
  const double n = kCount;
  SUBCASE("normal") {
    const auto values = draw({.distribution = normal, .seed = 5}, kCount);
    const Moments m = moments(values);
    CHECK(std::fabs(m.mean) < 5 / std::sqrt(n));
    CHECK(std::fabs(m.variance - 1) < 5 * std::sqrt(2 / n));
    CHECK(std::fabs(m.kurtosis - 3) < 5 * std::sqrt(24 / n));
    for (const double x : {0.1, 1.0, 2.0, 3.0, 4.0}) {
      const double p = std::erfc(x / std::sqrt(2.0));
      CHECK(std::fabs(share_beyond(values, x) - p) < five_sigma(p, n));
    }
  }
  SUBCASE("laplace") {
    const auto values = draw({.distribution = laplace, .seed = 5}, kCount);
    const Moments m = moments(values);
    CHECK(std::fabs(m.mean) < 5 / std::sqrt(n));
    CHECK(std::fabs(m.variance - 1) < 5 * std::sqrt(5 / n));
    for (const double x : {0.1, 1.0, 3.0, 6.0}) {
      const double p = std::exp(-x * std::sqrt(2.0));
      CHECK(std::fabs(share_beyond(values, x) - p) < five_sigma(p, n));
    }
  }
  SUBCASE("uniform") {
    const auto values = draw({.distribution = uniform, .seed = 5}, kCount);
    const Moments m = moments(values);
    CHECK(std::fabs(m.mean) < 5 / std::sqrt(n));
    CHECK(std::fabs(m.variance - 1) < 5 * std::sqrt(0.8 / n));
    CHECK(std::fabs(m.kurtosis - 1.8) < 0.02);
    CHECK(share_beyond(values, std::sqrt(3.0) + 1e-6) == 0);
    CHECK(std::fabs(share_beyond(values, 1) - (1 - 1 / std::sqrt(3.0))) < five_sigma(0.42, n));
  }
  SUBCASE("student t with 5 degrees of freedom") {
    const auto values = draw({.distribution = student_t, .seed = 5}, kCount);
    const Moments m = moments(values);
    CHECK(std::fabs(m.mean) < 5 / std::sqrt(n));
    CHECK(std::fabs(m.variance - 1) < 5 * std::sqrt(8 / n));  // kurtosis 9
    // P(|t| > x) of t_5 has a closed form in the angle atan(x / sqrt 5).
    for (const double x : {0.5, 1.0, 2.5, 6.0}) {
      const double angle = std::atan(x / std::sqrt(5.0));
      const double c = std::cos(angle);
      const double p = 1 - 2 / std::acos(-1.0) * (angle + std::sin(angle) * (c + 2.0 / 3 * c * c * c));
      CHECK(std::fabs(share_beyond(values, x * std::sqrt(3.0 / 5)) - p) < five_sigma(p, n));
    }
  }
  SUBCASE("student t with 1 degree of freedom is the Cauchy distribution, unscaled") {
    const auto values = draw({.distribution = student_t, .seed = 5, .nu = 1}, kCount);
    for (const double x : {0.5, 1.0, 10.0, 1000.0}) {
      const double p = 1 - 2 / std::acos(-1.0) * std::atan(x);
      CHECK(std::fabs(share_beyond(values, x) - p) < five_sigma(p, n));
    }
  }
}

TEST_CASE("any stretch without the rest; mean and scale; seeds differ") {
  const RandomSource source{.distribution = Distribution::student_t, .seed = 9};
  const auto whole = draw(source, 100);
  CHECK(draw(source, 30, 70) == std::vector<float>(whole.begin() + 70, whole.end()));
  RandomSource moved = source;
  moved.mean = 3;
  moved.scale = 0.02;
  const auto values = draw(moved, 100);
  for (std::size_t i = 0; i < 100; ++i) CHECK(values[i] == doctest::Approx(3 + 0.02 * whole[i]));
  // Nearby seeds share no stretch of their streams.
  CHECK(draw({.seed = 1}, 1000) != draw({.seed = 2}, 1000));
  CHECK(random_word(0, 1) != random_word(1, 0));
}

TEST_CASE("distribution names") {
  for (const auto name : {"normal", "laplace", "student_t", "uniform"}) {
    REQUIRE(find_distribution(name).has_value());
    CHECK(to_string(*find_distribution(name)) == name);
  }
  CHECK(!find_distribution("cauchy").has_value());
}
