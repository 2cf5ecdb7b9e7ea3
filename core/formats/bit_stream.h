// Dense bit streams of small codes: code i fills bits [i·bits, (i+1)·bits), counted from the low bit of byte 0 upwards.
// Read as little-endian words of any width it is the same stream, so codes may cross bytes and words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace bitbudget::formats {

/// Whole bytes for `count` codes (an unsigned type: std::size_t in memory, std::uint64_t for declared sizes); the unused
/// high bits of the last one are zero.
template <class Count>
constexpr Count packed_size(Count count, int bits) {
  return count / 8 * static_cast<Count>(bits) + (count % 8 * static_cast<Count>(bits) + 7) / 8;
}

/// `bits` is 1 to 8, every code is below 2^bits, out.size() is packed_size(codes.size(), bits).
void pack_bits(std::span<const std::uint8_t> codes, int bits, std::span<std::byte> out);

/// `bytes` has packed_size(codes.size(), bits) bytes or more.
void unpack_bits(std::span<const std::byte> bytes, int bits, std::span<std::uint8_t> codes);

}  // namespace bitbudget::formats
