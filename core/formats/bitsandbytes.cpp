// The 4-bit formats of bitsandbytes: nf4 and fp4, and with double quantization of their scales nf4_dq and fp4_dq.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "beat.h"
#include "formats/format.h"
#include "formats/rounding.h"
#include "formats/text.h"
#include "kernels/four_bits.h"
#include "kernels/statistics.h"

namespace bitbudget::formats {
namespace {

namespace simd = kernels::simd;
using kernels::Arch;

// Blocks run over the flattened row-major tensor, whatever its rows; the last one may be short.
constexpr std::size_t kBlock = 64;
constexpr std::size_t kSuperBlock = 256;  // blocks whose absmaxes share a scale under double quantization

/// A code book of 16 values in [-1, 1], and the code of a normalised value.
struct Nf4 {
  static constexpr std::array<float, 16> kValues{
      -1.0f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f, -0.28444138169288635f, -0.18477343022823334f,
      -0.09105003625154495f, 0.0f, 0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f,
      0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1.0f};

  static constexpr std::array<float, 15> thresholds() {
    std::array<float, 15> midpoints{};
    for (std::size_t i = 0; i < 15; ++i) midpoints[i] = (kValues[i] + kValues[i + 1]) / 2;
    return midpoints;
  }
  /// What a vector search compares with the thresholds, and the codes from its counts.
  static simd::F32<Arch> searched(const simd::F32<Arch>& x) { return x; }
  static simd::U8<Arch> codes_of(const simd::U8<Arch>& counts, const simd::F32<Arch>*) { return counts; }

  /// Nearest; at a midpoint (in f32) the lower code.
  static std::uint8_t code(float x) {
    int code = 0;
    for (std::size_t i = 0; i + 1 < kValues.size(); ++i) code += x > (kValues[i] + kValues[i + 1]) / 2 ? 1 : 0;
    return static_cast<std::uint8_t>(code);
  }
};

struct Fp4 {
  static constexpr std::array<float, 16> kValues{
      0.0f, 0.0625f / 12, 8.0f / 12, 1.0f, 4.0f / 12, 6.0f / 12, 2.0f / 12, 3.0f / 12,
      0.0f, -0.0625f / 12, -8.0f / 12, -1.0f, -4.0f / 12, -6.0f / 12, -2.0f / 12, -3.0f / 12};

  static constexpr std::array<std::uint8_t, 16> kAscending{0, 1, 6, 7, 4, 5, 2, 3};  // eight, filled up for a vector
  static constexpr std::array<float, 7> thresholds() {
    return {0.00260417f, 0.0859375f, 0.20833333f, 0.29166667f, 0.4166667f, 0.583333f, 0.8333333f};
  }
  static simd::F32<Arch> searched(const simd::F32<Arch>& x) { return xsimd::abs(x); }
  static simd::U8<Arch> codes_of(const simd::U8<Arch>& counts, const simd::F32<Arch>* x) {
    const auto below = [&](int k) { return simd::true_lanes(xsimd::batch_bool_cast<std::int32_t>(x[k] < simd::F32<Arch>(0.0f))); };
    const auto signs = simd::narrow_s(simd::narrow_s(below(0), below(1)), simd::narrow_s(below(2), below(3)));
    const auto magnitudes = simd::swizzle(simd::load<Arch>(kAscending.data()), counts);
    return magnitudes | (simd::as<std::uint8_t>(signs) & simd::U8<Arch>(8));
  }

