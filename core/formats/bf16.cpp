#include "formats/block.h"
#include "kernels/float_codes.h"
#include "tensor/float_types.h"

namespace bitbudget::formats {
namespace {

/// BF16: the upper 16 bits of binary32 (sign, 8 exponent bits, 7 mantissa bits) per value.
struct BF16 {
  static constexpr std::size_t kLength = 1;
  std::uint16_t upper;
};

BF16 quantize(BlockValues<BF16> x) { return {tensor::bf16_from_f32(x[0])}; }

void dequantize(const BF16& block, BlockOutput<BF16> out) { out[0] = tensor::f32_from_bf16(block.upper); }

}  // namespace

extern constexpr Format kBF16{
    .id = "bf16",
    .label = "BF16",
    .description = "bfloat16, the upper half of binary32, rounded to nearest, ties to even (truncating converters exist and differ). "
                   "Subnormals are kept; a NaN keeps its sign and upper payload and becomes quiet.",
    .source = "ggml; IEEE 754-2019 rounding",
    .block_length = 1,
    .row_multiple = 1,
    .bytes_per_block = sizeof(BF16),
    .bits_per_weight = block_bits_per_weight<BF16>(),
    .takes_non_finite = true,
    .encoded_size = block_encoded_size<BF16>,
    .encode = encode_blocks_by<BF16, encode_blocks<BF16, quantize>, kernels::encode_bf16<kernels::Arch>>,
    .decode = decode_blocks_by<BF16, kernels::decode_bf16<kernels::Arch>>,
    .plain_encode = plain<encode_blocks<BF16, quantize>>,
    .plain_decode = plain<decode_blocks<BF16, dequantize>>,
};

}  // namespace bitbudget::formats
