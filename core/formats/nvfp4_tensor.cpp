// NVFP4 with a scale per tensor, as NVIDIA's libraries and compressed-tensors store it. (ggml's "nvfp4" has none.)
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "formats/format.h"
#include "kernels/float_codes.h"
#include "kernels/four_bits.h"
#include "kernels/statistics.h"
#include "tensor/float_types.h"

namespace bitbudget::formats {
namespace {

namespace simd = kernels::simd;

/// NVFP4 with a tensor scale: f32 G, then 9 bytes for 16 values: u8 scale s (E4M3), 8 bytes of E2M1 codes, element 2k in the
/// low nibble of byte k and 2k+1 in the high one; value = element · (s / G). A tensor of no values has no bytes.
///
/// G multiplies (compressed-tensors' weight_global_scale): G = 448 · 6 / absmax of the tensor. ModelOpt and torchao store its
/// reciprocal, absmax / (448 · 6), as a factor of the value. The two are confused easily, and files do not say which.
struct Nvfp4Block {
  static constexpr std::size_t kLength = 16;
  std::uint8_t scale;
  std::uint8_t codes[8];
};
static_assert(sizeof(Nvfp4Block) == 9);

constexpr float kLargestElement = 6;
constexpr float kLargestScale = 448;

float absmax(std::span<const float> values) {
  float largest = 0;
  for (const float v : values) largest = std::max(largest, std::abs(v));
  return largest;
}

/// Held to finite values: the absmax counts as at least the smallest normal f32.
float tensor_multiplier(float largest) {
  return std::min(kLargestScale * kLargestElement / std::max(largest, std::numeric_limits<float>::min()), std::numeric_limits<float>::max());
}

/// Nearest even, saturating. A block whose scale rounds to 0 stores 0.125, as compressed-tensors does (ModelOpt and torchao
/// never go below 2^-6); its values then all become 0.
std::uint8_t scale_code(float largest, float multiplier) {
  const auto code = tensor::f8_e4m3_from_f32(multiplier * (largest / kLargestElement));
  return code != 0 ? code : tensor::f8_e4m3_from_f32(0.125f);
}

Nvfp4Block quantize(std::span<const float, 16> x, float multiplier) {
  Nvfp4Block block;
  block.scale = scale_code(absmax(x), multiplier);
  const float scale = tensor::f32_from_f8_e4m3(block.scale) / multiplier;
  const auto code = [&](float v) { return tensor::encode_float<tensor::kF4E2M1Type>(v / scale); };
  for (std::size_t i = 0; i < 8; ++i) block.codes[i] = static_cast<std::uint8_t>(code(x[2 * i]) | code(x[2 * i + 1]) << 4);
  return block;
}

void dequantize(const Nvfp4Block& block, float multiplier, std::span<float, 16> out) {
  const float scale = tensor::f32_from_f8_e4m3(block.scale) / multiplier;
  for (std::size_t i = 0; i < 8; ++i) {
    out[2 * i] = tensor::decode_float<tensor::kF4E2M1Type>(block.codes[i]) * scale;
    out[2 * i + 1] = tensor::decode_float<tensor::kF4E2M1Type>(block.codes[i] >> 4) * scale;
  }
}

/// The plain loops, and the same on vectors.
struct PlainLoops {
  static float largest(std::span<const float> values) { return absmax(values); }
  /// Encodes a number of the leading blocks, and says how many.
  static std::size_t encode_leading(std::span<const float>, float, std::byte*) { return 0; }
  void encode(std::span<const float, 16> x, float multiplier, std::byte* to) const {
    const Nvfp4Block block = quantize(x, multiplier);
    std::memcpy(to, &block, sizeof(block));
  }
  void decode(const std::byte* from, float multiplier, std::span<float, 16> out) const {
    Nvfp4Block block;
    std::memcpy(&block, from, sizeof(block));
    dequantize(block, multiplier, out);
  }
};

constexpr std::array<float, 256> scale_values() {
  std::array<float, 256> values{};
  for (std::uint32_t code = 0; code < 256; ++code) values[code] = tensor::decode_float<tensor::kF8E4M3Type>(code);
  return values;
}
constexpr std::array<float, 256> kScaleValues = scale_values();

/// Blocks in strips.
class StripEncoder {
  using Arch = kernels::Arch;
  using F32 = simd::F32<Arch>;

 public:
  static constexpr std::size_t kLength = Nvfp4Block::kLength, kBytes = sizeof(Nvfp4Block), kFactors = 1;
  static void plain(const float*, std::byte*) {}  // never asked for

  explicit StripEncoder(float multiplier) : multiplier_(simd::keep_f32<Arch>(multiplier)) {}

  bool scales(const float* x, std::byte* out, kernels::StripFactors<1>& factors, std::size_t first) const {
    const F32 wanted = multiplier_ * (kernels::abs_max_of_four<kLength>(x, magnitude_) / six_);
    alignas(16) std::array<std::uint8_t, 16> codes;
    alignas(16) std::array<float, 4> scales;
    const auto rounded = scale_codes_(wanted, wanted, wanted, wanted);
    simd::store_bytes(codes.data(), rounded | simd::where(rounded == simd::U8<Arch>(0), eighth_));
    for (std::size_t k = 0; k < 4; ++k) {
      out[k * kBytes] = static_cast<std::byte>(codes[k]);
      scales[k] = kScaleValues[codes[k]];
    }
    simd::store(factors.of[0] + first, simd::load<Arch>(scales.data()) / multiplier_);
    return true;
  }

