#include <algorithm>
#include <array>
#include <cmath>

#include "formats/block.h"
#include "formats/ggml_pack.h"
#include "formats/ggml_superblock.h"
#include "formats/rounding.h"
#include "kernels/decode.h"
#include "kernels/level_search.h"
#include "tensor/float_types.h"

namespace bitbudget::formats {
namespace {

/// IQ4_NL: 18 bytes for 32 values. f16 scale d, then 16 bytes: byte i holds the code of value i in its low nibble and that of
/// value i+16 in its high nibble; value = kLevels[q]·d.
struct IQ4_NL {
  static constexpr std::size_t kLength = 32;
  std::uint16_t d;
  std::uint8_t q[16];
};
using Codes = std::array<std::uint8_t, IQ4_NL::kLength>;

constexpr std::array<float, 16> kLevels{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
constexpr kernels::Levels kTable(kLevels);
constexpr int kReach = 7;  // inverse scales tried on each side

/// The nearest level's code; of two equally near, the higher.
std::uint8_t nearest_level(float x) {
  if (x <= kLevels.front()) return 0;
  if (x >= kLevels.back()) return 15;
  std::uint8_t above = 1;
  while (above < 15 && x >= kLevels[above]) ++above;
  const auto below = static_cast<std::uint8_t>(above - 1);
  return x - kLevels[below] < kLevels[above] - x ? below : above;
}

/// The weighted fit of a scale to the codes of an inverse scale.
struct Fit {
  float products = 0;       // sum of w·v·x
  float levels_squared = 0; // sum of w·v²
};

Fit fit_levels(BlockValues<IQ4_NL> x, std::span<const float> weights, float inverse) {
  Fit fit;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float v = kLevels[nearest_level(inverse * x[i])];
    fit.products += weights[i] * v * x[i];
    fit.levels_squared += weights[i] * v * v;
  }
  return fit;
}

/// Fifteen inverse scales around the one that puts the largest magnitude at level -127; the best weighted correlation wins.
float search_scale(BlockValues<IQ4_NL> x, std::span<const float> weights) {
  const float largest = signed_max(x);
  if (std::abs(largest) < kGroupEpsilon) return 0;
  const Fit first = fit_levels(x, weights, 1.0f / (-largest / kLevels[0]));
  float d = first.levels_squared > 0 ? first.products / first.levels_squared : 0.0f;
  float best = d * first.products;
  for (int t = -kReach; t <= kReach; ++t) {
    const Fit fit = fit_levels(x, weights, (static_cast<float>(t) + kLevels[0]) / largest);
    if (fit.levels_squared > 0 && fit.products * fit.products > best * fit.levels_squared) {
      d = fit.products / fit.levels_squared;
      best = d * fit.products;
    }
  }
  return d;
}

IQ4_NL pack(float d, std::span<const std::uint8_t, 32> codes) {
  IQ4_NL block;
  block.d = tensor::f16_from_f32(d);
  pack_nibbles(codes, block.q);
  return block;
}

IQ4_NL quantize_with(BlockValues<IQ4_NL> x, std::span<const float> weights) {
  const float d = search_scale(x, weights);
  const float inverse = reciprocal_or_zero(d);
  Codes codes;
  for (std::size_t i = 0; i < x.size(); ++i) codes[i] = nearest_level(inverse * x[i]);
  return pack(d, codes);
}

IQ4_NL quantize(BlockValues<IQ4_NL> x) {
  std::array<float, IQ4_NL::kLength> weights;
  SquareWeights{}.plain(0, x, weights);
  return quantize_with(x, weights);
}

/// The mean square is the block's here, doubled.
IQ4_NL quantize_weighted(BlockValues<IQ4_NL> x, BlockImportance<IQ4_NL> importance) {
  std::array<float, IQ4_NL::kLength> weights;
  importance_weights(x, importance.weights, sum_of_squares(x) * (2.0f / IQ4_NL::kLength), weights);
  return quantize_with(x, weights);
}

using Lanes = kernels::Groups<kernels::Arch, IQ4_NL::kLength>;

EightBlocks<IQ4_NL> quantize_eight_with(const Lanes& x, const Lanes& weights) {
  std::array<float, 8> scales, inverses;
  kernels::store_pair(kernels::level_search(x, weights, kTable, kReach), scales.data());
  std::ranges::transform(scales, inverses.begin(), reciprocal_or_zero);
  std::array<std::uint8_t, 8 * IQ4_NL::kLength> codes;
  kernels::store_level_codes(x, kernels::load_pair<kernels::Arch>(inverses.data()), kTable, codes.data());
  EightBlocks<IQ4_NL> blocks;
  for (std::size_t j = 0; j < 8; ++j) blocks[j] = pack(scales[j], group_of<8>(codes, j).first<IQ4_NL::kLength>());
  return blocks;
}

EightBlocks<IQ4_NL> quantize_eight(EightValues<IQ4_NL> values) {
  Lanes x, weights;
  kernels::load_groups(values.data(), x);
  SquareWeights{}.lanes(0, x, weights);
  return quantize_eight_with(x, weights);
}

EightBlocks<IQ4_NL> quantize_eight_weighted(EightValues<IQ4_NL> values, EightImportance<IQ4_NL> importance) {
  Lanes x, weights;
  kernels::load_groups(values.data(), x);
  kernels::load_groups(importance.weights.data(), weights);
  const auto energy = kernels::sum_of_squares_lanes(x) * kernels::Pair<kernels::Arch>(2.0f / IQ4_NL::kLength);
  for (std::size_t i = 0; i < x.size(); ++i) weights[i] = weights[i] * root(energy + x[i] * x[i]);
  return quantize_eight_with(x, weights);
}

void dequantize(const IQ4_NL& block, BlockOutput<IQ4_NL> out) {
  const float d = tensor::f32_from_f16(block.d);
  Codes codes;
  unpack_nibbles(block.q, codes);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = kLevels[codes[i]] * d;
}

}  // namespace

extern constexpr Format kIQ4_NL{
    .id = "iq4_nl",
    .label = "IQ4_NL",
    .description = "32 values share an f16 scale of either sign; the 16 codes are unequally spaced levels from -127 to 113. The "
                   "scale is swept for the least error weighted by x², as converters do (ggml also has a reference without the "
                   "sweep, which differs); ties go to the higher level. With an importance vector: weights "
                   "importance·sqrt(2·block mean square + x²). Values above about 8 million overflow the scale to infinity, as "
                   "in ggml; blocks below 1e-15 become zero.",
    .source = "ggml, block_iq4_nl",
    .block_length = IQ4_NL::kLength,
    .row_multiple = IQ4_NL::kLength,
    .bytes_per_block = sizeof(IQ4_NL),
    .bits_per_weight = block_bits_per_weight<IQ4_NL>(),
    .takes_non_finite = false,
    .encoded_size = block_encoded_size<IQ4_NL>,
    .encode = encode_blocks_weighted<IQ4_NL, quantize, quantize_weighted, quantize_eight, quantize_eight_weighted>,
    .decode = decode_blocks_by<IQ4_NL, kernels::decode_iq4_nl<kernels::Arch>>,
    .takes_importance = true,
    .plain_encode = plain<encode_blocks_weighted<IQ4_NL, quantize, quantize_weighted>>,
    .plain_decode = plain<decode_blocks<IQ4_NL, dequantize>>,
};

}  // namespace bitbudget::formats
