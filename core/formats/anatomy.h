// What each bit of an encoded block is for, found out by turning it over and decoding: true for every format, and unable to
// disagree with its decoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "formats/format.h"

namespace bitbudget::formats {

struct Anatomy {
  /// For each bit of the bytes, bit i being bit i % 8 (from the lowest) of byte i / 8: how many values it has a say in.
  /// 0: padding. 1: part of one value's code. More: a scale, an offset, or a part of one.
  std::vector<std::uint32_t> reach;
  /// For each bit: 1 if the element that was asked for is among those values.
  std::vector<std::uint8_t> of_element;
  /// The values that the element's own bits (those of reach 1) can give while the rest of these bytes stays: ascending,
  /// each once. Empty where it has more than kMaxOwnBits of them, or none.
  std::vector<float> levels;
};

inline constexpr unsigned kMaxOwnBits = 8;

/// `bytes` is what encode gave for one row of `count` values. A bit is also tried in a few other blocks of the same format, for
/// what it does may not show in this one: a code changes nothing under a scale of zero.
/// Work: bits x count, so this is for blocks and rows, not for tensors. invalid_argument for element >= count, or more than
/// 65536 values; truncated as decode.
Result<Anatomy> anatomy(const Format& format, std::span<const std::byte> bytes, std::uint64_t count, std::uint64_t element);

}  // namespace bitbudget::formats