  /// Magnitudes in ascending order, and the thresholds between them: midpoints as the CUDA and CPU kernels round them to
  /// decimals. At a threshold the smaller magnitude; -0 counts as 0.
  static std::uint8_t code(float x) {
    std::size_t rank = 0;
    for (const float threshold : thresholds()) rank += std::abs(x) > threshold ? 1 : 0;
    return static_cast<std::uint8_t>(kAscending[rank] | (x < 0 ? 8 : 0));
  }
};

/// The signed "dynamic" table of 256 values, ascending: for i = 0 … 6 the midpoints of 2^i equal cells of [0.1, 1], times
/// 10^(i-6), with both signs; and 0 and 1. Exact values rounded to f32: PyTorch's own arithmetic may differ in a last place,
/// which is why checkpoints carry their table.
constexpr std::array<float, 256> dynamic_table() {
  std::array<float, 256> table{};
  table[127] = 0;
  table[255] = 1;
  double power = 1e6;  // 10^(6-i)
  std::size_t position = 128;
  for (int i = 0; i <= 6; ++i, power /= 10) {
    const int cells = 1 << i;
    for (int k = 0; k < cells; ++k) {
      // (1/10 + 9/10 (2k+1) / (2 cells)) / power, over one denominator: one rounding in f64, one in f32
      const double value = (2.0 * cells + 9.0 * (2 * k + 1)) / (20.0 * cells * power);
      table[position] = static_cast<float>(value);
      table[254 - position] = -static_cast<float>(value);
      ++position;
    }
  }
  return table;
}
constexpr std::array<float, 256> kDynamic = dynamic_table();

/// The exact nearest of the dynamic table; at a midpoint (in f32) the lower code.
std::uint8_t dynamic_code(float x) {
  if (x > kDynamic.back()) return 255;
  std::size_t above = 0;  // the first that is not less than x; found without a branch, since none could be foretold
  for (std::size_t step = 128; step > 0; step /= 2) above += kDynamic[above + step - 1] < x ? step : 0;
  if (above == 0) return 0;
  return static_cast<std::uint8_t>(x > (kDynamic[above - 1] + kDynamic[above]) / 2 ? above : above - 1);
}

/// The loops over a block: `put` takes two codes to a byte, the first in the high nibble (an odd count leaves the last low
/// nibble 0), and returns where the next block begins; `take` is its inverse. These are the truth.
template <class Book>
struct PlainLoops {
  static float absmax(std::span<const float> values) {
    float largest = 0;
    for (const float v : values) largest = std::max(largest, std::abs(v));
    return largest;
  }
  static std::byte* put(std::span<const float> values, float scale, std::byte* to) {
    const float inverse = reciprocal_or_zero(scale);
    for (std::size_t i = 0; i < values.size(); i += 2) {
      const std::uint8_t second = i + 1 < values.size() ? Book::code(values[i + 1] * inverse) : 0;
      *to++ = static_cast<std::byte>(Book::code(values[i] * inverse) << 4 | second);
    }
    return to;
  }
  static const std::byte* take(const std::byte* from, float scale, std::span<float> values) {
    for (std::size_t i = 0; i < values.size(); i += 2) {
      const auto pair = std::to_integer<std::size_t>(*from++);
      values[i] = Book::kValues[pair >> 4] * scale;
      if (i + 1 < values.size()) values[i + 1] = Book::kValues[pair & 15] * scale;
    }
    return from;
  }
  /// Encodes a number of the leading blocks, and says how many.
  static std::size_t encode_whole_blocks(const float*, std::size_t, std::byte*) { return 0; }
};

/// 32 codes by vector search, or one by one where a value is as near to a threshold as the search can see.
template <class Book>
class VectorCodes {
  using F32 = simd::F32<Arch>;
  static constexpr kernels::Staircase kStairs{Book::thresholds()};
  static_assert(kStairs.valid);

 public:
  void operator()(const float* x, const F32& inverse, std::byte* to) const {
    simd::I16<Arch> unsure(0);
    const auto first = sixteen(x, inverse, unsure), second = sixteen(x + 16, inverse, unsure);
    kernels::put_paired_nibbles<true>(first, second, to);
    if (!simd::none_set(unsure != simd::I16<Arch>(0))) one_by_one(x, simd::first_lane(inverse), to);
  }

