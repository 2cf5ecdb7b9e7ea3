// The microscaling formats: blocks of 32 small floats under one power of two. Every element type with every scale rule.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

#include "formats/bit_stream.h"
#include "formats/block.h"
#include "formats/text.h"
#include "kernels/float_codes.h"
#include "kernels/four_bits.h"
#include "kernels/statistics.h"
#include "tensor/float_types.h"

namespace bitbudget::formats {
namespace {

/// How the block's exponent comes from a = absmax; emax is the element type's largest exponent, max its largest value.
enum class ScaleRule {
  floor,  // floor(log2 a) - emax: the specification's; elements in the top part of the last binade saturate
  even,   // a is first rounded to the elements' mantissa length, halves up: the top of the binade gets the next scale
  ceil,   // ceil(log2 a) - emax
  rceil,  // ceil(log2(a / max)), the quotient rounded to f32: the smallest scale that does not saturate
};
constexpr std::array<std::string_view, 4> kRuleNames{"floor", "even", "ceil", "rceil"};

struct ElementType {
  tensor::FloatType type;
  std::string_view name;
  int bits;
  int largest_exponent;
};
constexpr std::array<ElementType, 5> kElements{{
    {tensor::kF4E2M1Type, "fp4", 4, 2},
    {tensor::kF6E2M3Type, "fp6_e2m3", 6, 2},
    {tensor::kF6E3M2Type, "fp6_e3m2", 6, 4},
    {tensor::kF8E4M3Type, "fp8_e4m3", 8, 8},
    {tensor::kF8E5M2Type, "fp8_e5m2", 8, 15},
}};

/// MX: u8 scale, the exponent + 127 (E8M0: 255 is NaN), then the 32 element codes as a dense bit stream (bit_stream.h):
/// FP4 has element 2k in the low nibble of byte k and 2k+1 in the high one, FP6 four elements in three bytes.
/// value = element · 2^(scale - 127). 17, 25 or 33 bytes.
template <std::size_t kElement>
struct MxBlock {
  static constexpr std::size_t kLength = 32;
  std::uint8_t scale;
  std::uint8_t codes[4 * kElements[kElement].bits];
};

/// The exponent before it is held to E8M0's range. f32's subnormals count as 2^-127: every rule then ends at the lowest scale.
template <std::size_t kElement>
int scale_exponent(ScaleRule rule, float absmax) {
  constexpr ElementType element = kElements[kElement];
  constexpr std::uint32_t mantissa = (1u << 23) - 1;
  const auto bits = std::bit_cast<std::uint32_t>(absmax);
  const auto floor_log2 = [](std::uint32_t b) { return static_cast<int>(b >> 23) - 127; };
  const auto ceil_log2 = [&](std::uint32_t b) { return floor_log2(b) + ((b & mantissa) != 0 ? 1 : 0); };
  switch (rule) {
    case ScaleRule::floor: return floor_log2(bits) - element.largest_exponent;
    case ScaleRule::even: return floor_log2(bits + (1u << (22 - element.type.mantissa))) - element.largest_exponent;
    case ScaleRule::ceil: return ceil_log2(bits) - element.largest_exponent;
    case ScaleRule::rceil: break;
  }
  constexpr float largest = tensor::decode_float<element.type>(element.type.overflow);
  return ceil_log2(std::bit_cast<std::uint32_t>(absmax / largest));
}

template <std::size_t kElement>
MxBlock<kElement> quantize(ScaleRule rule, BlockValues<MxBlock<kElement>> x) {
  constexpr ElementType element = kElements[kElement];
  float absmax = 0;
  for (const float v : x) absmax = std::max(absmax, std::abs(v));
  const int exponent = std::clamp(scale_exponent<kElement>(rule, absmax), -127, 127);
  MxBlock<kElement> block;
  block.scale = static_cast<std::uint8_t>(exponent + 127);
  const float inverse = std::bit_cast<float>(static_cast<std::uint32_t>(127 - exponent) << 23);  // exact: exponents stay below 127
  std::array<std::uint8_t, 32> codes;
  for (std::size_t i = 0; i < 32; ++i) codes[i] = static_cast<std::uint8_t>(tensor::encode_float<element.type>(x[i] * inverse));
  pack_bits(codes, element.bits, std::as_writable_bytes(std::span(block.codes)));
  return block;
}

/// The same on vectors.
template <std::size_t kElement>
struct QuantizeVector {
  static constexpr ElementType kType = kElements[kElement];
  ScaleRule rule;
  kernels::SmallCodes<kType.type, kernels::Arch> codes;

