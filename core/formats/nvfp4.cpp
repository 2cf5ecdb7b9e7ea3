#include <algorithm>
#include <bit>
#include <cmath>

#include "formats/block.h"
#include "formats/e2m1.h"
#include "formats/ggml_pack.h"
#include "formats/rounding.h"
#include "kernels/four_bits.h"
#include "kernels/statistics.h"

namespace bitbudget::formats {
namespace {

/// NVFP4 in ggml's layout, without a tensor scale: 36 bytes for 64 values, four groups of 16. 4 UE4M3 scales; then 8 bytes for
/// each group: byte i holds the E2M1 code of value i in its low nibble and that of value i+8 in its high nibble.
struct NVFP4 {
  static constexpr std::size_t kLength = 64;
  std::uint8_t scales[4];
  std::uint8_t q[32];
};

constexpr std::size_t kGroup = 16;

/// UE4M3: four exponent bits (bias 7), three mantissa bits; 0 and the NaN code 0x7F decode to 0, the top bit is ignored.
float ue4m3(std::uint8_t code) {
  const unsigned exponent = code >> 3 & 15u;
  const auto mantissa = static_cast<float>(code & 7);
  if ((code & 0x7F) == 0x7F) return 0;
  if (exponent == 0) return mantissa * 0x1p-9f;
  return (8 + mantissa) * std::bit_cast<float>((127 - 7 - 3 + exponent) << 23);
}

/// Nearest, halves up in magnitude, by the first dropped bit alone; everything from 248 up becomes 448 (ggml's overflow rule).
std::uint8_t ue4m3_code(float x) {
  if (!(x > 0)) return 0;
  const auto bits = std::bit_cast<std::uint32_t>(std::min(x, 448.0f));
  const int exponent = static_cast<int>(bits >> 23) - 127 + 7;
  if (exponent <= 0) return static_cast<std::uint8_t>(truncate_to(x * 512.0f + 0.5f, 7));
  const int rounded = exponent * 8 + static_cast<int>(bits >> 20 & 7) + static_cast<int>(bits >> 19 & 1);
  return static_cast<std::uint8_t>(rounded >= 15 * 8 ? 0x7E : rounded);
}

NVFP4 quantize(BlockValues<NVFP4> x) {
  NVFP4 block;
  for (std::size_t group = 0; group < 4; ++group) {
    const auto values = x.subspan(group * kGroup, kGroup);
    block.scales[group] = ue4m3_code(std::abs(signed_max(values)) / 6.0f);
    const float scale = ue4m3(block.scales[group]);
    std::array<std::uint8_t, kGroup> codes;
    for (std::size_t i = 0; i < kGroup; ++i) codes[i] = nearest_e2m1(values[i], scale);
    pack_nibbles(codes, std::span(block.q).subspan(group * 8, 8));
  }
  return block;
}

/// The same on vectors. A saturated scale leaves values that are all too far from every level to be told apart in f32: those
/// blocks are the plain loop's.
NVFP4 quantize_vector(BlockValues<NVFP4> x) {
  using kernels::Arch;
  namespace simd = kernels::simd;
  NVFP4 block;
  for (std::size_t group = 0; group < 4; ++group) {
    const float* values = x.data() + group * kGroup;
    const float abs_max = kernels::abs_max<Arch>(values, kGroup);
    if (abs_max > 1e6f) return quantize(x);
    block.scales[group] = ue4m3_code(abs_max / 6.0f);
    const float scale = ue4m3(block.scales[group]);
    if (scale == 0) {
      std::fill_n(block.q + group * 8, 8, std::uint8_t{0});
      continue;
    }
    // Codes i and i + 8 share a byte.
    const simd::U8<Arch> codes = kernels::E2M1Search<Arch>(scale)(values);
    const auto upper = simd::as<std::uint8_t>(xsimd::zip_hi(simd::as<std::uint64_t>(codes), simd::as<std::uint64_t>(codes)));
    simd::store_lane<std::uint64_t, 0>(block.q + group * 8, codes | simd::as<std::uint8_t>(simd::as<std::uint16_t>(upper) << 4));
  }
  return block;
}

void dequantize_vector(const NVFP4& block, BlockOutput<NVFP4> out) {
  using kernels::Arch;
  namespace simd = kernels::simd;
  // Twice the values, to be multiplied by half the scale: the products are exact either way.
  static constexpr std::array<std::int8_t, 16> kDoubled{0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
  const auto table = simd::as<std::uint8_t>(simd::load<Arch>(kDoubled.data()));
  for (std::size_t group = 0; group < 4; ++group) {
    const simd::F32<Arch> half(ue4m3(block.scales[group]) * 0.5f);
    const auto bytes = simd::load_half<Arch>(block.q + group * 8);
    const auto codes = simd::as<std::uint8_t>(xsimd::zip_lo(simd::as<std::uint64_t>(kernels::decoding::low_nibbles(bytes)),
                                                            simd::as<std::uint64_t>(kernels::decoding::high_nibbles(bytes))));
    kernels::decoding::put_scaled(simd::as<std::int8_t>(simd::swizzle(table, codes)), half, out.data() + group * kGroup);
  }
}

void dequantize(const NVFP4& block, BlockOutput<NVFP4> out) {
  for (std::size_t group = 0; group < 4; ++group) {
    const float scale = ue4m3(block.scales[group]);
    std::array<std::uint8_t, kGroup> codes;
    unpack_nibbles(std::span(block.q).subspan(group * 8, 8), codes);
    for (std::size_t i = 0; i < kGroup; ++i) out[group * kGroup + i] = kE2M1Values[codes[i]] * scale;
  }
}

}  // namespace

extern constexpr Format kNVFP4{
    .id = "nvfp4",
    .label = "NVFP4 (ggml)",
    .description = "Groups of 16 E2M1 values share an unsigned E4M3 scale, max|x| / 6; the nearest value, exact ties to the smaller magnitude, never -0. "
                   "ggml's block without a tensor scale. Its scale rounds halves up, not to even, and saturates early: 248 and above become 448. "
                   "Groups below about 0.006 have no scale and become zero; above 2688 they saturate.",
    .source = "ggml, block_nvfp4",
    .block_length = NVFP4::kLength,
    .row_multiple = NVFP4::kLength,
    .bytes_per_block = sizeof(NVFP4),
    .bits_per_weight = block_bits_per_weight<NVFP4>(),
    .takes_non_finite = false,
    .encoded_size = block_encoded_size<NVFP4>,
    .encode = encode_blocks<NVFP4, quantize_vector>,
    .decode = decode_blocks<NVFP4, dequantize_vector>,
    .plain_encode = encode_blocks<NVFP4, quantize>,
    .plain_decode = decode_blocks<NVFP4, dequantize>,
};

}  // namespace bitbudget::formats