 private:
  simd::U8<Arch> sixteen(const float* x, const F32& inverse, simd::I16<Arch>& unsure) const {
    F32 values[4], searched[4];
    for (int k = 0; k < 4; ++k) {
      values[k] = simd::load<Arch>(x + 4 * k) * inverse;
      searched[k] = Book::searched(values[k]);
    }
    return Book::codes_of(search_(searched, unsure), values);
  }
  // Not inlined: it is rare, and would take registers from the search.
  [[gnu::noinline]] static void one_by_one(const float* x, float inverse, std::byte* to) {
    std::array<std::uint8_t, 32> codes;
    for (std::size_t i = 0; i < 32; ++i) codes[i] = Book::code(x[i] * inverse);
    for (std::size_t i = 0; i < 16; ++i) to[i] = static_cast<std::byte>(codes[2 * i] << 4 | codes[2 * i + 1]);
  }

  kernels::StairSearch<Arch> search_{kStairs};
};

/// Whole blocks of f32 absmax and codes, in strips.
template <class Book>
class BlockEncoder {
 public:
  static constexpr std::size_t kLength = kBlock, kBytes = 4 + kBlock / 2, kFactors = 1;
  static void plain(const float*, std::byte*) {}  // never asked for

  bool scales(const float* x, std::byte* out, kernels::StripFactors<1>& factors, std::size_t first) const {
    const simd::F32<Arch> most = kernels::abs_max_of_four<kBlock>(x, reciprocals_.mask);
    simd::store_lane<std::uint32_t, 0>(out, most);
    simd::store_lane<std::uint32_t, 1>(out + kBytes, most);
    simd::store_lane<std::uint32_t, 2>(out + 2 * kBytes, most);
    simd::store_lane<std::uint32_t, 3>(out + 3 * kBytes, most);
    simd::store(factors.of[0] + first, reciprocals_(most));
    return true;
  }
  void codes(const float* x, const kernels::StripFactors<1>& factors, std::size_t block, std::byte* out) const {
    const simd::F32<Arch> inverse(factors.of[0][block]);
    codes_(x, inverse, out + 4);
    codes_(x + 32, inverse, out + 20);
  }

 private:
  VectorCodes<Book> codes_;
  kernels::Reciprocals<Arch> reciprocals_;
};

/// The same on vectors.
template <class Book>
class VectorLoops {
  using Plain = PlainLoops<Book>;

 public:
  static float absmax(std::span<const float> values) { return kernels::abs_max<Arch>(values.data(), values.size()); }

  std::byte* put(std::span<const float> values, float scale, std::byte* to) const {
    const simd::F32<Arch> inverse(reciprocal_or_zero(scale));
    std::size_t i = 0;
    for (; i + 32 <= values.size(); i += 32, to += 16) codes_(values.data() + i, inverse, to);
    return Plain::put(values.subspan(i), scale, to);
  }
  const std::byte* take(const std::byte* from, float scale, std::span<float> values) const {
    const simd::F32<Arch> factor(scale);
    std::size_t i = 0;
    for (; i + 32 <= values.size(); i += 32, from += 16) {
      const auto bytes = simd::load_bytes<Arch>(from);
      const auto first = kernels::decoding::high_nibbles(bytes), second = kernels::decoding::low_nibbles(bytes);
      table_.put_scaled(xsimd::zip_lo(first, second), factor, values.data() + i);
      table_.put_scaled(xsimd::zip_hi(first, second), factor, values.data() + i + 16);
    }
    return Plain::take(from, scale, values.subspan(i));
  }
  static std::size_t encode_whole_blocks(const float* x, std::size_t blocks, std::byte* out) {
    return kernels::encode_in_strips<BlockEncoder<Book>>(x, blocks, out);
  }

