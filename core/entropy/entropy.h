// Entropy of discrete symbols: the floor that every lossless coder is measured against.
// Shannon, "A mathematical theory of communication", Bell System Technical Journal 27 (1948).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace bitbudget::entropy {

/// counts[s] = how often symbol s occurs. Symbols must be < alphabet (asserted).
std::vector<std::uint64_t> count_symbols(std::span<const std::uint16_t> symbols, std::size_t alphabet);

/// Order-0 entropy in bits per symbol: -sum p log2 p over the symbols that occur. 0 for an empty or constant source.
double entropy_bits(std::span<const std::uint64_t> counts);

/// Expected bits per symbol of a code with these lengths: sum p L. Symbols that occur must have a length.
double expected_length(std::span<const std::uint64_t> counts, std::span<const std::uint8_t> lengths);

/// What a lossless coder can hope for on bf16: the entropy of the 8-bit exponent field, and that plus the 8 bits of sign
/// and mantissa taken as incompressible (DFloat11, arXiv 2504.11651, and ZipNN, arXiv 2411.05239, build on this split).
struct ExponentEntropy {
  double exponent_bits = 0;
  double ideal_bits_per_weight = 0;  // exponent_bits + 8; 16 is what bf16 stores
};
/// `values` are rounded to bf16 first.
ExponentEntropy bf16_exponent_entropy(std::span<const float> values);

}  // namespace bitbudget::entropy
