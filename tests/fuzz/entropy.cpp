// The entropy coders: any bytes decode or are refused, and what is encoded comes back exactly, within the bounds of theory.
#include "entropy/entropy.h"

#include <algorithm>

#include "entropy/huffman.h"
#include "entropy/rans.h"
#include "fuzz.h"

using namespace bitbudget;

namespace {

using Symbols = std::vector<std::uint16_t>;

/// A refusal lies within the bytes.
void check_decoded(const Result<Symbols>& decoded, std::size_t size) {
  if (decoded) return;
  fuzz::require(!decoded.error().message.empty() && decoded.error().offset && *decoded.error().offset <= size, "a refusal without its place");
}

void check_lengths(const Symbols& symbols, std::size_t alphabet, std::size_t encoded) {
  const auto counts = entropy::count_symbols(symbols, alphabet);
  const auto occurring = std::count_if(counts.begin(), counts.end(), [](auto count) { return count > 0; });
  const auto lengths = entropy::huffman_lengths(counts, occurring <= 512 ? 11 : entropy::kMaxCodeLength);
  fuzz::require(lengths.has_value(), "no code");
  double kraft = 0;
  for (const std::uint8_t length : *lengths) {
    if (length > 0) kraft += 1.0 / static_cast<double>(1u << length);
  }
  fuzz::require(kraft <= 1, "lengths that are no prefix code");
  const double bits = entropy::expected_length(counts, *lengths);
  fuzz::require(entropy::entropy_bits(counts) <= bits + 1e-9, "fewer bits than the entropy");
  const auto total = static_cast<std::size_t>(bits * static_cast<double>(symbols.size()) + 0.5);
  // Four streams, each padded to a whole byte.
  const std::size_t least = 10 + (alphabet + 1) / 2 + 12 + (total + 7) / 8;
  fuzz::require(least <= encoded && encoded <= least + 3, "another size than the lengths say");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(std::as_bytes(std::span(data, size)));
  constexpr std::uint64_t kMost = 1 << 16;
  check_decoded(entropy::huffman_decode(input.rest()), size);
  check_decoded(entropy::rans_decode(input.rest(), kMost), size);

  const std::size_t alphabet = 1 + input.take<std::uint16_t>() % 2000u;
  const unsigned skew = input.take<std::uint8_t>() % 16u;
  Symbols symbols;
  for (const std::byte byte : input.rest()) {
    // Few values of a large alphabet for a large skew, all of it for none.
    const auto wide = std::to_integer<std::uint32_t>(byte) * 2654435761u >> 16;
    symbols.push_back(static_cast<std::uint16_t>((wide >> skew) % alphabet));
  }
  const auto huffman = entropy::huffman_encode(symbols, alphabet);
  fuzz::require(huffman.has_value(), "not encoded");
  fuzz::require(entropy::huffman_decode(*huffman) == symbols, "other symbols after Huffman");
  check_lengths(symbols, alphabet, huffman->size());
  const auto rans = entropy::rans_encode(symbols, alphabet);
  fuzz::require(rans.has_value(), "not encoded");
  fuzz::require(entropy::rans_decode(*rans, symbols.size()) == symbols, "other symbols after rANS");
  if (!symbols.empty()) fuzz::require(!entropy::rans_decode(*rans, symbols.size() - 1), "more symbols than were allowed");
  return 0;
}
