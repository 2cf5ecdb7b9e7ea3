// core/entropy for JavaScript.
#include "convert.h"

#include "entropy/entropy.h"
#include "entropy/huffman.h"
#include "entropy/rans.h"

namespace bitbudget::wasm {
namespace {

using Symbols = std::uint16_t;

/// The package has checked that every symbol is below the alphabet.
val symbol_statistics(const val& symbols, double alphabet) {
  const auto in = Buffer<Symbols>::copy_of(symbols);
  if (!in) return failure(in.error());
  const auto counts = entropy::count_symbols(in->span(), static_cast<std::size_t>(alphabet));
  const auto lengths = entropy::huffman_lengths(counts);
  if (!lengths) return failure(lengths.error());
  const std::vector<double> as_doubles(counts.begin(), counts.end());
  return success(object({{"counts", typed_array(as_doubles)},
                         {"entropyBits", val(entropy::entropy_bits(counts))},
                         {"huffmanBits", val(entropy::expected_length(counts, *lengths))},
                         {"huffmanLengths", typed_array(*lengths)}}));
}

template <auto encode>
val encode_symbols(const val& symbols, double alphabet) {
  const auto in = Buffer<Symbols>::copy_of(symbols);
  if (!in) return failure(in.error());
  return settle(encode(in->span(), static_cast<std::size_t>(alphabet)), [](const std::vector<std::byte>& bytes) {
    return typed_array(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
  });
}

template <auto decode>
val decode_symbols(const val& bytes) {
  const auto in = Buffer<std::uint8_t>::copy_of(bytes);
  if (!in) return failure(in.error());
  return settle(decode(in->bytes()), [](const std::vector<Symbols>& symbols) { return typed_array(symbols); });
}

val bf16_exponents(const val& values) {
  const auto in = Buffer<float>::copy_of(values);
  if (!in) return failure(in.error());
  const auto found = entropy::bf16_exponent_entropy(in->span());
  return success(object({{"exponentBits", val(found.exponent_bits)}, {"idealBitsPerWeight", val(found.ideal_bits_per_weight)}}));
}

}  // namespace

EMSCRIPTEN_BINDINGS(bitbudget_entropy) {
  emscripten::function("symbolStatistics", &symbol_statistics);
  emscripten::function("huffmanEncode", &encode_symbols<entropy::huffman_encode>);
  emscripten::function("huffmanDecode", &decode_symbols<entropy::huffman_decode>);
  emscripten::function("ransEncode", &encode_symbols<entropy::rans_encode>);
  emscripten::function("ransDecode", &decode_symbols<[](std::span<const std::byte> bytes) { return entropy::rans_decode(bytes); }>);
  emscripten::function("bf16ExponentEntropy", &bf16_exponents);
}

}  // namespace bitbudget::wasm
