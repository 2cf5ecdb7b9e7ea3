#include <algorithm>
#include <bit>
#include <cmath>

#include "formats/block.h"
#include "formats/e2m1.h"
#include "formats/rounding.h"
#include "kernels/four_bits.h"

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
constexpr float ue4m3(std::uint8_t code) {
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
    const auto values = x.subspan(group * kGroup).first<kGroup>();
    block.scales[group] = ue4m3_code(std::abs(signed_max(values)) / 6.0f);
    pack_e2m1<kGroup>(values, ue4m3(block.scales[group]), std::span(block.q).subspan(group * 8).first<8>());
  }
  return block;
}

/// The same on vectors, four groups to a block.
std::size_t encode_vector(const float* values, std::size_t blocks, std::byte* out) {
  return kernels::encode_in_strips<kernels::Nvfp4Encoder<kernels::Arch, quantize_run<NVFP4, quantize, 1>>>(values, 4 * blocks, out) / 4;
}

constexpr std::array<float, 256> half_scales() {
  std::array<float, 256> halves{};
  for (std::size_t code = 0; code < 256; ++code) halves[code] = ue4m3(static_cast<std::uint8_t>(code)) * 0.5f;
  return halves;
}
constexpr std::array<float, 256> kHalfScales = half_scales();

class DequantizeVector {
  using Arch = kernels::Arch;
  kernels::simd::U8<Arch> table_ = kernels::simd::keep_bytes<Arch>(kDoubledE2M1.data());

 public:
  void operator()(const std::byte* from, float* out) const {
    namespace simd = kernels::simd;
    for (std::size_t pair = 0; pair < 4; pair += 2) {
      const auto bytes = simd::load_bytes<Arch>(from + 4 + 8 * pair);
      const auto low = simd::as<std::uint64_t>(kernels::decoding::low_nibbles(bytes)), high = simd::as<std::uint64_t>(kernels::decoding::high_nibbles(bytes));
      put(from[pair], simd::as<std::uint8_t>(xsimd::zip_lo(low, high)), out + 16 * pair);
      put(from[pair + 1], simd::as<std::uint8_t>(xsimd::zip_hi(low, high)), out + 16 * pair + 16);
    }
  }

 private:
  void put(std::byte scale, const kernels::simd::U8<Arch>& codes, float* out) const {
    const kernels::simd::F32<Arch> half(kHalfScales[std::to_integer<std::size_t>(scale)]);
    kernels::decoding::put_scaled(kernels::simd::as<std::int8_t>(kernels::simd::swizzle(table_, codes)), half, out);
  }
};

void dequantize(const NVFP4& block, BlockOutput<NVFP4> out) {
  for (std::size_t group = 0; group < 4; ++group) {
    unpack_e2m1<kGroup>(std::span(block.q).subspan(group * 8).first<8>(), kHalfScales[block.scales[group]], out.subspan(group * kGroup).first<kGroup>());
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
    .encode = encode_blocks_by<NVFP4, encode_blocks<NVFP4, quantize>, encode_vector>,
    .decode = decode_blocks_with<NVFP4, DequantizeVector>,
    .plain_encode = plain<encode_blocks<NVFP4, quantize>>,
    .plain_decode = plain<decode_blocks<NVFP4, dequantize>>,
};

}  // namespace bitbudget::formats
