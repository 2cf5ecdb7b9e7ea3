// Half-quadratic quantization (Badri and Shaji 2023): uniform codes whose zero is a real number, fitted so that the error,
// less its outliers, has no mean. hqq2_g64, hqq3_g64, hqq4_g64, hqq8_g64.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "beat.h"
#include "formats/bit_stream.h"
#include "formats/format.h"
#include "formats/rounding.h"
#include "formats/text.h"
#include "tensor/float_types.h"
#include "tensor/portable_math.h"

namespace bitbudget::formats {
namespace {

/// The bytes, our own layout: per group of 64 values of a row (the last one of what is left): f16 scale, f16 zero, then the
/// codes as a dense bit stream (bit_stream.h). value = (code - zero) · scale.
struct Head {
  std::uint16_t scale;
  std::uint16_t zero;
};
constexpr std::size_t kGroup = 64;

constexpr int kIterations = 20;
constexpr double kNorm = 0.7;  // of the error that the fit minimizes
constexpr float kFirstBeta = 10;
constexpr float kBetaGrowth = 1.01f;

/// The proximal step of |v|^0.7: what remains of v beyond |v|^(0.7 - 1) / beta, towards zero.
float shrink(float v, float beta) {
  if (v == 0) return 0;
  const double magnitude = std::abs(v);
  const auto power = static_cast<float>(tensor::portable::exp((kNorm - 1) * tensor::portable::log(magnitude)));
  return std::copysign(std::max(0.0f, std::abs(v) - power / beta), v);
}

struct Group {
  std::span<const float> values;
  float scale;
  float inverse;
  float top;