  /// 16 codes are padded to the 32 that make a whole vector of pairs.
  void codes(const float* x, const kernels::StripFactors<1>& factors, std::size_t block, std::byte* out) const {
    const F32 divisor(factors.of[0][block]);
    const auto four = [&](std::size_t i) { return simd::load<Arch>(x + i) / divisor; };
    const auto codes = codes_(four(0), four(4), four(8), four(12));
    simd::store_lane<std::uint64_t, 0>(out + 1, kernels::paired_nibbles<false>(codes, codes));
  }

 private:
  kernels::SmallCodes<tensor::kF4E2M1Type, Arch> codes_;
  kernels::SmallCodes<tensor::kF8E4M3Type, Arch> scale_codes_;
  F32 multiplier_, magnitude_ = simd::keep_f32<Arch>(std::bit_cast<float>(0x7FFFFFFFu)), six_ = simd::keep_f32<Arch>(kLargestElement);
  simd::U8<Arch> eighth_ = simd::keep<std::uint8_t, Arch>(tensor::f8_e4m3_from_f32(0.125f));
};

class VectorLoops {
  using Arch = kernels::Arch;

 public:
  static float largest(std::span<const float> values) { return kernels::abs_max<Arch>(values.data(), values.size()); }

  static std::size_t encode_leading(std::span<const float> values, float multiplier, std::byte* to) {
    return kernels::encode_in_strips_by(StripEncoder(multiplier), values.data(), values.size() / Nvfp4Block::kLength, to);
  }
  void encode(std::span<const float, 16> x, float multiplier, std::byte* to) const { PlainLoops().encode(x, multiplier, to); }
  void decode(const std::byte* from, float multiplier, std::span<float, 16> out) const {
    const simd::F32<Arch> scale(kScaleValues[std::to_integer<std::uint8_t>(*from)] / multiplier);
    const auto bytes = simd::load_half<Arch>(from + 1);
    put_(xsimd::zip_lo(kernels::decoding::low_nibbles(bytes), kernels::decoding::high_nibbles(bytes)), scale, out.data());
  }

 private:
  kernels::PutFloatValues<tensor::kF4E2M1Type, Arch> put_;
};

std::uint64_t encoded_size(std::uint64_t count, std::uint64_t) { return count == 0 ? 0 : 4 + count / 16 * 9; }

template <class Loops>
Result<void> encode(std::span<const float> values, std::uint64_t, const EncodeOptions& options, std::span<std::byte> out) {
  if (values.empty()) return {};
  const Loops loops;
  const auto& range = options.tensor_range;
  const float multiplier = tensor_multiplier(range ? std::max(std::abs(range->low), std::abs(range->high)) : Loops::largest(values));
  std::memcpy(out.data(), &multiplier, 4);
  const std::size_t leading = Loops::encode_leading(values, multiplier, out.data() + 4);
  std::byte* to = out.data() + 4 + leading * sizeof(Nvfp4Block);
  for (std::size_t i = leading * 16; i < values.size(); i += 16, to += sizeof(Nvfp4Block)) {
    loops.encode(values.subspan(i).first<16>(), multiplier, to);
  }
  return {};
}

template <class Loops>
Result<void> decode(std::span<const std::byte> bytes, std::uint64_t, std::span<float> out) {
  if (out.empty()) return {};
  const Loops loops;
  float multiplier;
  std::memcpy(&multiplier, bytes.data(), 4);
  const std::byte* from = bytes.data() + 4;
  for (std::size_t i = 0; i < out.size(); i += 16, from += sizeof(Nvfp4Block)) {
    loops.decode(from, multiplier, out.subspan(i).first<16>());
  }
  return {};
}

}  // namespace

extern constexpr Format kNVFP4Tensor{
    .id = "nvfp4_tensor",
    .label = "NVFP4 tensor scale",
    .description = "16 values of E2M1 under an E4M3 scale, itself under one f32 for the tensor, at its start: G = 2688 / absmax, which multiplies "
                   "before the scales are rounded (compressed-tensors). ModelOpt and torchao store 1/G instead; converters confuse the two. Block "
                   "scale: G · (absmax16 / 6) to nearest even, 0 becomes 0.125 (ModelOpt: at least 2^-6; ggml's NVFP4 has no tensor scale and "
                   "saturates from 256 up). Elements: value / (scale / G) to nearest even, saturating, zero keeps its sign. Neighbours share a "
                   "byte, the first in the low nibble.",
    .source = "compressed-tensors, nvfp4-pack-quantized (scales and codes interleaved here)",
    .block_length = Nvfp4Block::kLength,
    .row_multiple = Nvfp4Block::kLength,
    .bytes_per_block = sizeof(Nvfp4Block),
    .bits_per_weight = 4.5,
    .takes_non_finite = false,
    .encoded_size = encoded_size,
    .encode = encode<VectorLoops>,
    .decode = decode<VectorLoops>,
    .tensor_bytes = 4,
    .plain_encode = plain<encode<PlainLoops>>,
    .plain_decode = plain<decode<PlainLoops>>,
};

}  // namespace bitbudget::formats
