#include "formats/uniform.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "beat.h"
#include "formats/bit_stream.h"
#include "formats/rounding.h"
#include "formats/text.h"
#include "kernels/bit_stream.h"
#include "kernels/statistics.h"
#include "kernels/uniform.h"
#include "tensor/float_types.h"

namespace bitbudget::formats {
namespace {

enum class Share { tensor, row, group };

/// The bytes of int2 … int8, our own layout, little-endian.
///
///   head    f16 scale; then, asymmetric only, u8 zero
///   codes   a dense bit stream (bit_stream.h), padded with zero bits to a whole byte
///   value   (code - zero) · scale; symmetric: the zero is 2^(bits-1)
///
///   group   rows follow one another; a row is blocks of `group` values, the last one of what is left; a block is a head
///           and its codes. Blocks are whole bytes, so they can be encoded and decoded apart.
///   row     one such block per row.
///   tensor  one head, then the codes of each row, each row padded to a whole byte. Nothing at all for a tensor of
///           no values. Parts encoded with EncodeOptions::tensor_range join to the whole: keep the first head only.
struct UniformLayout {
  int bits;
  bool symmetric;
  Share share;
  std::uint32_t group;  // 0 unless share is group

  constexpr std::uint64_t head_bytes() const { return symmetric ? 2 : 3; }
};

std::uint64_t encoded_size(const UniformLayout& layout, std::uint64_t count, std::uint64_t row_length) {
  if (count == 0) return 0;
  const std::uint64_t rows = count / row_length;
  const auto block = [&](std::uint64_t length) { return layout.head_bytes() + packed_size(length, layout.bits); };
  switch (layout.share) {
    case Share::tensor: return layout.head_bytes() + rows * packed_size(row_length, layout.bits);
    case Share::row: return rows * block(row_length);
    case Share::group: break;
  }
  const std::uint64_t rest = row_length % layout.group;
  return rows * (row_length / layout.group * block(layout.group) + (rest != 0 ? block(rest) : 0));
}

std::byte* put_head(const UniformLayout& layout, const UniformScale& scale, std::byte* to) {
  std::memcpy(to, &scale.scale_f16, 2);
  if (!layout.symmetric) to[2] = static_cast<std::byte>(scale.zero);
  return to + layout.head_bytes();
}

const std::byte* take_head(const UniformLayout& layout, const std::byte* from, UniformScale& scale) {
  std::memcpy(&scale.scale_f16, from, 2);
  scale.scale = tensor::f32_from_f16(scale.scale_f16);
  scale.zero = layout.symmetric ? 1 << (layout.bits - 1) : std::to_integer<int>(from[2]);
  return from + layout.head_bytes();
}

// Codes pass through a small buffer; its length is a multiple of 8, so that pieces meet at whole bytes.
constexpr std::size_t kPiece = 512;

/// The plain loops are the truth; the vector ones give the same bytes.
enum class Loops { plain, vector };

using kernels::Arch;
using BitStream = kernels::BitStream<Arch>;

std::byte* put_codes(Loops loops, int bits, const BitStream& stream, std::span<const float> values, const UniformScale& scale, std::byte* to) {
  const kernels::UniformRule<Arch> rule(scale.inverse, scale.low, scale.high, scale.zero);
  if (loops == Loops::vector && (bits == 8 || bits == 4)) {
    const std::size_t done = bits == 8 ? kernels::uniform_bytes<Arch>(values.data(), values.size(), rule, to)
                                       : kernels::uniform_nibbles<Arch>(values.data(), values.size(), rule, to);
    to += packed_size(done, bits);
    values = values.subspan(done);
  }
  std::array<std::uint8_t, kPiece> codes;
  std::array<std::byte, kPiece + kernels::kBitStreamSlack> packed;
  for (std::size_t i = 0; i < values.size(); i += kPiece) {
    const auto piece = values.subspan(i, std::min(kPiece, values.size() - i));
    std::size_t coded = 0, done = 0;
    if (loops == Loops::vector) {
      coded = kernels::uniform_bytes<Arch>(piece.data(), piece.size(), rule, std::as_writable_bytes(std::span(codes)).data());
      done = stream.pack(codes.data(), coded, packed.data());
    }
    uniform_codes(piece.subspan(coded), scale, std::span(codes).subspan(coded, piece.size() - coded));
    const std::size_t bytes = packed_size(piece.size(), bits), first = packed_size(done, bits);
    pack_bits(std::span(codes).subspan(done, piece.size() - done), bits, std::span(packed).subspan(first, bytes - first));
    std::memcpy(to, packed.data(), bytes);
    to += bytes;
  }
  return to;
}

const std::byte* take_codes(Loops loops, int bits, const BitStream& stream, const std::byte* from, const UniformScale& scale, std::span<float> values) {
  if (loops == Loops::vector && (bits == 8 || bits == 4)) {
    const std::size_t done =
        bits == 8 ? kernels::decode_uniform_bytes<Arch>(from, values.size(), scale.scale, scale.zero, values.data())
                  : kernels::decode_uniform_nibbles<Arch>(from, values.size(), scale.scale, scale.zero, values.data());
    from += packed_size(done, bits);
    values = values.subspan(done);
  }
  std::array<std::uint8_t, kPiece> codes;
  std::array<std::byte, kPiece + kernels::kBitStreamSlack> packed;
  for (std::size_t i = 0; i < values.size(); i += kPiece) {
    const auto piece = values.subspan(i, std::min(kPiece, values.size() - i));
    const std::size_t bytes = packed_size(piece.size(), bits);
    std::memcpy(packed.data(), from, bytes);
    from += bytes;
    const std::size_t done = loops == Loops::vector ? stream.unpack(packed.data(), piece.size(), codes.data()) : 0;
    const std::size_t first = packed_size(done, bits);
    unpack_bits(std::span(packed).subspan(first, bytes - first), bits, std::span(codes).subspan(done, piece.size() - done));
    std::size_t valued = 0;
    if (loops == Loops::vector) {
      valued = kernels::decode_uniform_bytes<Arch>(std::as_bytes(std::span(codes)).data(), piece.size(), scale.scale, scale.zero, piece.data());
    }
    uniform_values(std::span(codes).subspan(valued, piece.size() - valued), scale.scale, scale.zero, piece.subspan(valued));
  }
  return from;
}

UniformScale choose_scale(Loops loops, const UniformLayout& layout, std::span<const float> values, const EncodeOptions& options) {
  if (loops == Loops::plain || options.tensor_range || options.scale_search != ScaleSearch::absmax) {
    return find_uniform_scale(layout.bits, layout.symmetric, values, options);
  }
  const auto [low, high] = kernels::extremes_with_zero<kernels::Arch>(values.data(), values.size());
  return uniform_scale(layout.bits, layout.symmetric, {low, high});
}

/// Calls `block` with the first value and the length of each stretch of values that lies contiguously in the bytes.
template <class Visit>
void each_block(const UniformLayout& layout, std::size_t count, std::size_t row_length, Visit visit) {
  const std::size_t longest = layout.share == Share::group ? layout.group : row_length;
  Beats beats;
  for (std::size_t row = 0; row < count; row += row_length) {
    for (std::size_t i = 0; i < row_length; i += longest) {
      visit(row + i, std::min(longest, row_length - i));
      beats(longest);
    }
  }
}

Result<void> encode(Loops loops, const UniformLayout& layout, std::span<const float> values, std::uint64_t row_length,
                    const EncodeOptions& options, std::span<std::byte> out) {
  if (options.scale_search == ScaleSearch::percentile && !(options.percentile > 0 && options.percentile <= 100)) {
    return fail_field(ErrorCode::invalid_argument, "percentile", "The percentile must be above 0 and at most 100.");
  }
  if (values.empty()) return {};
  EncodeOptions block_options = options;
  if (layout.share != Share::tensor) block_options.tensor_range = {};
  const BitStream stream(layout.bits);
  UniformScale scale;
  std::byte* to = out.data();
  if (layout.share == Share::tensor) {
    scale = choose_scale(loops, layout, values, block_options);
    to = put_head(layout, scale, to);
  }
  each_block(layout, values.size(), static_cast<std::size_t>(row_length), [&](std::size_t first, std::size_t length) {
    const auto block = values.subspan(first, length);
    if (layout.share != Share::tensor) {
      scale = choose_scale(loops, layout, block, block_options);
      to = put_head(layout, scale, to);
    }
    to = put_codes(loops, layout.bits, stream, block, scale, to);
  });
  assert(to == out.data() + out.size());
  return {};
}

Result<void> decode(Loops loops, const UniformLayout& layout, std::span<const std::byte> bytes, std::uint64_t row_length,
                    std::span<float> out) {
  if (out.empty()) return {};
  const BitStream stream(layout.bits);
  UniformScale scale;
  const std::byte* from = bytes.data();
  if (layout.share == Share::tensor) from = take_head(layout, from, scale);
  each_block(layout, out.size(), static_cast<std::size_t>(row_length), [&](std::size_t first, std::size_t length) {
    if (layout.share != Share::tensor) from = take_head(layout, from, scale);
    from = take_codes(loops, layout.bits, stream, from, scale, out.subspan(first, length));
  });
  return {};
}

}  // namespace

// The table of the family: bits, kind and what shares a scale.

namespace {

constexpr std::array<std::pair<Share, std::uint32_t>, 5> kShares{
    {{Share::tensor, 0}, {Share::row, 0}, {Share::group, 32}, {Share::group, 64}, {Share::group, 128}}};
constexpr std::size_t kCount = 7 * 2 * kShares.size();

constexpr UniformLayout layout_at(std::size_t index) {
  const auto [share, group] = kShares[index % kShares.size()];
  return {static_cast<int>(2 + index / (2 * kShares.size())), index / kShares.size() % 2 == 0, share, group};
}

/// "int4_sym_g128" or "INT4 sym g128".
constexpr Text<16> name(const UniformLayout& layout, std::string_view integer, std::string_view gap) {
  Text<16> text;
  ((((text += integer) += layout.bits) += gap) += layout.symmetric ? "sym" : "asym") += gap;
  switch (layout.share) {
    case Share::tensor: text += "tensor"; break;
    case Share::row: text += "row"; break;
    case Share::group: (text += "g") += static_cast<int>(layout.group); break;
  }
  return text;
}

constexpr Text<900> description(const UniformLayout& layout) {
  Text<900> text;
  text += "Equally spaced levels with one f16 scale ";
  switch (layout.share) {
    case Share::tensor: text += "for the whole tensor, at its start; the codes of each row are padded to a whole byte"; break;
    case Share::row: text += "per row, before its codes, which are padded to a whole byte"; break;
    case Share::group: text += "per group, before its codes; the last group of a row may be short"; break;
  }
  text += ". Codes are a dense bit stream, low bits first. ";
  if (layout.symmetric) {
    text += "Symmetric: the scale is absmax / (2^(b-1) - 1), the stored code is q + 2^(b-1), and q = -2^(b-1) is not used "
            "(a search by squared error does use it, with a scale of either sign). Compressed-tensors takes absmax / ((2^b - 1) / 2) "
            "and all codes instead, which clips the positive extreme by half a step. ";
  } else {
    text += "Asymmetric: the range, extended to contain 0, is divided into 2^b - 1 steps; a whole byte after the scale holds the code "
            "of 0, so 0 is exact. ";
  }
  text += "q is rounded to nearest, halves to even, after a product with the reciprocal of the stored scale. "
          "Scales above 65504 are held there and clip; below 2^-25 they become 0, and so do the values.";
  return text;
}

constexpr double bits_per_weight(const UniformLayout& layout) {
  const double head = layout.share == Share::group ? 8.0 * static_cast<double>(layout.head_bytes()) / layout.group : 0;
  return layout.bits + head;
}

template <std::size_t kIndex>
struct Member {
  static constexpr UniformLayout kLayout = layout_at(kIndex);
  static constexpr auto kId = name(kLayout, "int", "_");
  static constexpr auto kLabel = name(kLayout, "INT", " ");
  static constexpr auto kDescription = description(kLayout);

