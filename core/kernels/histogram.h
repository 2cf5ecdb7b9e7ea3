// Counting values into equal cells.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

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
  using I32 = simd::I32<A>;
  const std::size_t slots = bins + kExtraSlots;
  const float cells = static_cast<float>(bins);
  const F32 start = simd::keep_f32<A>(low), factor = simd::keep_f32<A>(scale), last = simd::keep_f32<A>(cells);
  const F32 below = simd::keep_f32<A>(-1.0f);
  const I32 from_below_to_nan = simd::keep_i32<A>(static_cast<std::int32_t>(bins + 2));
  const simd::WholeToInt<A> to_int;
  // Where each lane's table begins, in bytes, at the slot of cell 0.
  simd::portable::Lanes<std::int32_t, A> starts;
  for (std::size_t lane = 0; lane < 4; ++lane) starts.lane[lane] = static_cast<std::int32_t>(4 * (lane * slots + 1));
  const I32 tables_at = starts.batch();
  auto* const bytes = reinterpret_cast<std::byte*>(tables);
  const auto count_one = [&](std::int32_t at) {
    std::uint32_t counted;
    std::memcpy(&counted, bytes + at, 4);
    ++counted;
    std::memcpy(bytes + at, &counted, 4);
  };
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const F32 t = (simd::load<A>(values + i) - start) * factor;
    // Cell -1 stands for everything below, `bins` for above, bins + 1 for NaN, which the limits turn into -1; the top edge moves
    // into the last cell.
    const I32 cell = to_int(simd::smaller(last, simd::larger(below, simd::round_down(t)))) + simd::true_bits(t == last) +
                     (simd::true_bits(t != t) & from_below_to_nan);
    const simd::portable::Lanes<std::int32_t, A> at((cell << 2) + tables_at);
    count_one(at.lane[0]);
    count_one(at.lane[1]);
    count_one(at.lane[2]);
    count_one(at.lane[3]);
  }
  scalar::histogram(values + i, count - i, low, scale, bins, tables);
}

}  // namespace bitbudget::kernels