 private:
  VectorCodes<Book> codes_;
  kernels::FloatTable<Arch> table_{Book::kValues};
};

/// The bytes without double quantization: per block, f32 absmax and 32 bytes of codes (a short block: as many as it needs).
template <class Loops>
struct Plain {
  static std::uint64_t encoded_size(std::uint64_t count, std::uint64_t) {
    return (count + kBlock - 1) / kBlock * 4 + (count + 1) / 2;
  }
  static Result<void> encode(std::span<const float> values, std::uint64_t, const EncodeOptions&, std::span<std::byte> out) {
    const Loops loops;
    const std::size_t done = Loops::encode_whole_blocks(values.data(), values.size() / kBlock, out.data());
    std::byte* to = out.data() + done * (4 + kBlock / 2);
    for (std::size_t i = done * kBlock; i < values.size(); i += kBlock) {
      const auto block = values.subspan(i, std::min(kBlock, values.size() - i));
      const float scale = loops.absmax(block);
      std::memcpy(to, &scale, 4);
      to = loops.put(block, scale, to + 4);
    }
    return {};
  }
  static Result<void> decode(std::span<const std::byte> bytes, std::uint64_t, std::span<float> out) {
    const Loops loops;
    const std::byte* from = bytes.data();
    for (std::size_t i = 0; i < out.size(); i += kBlock) {
      float scale;
      std::memcpy(&scale, from, 4);
      from = loops.take(from + 4, scale, out.subspan(i, std::min(kBlock, out.size() - i)));
    }
    return {};
  }
};

/// The bytes with double quantization: f32 offset, the mean of all absmaxes; then per super-block of 256 blocks (the last one
/// may be short) f32 scale, one byte per block (a dynamic code), and the codes of the blocks. The absmax that the decoder
/// takes is table[byte] · scale + offset; the codes were made with the true one. No values, no bytes.
template <class Loops>
struct Double {
  static std::uint64_t encoded_size(std::uint64_t count, std::uint64_t) {
    const std::uint64_t blocks = (count + kBlock - 1) / kBlock;
    return count == 0 ? 0 : 4 + (blocks + kSuperBlock - 1) / kSuperBlock * 4 + blocks + (count + 1) / 2;
  }

  static Result<void> encode(std::span<const float> values, std::uint64_t, const EncodeOptions&, std::span<std::byte> out) {
    if (values.empty()) return {};
    const Loops loops;
    std::vector<float> scales;
    scales.reserve((values.size() + kBlock - 1) / kBlock);
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); i += kBlock) {
      scales.push_back(loops.absmax(values.subspan(i, std::min(kBlock, values.size() - i))));
      sum += scales.back();
    }
    const auto offset = static_cast<float>(sum / static_cast<double>(scales.size()));
    std::byte* to = out.data();
    std::memcpy(to, &offset, 4);
    to += 4;
    for (std::size_t first = 0; first < scales.size(); first += kSuperBlock) {
      beat();
      const std::size_t blocks = std::min(kSuperBlock, scales.size() - first);
      to = put_scales(std::span(scales).subspan(first, blocks), offset, to);
      for (std::size_t b = first; b < first + blocks; ++b) {
        const std::size_t i = b * kBlock;
        to = loops.put(values.subspan(i, std::min(kBlock, values.size() - i)), scales[b], to);
      }
    }
    return {};
  }

  static std::byte* put_scales(std::span<const float> scales, float offset, std::byte* to) {
    float largest = 0;
    for (const float s : scales) largest = std::max(largest, std::abs(s - offset));
    std::memcpy(to, &largest, 4);
    to += 4;
    const float inverse = reciprocal_or_zero(largest);
    for (const float s : scales) *to++ = static_cast<std::byte>(dynamic_code((s - offset) * inverse));
    return to;
  }

