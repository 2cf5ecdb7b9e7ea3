#include <algorithm>
#include <bit>
#include <cmath>

#include "formats/block.h"
#include "formats/e2m1.h"
#include "formats/rounding.h"
#include "kernels/four_bits.h"

namespace bitbudget::formats {
namespace {

/// MXFP4 in ggml's layout: 17 bytes for 32 values. An E8M0 scale E of value 2^(E - 127), then 16 bytes: byte i holds the E2M1
/// code of value i in its low nibble and that of value i+16 in its high nibble. (The OCP layout pairs neighbours.)
struct MXFP4 {
  static constexpr std::size_t kLength = 32;
  std::uint8_t scale;
  std::uint8_t q[16];
};

/// 2^(code - 128), half the scale: so that code 255 (NaN in OCP's E8M0; no encoder writes it) decodes as it does in ggml.
float half_scale(std::uint8_t code) {
  return std::bit_cast<float>(code < 2 ? 0x0020'0000u << code : (code - 1u) << 23);
}

/// floor(log2(max|x|)) - 2: the largest value then lies between 4 and 8 scales. From the exponent bits, so it is exact. 0 (the
/// smallest scale) for zeros and whatever lies below 2^-125.
std::uint8_t exponent_code(float abs_max) {
  const auto bits = std::bit_cast<std::uint32_t>(abs_max);
  return static_cast<std::uint8_t>(std::max(static_cast<int>(bits >> 23) - 2, 0));
}

MXFP4 quantize(BlockValues<MXFP4> x) {
  MXFP4 block;
  block.scale = exponent_code(std::abs(signed_max(x)));
  pack_e2m1<MXFP4::kLength>(x, 2 * half_scale(block.scale), block.q);
  return block;
}

class DequantizeVector {
  using Arch = kernels::Arch;
  kernels::simd::U8<Arch> table_ = kernels::simd::keep_bytes<Arch>(kDoubledE2M1.data());

 public:
  void operator()(const std::byte* from, float* out) const {
    namespace simd = kernels::simd;
    const simd::F32<Arch> half(half_scale(std::to_integer<std::uint8_t>(*from)));
    const auto bytes = simd::load_bytes<Arch>(from + 1);
    const auto values = [&](const simd::U8<Arch>& codes) { return simd::as<std::int8_t>(simd::swizzle(table_, codes)); };
    kernels::decoding::put_scaled(values(kernels::decoding::low_nibbles(bytes)), half, out);
    kernels::decoding::put_scaled(values(kernels::decoding::high_nibbles(bytes)), half, out + 16);
  }
};

void dequantize(const MXFP4& block, BlockOutput<MXFP4> out) {
  unpack_e2m1<MXFP4::kLength>(block.q, half_scale(block.scale), out);
}

}  // namespace

extern constexpr Format kMXFP4{
    .id = "mxfp4",
    .label = "MXFP4 (ggml)",
    .description = "32 E2M1 values share a power of two, floor(log2 max|x|) - 2; the nearest value, exact ties to the smaller magnitude, never -0. "
                   "ggml's rule and nibble order: OCP implementations round ties to even, some choose larger scales, and pair neighbours. "
                   "Values between 6 and 8 scales saturate at 6. Every finite tensor is in range; below 2^-125 the smallest scale serves.",
    .source = "ggml, block_mxfp4",
    .block_length = MXFP4::kLength,
    .row_multiple = MXFP4::kLength,
    .bytes_per_block = sizeof(MXFP4),
    .bits_per_weight = block_bits_per_weight<MXFP4>(),
    .takes_non_finite = false,
    .encoded_size = block_encoded_size<MXFP4>,
    .encode = encode_blocks_by<MXFP4, encode_blocks<MXFP4, quantize>,
                               kernels::encode_in_strips<kernels::Mxfp4Encoder<kernels::Arch, quantize_run<MXFP4, quantize, 4>>>>,
    .decode = decode_blocks_with<MXFP4, DequantizeVector>,
    .plain_encode = plain<encode_blocks<MXFP4, quantize>>,
    .plain_decode = plain<decode_blocks<MXFP4, dequantize>>,
};

}  // namespace bitbudget::formats
