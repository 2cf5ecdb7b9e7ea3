// Counting values into equal cells.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bitbudget::kernels {

/// Slot of a value: 0 below, 1 ... bins the cells, bins + 1 above, bins + 2 NaN.
inline constexpr std::size_t kExtraSlots = 3;

namespace scalar {

inline std::uint32_t histogram_slot(float x, float low, float scale, std::uint32_t bins) {
  const float t = (x - low) * scale;
  const float cells = static_cast<float>(bins);
  if (t != t) return bins + 2;
  if (t < 0) return 0;
  if (t > cells) return bins + 1;
  if (t == cells) return bins;
  return static_cast<std::uint32_t>(t) + 1;
}

/// Adds to `slots` (bins + kExtraSlots of them).
inline void histogram(const float* values, std::size_t count, float low, float scale, std::uint32_t bins, std::uint32_t* slots) {
  for (std::size_t i = 0; i < count; ++i) ++slots[histogram_slot(values[i], low, scale, bins)];
}

}  // namespace scalar

/// Four tables of (bins + kExtraSlots) each, zeroed by the caller: a table of its own for each of four neighbours, so that an
/// increment never waits for the one before. The counts are the tables' sums; at most 2^32 - 1 values.
inline void histogram(const float* values, std::size_t count, float low, float scale, std::uint32_t bins, std::uint32_t* tables) {
  const std::size_t slots = bins + kExtraSlots;
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    for (std::size_t lane = 0; lane < 4; ++lane) {
      ++tables[lane * slots + scalar::histogram_slot(values[i + lane], low, scale, bins)];
    }
  }
  scalar::histogram(values + i, count - i, low, scale, bins, tables);
}

}  // namespace bitbudget::kernels
