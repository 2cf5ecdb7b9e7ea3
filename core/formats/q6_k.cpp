#include <array>
#include <cmath>

#include "formats/ggml_pack.h"
#include "formats/ggml_superblock.h"
#include "kernels/decode.h"

namespace bitbudget::formats {
namespace {

/// Q6_K: 210 bytes for 256 values, sixteen groups of 16. 128 bytes with the low four bits of the codes, 64 for each half of 128
/// values: byte i holds value i of the half in its low nibble and value i+64 in its high one; 64 bytes with the high two bits,
/// 32 for each half: byte i holds those of values i, i+32, i+64 and i+96, lowest bits first; 16 int8 group scales; f16 d.
/// value = (d·scale)·(q - 32).
struct Q6_K {
  static constexpr std::size_t kLength = kSuperblock;
  std::uint8_t low[128];
  std::uint8_t high[64];
  std::int8_t scales[16];
  std::uint16_t d;
};

constexpr std::size_t kGroups = 16;
constexpr std::size_t kGroup = kGroupLength<kGroups>;
constexpr int kLevels = 32;

/// Rounds the group scales to int8, makes the codes again from the rounded ones and lays everything out.
template <class Loops>
Q6_K pack(BlockValues<Q6_K> x, FittedGroups<kGroups> fitted) {
  const float largest = signed_max(fitted.scales);
  Q6_K block{};
  if (std::abs(largest) < kGroupEpsilon) return block;
  const float inverse = -128.0f / largest;
  block.d = tensor::f16_from_f32(1.0f / inverse);
  const float d = tensor::f32_from_f16(block.d);
  for (std::size_t j = 0; j < kGroups; ++j) {
    block.scales[j] = static_cast<std::int8_t>(std::min(127, round_half_even(inverse * fitted.scales[j])));
    const float scale = d * static_cast<float>(block.scales[j]);
    Loops::template requantize_symmetric<kGroup>(group_of<kGroups>(x, j), scale, kLevels, group_of<kGroups>(fitted.codes, j));
  }
  for (std::size_t half = 0; half < 2; ++half) {
    const auto part = std::span(fitted.codes).subspan(128 * half, 128);
    pack_nibbles(part, std::span(block.low).subspan(64 * half, 64));
    pack_pairs(part, 4, std::span(block.high).subspan(32 * half, 32));
  }
  return block;
}

template <class Loops>
Q6_K quantize(BlockValues<Q6_K> x) {
  return pack<Loops>(x, Loops::template fit_symmetric<kGroups>(x, kLevels, SquareWeights{}));
}

template <class Loops>
Q6_K quantize_weighted(BlockValues<Q6_K> x, BlockImportance<Q6_K> importance) {
  return pack<Loops>(x, Loops::template fit_symmetric<kGroups>(x, kLevels, BareImportance{importance.weights}));
}

void dequantize(const Q6_K& block, BlockOutput<Q6_K> out) {
  SuperblockCodes codes;
  for (std::size_t half = 0; half < 2; ++half) {
    const auto part = std::span(codes).subspan(128 * half, 128);
    unpack_nibbles(std::span(block.low).subspan(64 * half, 64), part);
    unpack_pairs(std::span(block.high).subspan(32 * half, 32), 4, part);
  }
  const float d = tensor::f32_from_f16(block.d);
  for (std::size_t j = 0; j < kGroups; ++j) {
    const float scale = d * static_cast<float>(block.scales[j]);
    for (std::size_t i = j * kGroup; i < (j + 1) * kGroup; ++i) out[i] = scale * static_cast<float>(codes[i] - kLevels);
  }
}

}  // namespace

extern constexpr Format kQ6_K{
    .id = "q6_k",
    .label = "Q6_K",
    .description = "256 values in sixteen groups of 16, each with an int8 scale in units of an f16 number; codes -32 to 31, "
                   "nearest, ties to even. Each group's scale is the best of 19 by correlation weighted by x², or by the "
                   "importance vector itself. The bytes are those of ggml built without fused multiply-add; builds that "
                   "contract a·b + c differ in a few blocks of a hundred. Groups below 1e-15 become zero; a unit above 65504 "
                   "(magnitudes above about 270 million) overflows to infinity, and above about 1e17 the search itself "
                   "overflows and leaves zeros, as in ggml.",
    .source = "ggml, block_q6_K",
    .block_length = Q6_K::kLength,
    .row_multiple = Q6_K::kLength,
    .bytes_per_block = sizeof(Q6_K),
    .bits_per_weight = block_bits_per_weight<Q6_K>(),
    .takes_non_finite = false,
    .encoded_size = block_encoded_size<Q6_K>,
    .encode = encode_blocks_weighted<Q6_K, quantize<VectorLoops>, quantize_weighted<VectorLoops>>,
    .decode = decode_blocks_by<Q6_K, kernels::decode_q6_k<kernels::Arch>>,
    .takes_importance = true,
    .plain_encode = plain<encode_blocks_weighted<Q6_K, quantize<PlainLoops>, quantize_weighted<PlainLoops>>>,
    .plain_decode = plain<decode_blocks<Q6_K, dequantize>>,
};

}  // namespace bitbudget::formats
