// SHA-256 (FIPS 180-4), for comparing long outputs with published digests.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace bitbudget::testing {

namespace sha256_detail {

/// The first 32 fractional bits of a root of the first primes.
template <std::size_t kCount>
std::array<std::uint32_t, kCount> prime_roots(double (*root)(double)) {
  std::array<std::uint32_t, kCount> bits{};
  std::size_t found = 0;
  for (int n = 2; found < kCount; ++n) {
    bool prime = true;
    for (int d = 2; d * d <= n; ++d) prime = prime && n % d != 0;
    const double value = root(n);
    if (prime) bits[found++] = static_cast<std::uint32_t>((value - std::floor(value)) * 0x1p32);
  }
  return bits;
}

inline void compress(std::array<std::uint32_t, 8>& state, const std::uint8_t* chunk) {
  static const auto kRound = prime_roots<64>(std::cbrt);
  std::array<std::uint32_t, 64> w;
  for (std::size_t i = 0; i < 16; ++i) {
    w[i] = static_cast<std::uint32_t>(chunk[4 * i]) << 24 | static_cast<std::uint32_t>(chunk[4 * i + 1]) << 16 |
           static_cast<std::uint32_t>(chunk[4 * i + 2]) << 8 | chunk[4 * i + 3];
  }
  for (std::size_t i = 16; i < 64; ++i) {
    const std::uint32_t a = w[i - 15];
    const std::uint32_t b = w[i - 2];
    w[i] = w[i - 16] + w[i - 7] + (std::rotr(a, 7) ^ std::rotr(a, 18) ^ a >> 3) + (std::rotr(b, 17) ^ std::rotr(b, 19) ^ b >> 10);
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t i = 0; i < 64; ++i) {
    const std::uint32_t t = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) + ((e & f) ^ (~e & g)) + kRound[i] + w[i];
    const std::uint32_t u = (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t, d = c, c = b, b = a, a = t + u;
  }
  const std::array<std::uint32_t, 8> sum{a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < 8; ++i) state[i] += sum[i];
}

}  // namespace sha256_detail

/// The digest as 64 lower-case hexadecimal digits.
inline std::string sha256_hex(std::span<const std::byte> bytes) {
  std::vector<std::uint8_t> message;
  message.reserve(bytes.size() + 72);
  for (const std::byte b : bytes) message.push_back(static_cast<std::uint8_t>(b));
  message.push_back(0x80);
  while (message.size() % 64 != 56) message.push_back(0);
  for (int shift = 56; shift >= 0; shift -= 8) {
    message.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(bytes.size()) * 8 >> shift));
  }
  auto state = sha256_detail::prime_roots<8>(std::sqrt);
  for (std::size_t at = 0; at < message.size(); at += 64) sha256_detail::compress(state, message.data() + at);
  std::string hex;
  for (const std::uint32_t word : state) {
    for (int shift = 28; shift >= 0; shift -= 4) hex += "0123456789abcdef"[word >> shift & 15];
  }
  return hex;
}

}  // namespace bitbudget::testing
