#include "formats/block.h"
#include "kernels/float_codes.h"
#include "tensor/float_types.h"

namespace bitbudget::formats {
namespace {

/// F16: one IEEE 754 binary16 per value.
struct F16 {
  static constexpr std::size_t kLength = 1;
  std::uint16_t half;
};

F16 quantize(BlockValues<F16> x) { return {tensor::f16_from_f32(x[0])}; }

void dequantize(const F16& block, BlockOutput<F16> out) { out[0] = tensor::f32_from_f16(block.half); }

}  // namespace

extern constexpr Format kF16{
    .id = "f16",
    .label = "F16",
    .description = "IEEE 754 binary16, rounded to nearest, ties to even. Subnormals are kept; 65520 and above become infinity; "
                   "every NaN becomes the quiet NaN 0x7E00 with its sign.",
    .source = "IEEE 754-2019",
    .block_length = 1,
    .row_multiple = 1,
    .bytes_per_block = sizeof(F16),
    .bits_per_weight = block_bits_per_weight<F16>(),
    .takes_non_finite = true,
    .encoded_size = block_encoded_size<F16>,
    .encode = encode_blocks_by<F16, encode_blocks<F16, quantize>, kernels::encode_f16<kernels::Arch>>,
    .decode = decode_blocks_by<F16, kernels::decode_f16<kernels::Arch>>,
    .plain_encode = plain<encode_blocks<F16, quantize>>,
    .plain_decode = plain<decode_blocks<F16, dequantize>>,
};

}  // namespace bitbudget::formats
