// What a format makes of a tensor, in one go: encoded, decoded again, and the two compared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "error.h"
#include "formats/format.h"
#include "measure/error_report.h"

namespace bitbudget::measure {

struct RoundTripOptions {
  std::uint64_t row_length = 0;  // as in formats::encode
  /// The rows are rotated before they are encoded and back after (formats/hadamard.h, its largest block, no signs). Sums compare
  /// what comes back with `values`.
  bool rotate = false;
  formats::EncodeOptions encode = {};
};

/// Memory of a call, the caller's.
struct RoundTripBuffers {
  std::span<std::byte> encoded;  // formats::encoded_size bytes: holds the encoding afterwards
  std::span<float> decoded;      // as many as there are values: what a reader of `encoded` sees, rotated back
};

/// Refuses what encode and rotate refuse.
Result<ErrorSums> round_trip(const formats::Format& format, std::span<const float> values, const RoundTripOptions& options,
                             RoundTripBuffers buffers);

}  // namespace bitbudget::measure
