// Canonical Huffman codes with a longest length: a coder that really encodes and decodes.
// Huffman, "A method for the construction of minimum-redundancy codes", Proc. IRE 40 (1952); lengths bounded by the
// package-merge algorithm of Larmore and Hirschberg, JACM 37 (1990), which is optimal under the bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "error.h"

namespace bitbudget::entropy {

inline constexpr unsigned kMaxCodeLength = 15;

/// The optimal length of each symbol's code word in bits, none above `max_length` (1 to kMaxCodeLength); 0 for symbols
/// that do not occur. A single symbol gets one bit. invalid_argument if more symbols occur than 2^max_length.
Result<std::vector<std::uint8_t>> huffman_lengths(std::span<const std::uint64_t> counts, unsigned max_length = kMaxCodeLength);

/// u16 alphabet, u64 number of symbols, one 4-bit length per symbol (two to a byte, low first), u32 bytes of each of the first
/// three streams; then four streams, each the code words of a quarter of the symbols, lowest bit first, padded with zeros to a
/// whole byte. Little-endian. Words have at most 11 bits where at most 512 symbols occur. Symbols must be < alphabet <= 65,535.
Result<std::vector<std::byte>> huffman_encode(std::span<const std::uint16_t> symbols, std::size_t alphabet);

/// What huffman_encode wrote. truncated or invalid_file (lengths that are no prefix code, bits left over) with the offset.
Result<std::vector<std::uint16_t>> huffman_decode(std::span<const std::byte> bytes);

}  // namespace bitbudget::entropy
