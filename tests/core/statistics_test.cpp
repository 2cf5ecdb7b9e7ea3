#include "tensor/statistics.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "tensor/random.h"

using namespace bitbudget::tensor;

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::vector<float> draw(const RandomSource& source, std::size_t count) {
  std::vector<float> values(count);
  fill_random(source, 0, values);
  return values;
}

}  // namespace

TEST_CASE("statistics by hand") {
  const std::vector<float> values{2, -4, 0, -0.0f, 6, 1e-40f};
  const Statistics s = statistics(values);
  CHECK(s.count == 6);
  CHECK(s.zeros == 2);
  CHECK(s.subnormals == 1);
  CHECK(s.nans == 0);
  CHECK(s.infinities == 0);
  CHECK(!s.first_nan);
  CHECK(s.min == -4);
  CHECK(s.max == 6);
  CHECK(s.abs_max == 6);
  CHECK(s.mean() == doctest::Approx(4.0 / 6));
  CHECK(s.variance() == doctest::Approx(56.0 / 6 - 16.0 / 36));
}

TEST_CASE("empty, constant and two-valued tensors") {
  const Statistics none = statistics({});
  CHECK(none.count == 0);
  CHECK(none.variance() == 0);
  CHECK(none.kurtosis() == 0);
  CHECK(none.max == 0);
  const Statistics constant = statistics(std::vector<float>(10'000, 0.1f));
  CHECK(constant.mean() == doctest::Approx(static_cast<double>(0.1f)).epsilon(1e-15));
  CHECK(constant.variance() < 1e-30);
  std::vector<float> coin(10'000);
  for (std::size_t i = 0; i < coin.size(); ++i) coin[i] = i % 2 ? 1 : -1;
  CHECK(statistics(coin).variance() == 1);
  CHECK(statistics(coin).kurtosis() == 1);
  CHECK_FALSE(std::signbit(statistics(std::vector<float>{-0.0f}).min));
}

TEST_CASE("NaN and infinities are counted, placed and left out") {
  std::vector<float> values(9000, 1.0f);
  values[5000] = kNan;
  values[8000] = kNan;
  values[4097] = -kInf;
  const Statistics s = statistics(values);
  CHECK(s.nans == 2);
  CHECK(s.first_nan == 5000);
  CHECK(s.infinities == 1);
  CHECK(s.first_infinity == 4097);
  CHECK(s.min == 1);
  CHECK(s.max == 1);
  CHECK(s.mean() == 1);
  CHECK(s.variance() == 0);
  const Statistics nothing_finite = statistics(std::vector<float>{kNan, kInf});
  CHECK(nothing_finite.first_infinity == 1);
  CHECK(nothing_finite.abs_max == 0);
  CHECK(nothing_finite.mean() == 0);
}

TEST_CASE("moments of a large mean and a small spread keep their digits") {
  // 2^18 + {0, 1/16, ..., 15/16}, equally often: the variance of 16 equal steps of 1/16 is (16^2 - 1) / 12 / 256.
  std::vector<float> values(160'000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 262144.0f + static_cast<float>(i * 7 % 16) / 16;
  const Statistics s = statistics(values);
  CHECK(s.mean() == doctest::Approx(262144 + 7.5 / 16).epsilon(1e-15));
  CHECK(s.variance() == doctest::Approx(255.0 / 12 / 256).epsilon(1e-9));
  // Kurtosis of a discrete uniform distribution of n values: 3/5 (3 n^2 - 7) / (n^2 - 1).
  CHECK(s.kurtosis() == doctest::Approx(0.6 * (3 * 256 - 7) / 255.0).epsilon(1e-7));
}

TEST_CASE("parts join to the whole") {
  auto values = draw({.distribution = Distribution::laplace, .seed = 2, .mean = 4}, 50'000);
  values[33'333] = kNan;
  values[33'334] = kInf;
  const Statistics whole = statistics(values);
  const std::span<const float> all(values);
  const Statistics joined = merge(merge(statistics(all.first(10'001)), statistics(all.subspan(10'001, 3))), statistics(all.subspan(10'004)));
  CHECK(joined.count == whole.count);
  CHECK(joined.first_nan == 33'333);
  CHECK(joined.first_infinity == 33'334);
  CHECK(joined.min == whole.min);
  CHECK(joined.max == whole.max);
  CHECK(joined.mean() == doctest::Approx(whole.mean()).epsilon(1e-14));
  CHECK(joined.variance() == doctest::Approx(whole.variance()).epsilon(1e-13));
  CHECK(joined.kurtosis() == doctest::Approx(whole.kurtosis()).epsilon(1e-12));
  CHECK(whole.kurtosis() == doctest::Approx(6).epsilon(0.1));
  CHECK(merge(Statistics{}, whole).min == whole.min);
}

TEST_CASE("histogram: every value in its cell, the top edge in the last one") {
  std::vector<std::uint64_t> bins(4, 0);
  const std::vector<float> values{-1, -0.5f, -0.75f, 0, 0.49f, 0.5f, 1, 1.0001f, -1.0001f, kInf, -kInf, kNan};
  const OutsideHistogram outside = add_to_histogram(values, -1, 1, bins);
  CHECK(bins == std::vector<std::uint64_t>{2, 1, 2, 2});
  CHECK(outside.above == 2);
  CHECK(outside.below == 2);
  CHECK(outside.nans == 1);
  add_to_histogram(values, -1, 1, bins);
  CHECK(bins[0] == 4);
}

TEST_CASE("histogram: nothing is lost, whatever the range") {
  const auto values = draw({.seed = 11}, 100'003);
  const Statistics s = statistics(values);
  for (const std::size_t count : {std::size_t{1}, std::size_t{3}, std::size_t{255}, std::size_t{256}, std::size_t{4099}}) {
    std::vector<std::uint64_t> bins(count, 0);
    const OutsideHistogram outside = add_to_histogram(values, s.min, s.max, bins);
    CHECK(outside.below + outside.above + outside.nans == 0);
    CHECK(std::accumulate(bins.begin(), bins.end(), std::uint64_t{0}) == values.size());
    CHECK(bins.back() >= 1);
    CHECK((s.max - s.min) * histogram_scale(s.min, s.max, count) <= static_cast<float>(count));
  }
  // A second implementation in double; a value within f32 rounding of a cell's edge may differ by one cell.
  std::vector<std::uint64_t> bins(100, 0);
  std::vector<std::uint64_t> reference(100, 0);
  add_to_histogram(values, -3, 3, bins);
  for (const float x : values) {
    if (x >= -3 && x <= 3) ++reference[std::min<std::size_t>(99, static_cast<std::size_t>((x + 3.0) * 100 / 6))];
  }
  std::uint64_t moved = 0;
  for (std::size_t i = 0; i < 100; ++i) moved += bins[i] > reference[i] ? bins[i] - reference[i] : reference[i] - bins[i];
  CHECK(moved <= 4);
}