  float code(float v, float zero) const {
    const float q = std::min(std::max(v * inverse + zero, 0.0f), top);
    return static_cast<float>(round_half_even(q));
  }
};

/// Range over steps, but at least absmax/1024, so that f16 holds the zero of a group far from 0 to a quarter of a step.
float group_scale(std::span<const float> values, float top) {
  const auto [low, high] = std::ranges::minmax(values);
  const float step = std::max((high - low) / top, std::max(std::abs(low), std::abs(high)) / 1024);
  if (step == 0) return 1;
  return std::clamp(tensor::f32_from_f16(tensor::f16_from_f32(step)), 0x1p-24f, 65504.0f);
}

/// As the reference does: the scale stays, and the zero after the first pass that gains nothing is taken. Sums are f64.
float fitted_zero(const Group& group) {
  const auto count = static_cast<double>(group.values.size());
  float zero = -std::ranges::min(group.values) * group.inverse;
  float beta = kFirstBeta;
  double least = std::numeric_limits<double>::infinity();
  for (int pass = 0; pass < kIterations; ++pass, beta *= kBetaGrowth) {
    double sum = 0;
    double error = 0;
    for (const float v : group.values) {
      const float q = group.code(v, zero);
      const float difference = v - (q - zero) * group.scale;
      error += std::abs(difference);
      sum += q - (v - shrink(difference, beta)) * group.inverse;
    }
    zero = static_cast<float>(sum / count);
    if (!(error < least)) break;
    least = error;
  }
  return zero;
}

std::byte* put_group(int bits, std::span<const float> values, std::byte* to) {
  Group group{values, 0, 0, static_cast<float>((1 << bits) - 1)};
  group.scale = group_scale(values, group.top);
  group.inverse = 1 / group.scale;
  const Head head{tensor::f16_from_f32(group.scale), tensor::f16_from_f32(std::clamp(fitted_zero(group), -65504.0f, 65504.0f))};
  std::memcpy(to, &head, sizeof(head));
  to += sizeof(head);
  std::array<std::uint8_t, kGroup> codes;
  const float zero = tensor::f32_from_f16(head.zero);
  for (std::size_t i = 0; i < values.size(); ++i) codes[i] = static_cast<std::uint8_t>(group.code(values[i], zero));
  const std::size_t bytes = packed_size(values.size(), bits);
  pack_bits(std::span(codes).first(values.size()), bits, {to, bytes});
  return to + bytes;
}

const std::byte* take_group(int bits, const std::byte* from, std::span<float> values) {
  Head head;
  std::memcpy(&head, from, sizeof(head));
  from += sizeof(head);
  std::array<std::uint8_t, kGroup> codes;
  const std::size_t bytes = packed_size(values.size(), bits);
  unpack_bits({from, bytes}, bits, std::span(codes).first(values.size()));
  const float scale = tensor::f32_from_f16(head.scale);
  const float zero = tensor::f32_from_f16(head.zero);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = (static_cast<float>(codes[i]) - zero) * scale;
  return from + bytes;
}

template <class Visit>
void each_group(std::size_t count, std::size_t row_length, Visit visit) {
  Beats beats;
  for (std::size_t row = 0; row < count; row += row_length) {
    for (std::size_t i = 0; i < row_length; i += kGroup) {
      visit(row + i, std::min(kGroup, row_length - i));
      beats(kGroup);
    }
  }
}

template <int kBits>
std::uint64_t encoded_size(std::uint64_t count, std::uint64_t row_length) {
  if (count == 0) return 0;
  const std::uint64_t rest = row_length % kGroup;
  const std::uint64_t last = rest != 0 ? sizeof(Head) + packed_size(rest, kBits) : 0;
  return count / row_length * (row_length / kGroup * (sizeof(Head) + packed_size(kGroup, kBits)) + last);
}

template <int kBits>
Result<void> encode(std::span<const float> values, std::uint64_t row_length, const EncodeOptions&, std::span<std::byte> out) {
  std::byte* to = out.data();
  each_group(values.size(), static_cast<std::size_t>(row_length),
             [&](std::size_t first, std::size_t length) { to = put_group(kBits, values.subspan(first, length), to); });
  return {};
}

template <int kBits>
Result<void> decode(std::span<const std::byte> bytes, std::uint64_t row_length, std::span<float> out) {
  const std::byte* from = bytes.data();
  each_group(out.size(), static_cast<std::size_t>(row_length),
             [&](std::size_t first, std::size_t length) { from = take_group(kBits, from, out.subspan(first, length)); });
  return {};
}

template <int kBits>
constexpr Format format(std::string_view id, std::string_view label) {
  return {
      .id = id,
      .label = label,
      .description = "Equally spaced levels with an f16 scale and a real f16 zero per 64 neighbours of a row; the zero is fitted in at most 20 passes so "
                     "that the error beyond its 0.7-norm outliers has no mean (lp_norm 0.7, beta 10 growing by 1 % a pass). Each group stops for itself, "
                     "when its mean absolute error no longer falls (the hqq package: the whole tensor at once). The package's default groups are strided, "
                     "its scale is capped so that steps below 5e-5 are mis-scaled, and its 4-bit packing puts the first half of the rows in the high "
                     "nibbles; here the step is at least absmax/1024 (and at most 65504: larger values are lost). Codes are a dense bit stream, low bits first; the last group of a row may be short.",
      .source = "HQQ (mobiusml/hqq) for the fit; bitbudget's own layout",
      .block_length = kGroup,
      .row_multiple = 1,
      .bytes_per_block = sizeof(Head) + packed_size<std::uint32_t>(kGroup, kBits),
      .bits_per_weight = kBits + 8.0 * sizeof(Head) / kGroup,
      .takes_non_finite = false,
      .encoded_size = encoded_size<kBits>,
      .encode = encode<kBits>,
      .decode = decode<kBits>,
      .offset_bits = 16,
  };
}

}  // namespace

extern constexpr std::array<Format, 4> kHqq{
    format<2>("hqq2_g64", "HQQ 2-bit g64"),
    format<3>("hqq3_g64", "HQQ 3-bit g64"),
    format<4>("hqq4_g64", "HQQ 4-bit g64"),
    format<8>("hqq8_g64", "HQQ 8-bit g64"),
};

}  // namespace bitbudget::formats
