// Dense bit streams of codes of 1 to 8 bits (formats/bit_stream.h has the layout and the truth), sixteen codes at a time: the
// codes of a 64-bit lane, one to a byte, are pushed together in three steps, to 16, 32 and 64 bits, and pulled apart likewise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/simd.h"

namespace bitbudget::kernels {

/// Bytes beyond the stream that these loops write and read: buffers have them.
inline constexpr std::size_t kBitStreamSlack = 8;

template <class A>
class BitStream {
  using U64 = simd::U64<A>;

 public:
  explicit BitStream(int bits) : half_(static_cast<std::size_t>(bits)) {
    for (int step = 0; step < 3; ++step) {
      const int cell = 8 << step, filled = bits << step;
      std::uint64_t low = 0;
      for (int at = 0; at < 64; at += 2 * cell) low |= ((std::uint64_t{1} << filled) - 1) << at;
      low_[step] = simd::keep<std::uint64_t, A>(low);
      next_[step] = simd::keep<std::uint64_t, A>(low << filled);
      shift_[step] = cell - filled;
    }
  }

  /// Packs the leading multiple of 16 codes, says how many, and writes kBitStreamSlack bytes more at most.
  std::size_t pack(const std::uint8_t* codes, std::size_t count, std::byte* out) const {
    std::size_t i = 0;
    for (; i + 16 <= count; i += 16, out += 2 * half_) {
      U64 x = simd::as<std::uint64_t>(simd::load_bytes<A>(codes + i));
      // The upper of two cells moves down to where the lower one's bits end.
      for (int step = 0; step < 3; ++step) x = (x & low_[step]) | ((x >> shift_[step]) & next_[step]);
      simd::store_lane<std::uint64_t, 0>(out, x);
      simd::store_lane<std::uint64_t, 1>(out + half_, x);
    }
    return i;
  }

  /// The inverse; reads kBitStreamSlack bytes more at most.
  std::size_t unpack(const std::byte* from, std::size_t count, std::uint8_t* codes) const {
    std::size_t i = 0;
    for (; i + 16 <= count; i += 16, from += 2 * half_) {
      std::uint64_t lanes[2];
      std::memcpy(lanes, from, 8);
      std::memcpy(lanes + 1, from + half_, 8);
      U64 x = simd::load<A>(lanes);
      for (int step = 2; step >= 0; --step) x = (x & low_[step]) | ((x & next_[step]) << shift_[step]);
      simd::store_bytes(codes + i, x);
    }
    return i;
  }

 private:
  std::size_t half_;  // bytes of eight codes
  int shift_[3];
  U64 low_[3], next_[3];  // where the bits of the lower of two cells are, and those of the upper one once they are pushed together
};

}  // namespace bitbudget::kernels
