// The decoders of the block formats: codes of any packing become bytes, bytes become floats, and a scale (and an offset) is
// applied with the roundings of the truth in core/formats. They decode every block they are given.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "formats/ggml_pack.h"
#include "kernels/simd.h"
#include "tensor/float_types.h"

namespace bitbudget::kernels {

namespace decoding {

using simd::as;

inline float f16_at(const std::byte* from) {
  std::uint16_t code;
  std::memcpy(&code, from, 2);
  return tensor::f32_from_f16(code);
}

/// Calls `put(i, values)` with the floats of codes i ... i + 3, for 16 codes.
template <class A, class Put>
void each_float(const simd::I8<A>& codes, Put put) {
  const simd::I16<A> low = simd::extend_low(codes), high = simd::extend_high(codes);
  put(0, simd::to_float(simd::extend_low(low)));
  put(4, simd::to_float(simd::extend_high(low)));
  put(8, simd::to_float(simd::extend_low(high)));
  put(12, simd::to_float(simd::extend_high(high)));
}

/// out[0 ... 15] = codes * scale
template <class A>
void put_scaled(const simd::I8<A>& codes, const simd::F32<A>& scale, float* out) {
  each_float(codes, [&](std::size_t i, const simd::F32<A>& q) { simd::store(out + i, q * scale); });
}

/// out[0 ... 15] = codes * scale + offset
template <class A>
void put_affine(const simd::U8<A>& codes, const simd::F32<A>& scale, const simd::F32<A>& offset, float* out) {
  each_float(as<std::int8_t>(codes), [&](std::size_t i, const simd::F32<A>& q) { simd::store(out + i, q * scale + offset); });
}

template <class A>
simd::U8<A> low_nibbles(const simd::U8<A>& bytes) {
  return bytes & simd::U8<A>(15);
}
template <class A>
simd::U8<A> high_nibbles(const simd::U8<A>& bytes) {
  return as<std::uint8_t>(as<std::uint16_t>(bytes) >> 4) & simd::U8<A>(15);
}

/// Bits `shift` and `shift` + 1 of every byte, in the low places.
template <class A>
simd::U8<A> pair_at(const simd::U8<A>& bytes, int shift) {
  return as<std::uint8_t>(as<std::uint16_t>(bytes) >> shift) & simd::U8<A>(3);
}

/// `value` in every byte i of 16 whose bit i is set.
template <class A>
simd::U8<A> where_bit(const std::byte* two_bytes, std::uint8_t value) {
  std::uint16_t bits;
  std::memcpy(&bits, two_bytes, 2);
  static constexpr std::array<std::uint8_t, 16> kByte{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1};
  static constexpr std::array<std::uint8_t, 16> kBit{1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  const simd::U8<A> mask = simd::load<A>(kBit.data());
  const simd::U8<A> spread = simd::swizzle(as<std::uint8_t>(simd::U16<A>(bits)), simd::load<A>(kByte.data()));
  return xsimd::select((spread & mask) == mask, simd::U8<A>(value), simd::U8<A>(0));
}

/// Codes less a constant, signed.
template <class A>
simd::I8<A> less(const simd::U8<A>& codes, std::int8_t centre) {
  return as<std::int8_t>(codes) - simd::I8<A>(centre);
}

}  // namespace decoding

// One function per format: `blocks` blocks from `from`, all their values to `out`.

template <class A>
void decode_q8_0(const std::byte* from, std::size_t blocks, float* out) {
  for (std::size_t b = 0; b < blocks; ++b, from += 34, out += 32) {
    const simd::F32<A> d(decoding::f16_at(from));
    decoding::put_scaled(simd::as<std::int8_t>(simd::load_bytes<A>(from + 2)), d, out);
    decoding::put_scaled(simd::as<std::int8_t>(simd::load_bytes<A>(from + 18)), d, out + 16);
  }
}

template <class A>
void decode_q4_0(const std::byte* from, std::size_t blocks, float* out) {
  for (std::size_t b = 0; b < blocks; ++b, from += 18, out += 32) {
    const simd::F32<A> d(decoding::f16_at(from));
    const simd::U8<A> bytes = simd::load_bytes<A>(from + 2);
    decoding::put_scaled(decoding::less(decoding::low_nibbles(bytes), 8), d, out);
    decoding::put_scaled(decoding::less(decoding::high_nibbles(bytes), 8), d, out + 16);
  }
}

template <class A>
void decode_q4_1(const std::byte* from, std::size_t blocks, float* out) {
  for (std::size_t b = 0; b < blocks; ++b, from += 20, out += 32) {
    const simd::F32<A> d(decoding::f16_at(from)), m(decoding::f16_at(from + 2));
    const simd::U8<A> bytes = simd::load_bytes<A>(from + 4);
    decoding::put_affine(decoding::low_nibbles(bytes), d, m, out);
    decoding::put_affine(decoding::high_nibbles(bytes), d, m, out + 16);
  }
}

template <class A>
void decode_q5_0(const std::byte* from, std::size_t blocks, float* out) {
  for (std::size_t b = 0; b < blocks; ++b, from += 22, out += 32) {
    const simd::F32<A> d(decoding::f16_at(from));
    const simd::U8<A> bytes = simd::load_bytes<A>(from + 6);
    const auto low = decoding::low_nibbles(bytes) | decoding::where_bit<A>(from + 2, 16);
    const auto high = decoding::high_nibbles(bytes) | decoding::where_bit<A>(from + 4, 16);
    decoding::put_scaled(decoding::less(low, 16), d, out);
    decoding::put_scaled(decoding::less(high, 16), d, out + 16);
  }
}

template <class A>
void decode_q5_1(const std::byte* from, std::size_t blocks, float* out) {
  for (std::size_t b = 0; b < blocks; ++b, from += 24, out += 32) {
    const simd::F32<A> d(decoding::f16_at(from)), m(decoding::f16_at(from + 2));
    const simd::U8<A> bytes = simd::load_bytes<A>(from + 8);
    decoding::put_affine(decoding::low_nibbles(bytes) | decoding::where_bit<A>(from + 4, 16), d, m, out);
    decoding::put_affine(decoding::high_nibbles(bytes) | decoding::where_bit<A>(from + 6, 16), d, m, out + 16);
  }
}

template <class A>
void decode_iq4_nl(const std::byte* from, std::size_t blocks, float* out) {
  static constexpr std::array<std::int8_t, 16> kLevels{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
  const auto levels = simd::as<std::uint8_t>(simd::load<A>(kLevels.data()));
  for (std::size_t b = 0; b < blocks; ++b, from += 18, out += 32) {
    const simd::F32<A> d(decoding::f16_at(from));
    const simd::U8<A> bytes = simd::load_bytes<A>(from + 2);
    decoding::put_scaled(simd::as<std::int8_t>(simd::swizzle(levels, decoding::low_nibbles(bytes))), d, out);
    decoding::put_scaled(simd::as<std::int8_t>(simd::swizzle(levels, decoding::high_nibbles(bytes))), d, out + 16);
  }
}

// The formats with 256 values to a block. Scales are unpacked one by one; `(d * scale) * code - dmin * offset` is the truth's
// order of operations.

template <class A>
void decode_q2_k(const std::byte* from, std::size_t blocks, float* out) {
  for (std::size_t b = 0; b < blocks; ++b, from += 84) {
    const float d = decoding::f16_at(from + 80), dmin = decoding::f16_at(from + 82);
    for (std::size_t j = 0; j < 16; ++j, out += 16) {
      const auto packed = std::to_integer<unsigned>(from[j]);
      const simd::F32<A> scale(d * static_cast<float>(packed & 15)), offset(-(dmin * static_cast<float>(packed >> 4)));
      const simd::U8<A> bytes = simd::load_bytes<A>(from + 16 + j / 8 * 32 + j % 2 * 16);
      decoding::put_affine(decoding::pair_at(bytes, static_cast<int>(j % 8 / 2 * 2)), scale, offset, out);
    }
  }
}

template <class A>
void decode_q3_k(const std::byte* from, std::size_t blocks, float* out) {
  for (std::size_t b = 0; b < blocks; ++b, from += 110) {
    const float d = decoding::f16_at(from + 108);
    const simd::U8<A> high[2] = {simd::load_bytes<A>(from), simd::load_bytes<A>(from + 16)};
    for (std::size_t j = 0; j < 16; ++j, out += 16) {
      const auto low_bits = std::to_integer<int>(from[96 + j % 8]) >> (j / 8 * 4) & 15;
      const auto high_bits = std::to_integer<int>(from[104 + j % 4]) >> (j / 4 * 2) & 3;
      const simd::F32<A> scale(d * static_cast<float>((low_bits | high_bits << 4) - 32));
      const simd::U8<A> bytes = simd::load_bytes<A>(from + 32 + j / 8 * 32 + j % 2 * 16);
      const auto third = simd::as<std::uint8_t>(simd::as<std::uint16_t>(high[j % 2]) >> static_cast<int>(j / 2)) & simd::U8<A>(1);
      const auto four = simd::as<std::uint8_t>(simd::as<std::uint16_t>(third) << 2);
      const auto code = decoding::pair_at(bytes, static_cast<int>(j % 8 / 2 * 2)) | four;
      decoding::put_scaled(decoding::less(code, 4), scale, out);
    }
  }
}

namespace decoding {

/// Scale and negated offset of each of eight groups, from two f16 units and the 12 bytes of pack_scales_6bit.
struct EightGroups {
  std::array<float, 8> scale;
  std::array<float, 8> offset;

  explicit EightGroups(const std::byte* from) {
    const float d = f16_at(from), dmin = f16_at(from + 2);
    std::array<std::uint8_t, 12> packed;
    std::memcpy(packed.data(), from + 4, 12);
    std::array<std::uint8_t, 8> scales, minima;
    formats::unpack_scales_6bit(packed, scales, minima);
    for (std::size_t j = 0; j < 8; ++j) {
      scale[j] = d * static_cast<float>(scales[j]);
      offset[j] = -(dmin * static_cast<float>(minima[j]));
    }
  }
};

}  // namespace decoding

template <class A>
void decode_q4_k(const std::byte* from, std::size_t blocks, float* out) {
  for (std::size_t b = 0; b < blocks; ++b, from += 144, out += 256) {
    const decoding::EightGroups groups(from);
    for (std::size_t i = 0; i < 8; ++i) {  // 16 bytes of a pair of groups
      const std::size_t j = i / 2 * 2;
      float* low = out + 32 * j + i % 2 * 16;
      const simd::U8<A> bytes = simd::load_bytes<A>(from + 16 + 16 * i);
      decoding::put_affine(decoding::low_nibbles(bytes), simd::F32<A>(groups.scale[j]), simd::F32<A>(groups.offset[j]), low);
      decoding::put_affine(decoding::high_nibbles(bytes), simd::F32<A>(groups.scale[j + 1]), simd::F32<A>(groups.offset[j + 1]), low + 32);
    }
  }
}

template <class A>
void decode_q5_k(const std::byte* from, std::size_t blocks, float* out) {
  for (std::size_t b = 0; b < blocks; ++b, from += 176, out += 256) {
    const decoding::EightGroups groups(from);
    const simd::U8<A> high[2] = {simd::load_bytes<A>(from + 16), simd::load_bytes<A>(from + 32)};
    const auto fifth = [&](std::size_t i, std::size_t group) {  // bit `group` of every byte, as 16
      const auto bit = simd::as<std::uint8_t>(simd::as<std::uint16_t>(high[i % 2]) >> static_cast<int>(group)) & simd::U8<A>(1);
      return simd::as<std::uint8_t>(simd::as<std::uint16_t>(bit) << 4);
    };
    for (std::size_t i = 0; i < 8; ++i) {
      const std::size_t j = i / 2 * 2;
      float* low = out + 32 * j + i % 2 * 16;
      const simd::U8<A> bytes = simd::load_bytes<A>(from + 48 + 16 * i);
      decoding::put_affine(decoding::low_nibbles(bytes) | fifth(i, j), simd::F32<A>(groups.scale[j]),
                           simd::F32<A>(groups.offset[j]), low);
      decoding::put_affine(decoding::high_nibbles(bytes) | fifth(i, j + 1), simd::F32<A>(groups.scale[j + 1]),
                           simd::F32<A>(groups.offset[j + 1]), low + 32);
    }
  }
}

template <class A>
void decode_q6_k(const std::byte* from, std::size_t blocks, float* out) {
  for (std::size_t b = 0; b < blocks; ++b, from += 210) {
    const float d = decoding::f16_at(from + 208);
    for (std::size_t j = 0; j < 16; ++j, out += 16) {
      const std::size_t half = j / 8, part = j % 8 / 2, at = j % 2 * 16;  // four parts of 32 values in a half
      const simd::F32<A> scale(d * static_cast<float>(static_cast<std::int8_t>(std::to_integer<int>(from[192 + j]))));
      const simd::U8<A> bytes = simd::load_bytes<A>(from + 64 * half + part % 2 * 32 + at);
      const auto low = part < 2 ? decoding::low_nibbles(bytes) : decoding::high_nibbles(bytes);
      const auto pair = decoding::pair_at(simd::load_bytes<A>(from + 128 + 32 * half + at), static_cast<int>(2 * part));
      const auto code = low | simd::as<std::uint8_t>(simd::as<std::uint16_t>(pair) << 4);
      decoding::put_scaled(decoding::less(code, 32), scale, out);
    }
  }
}

}  // namespace bitbudget::kernels