  void operator()(const float* x, std::byte* to) const {
    using kernels::Arch;
    namespace simd = kernels::simd;
    const int exponent = std::clamp(scale_exponent<kElement>(rule, kernels::abs_max_of<Arch, 32>(x)), -127, 127);
    *to++ = static_cast<std::byte>(exponent + 127);
    const simd::F32<Arch> inverse(std::bit_cast<float>(static_cast<std::uint32_t>(127 - exponent) << 23));
    const auto four = [&](std::size_t i) { return simd::load<Arch>(x + i) * inverse; };
    const auto first = codes(four(0), four(4), four(8), four(12)), second = codes(four(16), four(20), four(24), four(28));
    if constexpr (kType.bits == 4) {
      kernels::put_paired_nibbles<false>(first, second, to);
    } else if constexpr (kType.bits == 8) {
      simd::store_bytes(to, first);
      simd::store_bytes(to + 16, second);
    } else {
      kernels::put_six_bits(first, to);
      kernels::put_six_bits(second, to + 12);
    }
  }
};

/// One loop for all rules of an element type: four times the code would be four times the download.
template <std::size_t kElement>
void encode_by_rule(ScaleRule rule, std::span<const float> values, std::span<std::byte> out) {
  const QuantizeVector<kElement> quantize_block{rule, {}};
  std::byte* to = out.data();
  for (std::size_t i = 0; i < values.size(); i += 32, to += sizeof(MxBlock<kElement>)) quantize_block(values.data() + i, to);
}
template <std::size_t kElement, ScaleRule kRule>
Result<void> encode(std::span<const float> values, std::uint64_t, const EncodeOptions&, std::span<std::byte> out) {
  encode_by_rule<kElement>(kRule, values, out);
  return {};
}
template <std::size_t kElement, ScaleRule kRule>
MxBlock<kElement> quantize_by(BlockValues<MxBlock<kElement>> x) {
  return quantize<kElement>(kRule, x);
}

/// 2^(scale - 127); the lowest one is subnormal in f32.
float scale_value(std::uint8_t scale) {
  if (scale == 255) return std::numeric_limits<float>::quiet_NaN();
  return scale == 0 ? 0x1p-127f : std::bit_cast<float>(static_cast<std::uint32_t>(scale) << 23);
}

template <std::size_t kElement>
void dequantize(const MxBlock<kElement>& block, BlockOutput<MxBlock<kElement>> out) {
  constexpr ElementType element = kElements[kElement];
  const float scale = scale_value(block.scale);
  std::array<std::uint8_t, 32> codes;
  unpack_bits(std::as_bytes(std::span(block.codes)), element.bits, codes);
  for (std::size_t i = 0; i < 32; ++i) out[i] = tensor::decode_float<element.type>(codes[i]) * scale;
}

template <std::size_t kElement>
struct DequantizeVector {
  static constexpr ElementType kType = kElements[kElement];
  kernels::PutFloatValues<kType.type, kernels::Arch> put;

