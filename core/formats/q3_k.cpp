#include <array>
#include <cmath>

#include "formats/ggml_pack.h"
#include "formats/ggml_superblock.h"
#include "kernels/decode.h"

namespace bitbudget::formats {
namespace {

/// Q3_K: 110 bytes for 256 values, sixteen groups of 16. 32 bytes, bit j of byte i being bit 2 of the code of value 32·j + i;
/// 64 bytes with the low two bits, 32 for each half of 128 values: byte i holds those of values i, i+32, i+64 and i+96 of the
/// half, lowest bits first; 12 bytes with a 6-bit scale L for each group: its low four bits in the low (groups 0 to 7) or high
/// (8 to 15) nibble of byte j mod 8, its two high bits in byte 8 + j mod 4 at bit 2·(j / 4); f16 d.
/// value = (d·(L - 32))·(q - 4).
struct Q3_K {
  static constexpr std::size_t kLength = kSuperblock;
  std::uint8_t high[32];
  std::uint8_t q[64];
  std::uint8_t scales[12];
  std::uint16_t d;
};

constexpr std::size_t kGroups = 16;
constexpr std::size_t kGroup = kGroupLength<kGroups>;
constexpr int kLevels = 4;
constexpr int kScaleLevels = 32;

using ScaleCodes = std::array<std::uint8_t, kGroups>;

/// Makes the codes again from the rounded scales and lays everything out.
template <class Loops>
Q3_K pack(BlockValues<Q3_K> x, float unit, const ScaleCodes& scales, SuperblockCodes& codes) {
  Q3_K block;
  block.d = tensor::f16_from_f32(unit);
  const float d = tensor::f32_from_f16(block.d);
  for (std::size_t j = 0; j < kGroups; ++j) {
    const float scale = d * static_cast<float>(scales[j] - kScaleLevels);
    Loops::template requantize_symmetric<kGroup>(group_of<kGroups>(x, j), scale, kLevels, group_of<kGroups>(codes, j));
  }
  pack_nibbles(scales, std::span(block.scales).template first<8>());
  pack_pairs(scales, 4, std::span(block.scales).template last<4>());
  pack_bits(codes, 2, block.high);
  for (std::size_t half = 0; half < 2; ++half) {
    pack_pairs(std::span(codes).subspan(128 * half, 128), 0, std::span(block.q).subspan(32 * half, 32));
  }
  return block;
}

template <class Loops>
Q3_K quantize_fitted(BlockValues<Q3_K> x, FittedGroups<kGroups>& fitted) {
  const float largest = signed_max(fitted.scales);
  ScaleCodes scale_codes{};
  if (largest == 0) return pack<Loops>(x, 0, scale_codes, fitted.codes);
  const float inverse = -static_cast<float>(kScaleLevels) / largest;
  for (std::size_t j = 0; j < kGroups; ++j) {
    const int code = std::clamp(round_half_even(inverse * fitted.scales[j]), -kScaleLevels, kScaleLevels - 1);
    scale_codes[j] = static_cast<std::uint8_t>(code + kScaleLevels);
  }
  return pack<Loops>(x, 1.0f / inverse, scale_codes, fitted.codes);
}

Q3_K quantize(BlockValues<Q3_K> x) {
  auto fitted = PlainLoops::fit_by_descent<kGroups>(x, kLevels);
  return quantize_fitted<PlainLoops>(x, fitted);
}

EightBlocks<Q3_K> quantize_eight(EightValues<Q3_K> x) {
  auto fitted = VectorLoops::fit_eight_by_descent<kGroups>(x, kLevels);
  EightBlocks<Q3_K> blocks;
  for (std::size_t b = 0; b < 8; ++b) {
    blocks[b] = quantize_fitted<VectorLoops>(x.subspan(b * Q3_K::kLength).first<Q3_K::kLength>(), fitted[b]);
  }
  return blocks;
}

template <class Loops>
Q3_K quantize_weighted(BlockValues<Q3_K> x, BlockImportance<Q3_K> importance) {
  const float energy = 2.0f * sum_of_squares(x) / static_cast<float>(kSuperblock);
  auto fitted = Loops::template fit_symmetric<kGroups>(x, kLevels, ImportanceWeights{importance.weights, energy});
  ScaleCodes scale_codes;
  const float unit = symmetric_search(fitted.scales, fitted.totals, kScaleLevels, scale_codes);
  return pack<Loops>(x, unit, scale_codes, fitted.codes);
}

void dequantize(const Q3_K& block, BlockOutput<Q3_K> out) {
  SuperblockCodes codes{};
  for (std::size_t half = 0; half < 2; ++half) {
    unpack_pairs(std::span(block.q).subspan(32 * half, 32), 0, std::span(codes).subspan(128 * half, 128));
  }
  unpack_bits(block.high, 2, codes);
  ScaleCodes scales;
  unpack_nibbles(std::span(block.scales).first<8>(), scales);
  unpack_pairs(std::span(block.scales).last<4>(), 4, scales);
  const float d = tensor::f32_from_f16(block.d);
  for (std::size_t j = 0; j < kGroups; ++j) {
    const float scale = d * static_cast<float>(scales[j] - kScaleLevels);
    for (std::size_t i = j * kGroup; i < (j + 1) * kGroup; ++i) out[i] = scale * static_cast<float>(codes[i] - kLevels);
  }
}

}  // namespace

extern constexpr Format kQ3_K{
    .id = "q3_k",
    .label = "Q3_K",
    .description = "256 values in sixteen groups of 16, each with a signed 6-bit scale in units of an f16 number; codes -4 to "
                   "3, nearest, ties to even. Each group's codes are improved one at a time for the best correlation weighted "
                   "by x² (as in ggml, only in groups whose largest magnitude is negative: the others keep their first codes); "
                   "with an importance vector the group scales and then the unit are swept with weights "
                   "importance·sqrt(2·block mean square + x²). The bytes are those of ggml built without fused multiply-add; "
                   "builds that contract a·b + c differ in a few blocks of a hundred. Groups below 1e-15 become zero; a unit "
                   "above 65504 (magnitudes above about 8 million) overflows to infinity, and above about 1e17 the search "
                   "itself overflows and leaves zeros, as in ggml.",
    .source = "ggml, block_q3_K",
    .block_length = Q3_K::kLength,
    .row_multiple = Q3_K::kLength,
    .bytes_per_block = sizeof(Q3_K),
    .bits_per_weight = block_bits_per_weight<Q3_K>(),
    .takes_non_finite = false,
    .encoded_size = block_encoded_size<Q3_K>,
    .encode = encode_blocks_weighted<Q3_K, quantize, quantize_weighted<VectorLoops>, quantize_eight>,
    .decode = decode_blocks_by<Q3_K, kernels::decode_q3_k<kernels::Arch>>,
    .takes_importance = true,
    .plain_encode = plain<encode_blocks_weighted<Q3_K, quantize, quantize_weighted<PlainLoops>>>,
    .plain_decode = plain<decode_blocks<Q3_K, dequantize>>,
};

}  // namespace bitbudget::formats
