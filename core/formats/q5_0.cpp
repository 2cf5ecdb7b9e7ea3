#include <array>

#include "formats/block.h"
#include "formats/ggml_pack.h"
#include "formats/ggml_superblock.h"
#include "formats/rounding.h"
#include "kernels/block32.h"
#include "kernels/decode.h"
#include "tensor/float_types.h"

namespace bitbudget::formats {
namespace {

/// Q5_0: 22 bytes for 32 values. f16 scale d; 4 bytes whose bit i (lowest first) is bit 4 of code i; then 16 bytes: byte i
/// holds the low four bits of code i in its low nibble and those of code i+16 in its high nibble; value = (q - 16)·d.
struct Q5_0 {
  static constexpr std::size_t kLength = 32;
  std::uint16_t d;
  std::uint8_t high[4];
  std::uint8_t q[16];
};
using Codes = std::array<std::uint8_t, Q5_0::kLength>;

Q5_0 pack(float d, std::span<const std::uint8_t, 32> codes) {
  Q5_0 block;
  block.d = tensor::f16_from_f32(d);
  pack_fifth_bits(codes, block.high);
  pack_nibbles(codes, block.q);
  return block;
}

/// d = m / -16 with m the value of largest magnitude: it gets code 0 exactly, and the opposite sign ends at +15.
Q5_0 quantize(BlockValues<Q5_0> x) {
  const float d = signed_max(x) / -16.0f;
  const float inverse = reciprocal_or_zero(d);
  Codes codes;
  for (std::size_t i = 0; i < x.size(); ++i) codes[i] = static_cast<std::uint8_t>(truncate_to(x[i] * inverse + 16.5f, 31));
  return pack(d, codes);
}

Q5_0 quantize_weighted(BlockValues<Q5_0> x, BlockImportance<Q5_0> importance) {
  std::array<float, Q5_0::kLength> weights;
  importance_weights(x, importance.weights, importance.row_mean_square, weights);
  Codes codes;
  const float d = symmetric_search(x, weights, 16, codes);
  return pack(d, codes);
}

EightBlocks<Q5_0> quantize_eight_weighted(EightValues<Q5_0> x, EightImportance<Q5_0> importance) {
  const ImportanceWeights weigh{importance.weights, importance.row_mean_square};
  const auto fitted = VectorLoops::fit_symmetric<8>(x, 16, weigh);
  EightBlocks<Q5_0> blocks;
  for (std::size_t j = 0; j < 8; ++j) blocks[j] = pack(fitted.scales[j], group_of<8>(fitted.codes, j).first<Q5_0::kLength>());
  return blocks;
}

void dequantize(const Q5_0& block, BlockOutput<Q5_0> out) {
  const float d = tensor::f32_from_f16(block.d);
  Codes codes;
  unpack_nibbles(block.q, codes);
  unpack_fifth_bits(block.high, codes);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(codes[i] - 16) * d;
}

}  // namespace

extern constexpr Format kQ5_0{
    .id = "q5_0",
    .label = "Q5_0",
    .description = "32 values share an f16 scale of either sign, chosen so that the value of largest magnitude is code 0 "
                   "exactly; codes 0 to 31 stand for -16 to 15 scales, ties up; the fifth bits lie apart. A block of zeros "
                   "stores the scale -0. With an importance vector: weights importance·sqrt(row mean square + x²) and a search "
                   "of scales. Values above 1.05 million overflow the scale to infinity, as in ggml; where 1/scale would "
                   "overflow (below about 4.7e-38) all codes are 16.",
    .source = "ggml, block_q5_0",
    .block_length = Q5_0::kLength,
    .row_multiple = Q5_0::kLength,
    .bytes_per_block = sizeof(Q5_0),
    .bits_per_weight = block_bits_per_weight<Q5_0>(),
    .takes_non_finite = false,
    .encoded_size = block_encoded_size<Q5_0>,
    .encode = encode_blocks_by<Q5_0, encode_blocks_weighted<Q5_0, quantize, quantize_weighted, nullptr, quantize_eight_weighted>,
                               kernels::encode_in_strips<kernels::SignedMaxEncoder<5, kernels::Arch, quantize_run<Q5_0, quantize, 4>>>>,
    .decode = decode_blocks_by<Q5_0, kernels::decode_q5_0<kernels::Arch>>,
    .takes_importance = true,
    .plain_encode = plain<encode_blocks_weighted<Q5_0, quantize, quantize_weighted>>,
    .plain_decode = plain<decode_blocks<Q5_0, dequantize>>,
};

}  // namespace bitbudget::formats
