// The vector loops of statistics, error sums, histograms and bit streams against the plain loops, bit for bit.
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "formats/bit_stream.h"
#include "kernels/bit_stream.h"
#include "kernels/error_sums.h"
#include "kernels/histogram.h"
#include "kernels/statistics.h"
#include "tensor/random.h"
#include "tensor/statistics.h"

using namespace bitbudget;
using kernels::Arch;

namespace {

std::vector<float> values_of(std::uint64_t seed, std::size_t count) {
  std::vector<float> values(count);
  tensor::fill_random({.distribution = tensor::Distribution::student_t, .seed = seed, .nu = 2.5}, 0, values);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t word = tensor::random_word(seed + 99, i);
    if (word % 16 == 0) values[i] = word % 32 ? 0.0f : -0.0f;
    if (word % 16 == 1) values[i] *= 1e-39f;
    if (word % 64 == 2) values[i] *= 1e38f;
    if (!std::isfinite(values[i])) values[i] = 3e38f;
  }
  return values;
}

std::uint64_t bits(double x) { return std::bit_cast<std::uint64_t>(x); }

}  // namespace

TEST_CASE("error sums: vector and plain loops agree bit for bit") {
  for (std::uint64_t seed = 1; seed < 300; ++seed) {
    const auto count = static_cast<std::size_t>(tensor::random_word(seed, 0) % 700);
    const auto a = values_of(seed, count), b = values_of(seed + 1000, count);
    const auto vectors = kernels::sum_error_block<Arch>(a.data(), b.data(), count);
    const auto plain = kernels::scalar::sum_error_block(a.data(), b.data(), count);
    REQUIRE(bits(vectors.squared_error) == bits(plain.squared_error));
    REQUIRE(bits(vectors.error) == bits(plain.error));
    REQUIRE(bits(vectors.squared_original) == bits(plain.squared_original));
    REQUIRE(bits(vectors.squared_decoded) == bits(plain.squared_decoded));
    REQUIRE(bits(vectors.product) == bits(plain.product));
    REQUIRE(bits(vectors.max_abs_error) == bits(plain.max_abs_error));
  }
}

TEST_CASE("statistics: vector and plain loops agree bit for bit") {
  for (std::uint64_t seed = 1; seed < 300; ++seed) {
    const auto count = static_cast<std::size_t>(tensor::random_word(seed, 0) % 700);
    auto x = values_of(seed, count);
    CHECK(bits(kernels::sum_all<Arch>(x.data(), count)) == bits(kernels::scalar::sum_finite(x.data(), count)));
    const auto powers = kernels::power_sums_all<Arch>(x.data(), count, 0.125);
    const auto plain = kernels::scalar::power_sums_finite(x.data(), count, 0.125);
    CHECK(bits(powers.second) == bits(plain.second));
    CHECK(bits(powers.third) == bits(plain.third));
    CHECK(bits(powers.fourth) == bits(plain.fourth));
    float most = 0, low = 0, high = 0;
    for (const float v : x) {
      most = std::max(most, std::fabs(v));
      low = std::min(low, v);
      high = std::max(high, v);
    }
    CHECK(kernels::abs_max<Arch>(x.data(), count) == most);
    CHECK(kernels::extremes_with_zero<Arch>(x.data(), count).low == low);
    CHECK(kernels::extremes_with_zero<Arch>(x.data(), count).high == high);
    CHECK(kernels::first_non_finite<Arch>(x.data(), count) == count);
    if (seed % 3 == 0 && count > 0) {
      const auto at = static_cast<std::size_t>(tensor::random_word(seed, 1) % count);
      x[at] = seed % 2 ? std::numeric_limits<float>::quiet_NaN() : -std::numeric_limits<float>::infinity();
      CHECK(kernels::first_non_finite<Arch>(x.data(), count) == at);
    }
    const auto census = kernels::census<Arch>(x.data(), count);
    const auto expected = kernels::scalar::census(x.data(), count);
    CHECK(census.zeros == expected.zeros);
    CHECK(census.subnormals == expected.subnormals);
    CHECK(census.nans == expected.nans);
    CHECK(census.infinities == expected.infinities);
    CHECK(census.min == expected.min);
    CHECK(census.max == expected.max);
  }
}

TEST_CASE("histogram: vector and plain loops count alike") {
  for (std::uint64_t seed = 1; seed < 200; ++seed) {
    auto x = values_of(seed, static_cast<std::size_t>(tensor::random_word(seed, 0) % 700));
    const auto bins = static_cast<std::uint32_t>(1 + tensor::random_word(seed, 1) % 300);
    const float scale = tensor::histogram_scale(-2, 3, bins);
    for (std::size_t i = 0; i < x.size(); i += 5) x[i] = -2 + 5 * static_cast<float>(i % (bins + 1)) / static_cast<float>(bins);  // edges
    for (std::size_t i = 3; i < x.size(); i += 50) x[i] = i % 2 ? std::numeric_limits<float>::quiet_NaN() : INFINITY;
    const std::size_t slots = bins + kernels::kExtraSlots;
    std::vector<std::uint32_t> tables(4 * slots, 0), plain(slots, 0);
    kernels::histogram<Arch>(x.data(), x.size(), -2, scale, bins, tables.data());
    kernels::scalar::histogram(x.data(), x.size(), -2, scale, bins, plain.data());
    for (std::size_t slot = 0; slot < slots; ++slot) {
      REQUIRE(tables[slot] + tables[slot + slots] + tables[slot + 2 * slots] + tables[slot + 3 * slots] == plain[slot]);
    }
  }
}

TEST_CASE("bit streams: vector and plain loops agree, for every width and length, and stay within their slack") {
  constexpr std::byte kGuard{0xA5};
  for (int bits = 1; bits <= 8; ++bits) {
    const kernels::BitStream<Arch> stream(bits);
    for (std::size_t count = 0; count < 100; ++count) {
      CAPTURE(bits);
      CAPTURE(count);
      std::vector<std::uint8_t> codes(count);
      for (std::size_t i = 0; i < count; ++i) codes[i] = static_cast<std::uint8_t>(tensor::random_word(count, i) >> (64 - bits));
      const std::size_t whole = count / 16 * 16, size = formats::packed_size(whole, bits);
      std::vector<std::byte> plain(size), packed(size + kernels::kBitStreamSlack + 1, kGuard);
      formats::pack_bits(std::span(codes).first(whole), bits, plain);
      REQUIRE(stream.pack(codes.data(), count, packed.data()) == whole);
      REQUIRE(std::equal(plain.begin(), plain.end(), packed.begin()));
      REQUIRE(packed.back() == kGuard);

      std::vector<std::uint8_t> back(whole);
      REQUIRE(stream.unpack(packed.data(), count, back.data()) == whole);
      REQUIRE(std::equal(back.begin(), back.end(), codes.begin()));
    }
  }
}
