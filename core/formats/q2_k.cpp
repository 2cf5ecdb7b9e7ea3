#include "formats/ggml_pack.h"
#include "formats/ggml_superblock.h"
#include "kernels/decode.h"

namespace bitbudget::formats {
namespace {

/// Q2_K: 84 bytes for 256 values, sixteen groups of 16. 16 bytes, one for each group, with its 4-bit scale in the low nibble and
/// its 4-bit offset in the high one; 64 bytes with 2-bit codes, 32 for each half of 128 values: byte i holds the codes of
/// values i, i+32, i+64 and i+96 of the half, lowest bits first; f16 d; f16 dmin. value = (d·scale)·q - dmin·offset.
struct Q2_K {
  static constexpr std::size_t kLength = kSuperblock;
  std::uint8_t scales[16];
  std::uint8_t q[64];
  std::uint16_t d;
  std::uint16_t dmin;
};

constexpr std::size_t kGroups = 16;
constexpr int kLevels = 3;
constexpr int kScaleLevels = 15;
constexpr Sweep kSweep{-0.5f, 0.1f, 15, Metric::absolute};

Q2_K pack(const RoundedGroups<kGroups>& groups) {
  Q2_K block;
  block.d = groups.d;
  block.dmin = groups.dmin;
  for (std::size_t j = 0; j < kGroups; ++j) block.scales[j] = static_cast<std::uint8_t>(groups.scales[j] | groups.offsets[j] << 4);
  for (std::size_t half = 0; half < 2; ++half) {
    pack_pairs(std::span(groups.codes).subspan(128 * half, 128), 0, std::span(block.q).subspan(32 * half, 32));
  }
  return block;
}

template <class Loops>
Q2_K quantize(BlockValues<Q2_K> x) {
  return pack(quantize_groups<Loops, kGroups>(x, kLevels, kScaleLevels, kSweep, MagnitudeWeights{}));
}

template <class Loops>
Q2_K quantize_weighted(BlockValues<Q2_K> x, BlockImportance<Q2_K> importance) {
  const float energy = sum_of_squares(x) / static_cast<float>(kSuperblock);
  return pack(quantize_groups_weighted<Loops, kGroups>(x, kLevels, kScaleLevels, {importance.weights, energy}));
}

void dequantize(const Q2_K& block, BlockOutput<Q2_K> out) {
  RoundedGroups<kGroups> groups;
  groups.d = block.d;
  groups.dmin = block.dmin;
  for (std::size_t j = 0; j < kGroups; ++j) {
    groups.scales[j] = block.scales[j] & 15;
    groups.offsets[j] = block.scales[j] >> 4;
  }
  groups.codes = {};
  for (std::size_t half = 0; half < 2; ++half) {
    unpack_pairs(std::span(block.q).subspan(32 * half, 32), 0, std::span(groups.codes).subspan(128 * half, 128));
  }
  dequantize_groups(groups, out);
}

}  // namespace

extern constexpr Format kQ2_K{
    .id = "q2_k",
    .label = "Q2_K",
    .description = "256 values in sixteen groups of 16, each with a 4-bit scale and a 4-bit offset in units of two f16 "
                   "numbers; codes 0 to 3, nearest, ties to even. Each group's scale and offset are swept for the least "
                   "absolute error with weights |x|; with an importance vector for the least squared error with weights "
                   "importance·sqrt(block mean square + x²), and the block's two units are fitted too. The bytes are those of "
                   "ggml built without fused multiply-add; builds that contract a·b + c differ in a few blocks of a hundred. "
                   "Blocks whose values span less than about 9e-39 become zero; a unit above 65504 (ranges above 2.9 million "
                   "or offsets above 983 thousand) overflows to infinity, as in ggml.",
    .source = "ggml, block_q2_K",
    .block_length = Q2_K::kLength,
    .row_multiple = Q2_K::kLength,
    .bytes_per_block = sizeof(Q2_K),
    .bits_per_weight = block_bits_per_weight<Q2_K>(),
    .takes_non_finite = false,
    .encoded_size = block_encoded_size<Q2_K>,
    .encode = encode_blocks_weighted<Q2_K, quantize<VectorLoops>, quantize_weighted<VectorLoops>>,
    .decode = decode_blocks_by<Q2_K, kernels::decode_q2_k<kernels::Arch>>,
    .takes_importance = true,
    .plain_encode = plain<encode_blocks_weighted<Q2_K, quantize<PlainLoops>, quantize_weighted<PlainLoops>>>,
    .plain_decode = plain<decode_blocks<Q2_K, dequantize>>,
    .offset_bits = 16 + 16 * 4,
};

}  // namespace bitbudget::formats