  static Result<void> decode(std::span<const std::byte> bytes, std::uint64_t, std::span<float> out) {
    if (out.empty()) return {};
    const Loops loops;
    const std::byte* from = bytes.data();
    float offset;
    std::memcpy(&offset, from, 4);
    from += 4;
    for (std::size_t first = 0; first < out.size(); first += kBlock * kSuperBlock) {
      beat();
      const auto part = out.subspan(first, std::min(kBlock * kSuperBlock, out.size() - first));
      float scale;
      std::memcpy(&scale, from, 4);
      const std::byte* scale_codes = from + 4;
      from = scale_codes + (part.size() + kBlock - 1) / kBlock;
      for (std::size_t i = 0; i < part.size(); i += kBlock) {
        const float block_scale = kDynamic[std::to_integer<std::size_t>(*scale_codes++)] * scale + offset;
        from = loops.take(from, block_scale, part.subspan(i, std::min(kBlock, part.size() - i)));
      }
    }
    return {};
  }
};

constexpr Text<1100> description(bool nf4, bool doubled) {
  Text<1100> text;
  text += nf4 ? "16 values at equal shares of the normal distribution, 0 included, under the block's absmax. A value times 1/absmax takes the nearest, "
                "at a midpoint the lower. "
              : "A sign and 8 magnitudes (0, 1/192, 1/6, 1/4, 1/3, 1/2, 2/3, 1; not E2M1, nor in ascending order) under the block's absmax. Thresholds are "
                "the midpoints as decimals in the kernels (7/12 is 0.583333); at one, the smaller magnitude. bitsandbytes' generic path compares "
                "signed values instead, and differs for negative ties. ";
  text += "Blocks of 64 run over the flattened tensor; the first value of a pair is in the high nibble. ";
  text += doubled ? "The absmaxes, less their mean, become 8-bit dynamic codes in super-blocks of 256 with an f32 scale, after one f32 mean per tensor "
                    "(summed in f64 here, in f32 by PyTorch); the nearest code is exact here, where bitsandbytes' CPU path looks it up in 65536 bins and "
                    "may be one off. A block much below the mean may decode with a scale of the wrong size or sign. "
                  : "Each block is its f32 absmax and its codes (checkpoints keep the two in two tensors). ";
  text += "torchao's NF4 is another format.";
  return text;
}

template <bool kNf4, bool kDoubled>
struct Member {
  using Book = std::conditional_t<kNf4, Nf4, Fp4>;
  template <class Loops>
  using Codec = std::conditional_t<kDoubled, Double<Loops>, Plain<Loops>>;
  static constexpr auto kDescription = description(kNf4, kDoubled);
  static constexpr std::uint32_t kLength = kDoubled ? kBlock * kSuperBlock : kBlock;
  static constexpr std::uint32_t kBytes = kLength / 2 + (kDoubled ? 4 + kSuperBlock : 4);
  static constexpr Format format(std::string_view id, std::string_view label) {
    return {
        .id = id,
        .label = label,
        .description = kDescription,
        .source = "bitsandbytes, quantize_4bit with blocks of 64 (scales and codes interleaved here)",
        .block_length = kLength,
        .row_multiple = 1,
        .bytes_per_block = kBytes,
        .bits_per_weight = 8.0 * kBytes / kLength,
        .takes_non_finite = false,
        .encoded_size = Codec<PlainLoops<Book>>::encoded_size,
        .encode = Codec<VectorLoops<Book>>::encode,
        .decode = Codec<VectorLoops<Book>>::decode,
        .encodes_in_parts = !kDoubled,
        .plain_encode = plain<Codec<PlainLoops<Book>>::encode>,
        .plain_decode = plain<Codec<PlainLoops<Book>>::decode>,
    };
  }
};

}  // namespace

extern constexpr std::array<Format, 4> kBitsandbytes{
    Member<true, false>::format("nf4", "NF4"),
    Member<true, true>::format("nf4_dq", "NF4 double quantized"),
    Member<false, false>::format("fp4", "FP4"),
    Member<false, true>::format("fp4_dq", "FP4 double quantized"),
};

}  // namespace bitbudget::formats
