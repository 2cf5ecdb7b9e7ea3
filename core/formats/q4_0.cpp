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

/// Q4_0: 18 bytes for 32 values. f16 scale d, then 16 bytes: byte i holds the code of value i in its low nibble and that of
/// value i+16 in its high nibble; value = (q - 8)·d.
struct Q4_0 {
  static constexpr std::size_t kLength = 32;
  std::uint16_t d;
  std::uint8_t q[16];
};
using Codes = std::array<std::uint8_t, Q4_0::kLength>;

Q4_0 pack(float d, std::span<const std::uint8_t, 32> codes) {
  Q4_0 block;
  block.d = tensor::f16_from_f32(d);
  pack_nibbles(codes, block.q);
  return block;
}

/// d = m / -8 with m the value of largest magnitude: it gets code 0 exactly, and the opposite sign ends at +7.
Q4_0 quantize(BlockValues<Q4_0> x) {
  const float d = signed_max(x) / -8.0f;
  const float inverse = reciprocal_or_zero(d);
  Codes codes;
  for (std::size_t i = 0; i < x.size(); ++i) codes[i] = static_cast<std::uint8_t>(truncate_to(x[i] * inverse + 8.5f, 15));
  return pack(d, codes);
}

Q4_0 quantize_weighted(BlockValues<Q4_0> x, BlockImportance<Q4_0> importance) {
  std::array<float, Q4_0::kLength> weights;
  importance_weights(x, importance.weights, importance.row_mean_square, weights);
  Codes codes;
  const float d = symmetric_search(x, weights, 8, codes);
  return pack(d, codes);
}

EightBlocks<Q4_0> quantize_eight_weighted(EightValues<Q4_0> x, EightImportance<Q4_0> importance) {
  const ImportanceWeights weigh{importance.weights, importance.row_mean_square};
  const auto fitted = VectorLoops::fit_symmetric<8>(x, 8, weigh);
  EightBlocks<Q4_0> blocks;
  for (std::size_t j = 0; j < 8; ++j) blocks[j] = pack(fitted.scales[j], group_of<8>(fitted.codes, j).first<Q4_0::kLength>());
  return blocks;
}

void dequantize(const Q4_0& block, BlockOutput<Q4_0> out) {
  const float d = tensor::f32_from_f16(block.d);
  Codes codes;
  unpack_nibbles(block.q, codes);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(codes[i] - 8) * d;
}

}  // namespace

extern constexpr Format kQ4_0{
    .id = "q4_0",
    .label = "Q4_0",
    .description = "32 values share an f16 scale of either sign, chosen so that the value of largest magnitude is code 0 "
                   "exactly; codes 0 to 15 stand for -8 to 7 scales, ties up. A block of zeros stores the scale -0. With an "
                   "importance vector: weights importance·sqrt(row mean square + x²) and a search of scales. Values above 524 "
                   "thousand overflow the scale to infinity, as in ggml; where 1/scale would overflow (below about 2.4e-38) all "
                   "codes are 8.",
    .source = "ggml, block_q4_0",
    .block_length = Q4_0::kLength,
    .row_multiple = Q4_0::kLength,
    .bytes_per_block = sizeof(Q4_0),
    .bits_per_weight = block_bits_per_weight<Q4_0>(),
    .takes_non_finite = false,
    .encoded_size = block_encoded_size<Q4_0>,
    .encode = encode_blocks_by<Q4_0, encode_blocks_weighted<Q4_0, quantize, quantize_weighted, nullptr, quantize_eight_weighted>,
                               kernels::encode_in_strips<kernels::SignedMaxEncoder<4, kernels::Arch, quantize_run<Q4_0, quantize, 4>>>>,
    .decode = decode_blocks_by<Q4_0, kernels::decode_q4_0<kernels::Arch>>,
    .takes_importance = true,
    .plain_encode = plain<encode_blocks_weighted<Q4_0, quantize, quantize_weighted>>,
    .plain_decode = plain<decode_blocks<Q4_0, dequantize>>,
};

}  // namespace bitbudget::formats
