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

/// Q5_1: 24 bytes for 32 values. f16 scale d; f16 minimum m; 4 bytes whose bit i (lowest first) is bit 4 of code i; then 16
/// bytes: byte i holds the low four bits of code i in its low nibble and those of code i+16 in its high; value = q·d + m.
struct Q5_1 {
  static constexpr std::size_t kLength = 32;
  std::uint16_t d;
  std::uint16_t m;
  std::uint8_t high[4];
  std::uint8_t q[16];
};
using Codes = std::array<std::uint8_t, Q5_1::kLength>;

Q5_1 pack(float d, float m, std::span<const std::uint8_t, 32> codes) {
  Q5_1 block;
  block.d = tensor::f16_from_f32(d);
  block.m = tensor::f16_from_f32(m);
  pack_fifth_bits(codes, block.high);
  pack_nibbles(codes, block.q);
  return block;
}

/// m = the smallest value, d = (largest - smallest) / 31. Codes come from the unrounded d and m.
Q5_1 quantize(BlockValues<Q5_1> x) {
  const auto [low, high] = range_of(x);
  const float d = (high - low) / 31.0f;
  const float inverse = reciprocal_or_zero(d);
  Codes codes;
  for (std::size_t i = 0; i < x.size(); ++i) codes[i] = static_cast<std::uint8_t>(truncate_to((x[i] - low) * inverse + 0.5f, 31));
  return pack(d, low, codes);
}

Q5_1 quantize_weighted(BlockValues<Q5_1> x, BlockImportance<Q5_1> importance) {
  std::array<float, Q5_1::kLength> weights;
  importance_weights(x, importance.weights, importance.row_mean_square, weights);
  Codes codes;
  const Affine fit = affine_search(x, weights, 31, kWeightedSweep, codes);
  return pack(fit.scale, -fit.offset, codes);
}

EightBlocks<Q5_1> quantize_eight_weighted(EightValues<Q5_1> x, EightImportance<Q5_1> importance) {
  const ImportanceWeights weigh{importance.weights, importance.row_mean_square};
  const auto fitted = VectorLoops::fit_affine<8>(x, 31, kWeightedSweep, weigh);
  EightBlocks<Q5_1> blocks;
  for (std::size_t j = 0; j < 8; ++j) blocks[j] = pack(fitted.scales[j], -fitted.offsets[j], group_of<8>(fitted.codes, j).first<Q5_1::kLength>());
  return blocks;
}

void dequantize(const Q5_1& block, BlockOutput<Q5_1> out) {
  const float d = tensor::f32_from_f16(block.d);
  const float m = tensor::f32_from_f16(block.m);
  Codes codes;
  unpack_nibbles(block.q, codes);
  unpack_fifth_bits(block.high, codes);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(codes[i]) * d + m;
}

}  // namespace

extern constexpr Format kQ5_1{
    .id = "q5_1",
    .label = "Q5_1",
    .description = "32 values share an f16 scale and an f16 minimum; codes 0 to 31, nearest, ties up; the fifth bits lie apart. "
                   "With an importance vector: weights importance·sqrt(row mean square + x²) and a search of scales. Values "
                   "above 65520 overflow the minimum, and ranges above 2.03 million the scale, to infinity, as in ggml; where "
                   "1/scale would overflow (a range below about 9.1e-38) all codes are 0.",
    .source = "ggml, block_q5_1",
    .block_length = Q5_1::kLength,
    .row_multiple = Q5_1::kLength,
    .bytes_per_block = sizeof(Q5_1),
    .bits_per_weight = block_bits_per_weight<Q5_1>(),
    .takes_non_finite = false,
    .encoded_size = block_encoded_size<Q5_1>,
    .encode = encode_blocks_by<Q5_1, encode_blocks_weighted<Q5_1, quantize, quantize_weighted, nullptr, quantize_eight_weighted>,
                               kernels::encode_in_strips<kernels::RangeEncoder<5, kernels::Arch, quantize_run<Q5_1, quantize, 4>>>>,
    .decode = decode_blocks_by<Q5_1, kernels::decode_q5_1<kernels::Arch>>,
    .takes_importance = true,
    .plain_encode = plain<encode_blocks_weighted<Q5_1, quantize, quantize_weighted>>,
    .plain_decode = plain<decode_blocks<Q5_1, dequantize>>,
    .offset_bits = 16,
};

}  // namespace bitbudget::formats
