// The table of number formats, and the checked way to use one.
#pragma once

#include <span>
#include <string_view>

#include "formats/format.h"

namespace bitbudget::formats {

/// Every format, in the order in which pages and tables list them. Static storage.
std::span<const Format* const> all();

/// nullptr if there is none of that id.
const Format* find(std::string_view id);

/// Like find, with the error that a caller reports: unknown_format.
Result<const Format*> get(std::string_view id);

/// Exact bytes of `count` values in rows of `row_length` (0: one row of all).
/// invalid_argument if count is not whole rows, a row is no multiple of row_multiple, or the size passes 2^53.
Result<std::uint64_t> encoded_size(const Format& format, std::uint64_t count, std::uint64_t row_length = 0);

/// What the bits of an encoding are for. They sum to 8 x encoded_size.
struct EncodedParts {
  std::uint64_t code_bits = 0;    // what each value has of its own
  std::uint64_t scale_bits = 0;   // shared scales of all levels; and what pads codes to whole bytes, where that is needed
  std::uint64_t offset_bits = 0;  // shared zero points and minima
};
/// Refuses what encoded_size refuses.
Result<EncodedParts> encoded_parts(const Format& format, std::uint64_t count, std::uint64_t row_length = 0);

/// Encodes rows one after another into `out`, which the caller owns and sizes with encoded_size.
/// invalid_argument for an importance vector of another length than the rows, or with a negative or non-finite weight.
/// non_finite (with the first one's index) if there are NaN or infinities and the format has none; `out` is then untouched.
Result<void> encode(const Format& format, std::span<const float> values, std::span<std::byte> out,
                    std::uint64_t row_length = 0, const EncodeOptions& options = {});

/// Decodes out.size() values; `bytes` must have exactly encoded_size bytes (else truncated or invalid_argument).
Result<void> decode(const Format& format, std::span<const std::byte> bytes, std::span<float> out,
                    std::uint64_t row_length = 0);

}  // namespace bitbudget::formats
