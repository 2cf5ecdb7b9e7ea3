// The 8-bit floats with a scale: f8_e4m3, f8_e5m2 (one scale per tensor) and f8_e4m3_row, f8_e5m2_row.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "formats/format.h"
#include "formats/text.h"
#include "kernels/float_codes.h"
#include "kernels/statistics.h"
#include "tensor/float_types.h"

namespace bitbudget::formats {
namespace {

enum class Share { tensor, row };
/// The plain loops are the truth; the vector ones give the same bytes.
enum class Loops { plain, vector };

/// The bytes: f32 scale, then one code per value in the element type of tensor/float_types.h; value = code · scale.
/// Per tensor the scale stands once at the start (parts encoded with EncodeOptions::tensor_range join to the whole: keep the
/// first scale only); per row it stands before each row's codes. A tensor of no values has no bytes.
template <tensor::FloatType kType, Loops kLoops>
struct ScaledFloat {
  static constexpr float kLargest = tensor::decode_float<kType>(kType.overflow);

  static float absmax(std::span<const float> values) {
    if constexpr (kLoops == Loops::vector) return kernels::abs_max<kernels::Arch>(values.data(), values.size());
    float largest = 0;
    for (const float v : values) largest = std::max(largest, std::abs(v));
    return largest;
  }

  /// A quotient, not a product with the reciprocal, as compressed-tensors has it. A scale of 0 gives zeros.
  static void quantize(std::span<const float> values, float scale, std::byte* codes) {
    std::size_t i = 0;
    if (kLoops == Loops::vector && scale != 0) {
      i = kernels::encode_divided<kType, kernels::Arch>(values.data(), values.size(), scale, codes);
    }
    for (; i < values.size(); ++i) {
      codes[i] = static_cast<std::byte>(scale != 0 ? tensor::encode_float<kType>(values[i] / scale) : 0u);
    }
  }

  static void dequantize(const std::byte* codes, float scale, std::span<float> values) {
    std::size_t i = 0;
    if (kLoops == Loops::vector) i = kernels::decode_multiplied<kType, kernels::Arch>(codes, values.size(), scale, values.data());
    for (; i < values.size(); ++i) {
      values[i] = tensor::decode_float<kType>(std::to_integer<std::uint32_t>(codes[i])) * scale;
    }
  }
};

template <Share kShare>
std::uint64_t encoded_size(std::uint64_t count, std::uint64_t row_length) {
  if (count == 0) return 0;
  return count + 4 * (kShare == Share::row ? count / row_length : 1);
}

template <tensor::FloatType kType, Share kShare, Loops kLoops>
Result<void> encode(std::span<const float> values, std::uint64_t row_length, const EncodeOptions& options, std::span<std::byte> out) {
  using Scaled = ScaledFloat<kType, kLoops>;
  const std::size_t block = kShare == Share::row ? static_cast<std::size_t>(row_length) : values.size();
  std::byte* to = out.data();
  for (std::size_t i = 0; i < values.size(); i += block, to += 4 + block) {
    const auto part = values.subspan(i, block);
    const bool given = kShare == Share::tensor && options.tensor_range;
    const float largest = given ? std::max(std::abs(options.tensor_range->low), std::abs(options.tensor_range->high)) : Scaled::absmax(part);
    const float scale = largest / Scaled::kLargest;
    std::memcpy(to, &scale, 4);
    Scaled::quantize(part, scale, to + 4);
  }
  return {};
}

template <tensor::FloatType kType, Share kShare, Loops kLoops>
Result<void> decode(std::span<const std::byte> bytes, std::uint64_t row_length, std::span<float> out) {
  const std::size_t block = kShare == Share::row ? static_cast<std::size_t>(row_length) : out.size();
  const std::byte* from = bytes.data();
  for (std::size_t i = 0; i < out.size(); i += block, from += 4 + block) {
    float scale;
    std::memcpy(&scale, from, 4);
    ScaledFloat<kType, kLoops>::dequantize(from + 4, scale, out.subspan(i, block));
  }
  return {};
}

constexpr Text<600> description(bool e4m3, Share share) {
  Text<600> text;
  text += e4m3 ? "8-bit floats E4M3 (no infinity, largest 448) under " : "8-bit floats E5M2 (largest 57344) under ";
  text += share == Share::tensor ? "one f32 scale for the whole tensor, at its start" : "an f32 scale per row, before its codes";
  text += e4m3 ? ": absmax/448. " : ": absmax/57344. ";
  text += "A value is divided by the scale, rounded to nearest even and saturated; subnormals are kept, and so is the sign of zero. "
          "Where others multiply by 1/scale, codes next to a midpoint differ; older PyTorch casts to E4M3 did not saturate. "
          "Where absmax is so small that the scale is 0, all values become 0.";
  return text;
}

template <bool kE4M3, Share kShare>
struct Member {
  static constexpr tensor::FloatType kType = kE4M3 ? tensor::kF8E4M3Type : tensor::kF8E5M2Type;
  static constexpr auto kDescription = description(kE4M3, kShare);
  static constexpr Format format(std::string_view id, std::string_view label) {
    return {
        .id = id,
        .label = label,
        .description = kDescription,
        .source = "OCP 8-bit floating point 1.0 for the codes; the scale rule of compressed-tensors",
        .block_length = 0,
        .row_multiple = 1,
        .bytes_per_block = 0,
        .bits_per_weight = 8,
        .takes_non_finite = false,
        .encoded_size = encoded_size<kShare>,
        .encode = encode<kType, kShare, Loops::vector>,
        .decode = decode<kType, kShare, Loops::vector>,
        .tensor_bytes = kShare == Share::tensor ? 4 : 0,
        .plain_encode = plain<encode<kType, kShare, Loops::plain>>,
        .plain_decode = plain<decode<kType, kShare, Loops::plain>>,
    };
  }
};

}  // namespace

extern constexpr std::array<Format, 4> kScaledFp8{
    Member<true, Share::tensor>::format("f8_e4m3", "FP8 E4M3"),
    Member<true, Share::row>::format("f8_e4m3_row", "FP8 E4M3 row"),
    Member<false, Share::tensor>::format("f8_e5m2", "FP8 E5M2"),
    Member<false, Share::row>::format("f8_e5m2_row", "FP8 E5M2 row"),
};

}  // namespace bitbudget::formats
