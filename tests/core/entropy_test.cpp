#include "entropy/entropy.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <tuple>

#include <doctest/doctest.h>

#include "entropy/huffman.h"
#include "entropy/rans.h"
#include "tensor/random.h"

using namespace bitbudget;
using namespace bitbudget::entropy;

namespace {

using Symbols = std::vector<std::uint16_t>;

/// Symbols of a geometric source, by inverting its distribution.
Symbols geometric(std::size_t count, double p, std::size_t alphabet, std::uint64_t seed) {
  Symbols symbols(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double u = (static_cast<double>(tensor::random_word(seed, i) >> 12) + 0.5) * 0x1p-52;
    const double value = std::floor(std::log(u) / std::log(1 - p));
    symbols[i] = static_cast<std::uint16_t>(std::min(value, static_cast<double>(alphabet - 1)));
  }
  return symbols;
}

double kraft_sum(std::span<const std::uint8_t> lengths) {
  double sum = 0;
  for (const auto length : lengths) sum += length > 0 ? std::exp2(-static_cast<double>(length)) : 0;
  return sum;
}

/// The cost of Huffman's own construction, by merging the two lightest trees: each merge costs its weight.
std::uint64_t huffman_cost(std::vector<std::uint64_t> weights) {
  std::erase(weights, 0u);
  std::uint64_t cost = 0;
  while (weights.size() > 1) {
    std::sort(weights.begin(), weights.end(), std::greater<>());
    const std::uint64_t merged = weights[weights.size() - 1] + weights[weights.size() - 2];
    weights.resize(weights.size() - 2);
    weights.push_back(merged);
    cost += merged;
  }
  return cost;
}

const std::vector<Symbols>& edge_cases() {
  static const std::vector<Symbols> cases = [] {
    std::vector<Symbols> made{{}, {0}, {7}, {3, 3, 3, 3}, {0, 1}, {0, 255, 0, 255, 255}};
    Symbols every(256);
    for (std::size_t i = 0; i < 256; ++i) every[i] = static_cast<std::uint16_t>(i);
    made.push_back(every);
    // Fibonacci weights make the deepest tree: 24 levels without a bound.
    Symbols deep;
    std::size_t a = 1, b = 1;
    for (std::uint16_t symbol = 0; symbol < 25; ++symbol) {
      deep.insert(deep.end(), a, symbol);
      std::tie(a, b) = std::pair{b, a + b};
    }
    made.push_back(deep);
    for (const double p : {0.02, 0.3, 0.9, 0.999}) made.push_back(geometric(20'000, p, 256, 5));
    return made;
  }();
  return cases;
}

}  // namespace

TEST_CASE("entropy agrees with closed forms") {
  CHECK(entropy_bits(std::vector<std::uint64_t>{}) == 0);
  CHECK(entropy_bits(std::vector<std::uint64_t>{0, 9, 0}) == 0);
  CHECK(entropy_bits(std::vector<std::uint64_t>(16, 3)) == doctest::Approx(4).epsilon(1e-14));
  CHECK(entropy_bits(std::vector<std::uint64_t>{1, 1, 2}) == doctest::Approx(1.5).epsilon(1e-14));
  CHECK(entropy_bits(std::vector<std::uint64_t>{11, 89}) == doctest::Approx(-0.11 * std::log2(0.11) - 0.89 * std::log2(0.89)).epsilon(1e-13));
}

TEST_CASE("Huffman lengths are optimal where the bound does not bite, and a prefix code where it does") {
  for (const Symbols& symbols : edge_cases()) {
    const auto counts = count_symbols(symbols, 256);
    for (const unsigned bound : {8u, 11u, kMaxCodeLength}) {
      const auto lengths = huffman_lengths(counts, bound);
      REQUIRE(lengths);
      unsigned longest = 0;
      std::uint64_t cost = 0;
      for (std::size_t s = 0; s < counts.size(); ++s) {
        CHECK(((*lengths)[s] > 0) == (counts[s] > 0));
        longest = std::max<unsigned>(longest, (*lengths)[s]);
        cost += counts[s] * (*lengths)[s];
      }
      CHECK(longest <= bound);
      CHECK(kraft_sum(*lengths) <= 1);
      const auto unbounded = huffman_cost(counts);
      CHECK(cost >= unbounded);
      if (longest < bound && unbounded > 0) CHECK(cost == unbounded);
    }
  }
  CHECK_FALSE(huffman_lengths(std::vector<std::uint64_t>(257, 1), 8));
}

TEST_CASE("H <= E[L] < H + 1") {
  for (const double p : {0.05, 0.3, 0.7, 0.97}) {
    const auto symbols = geometric(100'000, p, 256, 11);
    const auto counts = count_symbols(symbols, 256);
    const auto lengths = huffman_lengths(counts);
    REQUIRE(lengths);
    const double entropy = entropy_bits(counts);
    const double expected = expected_length(counts, *lengths);
    CHECK(entropy <= expected);
    CHECK(expected < entropy + 1);
  }
}

TEST_CASE("Huffman and rANS give back what went in") {
  for (const Symbols& symbols : edge_cases()) {
    const auto huffman = huffman_encode(symbols, 256);
    REQUIRE(huffman);
    CHECK(huffman_decode(*huffman).value() == symbols);
    const auto rans = rans_encode(symbols, 256);
    REQUIRE(rans);
    CHECK(rans_decode(*rans).value() == symbols);
  }
}

TEST_CASE("rANS comes within a tenth of a percent of the entropy, Huffman cannot go below one bit") {
  for (const double p : {0.05, 0.3, 0.97}) {
    const auto symbols = geometric(400'000, p, 256, 3);
    const double floor_bits = entropy_bits(count_symbols(symbols, 256)) * 400'000;
    const double table_bits = 8 * (10 + 256 * 2 + 4);
    const double rans_bits = 8.0 * static_cast<double>(rans_encode(symbols, 256)->size()) - table_bits;
    CHECK(rans_bits > floor_bits * 0.9999);
    CHECK(rans_bits < floor_bits * 1.002 + 64);
    const double huffman_bits = 8.0 * static_cast<double>(huffman_encode(symbols, 256)->size());
    CHECK(huffman_bits >= 400'000);
  }
}

TEST_CASE("coders refuse damaged streams without crashing") {
  const auto symbols = geometric(3'000, 0.3, 64, 9);
  const auto check_all = [&](std::vector<std::byte> good, auto decode) {
    REQUIRE(decode(good).value() == symbols);
    for (std::size_t cut = 0; cut < good.size(); cut += 1 + cut / 16) {
      CHECK_FALSE(decode(std::span(good).first(cut)));
    }
    std::vector<std::byte> longer = good;
    longer.push_back(std::byte{0});
    CHECK_FALSE(decode(std::span<const std::byte>(longer)));
    // A flipped bit either is refused or decodes to something else; it never reads outside.
    for (std::size_t bit = 0; bit < good.size() * 8; bit += 7) {
      auto flipped = good;
      flipped[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
      if (const auto decoded = decode(std::span<const std::byte>(flipped))) CHECK(*decoded != symbols);
    }
  };
  check_all(*huffman_encode(symbols, 64), [](std::span<const std::byte> bytes) { return huffman_decode(bytes); });
  check_all(*rans_encode(symbols, 64), [](std::span<const std::byte> bytes) { return rans_decode(bytes); });
}

TEST_CASE("streams that announce more than they hold are refused before memory is taken") {
  // A constant source costs no bytes: only the caller knows how many symbols it has room for.
  const auto constant = *rans_encode(Symbols(1000, 3), 4);
  CHECK(rans_decode(constant, 1000).value() == Symbols(1000, 3));
  CHECK(rans_decode(constant, 999).error().code == ErrorCode::too_large);
  const auto with_count = [](std::vector<std::byte> stream, std::uint64_t count) {
    std::memcpy(stream.data() + 2, &count, 8);
    return stream;
  };
  for (const std::uint64_t count : {std::uint64_t{1} << 27, std::uint64_t{1} << 62, ~std::uint64_t{0}}) {
    CHECK(rans_decode(with_count(constant, count)).error().code == ErrorCode::too_large);
    CHECK(rans_decode(with_count(*rans_encode(geometric(1000, 0.3, 64, 9), 64), count)).error().code == ErrorCode::invalid_file);
    CHECK(huffman_decode(with_count(*huffman_encode(geometric(1000, 0.3, 64, 9), 64), count)).error().code == ErrorCode::truncated);
  }
}

TEST_CASE("the exponents of a Gaussian in bf16 carry about 2.54 bits") {
  // 10.545 bits per weight for sigma 0.02 and 10.5449 for 1: numerical integration of the exponent's distribution.
  std::vector<float> values(1 << 20);
  for (const auto& [sigma, bits] : {std::pair{1.0, 2.5449}, {0.05, 2.5422}, {0.02, 2.5453}}) {
    tensor::fill_random({.seed = 21, .scale = sigma}, 0, values);
    // The entropy's sampling error is sqrt(var(-log2 p) / n), about 0.0015 here: five of them.
    CHECK(std::abs(bf16_exponent_entropy(values).exponent_bits - bits) < 0.0075);
  }
}
