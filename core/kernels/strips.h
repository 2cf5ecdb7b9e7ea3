// How the encoders of formats with a scale per block are built: strip by strip, first the scales of its blocks, four at a time,
// then the codes, one block at a time. Two small loops, because WebAssembly engines have 15 vector registers.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "kernels/float_codes.h"
#include "kernels/simd.h"

namespace bitbudget::kernels {

inline constexpr std::size_t kStrip = 32;  // blocks, at most

/// Blocks of a strip: about 4 KiB of values, so that memory brings the next strip while the codes of one are made.
constexpr std::size_t strip_blocks(std::size_t length) { return length <= 1024 / kStrip ? kStrip : length < 256 ? 1024 / length : 4; }

/// Encodes four blocks by the truth.
using PlainFour = void (*)(const float* x, std::byte* out);

/// What the scales of a strip's blocks leave for its codes: one number of each kind per block.
template <std::size_t kFactors>
struct StripFactors {
  alignas(16) float of[kFactors][kStrip];
};

/// Encodes the first multiple of 4 blocks and says how many that is. An Encoder holds the constants of its loops, and has
///   kLength, kBytes, kFactors
///   bool scales(x, out, factors, first)   writes the heads of four blocks, and factors of[...][first ... first + 3]; false
///                                         where the arithmetic of `codes` would not do
///   void codes(x, factors, block, out)    writes the codes of one
///   static void plain(x, out)             encodes four blocks by the plain loop
template <class Encoder>
std::size_t encode_in_strips_by(const Encoder& encoder, const float* x, std::size_t blocks, std::byte* out) {
  StripFactors<Encoder::kFactors> factors;
  const std::size_t whole = blocks / 4 * 4;
  constexpr std::size_t strip = strip_blocks(Encoder::kLength);
  for (std::size_t done = 0; done < whole; done += strip) {
    const std::size_t count = whole - done < strip ? whole - done : strip;
    const float* from = x + done * Encoder::kLength;
    std::byte* to = out + done * Encoder::kBytes;
    std::uint32_t left = 0;  // a bit for each four blocks that are left to the plain loop
    for (std::size_t b = 0; b < count; b += 4) {
      if (!encoder.scales(from + b * Encoder::kLength, to + b * Encoder::kBytes, factors, b)) left |= 1u << (b / 4);
    }
    simd::barrier();
    for (std::size_t b = 0; b < count; ++b) encoder.codes(from + b * Encoder::kLength, factors, b, to + b * Encoder::kBytes);
    simd::barrier();
    for (; left != 0; left &= left - 1) {
      const auto b = static_cast<std::size_t>(std::countr_zero(left)) * 4;
      Encoder::plain(from + b * Encoder::kLength, to + b * Encoder::kBytes);
    }
  }
  return whole;
}

/// The same where an Encoder takes nothing from the tensor.
template <class Encoder>
std::size_t encode_in_strips(const float* x, std::size_t blocks, std::byte* out) {
  return encode_in_strips_by(Encoder(), x, blocks, out);
}

/// Largest magnitudes of four blocks that follow one another, one per lane. `mask` is 0x7FFFFFFF in every lane.
template <std::size_t kLength, class A>
simd::F32<A> abs_max_of_four(const float* x, const simd::F32<A>& mask) {
  using F32 = simd::F32<A>;
  F32 most[4];
  for (std::size_t block = 0; block < 4; ++block, x += kLength) {
    F32 even = simd::load<A>(x) & mask, odd = simd::load<A>(x + 4) & mask;
    for (std::size_t i = 8; i < kLength; i += 8) {
      even = simd::larger(even, simd::load<A>(x + i) & mask);
      odd = simd::larger(odd, simd::load<A>(x + i + 4) & mask);
    }
    most[block] = simd::larger(even, odd);
    simd::barrier();
  }
  simd::transpose(most[0], most[1], most[2], most[3]);
  return simd::larger(simd::larger(most[0], most[1]), simd::larger(most[2], most[3]));
}

/// Least and largest values of four blocks, one per lane. Of the two zeros either may be found.
template <class A>
struct RangeOfFour {
  simd::F32<A> low, high;
};
template <class A, std::size_t kLength>
RangeOfFour<A> range_of_four(const float* x) {
  using F32 = simd::F32<A>;
  F32 high[4], low[4];
  for (std::size_t block = 0; block < 4; ++block, x += kLength) {
    const F32 first = simd::load<A>(x), second = simd::load<A>(x + 4);
    F32 low_even = first, low_odd = second, high_even = first, high_odd = second;
    for (std::size_t i = 8; i < kLength; i += 8) {
      const F32 even = simd::load<A>(x + i), odd = simd::load<A>(x + i + 4);
      low_even = simd::smaller(low_even, even);
      high_even = simd::larger(high_even, even);
      low_odd = simd::smaller(low_odd, odd);
      high_odd = simd::larger(high_odd, odd);
    }
    low[block] = simd::smaller(low_even, low_odd);
    high[block] = simd::larger(high_even, high_odd);
    simd::barrier();
  }
  simd::transpose(low[0], low[1], low[2], low[3]);
  simd::transpose(high[0], high[1], high[2], high[3]);
  return {simd::smaller(simd::smaller(low[0], low[1]), simd::smaller(low[2], low[3])),
          simd::larger(simd::larger(high[0], high[1]), simd::larger(high[2], high[3]))};
}

/// 1/d, or 0 where that is infinite: formats::reciprocal_or_zero in every lane.
template <class A>
struct Reciprocals {
  simd::F32<A> one = simd::keep_f32<A>(1.0f), most = simd::keep_f32<A>(std::numeric_limits<float>::max());
  simd::F32<A> mask = simd::keep_f32<A>(std::bit_cast<float>(0x7FFFFFFFu));

  simd::F32<A> operator()(const simd::F32<A>& d) const {
    const simd::F32<A> inverse = one / d;
    return simd::where((inverse & mask) <= most, inverse);
  }
};

/// Four f16 codes, `stride` bytes apart.
template <class A>
void store_halves(const simd::I32<A>& codes, std::byte* to, std::size_t stride) {
  simd::store_lane<std::uint16_t, 0>(to, codes);
  simd::store_lane<std::uint16_t, 2>(to + stride, codes);
  simd::store_lane<std::uint16_t, 4>(to + 2 * stride, codes);
  simd::store_lane<std::uint16_t, 6>(to + 3 * stride, codes);
}

}  // namespace bitbudget::kernels
