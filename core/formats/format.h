// A number format: how a tensor of f32 values becomes bytes and back. One file per format describes it with one
// constexpr Format; registry.cpp lists them all. Callers use the functions of registry.h, which check their arguments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "error.h"

namespace bitbudget::formats {

struct Range {
  float low = 0;
  float high = 0;
};

/// How the uniform integers choose a block's scale. The other formats have their own rule.
enum class ScaleSearch {
  absmax,      // the whole range, nothing is clipped
  percentile,  // the range of all but the outermost values; the rest is clipped
  mse,         // the scale of least squared error among stated candidates, the absmax one included
};

struct EncodeOptions {
  /// One non-negative weight per column (row_length of them), or empty. Formats without a weighted variant ignore it.
  std::span<const float> importance = {};
  /// Smallest and largest value of the whole tensor, for formats with one scale per tensor. Absent: taken from `values`.
  /// With it, parts of one tensor may be encoded apart and joined.
  std::optional<Range> tensor_range = {};
  ScaleSearch scale_search = ScaleSearch::absmax;
  /// For ScaleSearch::percentile, in (0, 100].
  float percentile = 99.9f;
};

/// The plain loops that vector loops are held to. Only tests and benchmarks run them: a build may go without.
#ifdef BITBUDGET_WITHOUT_PLAIN_LOOPS
template <auto function>
inline constexpr std::nullptr_t plain = nullptr;
#else
template <auto function>
inline constexpr auto plain = function;
#endif

/// `values` holds whole rows of `row_length`, row_length is a multiple of `row_multiple`, `out` has exactly
/// encoded_size(count, row_length) bytes: registry.h has checked it. Row-major, little-endian.
struct Format {
  std::string_view id;           // "q8_0": lower case, stable for ever
  std::string_view label;        // "Q8_0"
  std::string_view description;  // for people: layout, rounding, ties, and where implementations differ
  std::string_view source;       // the specification or implementation whose bytes these are
  std::uint32_t block_length;    // elements that share one scale, or its unit if it has levels; 0: a whole row or tensor
  std::uint32_t row_multiple;    // a row's length must be a multiple of this
  std::uint32_t bytes_per_block;  // 0 where block_length is
  double bits_per_weight;        // with all side information, for long rows
  bool takes_non_finite;         // NaN and infinities survive; otherwise encode refuses them

  std::uint64_t (*encoded_size)(std::uint64_t count, std::uint64_t row_length);
  Result<void> (*encode)(std::span<const float> values, std::uint64_t row_length, const EncodeOptions& options,
                         std::span<std::byte> out);
  Result<void> (*decode)(std::span<const std::byte> bytes, std::uint64_t row_length, std::span<float> out);

  /// Leading bytes that hold for the whole tensor (its scale). Parts of a tensor, each of whole rows and whole blocks, that
  /// were encoded with the same tensor_range all begin with the same ones: joined, they are kept once.
  std::uint32_t tensor_bytes = 0;
  /// False: the bytes depend on the whole tensor in another way, and parts cannot be encoded apart.
  bool encodes_in_parts = true;
  /// An importance vector changes the bytes: there is a weighted variant.
  bool takes_importance = false;

  /// Where encode or decode runs on vectors: the plain loops that it equals, byte for byte. nullptr where it is plain itself,
  /// and in a build without them (`plain` above).
  Result<void> (*plain_encode)(std::span<const float> values, std::uint64_t row_length, const EncodeOptions& options,
                               std::span<std::byte> out) = nullptr;
  Result<void> (*plain_decode)(std::span<const std::byte> bytes, std::uint64_t row_length, std::span<float> out) = nullptr;

  /// Bits of zero points or minima among a block's bytes; where block_length is 0, among those of a row, or of the whole
  /// tensor if tensor_bytes is set.
  std::uint32_t offset_bits = 0;
};

}  // namespace bitbudget::formats
