// Counting values into equal cells.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/simd.h"

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
template <class A>
void histogram(const float* values, std::size_t count, float low, float scale, std::uint32_t bins, std::uint32_t* tables) {
  using F32 = simd::F32<A>;
  const std::size_t slots = bins + kExtraSlots;
  const float cells = static_cast<float>(bins);
  const F32 start(low), factor(scale), last(cells), below(-1.0f), above(cells + 1);
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const F32 t = (simd::load<A>(values + i) - start) * factor;
    // The top edge moves into the last cell, -1 stands for everything below, cells for above, cells + 1 for NaN.
    F32 cell = simd::smaller(F32(cells - 0.5f), t);
    cell = xsimd::select(t > last, last, cell);
    cell = xsimd::select(t < F32(0.0f), below, cell);
    cell = xsimd::select(t == t, cell, above);
    const simd::portable::Lanes<std::int32_t, A> slot(simd::truncate_to_int(cell) + simd::I32<A>(1));
    for (std::size_t lane = 0; lane < 4; ++lane) ++tables[lane * slots + static_cast<std::uint32_t>(slot.lane[lane])];
  }
  scalar::histogram(values + i, count - i, low, scale, bins, tables);
}

}  // namespace bitbudget::kernels
