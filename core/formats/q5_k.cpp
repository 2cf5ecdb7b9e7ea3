#include "formats/ggml_pack.h"
#include "formats/ggml_superblock.h"
#include "kernels/decode.h"

namespace bitbudget::formats {
namespace {

/// Q5_K: 176 bytes for 256 values, eight groups of 32. f16 d; f16 dmin; 12 bytes with a 6-bit scale and a 6-bit offset for
/// each group (see pack_scales_6bit); 32 bytes, bit j of byte i being bit 4 of code i of group j; 128 bytes, 32 for each pair
/// of groups: the low four bits of the even group's codes in the low nibbles, of the odd group's in the high ones.
/// value = (d·scale)·q - dmin·offset.
struct Q5_K {
  static constexpr std::size_t kLength = kSuperblock;
  std::uint16_t d;
  std::uint16_t dmin;
  std::uint8_t scales[12];
  std::uint8_t high[32];
  std::uint8_t q[128];
};

constexpr std::size_t kGroups = 8;
constexpr int kLevels = 31;
constexpr int kScaleLevels = 63;
constexpr Sweep kSweep{-0.5f, 0.1f, 15, Metric::square};

Q5_K pack(const RoundedGroups<kGroups>& groups) {
  Q5_K block;
  block.d = groups.d;
  block.dmin = groups.dmin;
  pack_scales_6bit(groups.scales, groups.offsets, block.scales);
  pack_bits(groups.codes, 4, block.high);
  for (std::size_t pair = 0; pair < 4; ++pair) {
    pack_nibbles(std::span(groups.codes).subspan(64 * pair, 64), std::span(block.q).subspan(32 * pair, 32));
  }
  return block;
}

template <class Loops>
Q5_K quantize(BlockValues<Q5_K> x) {
  return pack(quantize_groups<Loops, kGroups>(x, kLevels, kScaleLevels, kSweep, RmsWeights{}));
}

template <class Loops>
Q5_K quantize_weighted(BlockValues<Q5_K> x, BlockImportance<Q5_K> importance) {
  const float energy = 2.0f * sum_of_squares(x) / static_cast<float>(kSuperblock);
  return pack(quantize_groups_weighted<Loops, kGroups>(x, kLevels, kScaleLevels, {importance.weights, energy}));
}

void dequantize(const Q5_K& block, BlockOutput<Q5_K> out) {
  RoundedGroups<kGroups> groups;
  groups.d = block.d;
  groups.dmin = block.dmin;
  unpack_scales_6bit(block.scales, groups.scales, groups.offsets);
  for (std::size_t pair = 0; pair < 4; ++pair) {
    unpack_nibbles(std::span(block.q).subspan(32 * pair, 32), std::span(groups.codes).subspan(64 * pair, 64));
  }
  unpack_bits(block.high, 4, groups.codes);
  dequantize_groups(groups, out);
}

}  // namespace

extern constexpr Format kQ5_K{
    .id = "q5_k",
    .label = "Q5_K",
    .description = "256 values in eight groups of 32, each with a 6-bit scale and a 6-bit offset in units of two f16 numbers; "
                   "codes 0 to 31, nearest, ties to even. Each group's scale and offset are swept for the least squared error "
                   "with weights rms + |x|; with an importance vector the weights are importance·sqrt(2·block mean square + "
                   "x²), and the block's two units are fitted too. The bytes are those of ggml built without fused "
                   "multiply-add; builds that contract a·b + c differ in a few blocks of a hundred. Blocks whose values span "
                   "less than about 9e-38 become zero; a unit above 65504 (ranges above 128 million or offsets above 4.1 "
                   "million) overflows to infinity, as in ggml.",
    .source = "ggml, block_q5_K",
    .block_length = Q5_K::kLength,
    .row_multiple = Q5_K::kLength,
    .bytes_per_block = sizeof(Q5_K),
    .bits_per_weight = block_bits_per_weight<Q5_K>(),
    .takes_non_finite = false,
    .encoded_size = block_encoded_size<Q5_K>,
    .encode = encode_blocks_weighted<Q5_K, quantize<VectorLoops>, quantize_weighted<VectorLoops>>,
    .decode = decode_blocks_by<Q5_K, kernels::decode_q5_k<kernels::Arch>>,
    .takes_importance = true,
    .plain_encode = plain<encode_blocks_weighted<Q5_K, quantize<PlainLoops>, quantize_weighted<PlainLoops>>>,
    .plain_decode = plain<decode_blocks<Q5_K, dequantize>>,
    .offset_bits = 16 + 8 * 6,
};

}  // namespace bitbudget::formats
