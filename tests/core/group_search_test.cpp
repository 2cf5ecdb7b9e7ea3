// The weighted vector encoders against the plain loops beside them, byte for byte (the unweighted ones: kernels_differential_test).
// BITBUDGET_DIFFERENTIAL_BLOCKS sets how many blocks of 256 values each format gets (default 300).
#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include "formats/registry.h"
#include "tensor/random.h"

using namespace bitbudget;
using tensor::random_word;

namespace {

std::size_t wanted_blocks() {
  const char* text = std::getenv("BITBUDGET_DIFFERENTIAL_BLOCKS");
  return text != nullptr ? static_cast<std::size_t>(std::strtoull(text, nullptr, 10)) : 300;
}

/// Values in runs of 16, each run of one kind: normal, of one sign, constant, zero, with ties, with an outlier, huge or tiny.
void fill_values(std::uint64_t seed, std::span<float> x) {
  tensor::fill_random({.seed = seed}, 0, x);
  for (std::size_t at = 0; at < x.size(); at += 16) {
    const std::uint64_t word = random_word(seed, 1'000'000 + at);
    for (float& v : x.subspan(at, 16)) {
      switch (word % 12) {
        case 0: v = v < 0 ? -v : v; break;
        case 1: v = v < 0 ? v : -v; break;
        case 2: v = 0.25f; break;
        case 3: v = -0.7f; break;
        case 4: v = word & 64 ? 0.0f : -0.0f; break;
        case 5: v = static_cast<float>(static_cast<int>(v * 4)) / 4; break;
        case 6: v *= 1e-5f; break;
        default: break;
      }
    }
    if (word / 97 % 8 == 0) x[at + 3] *= 50;
  }
  constexpr std::array<float, 6> kScales{1e-38f, 1e-30f, 1e-15f, 1e8f, 1e25f, 1e35f};
  const auto choice = static_cast<std::size_t>(random_word(seed, 2'000'000) % 48);
  if (choice < kScales.size()) {
    for (float& v : x) v *= kScales[choice];
  }
}

/// Positive; every fourth vector has zeros, every fourth spans many powers of two.
void fill_importance(std::uint64_t seed, std::span<float> w) {
  tensor::fill_random({.seed = seed}, 0, w);
  for (float& v : w) {
    v = v * v;
    if (seed % 4 == 1 && v < 0.3f) v = 0;
    if (seed % 4 == 2) v = v * v * v * v;
  }
}

}  // namespace

TEST_CASE("weighted vector encoders equal the plain loops") {
  std::size_t formats_compared = 0;
  for (const formats::Format* format : formats::all()) {
    if (format->plain_encode == nullptr || format->row_multiple % 32 != 0) continue;
    CAPTURE(format->id);
    ++formats_compared;
    std::size_t blocks = 0;
    for (std::uint64_t seed = 1; blocks < wanted_blocks(); ++seed) {
      // Rows of 256 to 1280 values, and for short blocks of a few more: the vectors meet the ends of rows.
      const std::size_t row = 256 * (1 + seed % 5) + (256 % format->row_multiple == 0 && format->row_multiple < 256 ? seed % 8 * 32 : 0);
      if (row % format->row_multiple != 0) continue;
      std::vector<float> x(2 * row), importance(row);
      fill_values(seed, x);
      fill_importance(seed, importance);
      const auto size = static_cast<std::size_t>(*formats::encoded_size(*format, x.size(), row));
      std::vector<std::byte> vectors(size), plain(size, std::byte{0xA5});
      REQUIRE(formats::encode(*format, x, vectors, row, {.importance = importance}));
      REQUIRE(format->plain_encode(x, row, {.importance = importance}, plain));
      CAPTURE(seed);
      REQUIRE(vectors == plain);
      blocks += x.size() / 256;
    }
  }
  CHECK(formats_compared >= 10);
}
