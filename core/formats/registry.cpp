#include "formats/registry.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>

#include "beat.h"
#include "concat.h"
#include "guard_memory.h"
#include "kernels/statistics.h"

namespace bitbudget::formats {

extern const Format kF32;
extern const Format kF16;
extern const Format kBF16;
extern const Format kQ8_0;
extern const Format kQ4_0;
extern const Format kQ4_1;
extern const Format kQ5_0;
extern const Format kQ5_1;
extern const Format kIQ4_NL;
extern const Format kQ2_K;
extern const Format kQ3_K;
extern const Format kQ4_K;
extern const Format kQ5_K;
extern const Format kQ6_K;
extern const Format kMXFP4;
extern const Format kNVFP4;
extern const Format kNVFP4Tensor;
extern const std::array<Format, 4> kBitsandbytes;      // nf4, nf4_dq, fp4, fp4_dq
extern const std::array<Format, 4> kHqq;               // hqq2_g64, hqq3_g64, hqq4_g64, hqq8_g64
extern const std::array<Format, 20> kMicroscaling;     // mxfp4_floor ... mxfp8_e5m2_rceil
extern const std::array<Format, 4> kScaledFp8;         // f8_e4m3, f8_e4m3_row, f8_e5m2, f8_e5m2_row
extern const std::array<Format, 70> kUniformIntegers;  // int2_sym_tensor ... int8_asym_g128

namespace {

template <std::size_t... kCounts>
constexpr auto joined(const std::array<const Format*, kCounts>&... parts) {
  std::array<const Format*, (kCounts + ...)> all{};
  std::size_t next = 0;
  const auto append = [&](const auto& part) {
    for (const Format* format : part) all[next++] = format;
  };
  (append(parts), ...);
  return all;
}

/// A family of formats that one file makes.
template <std::size_t kCount>
constexpr std::array<const Format*, kCount> members(const std::array<Format, kCount>& family) {
  std::array<const Format*, kCount> pointers{};
  for (std::size_t i = 0; i < kCount; ++i) pointers[i] = &family[i];
  return pointers;
}

constexpr std::array kSingles = {
    &kF32,
    &kF16,
    &kBF16,
    &kQ8_0,
    &kQ4_0,
    &kQ4_1,
    &kQ5_0,
    &kQ5_1,
    &kIQ4_NL,
    &kQ2_K,
    &kQ3_K,
    &kQ4_K,
    &kQ5_K,
    &kQ6_K,
    &kMXFP4,
    &kNVFP4,
    &kNVFP4Tensor,
};

constexpr auto kFormats = joined(kSingles, members(kBitsandbytes), members(kMicroscaling), members(kScaledFp8), members(kUniformIntegers),
                                members(kHqq));

constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 53;

/// The row length that 0 stands for, checked against the count.
Result<std::uint64_t> whole_rows(const Format& format, std::uint64_t count, std::uint64_t row_length) {
  if (row_length == 0) row_length = count;
  if (count == 0) return row_length;
  if (count % row_length != 0) {
    return fail_field(ErrorCode::invalid_argument, "rowLength",
                      concat({count, " values are not whole rows of ", row_length, ": give a row length that divides the count."}));
  }
  if (row_length % format.row_multiple != 0) {
    return fail_field(ErrorCode::invalid_argument, "rowLength",
                      concat({format.label, " needs rows of a multiple of ", format.row_multiple, " values; these have ", row_length,
                              ". Pad the rows or choose a format with shorter blocks."}));
  }
  return row_length;
}

Result<void> refuse_non_finite(const Format& format, std::span<const float> values) {
  const std::size_t first = kernels::first_non_finite<kernels::Arch>(values.data(), values.size());
  if (first == values.size()) return {};
  const auto found = std::count_if(values.begin(), values.end(), [](float x) { return !std::isfinite(x); });
  return fail_at(ErrorCode::non_finite, first,
                 concat({found, " of the values are NaN or infinite, the first at index ", first, "; ", format.label,
                         " cannot hold them. Replace them, or choose F32, F16 or BF16."}));
}

Result<void> check_importance(std::span<const float> weights, std::uint64_t row_length) {
  if (weights.empty()) return {};
  if (weights.size() != row_length) {
    return fail_field(ErrorCode::invalid_argument, "importance",
                      concat({"The importance vector needs one weight per column: ", row_length, ", not ", weights.size(), "."}));
  }
  for (const float weight : weights) {
    if (std::isfinite(weight) && weight >= 0) continue;
    return fail_field(ErrorCode::invalid_argument, "importance", "Importance weights must be finite and not negative.");
  }
  return {};
}

}  // namespace

std::span<const Format* const> all() { return kFormats; }

const Format* find(std::string_view id) {
  for (const Format* format : kFormats) {
    if (format->id == id) return format;
  }
  return nullptr;
}

Result<const Format*> get(std::string_view id) {
  if (const Format* format = find(id)) return format;
  return fail_field(ErrorCode::unknown_format, "format",
                    concat({"There is no number format \"", id, "\"; formats() lists those there are."}));
}

Result<std::uint64_t> encoded_size(const Format& format, std::uint64_t count, std::uint64_t row_length) {
  if (count > kMaxBytes / 8) return fail_field(ErrorCode::invalid_argument, "count", "More than 2^50 values cannot be sized.");
  auto row = whole_rows(format, count, row_length);
  if (!row) return std::unexpected(row.error());
  return format.encoded_size(count, *row);
}

Result<EncodedParts> encoded_parts(const Format& format, std::uint64_t count, std::uint64_t row_length) {
  auto size = encoded_size(format, count, row_length);
  if (!size) return std::unexpected(size.error());
  if (count == 0) return EncodedParts{};
  if (row_length == 0) row_length = count;
  const std::uint64_t rows = count / row_length;
  std::uint64_t blocks = format.tensor_bytes != 0 ? 1 : rows;
  if (format.block_length != 0) blocks = rows * ((row_length + format.block_length - 1) / format.block_length);
  EncodedParts parts;
  // Beside codes and offsets there are scales alone, and in every format they are less than a bit per value.
  const double offset_share = format.block_length == 0 ? 0 : static_cast<double>(format.offset_bits) / format.block_length;
  parts.code_bits = count * static_cast<std::uint64_t>(format.bits_per_weight - offset_share);
  parts.offset_bits = blocks * format.offset_bits;
  parts.scale_bits = 8 * *size - parts.code_bits - parts.offset_bits;
  return parts;
}

namespace {

/// Values between two beats: few enough for the slowest search, many beside a call.
constexpr std::size_t kEncodeStretch = std::size_t{1} << 16, kDecodeStretch = std::size_t{1} << 17;

/// A part of a tensor and of its encoding.
struct Stretch {
  std::size_t first;
  std::size_t count;
  std::uint64_t row_length;
  std::size_t first_byte;
  std::size_t bytes;
};

/// code(Stretch) for stretches of about `longest` values that are coded one by one as the whole would be: of whole rows and whole
/// blocks, which need not end with a row; or where they do, of blocks alone, unless the code depends on their columns.
template <class Code>
Result<void> in_stretches(const Format& format, std::size_t count, std::uint64_t row_length, bool by_columns, std::size_t longest, Code code) {
  const auto bytes_of = [&](std::size_t values, std::uint64_t row) { return static_cast<std::size_t>(format.encoded_size(values, row)); };
  if (count <= longest || format.tensor_bytes != 0 || !format.encodes_in_parts) return code(Stretch{0, count, row_length, 0, bytes_of(count, row_length)});
  const std::uint64_t block = std::max(format.block_length, 1u);
  const bool joined = format.block_length != 0 && row_length % block == 0 && !by_columns;
  const std::uint64_t unit = joined ? block : std::lcm(row_length, block);
  const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(std::max<std::uint64_t>(1, longest / unit) * unit, count));
  Stretch at{};
  for (; at.first < count; at.first += step, at.first_byte += at.bytes) {
    at.count = std::min(step, count - at.first);
    at.row_length = joined ? at.count : row_length;
    at.bytes = bytes_of(at.count, at.row_length);
    if (auto done = code(at); !done) return done;
    beat();
  }
  return {};
}

Result<void> checked_encode(const Format& format, std::span<const float> values, std::span<std::byte> out,
                            std::uint64_t row_length, const EncodeOptions& options) {
  auto size = encoded_size(format, values.size(), row_length);
  if (!size) return std::unexpected(size.error());
  if (out.size() != *size) {
    return fail(ErrorCode::invalid_argument, concat({"The output has ", out.size(), " bytes; ", *size, " are needed."}));
  }
  if (row_length == 0) row_length = values.size();
  if (auto usable = check_importance(options.importance, row_length); !usable) return usable;
  if (!format.takes_non_finite) {
    if (auto finite = refuse_non_finite(format, values); !finite) return finite;
  }
  return in_stretches(format, values.size(), row_length, !options.importance.empty(), kEncodeStretch, [&](const Stretch& part) {
    return format.encode(values.subspan(part.first, part.count), part.row_length, options, out.subspan(part.first_byte, part.bytes));
  });
}

Result<void> checked_decode(const Format& format, std::span<const std::byte> bytes, std::span<float> out, std::uint64_t row_length) {
  auto size = encoded_size(format, out.size(), row_length);
  if (!size) return std::unexpected(size.error());
  if (bytes.size() != *size) {
    const bool early = bytes.size() < *size;
    return fail_at(early ? ErrorCode::truncated : ErrorCode::invalid_argument, early ? bytes.size() : *size,
                   concat({out.size(), " values in ", format.label, " take ", *size, " bytes; these are ", bytes.size(), "."}));
  }
  return in_stretches(format, out.size(), row_length == 0 ? out.size() : row_length, false, kDecodeStretch, [&](const Stretch& part) {
    return format.decode(bytes.subspan(part.first_byte, part.bytes), part.row_length, out.subspan(part.first, part.count));
  });
}

}  // namespace

Result<void> encode(const Format& format, std::span<const float> values, std::span<std::byte> out,
                    std::uint64_t row_length, const EncodeOptions& options) {
  return guard_memory([&] { return checked_encode(format, values, out, row_length, options); });
}

Result<void> decode(const Format& format, std::span<const std::byte> bytes, std::span<float> out, std::uint64_t row_length) {
  return guard_memory([&] { return checked_decode(format, bytes, out, row_length); });
}

}  // namespace bitbudget::formats
