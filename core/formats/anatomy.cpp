#include "formats/anatomy.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "formats/registry.h"
#include "heap_sort.h"

namespace bitbudget::formats {
namespace {

constexpr std::uint64_t kMaxCount = 65536;
constexpr std::uint32_t kProbes = 6;

std::byte mask(std::size_t bit) { return static_cast<std::byte>(1u << (bit % 8)); }

/// The same bits: so a NaN is itself, and 0 is not -0.
bool same(float a, float b) { return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b); }

/// Values of several magnitudes and both signs, another set for each probe.
std::vector<float> probe_values(std::size_t count, std::uint32_t probe) {
  std::vector<float> values(count);
  std::uint32_t state = 0x9E3779B9u * (probe + 1);
  for (float& value : values) {
    state = state * 1664525u + 1013904223u;
    value = (static_cast<float>(state >> 8) * 0x1p-23f - 1.0f) * (1.0f + static_cast<float>(probe));
  }
  return values;
}

/// Sets, for each bit, which values it changed: rows of `count` flags.
void probe(const Format& format, std::vector<std::byte> bytes, std::size_t count, std::vector<std::uint8_t>& changed) {
  std::vector<float> plain(count);
  std::vector<float> turned(count);
  if (!decode(format, bytes, plain)) return;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] ^= mask(bit);
    if (decode(format, bytes, turned)) {
      std::uint8_t* row = changed.data() + bit * count;
      for (std::size_t i = 0; i < count; ++i) row[i] |= !same(plain[i], turned[i]);
    }
    bytes[bit / 8] ^= mask(bit);
  }
}

std::vector<float> find_levels(const Format& format, std::vector<std::byte> bytes, std::size_t count, std::size_t element,
                               std::span<const std::size_t> own) {
  std::vector<float> levels;
  if (own.empty() || own.size() > kMaxOwnBits) return levels;
  std::vector<float> values(count);
  for (std::uint32_t code = 0; code < (1u << own.size()); ++code) {
    for (std::size_t k = 0; k < own.size(); ++k) {
      std::byte& byte = bytes[own[k] / 8];
      byte = (code >> k & 1) != 0 ? byte | mask(own[k]) : byte & ~mask(own[k]);
    }
    if (decode(format, bytes, values) && std::isfinite(values[element])) levels.push_back(values[element]);
  }
  heap_sort(levels.begin(), levels.end());
  levels.erase(std::ranges::unique(levels).begin(), levels.end());
  return levels;
}

}  // namespace

Result<Anatomy> anatomy(const Format& format, std::span<const std::byte> bytes, std::uint64_t count64, std::uint64_t element) {
  if (count64 > kMaxCount || element >= count64) {
    return fail_field(ErrorCode::invalid_argument, "element", "The element must be one of at most 65536 values.");
  }
  const auto count = static_cast<std::size_t>(count64);
  std::vector<float> values(count);
  if (auto readable = decode(format, bytes, values); !readable) return std::unexpected(std::move(readable.error()));

  const std::vector<std::byte> own_bytes(bytes.begin(), bytes.end());
  const std::size_t bits = bytes.size() * 8;
  std::vector<std::uint8_t> changed(bits * count);
  probe(format, own_bytes, count, changed);
  // Long rows show all they have in one: the others are for short blocks, where a value may well be zero.
  for (std::uint32_t i = 0; i < (count > 1024 ? 1 : kProbes); ++i) {
    std::vector<std::byte> other(bytes.size());
    if (encode(format, probe_values(count, i), other)) probe(format, std::move(other), count, changed);
  }

  Anatomy out{std::vector<std::uint32_t>(bits), std::vector<std::uint8_t>(bits), {}};
  std::vector<std::size_t> own;
  for (std::size_t bit = 0; bit < bits; ++bit) {
    const std::uint8_t* row = changed.data() + bit * count;
    out.reach[bit] = static_cast<std::uint32_t>(std::count(row, row + count, std::uint8_t{1}));
    out.of_element[bit] = row[element];
    if (out.reach[bit] == 1 && row[element] != 0) own.push_back(bit);
  }
  out.levels = find_levels(format, own_bytes, count, static_cast<std::size_t>(element), own);
  return out;
}

}  // namespace bitbudget::formats
