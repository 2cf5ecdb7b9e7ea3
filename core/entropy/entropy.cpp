#include "entropy/entropy.h"

#include <cassert>
#include <cmath>

#include "tensor/float_types.h"

namespace bitbudget::entropy {

std::vector<std::uint64_t> count_symbols(std::span<const std::uint16_t> symbols, std::size_t alphabet) {
  std::vector<std::uint64_t> counts(alphabet);
  for (const std::uint16_t symbol : symbols) {
    assert(symbol < alphabet);
    ++counts[symbol];
  }
  return counts;
}

double entropy_bits(std::span<const std::uint64_t> counts) {
  std::uint64_t total = 0;
  double weighted = 0;
  for (const std::uint64_t count : counts) {
    if (count == 0) continue;
    total += count;
    weighted += static_cast<double>(count) * std::log2(static_cast<double>(count));
  }
  if (total == 0) return 0;
  const double entropy = std::log2(static_cast<double>(total)) - weighted / static_cast<double>(total);
  return entropy > 0 ? entropy : 0;
}

double expected_length(std::span<const std::uint64_t> counts, std::span<const std::uint8_t> lengths) {
  assert(counts.size() == lengths.size());
  std::uint64_t total = 0;
  std::uint64_t bits = 0;
  for (std::size_t s = 0; s < counts.size(); ++s) {
    total += counts[s];
    bits += counts[s] * lengths[s];
  }
  return total == 0 ? 0 : static_cast<double>(bits) / static_cast<double>(total);
}

ExponentEntropy bf16_exponent_entropy(std::span<const float> values) {
  std::vector<std::uint64_t> counts(256);
  for (const float value : values) ++counts[(tensor::bf16_from_f32(value) >> 7) & 0xFF];
  const double bits = entropy_bits(counts);
  return {bits, bits + 8};
}

}  // namespace bitbudget::entropy
