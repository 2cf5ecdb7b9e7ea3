// Range asymmetric numeral systems, order 0: within a fraction of a percent of the entropy, where Huffman must spend whole
// bits. Duda, "Asymmetric numeral systems" (arXiv 0902.0271, 1311.2540).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "error.h"

namespace bitbudget::entropy {

/// Frequencies are scaled to sum to 2^kRansBits.
inline constexpr unsigned kRansBits = 14;

/// Frequencies of sum 2^kRansBits in proportion to the counts, at least 1 for every symbol that occurs; the rounding goes
/// where it costs least. invalid_argument if nothing occurs or more than 2^kRansBits symbols do.
Result<std::vector<std::uint16_t>> rans_frequencies(std::span<const std::uint64_t> counts);

/// u16 alphabet, u64 number of symbols, one u16 frequency per symbol, u32 final state, then the renormalisation bytes in the
/// order in which the decoder reads them. The state keeps to [2^23, 2^31). A single symbol's frequency 2^14 and an empty
/// input are kept too. Little-endian. Symbols must be < alphabet <= 16,384.
Result<std::vector<std::byte>> rans_encode(std::span<const std::uint16_t> symbols, std::size_t alphabet);

/// What rans_encode wrote. A constant source takes no bytes at all, so a short stream may announce any number of symbols:
/// the caller says how many it has memory for (2 bytes each). truncated or invalid_file with the offset; too_large beyond
/// `max_symbols`.
Result<std::vector<std::uint16_t>> rans_decode(std::span<const std::byte> bytes, std::uint64_t max_symbols = std::uint64_t{1} << 26);

}  // namespace bitbudget::entropy