  static constexpr std::uint64_t kGroupBytes = kLayout.head_bytes() + packed_size(kLayout.group, kLayout.bits);
  /// Whether whole groups have loops of their own.
  static constexpr bool kInStrips = kLayout.share == Share::group && (kLayout.bits == 8 || kLayout.bits == 4);

  static void plain_four(const float* x, std::byte* out) {
    (void)formats::encode(Loops::plain, kLayout, {x, 4 * kLayout.group}, kLayout.group, {}, {out, 4 * kGroupBytes});
  }

  template <Loops kLoops>
  static Result<void> encode_by(std::span<const float> values, std::uint64_t row_length, const EncodeOptions& options,
                                std::span<std::byte> out) {
    if constexpr (kLoops == Loops::vector && kInStrips) {
      if (options.scale_search == ScaleSearch::absmax && row_length > 0 && row_length % kLayout.group == 0) {
        using Groups = kernels::UniformGroups<kernels::Arch, kLayout.bits, kLayout.symmetric, kLayout.group, plain_four>;
        const std::size_t done = kernels::encode_in_strips<Groups>(values.data(), values.size() / kLayout.group, out.data());
        return formats::encode(kLoops, kLayout, values.subspan(done * kLayout.group), kLayout.group, options, out.subspan(done * kGroupBytes));
      }
    }
    return formats::encode(kLoops, kLayout, values, row_length, options, out);
  }
  template <Loops kLoops>
  static Result<void> decode_by(std::span<const std::byte> bytes, std::uint64_t row_length, std::span<float> out) {
    if constexpr (kLoops == Loops::vector && kInStrips) {
      if (row_length > 0 && row_length % kLayout.group == 0) {
        kernels::decode_uniform_groups<kernels::Arch, kLayout.bits, kLayout.symmetric, kLayout.group>(bytes.data(), out.size() / kLayout.group, out.data());
        return {};
      }
    }
    return formats::decode(kLoops, kLayout, bytes, row_length, out);
  }
  static constexpr Format kFormat{
      .id = kId,
      .label = kLabel,
      .description = kDescription,
      .source = "bitbudget's own layout; the rules are those of textbook absmax and min-max quantization",
      .block_length = kLayout.group,
      .row_multiple = 1,
      .bytes_per_block =
          kLayout.group == 0 ? 0 : static_cast<std::uint32_t>(kLayout.head_bytes() + packed_size(kLayout.group, kLayout.bits)),
      .bits_per_weight = bits_per_weight(kLayout),
      .takes_non_finite = false,
      .encoded_size = [](std::uint64_t count, std::uint64_t row_length) {
        return formats::encoded_size(kLayout, count, row_length);
      },
      .encode = encode_by<Loops::vector>,
      .decode = decode_by<Loops::vector>,
      .tensor_bytes = kLayout.share == Share::tensor ? static_cast<std::uint32_t>(kLayout.head_bytes()) : 0,
      .plain_encode = plain<encode_by<Loops::plain>>,
      .plain_decode = plain<decode_by<Loops::plain>>,
      .offset_bits = kLayout.symmetric ? 0 : 8,
  };
};

template <std::size_t... kIndices>
constexpr std::array<Format, sizeof...(kIndices)> table(std::index_sequence<kIndices...>) {
  return {Member<kIndices>::kFormat...};
}

}  // namespace

extern constexpr std::array<Format, kCount> kUniformIntegers = table(std::make_index_sequence<kCount>());

// The loops.

UniformScale uniform_scale(int bits, bool symmetric, Range range) {
  constexpr float kLargest = 65504;
  const int top = (1 << bits) - 1;
  UniformScale scale;
  const float width = symmetric ? std::max(std::abs(range.low), std::abs(range.high))
                                : std::max(range.high, 0.0f) - std::min(range.low, 0.0f);
  const float steps = static_cast<float>(symmetric ? top / 2 : top);
  const float step = width / steps;
  scale.scale_f16 = tensor::f16_from_f32(std::min(step, kLargest));
  scale.scale = tensor::f32_from_f16(scale.scale_f16);
  scale.inverse = reciprocal_or_zero(scale.scale);
  scale.high = top;
  if (symmetric) {
    scale.zero = 1 << (bits - 1);
    scale.low = 1;
  } else {
    const float low = std::min(range.low, 0.0f);
    // Where the scale is held, the range's proportions decide, and its width may be beyond f32.
    const float inverse = step > kLargest ? 1 / (std::max(range.high, 0.0f) / steps - low / steps) : scale.inverse;
    const float zero = std::min(-low * inverse, static_cast<float>(top));
    scale.zero = round_half_even(zero);
  }
  return scale;
}

void uniform_codes(std::span<const float> values, const UniformScale& scale, std::span<std::uint8_t> codes) {
  const float low = static_cast<float>(scale.low - scale.zero);
  const float high = static_cast<float>(scale.high - scale.zero);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float q = std::min(std::max(values[i] * scale.inverse, low), high);
    codes[i] = static_cast<std::uint8_t>(round_half_even(q) + scale.zero);
  }
}

void uniform_values(std::span<const std::uint8_t> codes, float scale, int zero, std::span<float> values) {
  for (std::size_t i = 0; i < codes.size(); ++i) values[i] = static_cast<float>(codes[i] - zero) * scale;
}

}  // namespace bitbudget::formats
