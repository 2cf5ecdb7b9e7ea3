#include "formats/block.h"
#include "formats/rounding.h"
#include "kernels/block32.h"
#include "kernels/decode.h"
#include "tensor/float_types.h"

namespace bitbudget::formats {
namespace {

/// Q8_0: 34 bytes for 32 values. f16 scale d, then one int8 code q per value, in order; value = q·d.
/// Codes are in [-127, 127].
struct Q8_0 {
  static constexpr std::size_t kLength = 32;
  std::uint16_t d;
  std::int8_t q[32];
};

/// d = max|x| / 127. Codes come from the unrounded d; the decoder sees its f16.
Q8_0 quantize(BlockValues<Q8_0> x) {
  const float d = std::abs(signed_max(x)) / 127.0f;
  const float inverse = reciprocal_or_zero(d);
  Q8_0 block;
  block.d = tensor::f16_from_f32(d);
  for (std::size_t i = 0; i < x.size(); ++i) block.q[i] = static_cast<std::int8_t>(round_half_away(x[i] * inverse));
  return block;
}

void dequantize(const Q8_0& block, BlockOutput<Q8_0> out) {
  const float d = tensor::f32_from_f16(block.d);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(block.q[i]) * d;
}

}  // namespace

extern constexpr Format kQ8_0{
    .id = "q8_0",
    .label = "Q8_0",
    .description = "32 values share an f16 scale, max|x|/127; int8 codes, nearest, ties away from zero. Byte for byte ggml's "
                   "portable quantizer; its AVX and NEON kernels round ties to even and its WebAssembly kernel truncates "
                   "(about four times the error). Values above 8.3 million overflow the scale to infinity, as in ggml; where 1/scale "
                   "would overflow (below about 4e-37) all codes are 0.",
    .source = "ggml, block_q8_0",
    .block_length = Q8_0::kLength,
    .row_multiple = Q8_0::kLength,
    .bytes_per_block = sizeof(Q8_0),
    .bits_per_weight = block_bits_per_weight<Q8_0>(),
    .takes_non_finite = false,
    .encoded_size = block_encoded_size<Q8_0>,
    .encode = encode_blocks_by<Q8_0, encode_blocks<Q8_0, quantize>, kernels::encode_in_strips<kernels::Q8_0Encoder<kernels::Arch, quantize_run<Q8_0, quantize, 4>>>>,
    .decode = decode_blocks_by<Q8_0, kernels::decode_q8_0<kernels::Arch>>,
    .plain_encode = plain<encode_blocks<Q8_0, quantize>>,
    .plain_decode = plain<decode_blocks<Q8_0, dequantize>>,
};

}  // namespace bitbudget::formats
