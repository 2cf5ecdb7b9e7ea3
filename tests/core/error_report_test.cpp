#include "measure/error_report.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tensor/random.h"

using namespace bitbudget;
using measure::compare;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

std::vector<float> draw(std::uint64_t seed, std::size_t count, double scale = 1) {
  std::vector<float> values(count);
  tensor::fill_random({.seed = seed, .scale = scale}, 0, values);
  return values;
}

}  // namespace

TEST_CASE("a report by hand") {
  const std::vector<float> a{1, -2, 3, 0, 4};
  const std::vector<float> b{1.5f, -2, 2, 0, 4};
  const auto r = compare(a, b);
  CHECK(r.count == 5);
  CHECK(r.mse == 1.25 / 5);
  CHECK(r.rmse == std::sqrt(0.25));
  CHECK(r.max_abs_error == 1);
  CHECK(r.relative_mse == 1.25 / 30);
  CHECK(r.sqnr_db == doctest::Approx(10 * std::log10(24.0)).epsilon(1e-14));
  CHECK(r.cosine == doctest::Approx(27.5 / std::sqrt(30 * 26.25)).epsilon(1e-15));
  CHECK(r.mean_error == -0.5 / 5);
}

TEST_CASE("nothing, equal, zero") {
  const auto nothing = compare({}, {});
  CHECK(nothing.count == 0);
  CHECK(nothing.mse == 0);
  CHECK(nothing.mean_error == 0);
  CHECK(nothing.relative_mse == 0);
  CHECK(nothing.sqnr_db == kInf);
  CHECK(nothing.cosine == 1);

  const auto values = draw(1, 10'000, 1e-3);
  const auto equal = compare(values, values);
  CHECK(equal.mse == 0);
  CHECK(equal.max_abs_error == 0);
  CHECK(equal.sqnr_db == kInf);
  CHECK(equal.cosine <= 1);
  CHECK(equal.cosine == doctest::Approx(1).epsilon(1e-15));

  const std::vector<float> zeros(100, 0.0f);
  CHECK(compare(zeros, zeros).sqnr_db == kInf);
  CHECK(compare(zeros, zeros).cosine == 1);
  const std::vector<float> ones(100, 1.0f);
  CHECK(compare(zeros, ones).relative_mse == kInf);
  CHECK(compare(zeros, ones).sqnr_db == -kInf);
  CHECK(compare(zeros, ones).cosine == 0);
  CHECK(compare(ones, zeros).relative_mse == 1);
  CHECK(compare(ones, zeros).sqnr_db == 0);
  CHECK(compare(ones, zeros).cosine == 0);
  const std::vector<float> minus(100, -1.0f);
  CHECK(compare(ones, minus).cosine == -1);
}

TEST_CASE("NaN and infinity show") {
  std::vector<float> a(5000, 1.0f), b(5000, 1.0f);
  b[3] = std::numeric_limits<float>::quiet_NaN();
  const auto nan = compare(a, b);
  CHECK(std::isnan(nan.mse));
  CHECK(std::isnan(nan.max_abs_error));
  CHECK(std::isnan(nan.sqnr_db));
  CHECK(std::isnan(nan.cosine));
  b[3] = std::numeric_limits<float>::infinity();
  const auto infinite = compare(a, b);
  CHECK(infinite.mse == kInf);
  CHECK(infinite.max_abs_error == kInf);
  a[3] = b[3];
  CHECK(std::isnan(compare(a, b).mse));
}

TEST_CASE("huge and tiny values neither overflow nor vanish") {
  const std::vector<float> huge(1000, 3e38f), negative(1000, -3e38f);
  const auto r = compare(huge, negative);
  CHECK(r.max_abs_error == 2.0 * static_cast<double>(3e38f));
  CHECK(r.relative_mse == doctest::Approx(4).epsilon(1e-15));
  const std::vector<float> tiny(1000, 1e-45f), twice(1000, 3e-45f);
  CHECK(compare(tiny, twice).relative_mse == doctest::Approx(1).epsilon(1e-15));
}

TEST_CASE("the sums agree with exact integer sums") {
  // Integers below 2^12 in steps of 2^-10: every product and the sum of 3 million of them is exact in 64-bit integers.
  std::vector<float> a(3'000'001), b(a.size());
  std::int64_t squared_error = 0, squares = 0, product = 0, error = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto x = static_cast<std::int64_t>(tensor::random_word(1, i) % 8191) - 4095;
    const auto y = x + static_cast<std::int64_t>(tensor::random_word(2, i) % 15) - 7;
    a[i] = static_cast<float>(x) / 1024;
    b[i] = static_cast<float>(y) / 1024;
    squared_error += (y - x) * (y - x);
    squares += x * x;
    product += x * y;
    error += y - x;
  }
  const auto sums = measure::sum_errors(a, b);
  const double unit = 1024.0 * 1024.0;
  CHECK(sums.squared_error.value() == static_cast<double>(squared_error) / unit);
  CHECK(sums.squared_original.value() == static_cast<double>(squares) / unit);
  CHECK(sums.product.value() == static_cast<double>(product) / unit);
  CHECK(sums.error.value() == static_cast<double>(error) / 1024);
}

TEST_CASE("a compensated sum keeps what a plain sum loses") {
  measure::CompensatedSum sum;
  sum.add(1);
  sum.add(1e100);
  sum.add(1);
  sum.add(-1e100);
  CHECK(sum.value() == 2);
  // 10^8 times 0.1 and the like: a plain double sum is wrong from the 9th digit on.
  measure::CompensatedSum tenths;
  double plain = 0;
  for (int i = 0; i < 10'000'000; ++i) {
    tenths.add(0.1);
    plain += 0.1;
  }
  CHECK(tenths.value() == 1e6);
  CHECK(plain != 1e6);
}

TEST_CASE("parts join to the whole") {
  const auto a = draw(3, 100'000);
  auto b = a;
  const auto noise = draw(4, a.size(), 0.05);
  for (std::size_t i = 0; i < a.size(); ++i) b[i] += noise[i];
  const auto whole = compare(a, b);
  const std::span<const float> sa(a), sb(b);
  measure::ErrorSums joined;
  for (std::size_t start = 0; start < a.size(); start += 5 * measure::kErrorBlock) {
    const std::size_t length = std::min(5 * measure::kErrorBlock, a.size() - start);
    joined = measure::merge(joined, measure::sum_errors(sa.subspan(start, length), sb.subspan(start, length)));
  }
  const auto parts = measure::report(joined);
  CHECK(parts.count == whole.count);
  CHECK(parts.max_abs_error == whole.max_abs_error);
  CHECK(parts.mse == doctest::Approx(whole.mse).epsilon(1e-15));
  CHECK(parts.cosine == doctest::Approx(whole.cosine).epsilon(1e-15));
  CHECK(parts.mean_error == doctest::Approx(whole.mean_error).epsilon(1e-13));
  CHECK(whole.sqnr_db == doctest::Approx(-20 * std::log10(0.05)).epsilon(0.01));
}
