#include "formats/ggml_pack.h"
#include "formats/ggml_superblock.h"
#include "kernels/decode.h"

namespace bitbudget::formats {
namespace {

/// Q4_K: 144 bytes for 256 values, eight groups of 32. f16 d; f16 dmin; 12 bytes with a 6-bit scale and a 6-bit offset for
/// each group (see pack_scales_6bit); 128 bytes, 32 for each pair of groups: the even group's codes in the low nibbles, the
/// odd group's in the high ones. value = (d·scale)·q - dmin·offset.
struct Q4_K {
  static constexpr std::size_t kLength = kSuperblock;
  std::uint16_t d;
  std::uint16_t dmin;
  std::uint8_t scales[12];
  std::uint8_t q[128];
};

constexpr std::size_t kGroups = 8;
constexpr int kLevels = 15;
constexpr int kScaleLevels = 63;
constexpr Sweep kSweep{-1.0f, 0.1f, 20, Metric::square};

Q4_K pack(const RoundedGroups<kGroups>& groups) {
  Q4_K block;
  block.d = groups.d;
  block.dmin = groups.dmin;
  pack_scales_6bit(groups.scales, groups.offsets, block.scales);
  for (std::size_t pair = 0; pair < 4; ++pair) {
    pack_nibbles(std::span(groups.codes).subspan(64 * pair, 64), std::span(block.q).subspan(32 * pair, 32));
  }
  return block;
}

template <class Loops>
Q4_K quantize(BlockValues<Q4_K> x) {
  return pack(quantize_groups<Loops, kGroups>(x, kLevels, kScaleLevels, kSweep, RmsWeights{}));
}

template <class Loops>
Q4_K quantize_weighted(BlockValues<Q4_K> x, BlockImportance<Q4_K> importance) {
  const float energy = 2.0f * sum_of_squares(x) / static_cast<float>(kSuperblock);
  return pack(quantize_groups_weighted<Loops, kGroups>(x, kLevels, kScaleLevels, {importance.weights, energy}));
}

void dequantize(const Q4_K& block, BlockOutput<Q4_K> out) {
  RoundedGroups<kGroups> groups;
  groups.d = block.d;
  groups.dmin = block.dmin;
  unpack_scales_6bit(block.scales, groups.scales, groups.offsets);
  for (std::size_t pair = 0; pair < 4; ++pair) {
    unpack_nibbles(std::span(block.q).subspan(32 * pair, 32), std::span(groups.codes).subspan(64 * pair, 64));
  }
  dequantize_groups(groups, out);
}

}  // namespace

extern constexpr Format kQ4_K{
    .id = "q4_k",
    .label = "Q4_K",
    .description = "256 values in eight groups of 32, each with a 6-bit scale and a 6-bit offset in units of two f16 numbers; "
                   "codes 0 to 15, nearest, ties to even. Each group's scale and offset are swept for the least squared error "
                   "with weights rms + |x|; with an importance vector the weights are importance·sqrt(2·block mean square + "
                   "x²), and the block's two units are fitted too. The bytes are those of ggml built without fused "
                   "multiply-add; builds that contract a·b + c differ in a few blocks of a hundred. Blocks whose values span "
                   "less than about 4e-38 become zero; a unit above 65504 (ranges above 62 million or offsets above 4.1 "
                   "million) overflows to infinity, as in ggml.",
    .source = "ggml, block_q4_K",
    .block_length = Q4_K::kLength,
    .row_multiple = Q4_K::kLength,
    .bytes_per_block = sizeof(Q4_K),
    .bits_per_weight = block_bits_per_weight<Q4_K>(),
    .takes_non_finite = false,
    .encoded_size = block_encoded_size<Q4_K>,
    .encode = encode_blocks_weighted<Q4_K, quantize<VectorLoops>, quantize_weighted<VectorLoops>>,
    .decode = decode_blocks_by<Q4_K, kernels::decode_q4_k<kernels::Arch>>,
    .takes_importance = true,
    .plain_encode = plain<encode_blocks_weighted<Q4_K, quantize<PlainLoops>, quantize_weighted<PlainLoops>>>,
    .plain_decode = plain<decode_blocks<Q4_K, dequantize>>,
    .offset_bits = 16 + 8 * 6,
};

}  // namespace bitbudget::formats