  void operator()(const std::byte* from, float* out) const {
    using kernels::Arch;
    namespace simd = kernels::simd;
    const simd::F32<Arch> scale(scale_value(std::to_integer<std::uint8_t>(*from++)));
    if constexpr (kType.bits == 4) {
      const auto bytes = simd::load_bytes<Arch>(from);
      const auto low = kernels::decoding::low_nibbles(bytes), high = kernels::decoding::high_nibbles(bytes);
      put(xsimd::zip_lo(low, high), scale, out);
      put(xsimd::zip_hi(low, high), scale, out + 16);
    } else if constexpr (kType.bits == 8) {
      put(simd::load_bytes<Arch>(from), scale, out);
      put(simd::load_bytes<Arch>(from + 16), scale, out + 16);
    } else {
      // The second twelve bytes are the upper ones of the last sixteen: nothing beyond the block is read.
      put(kernels::take_six_bits(simd::load_bytes<Arch>(from), 0), scale, out);
      put(kernels::take_six_bits(simd::load_bytes<Arch>(from + 8), 4), scale, out + 16);
    }
  }
};

/// "mxfp8_e4m3" is the floor rule, as the specification has it; "mxfp4" alone is ggml's layout, so here its rule is named.
constexpr Text<20> id(const ElementType& element, ScaleRule rule) {
  Text<20> text;
  (text += "mx") += element.name;
  if (element.bits == 4 || rule != ScaleRule::floor) (text += "_") += kRuleNames[static_cast<std::size_t>(rule)];
  return text;
}

constexpr Text<24> label(const ElementType& element, ScaleRule rule) {
  Text<24> text;
  text += "MX";
  for (const char c : element.name) text += c == '_' ? ' ' : c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
  (text += " ") += kRuleNames[static_cast<std::size_t>(rule)];
  return text;
}

constexpr Text<900> description(const ElementType& element, ScaleRule rule) {
  Text<900> text;
  text += "32 elements under a power of two (E8M0), our container: the scale's byte, then the codes as a dense bit stream, low bits first";
  text += element.bits == 4 ? ", so neighbours share a byte (ggml's MXFP4 pairs elements 16 apart and rounds ties to the smaller magnitude). "
                            : " (torchao stores FP6 one code per byte; checkpoints keep scales and codes in two tensors). ";
  switch (rule) {
    case ScaleRule::floor: text += "Scale rule floor (the specification's, and the default of microxcaling and torchao): floor(log2 absmax) less the "
                                   "element's largest exponent; values in the top of the last binade saturate. "; break;
    case ScaleRule::even: text += "Scale rule even (torchao EVEN, compressed-tensors): as floor after rounding absmax to the element's mantissa length, "
                                  "halves up. "; break;
    case ScaleRule::ceil: text += "Scale rule ceil (torchao CEIL): ceil(log2 absmax) less the element's largest exponent; never saturates, "
                                  "leaves the top codes unused. "; break;
    case ScaleRule::rceil: text += "Scale rule rceil (torchao RCEIL): ceil(log2(absmax / largest element)), the smallest scale that does not saturate. "; break;
  }
  text += "Elements are rounded to nearest even and saturate (microxcaling's default rounds halves away from zero); zero keeps its sign. "
          "Blocks below the smallest scale, 2^-127, lose precision; a value that rounds past the largest f32 decodes as infinity.";
  return text;
}

template <std::size_t kElement, ScaleRule kRule>
struct Member {
  using Block = MxBlock<kElement>;
  static constexpr auto kId = id(kElements[kElement], kRule);
  static constexpr auto kLabel = label(kElements[kElement], kRule);
  static constexpr auto kDescription = description(kElements[kElement], kRule);
  static constexpr Format kFormat{
      .id = kId,
      .label = kLabel,
      .description = kDescription,
      .source = "OCP microscaling formats (MX) 1.0; scale rules as torchao names them",
      .block_length = Block::kLength,
      .row_multiple = Block::kLength,
      .bytes_per_block = sizeof(Block),
      .bits_per_weight = block_bits_per_weight<Block>(),
      .takes_non_finite = false,
      .encoded_size = block_encoded_size<Block>,
      .encode = encode<kElement, kRule>,
      .decode = decode_blocks_with<Block, DequantizeVector<kElement>>,
      .plain_encode = plain<encode_blocks<Block, quantize_by<kElement, kRule>>>,
      .plain_decode = plain<decode_blocks<Block, dequantize<kElement>>>,
  };
};

template <std::size_t... kIndices>
constexpr std::array<Format, sizeof...(kIndices)> table(std::index_sequence<kIndices...>) {
  return {Member<kIndices / 4, static_cast<ScaleRule>(kIndices % 4)>::kFormat...};
}

}  // namespace

extern constexpr std::array<Format, 20> kMicroscaling = table(std::make_index_sequence<20>());

}  // namespace bitbudget::formats
