// How ggml lays codes into bytes: never neighbours, always elements half a run (or a quarter, an eighth) apart, so that one
// SIMD register of bytes unpacks into registers of consecutive elements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace bitbudget::formats {

/// Byte i: the low four bits of code i, and above them those of code i + n/2, for n codes in n/2 bytes.
inline void pack_nibbles(std::span<const std::uint8_t> codes, std::span<std::uint8_t> bytes) {
  const std::size_t half = bytes.size();
  for (std::size_t i = 0; i < half; ++i) bytes[i] = static_cast<std::uint8_t>((codes[i] & 15) | (codes[i + half] & 15) << 4);
}

inline void unpack_nibbles(std::span<const std::uint8_t> bytes, std::span<std::uint8_t> codes) {
  const std::size_t half = bytes.size();
  for (std::size_t i = 0; i < half; ++i) {
    codes[i] = bytes[i] & 15;
    codes[i + half] = bytes[i] >> 4;
  }
}

/// Byte i: bits `shift` and `shift` + 1 of the codes i, i + n/4, i + n/2 and i + 3n/4, lowest first, for n codes in n/4 bytes.
inline void pack_pairs(std::span<const std::uint8_t> codes, int shift, std::span<std::uint8_t> bytes) {
  const std::size_t quarter = bytes.size();
  for (std::size_t i = 0; i < quarter; ++i) {
    unsigned byte = 0;
    for (std::size_t part = 0; part < 4; ++part) byte |= (codes[i + part * quarter] >> shift & 3u) << (2 * part);
    bytes[i] = static_cast<std::uint8_t>(byte);
  }
}

/// Adds the bits back to the codes.
inline void unpack_pairs(std::span<const std::uint8_t> bytes, int shift, std::span<std::uint8_t> codes) {
  const std::size_t quarter = bytes.size();
  for (std::size_t part = 0; part < 4; ++part) {
    for (std::size_t i = 0; i < quarter; ++i) {
      codes[i + part * quarter] = static_cast<std::uint8_t>(codes[i + part * quarter] | (bytes[i] >> (2 * part) & 3) << shift);
    }
  }
}

/// Bit j of byte i: bit `bit` of code i + j·n/8, for n codes in n/8 bytes.
inline void pack_bits(std::span<const std::uint8_t> codes, int bit, std::span<std::uint8_t> bytes) {
  const std::size_t eighth = bytes.size();
  for (std::size_t i = 0; i < eighth; ++i) {
    unsigned byte = 0;
    for (std::size_t part = 0; part < 8; ++part) byte |= (codes[i + part * eighth] >> bit & 1u) << part;
    bytes[i] = static_cast<std::uint8_t>(byte);
  }
}

/// Adds the bits back to the codes.
inline void unpack_bits(std::span<const std::uint8_t> bytes, int bit, std::span<std::uint8_t> codes) {
  const std::size_t eighth = bytes.size();
  for (std::size_t part = 0; part < 8; ++part) {
    for (std::size_t i = 0; i < eighth; ++i) {
      codes[i + part * eighth] = static_cast<std::uint8_t>(codes[i + part * eighth] | (bytes[i] >> part & 1) << bit);
    }
  }
}

/// Bit i, lowest first: bit 4 of code i. (In ggml a little-endian 32-bit integer.)
inline void pack_fifth_bits(std::span<const std::uint8_t, 32> codes, std::span<std::uint8_t, 4> bytes) {
  for (std::size_t i = 0; i < 4; ++i) {
    unsigned byte = 0;
    for (std::size_t bit = 0; bit < 8; ++bit) byte |= (codes[8 * i + bit] >> 4 & 1u) << bit;
    bytes[i] = static_cast<std::uint8_t>(byte);
  }
}

/// Adds the bits back to the codes.
inline void unpack_fifth_bits(std::span<const std::uint8_t, 4> bytes, std::span<std::uint8_t, 32> codes) {
  for (std::size_t i = 0; i < 32; ++i) codes[i] = static_cast<std::uint8_t>(codes[i] | (bytes[i / 8] >> (i % 8) & 1) << 4);
}

/// Eight 6-bit scales and eight 6-bit minima in 12 bytes: scale j and minimum j (j < 4) fill the low six bits of bytes j and
/// 4 + j; of scale and minimum 4 + j, the low four bits are the nibbles of byte 8 + j, and the two high bits are on top of
/// bytes j and 4 + j.
inline void pack_scales_6bit(std::span<const std::uint8_t, 8> scales, std::span<const std::uint8_t, 8> minima,
                             std::span<std::uint8_t, 12> bytes) {
  for (std::size_t j = 0; j < 4; ++j) {
    bytes[j] = static_cast<std::uint8_t>(scales[j] | scales[j + 4] >> 4 << 6);
    bytes[4 + j] = static_cast<std::uint8_t>(minima[j] | minima[j + 4] >> 4 << 6);
    bytes[8 + j] = static_cast<std::uint8_t>((scales[j + 4] & 15) | (minima[j + 4] & 15) << 4);
  }
}

inline void unpack_scales_6bit(std::span<const std::uint8_t, 12> bytes, std::span<std::uint8_t, 8> scales,
                               std::span<std::uint8_t, 8> minima) {
  for (std::size_t j = 0; j < 4; ++j) {
    scales[j] = bytes[j] & 63;
    minima[j] = bytes[4 + j] & 63;
    scales[j + 4] = static_cast<std::uint8_t>((bytes[8 + j] & 15) | bytes[j] >> 6 << 4);
    minima[j + 4] = static_cast<std::uint8_t>(bytes[8 + j] >> 4 | bytes[4 + j] >> 6 << 4);
  }
}

}  // namespace bitbudget::formats
