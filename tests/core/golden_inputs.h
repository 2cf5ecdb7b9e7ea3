// The inputs of tests/golden, rebuilt from their description (tests/golden/README.md), and small helpers around them.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bitbudget::testing {

inline constexpr std::size_t kGoldenRows = 8;
inline constexpr std::size_t kGoldenColumns = 1024;

struct XorShift32 {
  std::uint32_t state;
  std::uint32_t operator()() {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
  }
  /// In [-1, 1), a multiple of 2^-23.
  float uniform() { return static_cast<float>(static_cast<std::int32_t>((*this)() >> 8) - 8388608) * 0x1p-23f; }
};

/// "uniform", "heavy", "zeros", "outlier", "constant" or "bits": 8 rows of 1024. "short": 3 rows of 150. Empty for another name.
inline std::vector<float> golden_case(std::string_view name) {
  std::vector<float> x(kGoldenRows * kGoldenColumns, 0.0f);
  if (name == "zeros") return x;
  if (name == "uniform") {
    XorShift32 random{1};
    for (float& v : x) v = random.uniform();
  } else if (name == "heavy") {
    XorShift32 random{3};
    for (float& v : x) {
      const float u = random.uniform();
      const float w = random.uniform();
      const float quotient = u / (1.0009765625f - std::abs(w));
      v = quotient * 0.0625f;
    }
  } else if (name == "outlier") {
    XorShift32 random{5};
    for (float& v : x) v = random.uniform() * 0x1p-7f;
    for (std::size_t r = 0; r < kGoldenRows; ++r) x[r * kGoldenColumns + (r * 131 + 7) % kGoldenColumns] = r % 2 ? -8.0f : 8.0f;
  } else if (name == "constant") {
    for (std::size_t i = 0; i < x.size(); ++i) {
      const float by_run[4] = {0.1f, -0.1f, i % 2 ? -0.3f : 0.3f, 1.0f};
      x[i] = by_run[i / 256 % 4];
    }
  } else if (name == "short") {
    x.resize(450);
    XorShift32 random{9};
    for (float& v : x) v = random.uniform();
  } else if (name == "bits") {
    XorShift32 random{17};
    for (float& v : x) v = std::bit_cast<float>(random());
  } else {
    x.clear();
  }
  return x;
}

/// The importance vector of the weighted outputs: one weight in [0.0625, 1.0625) per column.
inline std::vector<float> golden_importance() {
  XorShift32 random{77};
  std::vector<float> w(kGoldenColumns);
  for (float& v : w) v = 0.0625f + static_cast<float>(random() >> 8) * 0x1p-24f;
  return w;
}

/// The 256 inputs of ggml/short_blocks.json: sums of four 16-bit draws, centred, over 32768.
inline std::vector<float> short_block_inputs(std::uint32_t seed) {
  XorShift32 random{seed};
  std::vector<float> x(256);
  for (float& v : x) {
    std::int32_t sum = 0;
    for (int draw = 0; draw < 4; ++draw) sum += static_cast<std::int32_t>(random() >> 16);
    v = static_cast<float>(sum - 131070) / 32768.0f;
  }
  return x;
}

/// Odd or non-hexadecimal text gives an empty vector.
inline std::vector<std::byte> from_hex(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::vector<std::byte> bytes;
  if (hex.size() % 2 != 0 || hex.find_first_not_of("0123456789abcdef") != hex.npos) return bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) bytes.push_back(static_cast<std::byte>(digit(hex[i]) << 4 | digit(hex[i + 1])));
  return bytes;
}

inline std::string to_hex(std::span<const std::byte> bytes) {
  std::string hex;
  for (const std::byte b : bytes) {
    hex += "0123456789abcdef"[static_cast<unsigned>(b) >> 4];
    hex += "0123456789abcdef"[static_cast<unsigned>(b) & 15];
  }
  return hex;
}

}  // namespace bitbudget::testing
