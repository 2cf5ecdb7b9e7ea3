// ggml's formats with 32 values to a block: encoders of Q8_0 and Q4_0, decoders of them all. The truth is in core/formats, one
// block at a time; an encoder here takes four blocks at a time, so that four scales are made at once, and leaves the last
// blocks to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/float_codes.h"
#include "kernels/simd.h"

namespace bitbudget::kernels {

/// 1/d, or 0 where that is infinite: formats::reciprocal_or_zero in every lane.
template <class A>
simd::F32<A> reciprocals_or_zero(const simd::F32<A>& d) {
  const simd::F32<A> inverse = simd::F32<A>(1.0f) / d;
  const auto magnitude = simd::as<std::int32_t>(inverse) & simd::I32<A>(0x7FFFFFFF);
  const auto finite = magnitude < simd::I32<A>(0x7F800000);
  return simd::as<float>(xsimd::select(finite, simd::as<std::int32_t>(inverse), simd::I32<A>(0)));
}

/// The f16 scales of four blocks `stride` bytes apart.
template <class A>
void store_f16_scales(const simd::F32<A>& scales, std::byte* to, std::size_t stride) {
  const simd::U32<A> codes = float_codes<tensor::kF16Type>(scales);
  simd::store_lane<std::uint16_t, 0>(to, codes);
  simd::store_lane<std::uint16_t, 2>(to + stride, codes);
  simd::store_lane<std::uint16_t, 4>(to + 2 * stride, codes);
  simd::store_lane<std::uint16_t, 6>(to + 3 * stride, codes);
}

/// Largest magnitudes of four blocks of 32, one per lane.
template <class A>
simd::F32<A> abs_max_of_four(const float* x) {
  using F32 = simd::F32<A>;
  const F32 mask = simd::keep_f32<A>(std::bit_cast<float>(0x7FFFFFFFu));
  F32 most[4];
  for (std::size_t block = 0; block < 4; ++block) {
    const float* from = x + 32 * block;
    F32 even = simd::load<A>(from) & mask;
    F32 odd = simd::load<A>(from + 4) & mask;
    for (std::size_t i = 8; i < 32; i += 8) {
      even = simd::larger(even, simd::load<A>(from + i) & mask);
      odd = simd::larger(odd, simd::load<A>(from + i + 4) & mask);
    }
    most[block] = simd::larger(even, odd);
  }
  simd::transpose(most[0], most[1], most[2], most[3]);
  return simd::larger(simd::larger(most[0], most[1]), simd::larger(most[2], most[3]));
}

namespace q8_0 {

inline constexpr std::size_t kBytes = 34;

/// Eight codes: x * inverse to the nearest, halves away from zero. Twice that is exact and truncates to a number of half
/// steps, whose last bit is rounded in integers.
template <class A>
simd::I16<A> codes(const float* x, const simd::F32<A>& inverse) {
  const simd::F32<A> low = simd::load<A>(x) * inverse;
  const simd::F32<A> high = simd::load<A>(x + 4) * inverse;
  const simd::I16<A> halves = simd::narrow_s(simd::whole_to_int(simd::truncate(low + low)),
                                             simd::whole_to_int(simd::truncate(high + high)));
  return (halves + simd::I16<A>(1) + (halves >> 15)) >> 1;
}

template <class A>
void put_codes(const float* x, const simd::F32<A>& inverse, std::byte* to) {
  for (std::size_t i = 0; i < 32; i += 16) {
    simd::store_bytes(to + 2 + i, simd::narrow_s(codes(x + i, inverse), codes(x + i + 8, inverse)));
  }
}

/// Encodes the first multiple of 4 blocks and says how many that is.
template <class A>
std::size_t encode(const float* x, std::size_t blocks, std::byte* out) {
  std::size_t b = 0;
  for (; b + 4 <= blocks; b += 4, x += 128, out += 4 * kBytes) {
    const simd::F32<A> d = abs_max_of_four<A>(x) / simd::F32<A>(127.0f);
    store_f16_scales(d, out, kBytes);
    const simd::F32<A> inverse = reciprocals_or_zero(d);
    put_codes(x, simd::broadcast<0>(inverse), out);
    put_codes(x + 32, simd::broadcast<1>(inverse), out + kBytes);
    put_codes(x + 64, simd::broadcast<2>(inverse), out + 2 * kBytes);
    put_codes(x + 96, simd::broadcast<3>(inverse), out + 3 * kBytes);
  }
  return b;
}

}  // namespace q8_0

namespace q4_0 {

inline constexpr std::size_t kBytes = 18;

/// The values of largest magnitude of four blocks, one per lane; of +m and -m the first one.
template <class A>
simd::F32<A> signed_max_of_four(const float* x) {
  using F32 = simd::F32<A>;
  F32 high[4], low[4];
  for (std::size_t block = 0; block < 4; ++block) {
    const float* from = x + 32 * block;
    high[block] = low[block] = simd::load<A>(from);
    for (std::size_t i = 4; i < 32; i += 4) {
      const F32 v = simd::load<A>(from + i);
      high[block] = simd::larger(high[block], v);
      low[block] = simd::smaller(low[block], v);
    }
  }
  simd::transpose(high[0], high[1], high[2], high[3]);
  simd::transpose(low[0], low[1], low[2], low[3]);
  const F32 most = simd::larger(simd::larger(high[0], high[1]), simd::larger(high[2], high[3])) + F32(0.0f);  // no -0
  const F32 least = simd::smaller(simd::smaller(low[0], low[1]), simd::smaller(low[2], low[3]));
  const F32 found = xsimd::select(-least > most, least, most);
  const auto tied = (-least == most) & (most != F32(0.0f));
  if (simd::none_set(tied)) return found;
  simd::portable::Lanes<float, A> lanes(found);
  for (std::size_t block = 0; block < 4; ++block) {
    const float magnitude = std::fabs(lanes.lane[block]);
    if (magnitude == 0) continue;
    const float* from = x + 32 * block;
    while (std::fabs(*from) != magnitude) ++from;
    lanes.lane[block] = *from;
  }
  return lanes.batch();
}

/// Eight codes before the upper limit: trunc(x * inverse + 8.5).
template <class A>
simd::I16<A> codes(const float* x, const simd::F32<A>& inverse, const simd::F32<A>& middle) {
  return simd::narrow_s(simd::whole_to_int(simd::truncate(simd::load<A>(x) * inverse + middle)),
                        simd::whole_to_int(simd::truncate(simd::load<A>(x + 4) * inverse + middle)));
}

template <class A>
void put_codes(const float* x, const simd::F32<A>& inverse, std::byte* to) {
  const simd::F32<A> middle(8.5f);
  const simd::U8<A> limit(15);
  const simd::U8<A> low = simd::narrow_u(codes(x, inverse, middle), codes(x + 8, inverse, middle));
  const simd::U8<A> high = simd::narrow_u(codes(x + 16, inverse, middle), codes(x + 24, inverse, middle));
  const auto shifted = simd::as<std::uint8_t>(simd::as<std::uint16_t>(xsimd::min(high, limit)) << 4);
  simd::store_bytes(to + 2, xsimd::min(low, limit) | shifted);
}

/// Encodes the first multiple of 4 blocks and says how many that is.
template <class A>
std::size_t encode(const float* x, std::size_t blocks, std::byte* out) {
  std::size_t b = 0;
  for (; b + 4 <= blocks; b += 4, x += 128, out += 4 * kBytes) {
    const simd::F32<A> d = signed_max_of_four<A>(x) / simd::F32<A>(-8.0f);
    store_f16_scales(d, out, kBytes);
    const simd::F32<A> inverse = reciprocals_or_zero(d);
    put_codes(x, simd::broadcast<0>(inverse), out);
    put_codes(x + 32, simd::broadcast<1>(inverse), out + kBytes);
    put_codes(x + 64, simd::broadcast<2>(inverse), out + 2 * kBytes);
    put_codes(x + 96, simd::broadcast<3>(inverse), out + 3 * kBytes);
  }
  return b;
}

}  // namespace q4_0
}  // namespace bitbudget::kernels
