#include "measure/round_trip.h"

#include <algorithm>

#include "formats/hadamard.h"
#include "formats/registry.h"

namespace bitbudget::measure {

Result<ErrorSums> round_trip(const formats::Format& format, std::span<const float> values, const RoundTripOptions& options,
                             RoundTripBuffers buffers) {
  const auto [encoded, decoded] = buffers;
  const std::size_t row_length = options.row_length == 0 ? values.size() : static_cast<std::size_t>(options.row_length);
  std::span<const float> source = values;
  if (options.rotate) {
    // The rotated values are not needed once they are encoded: decoding may write over them.
    std::ranges::copy(values, decoded.begin());
    if (auto turned = formats::rotate(decoded, row_length); !turned) return std::unexpected(std::move(turned.error()));
    source = decoded;
  }
  if (auto written = formats::encode(format, source, encoded, options.row_length, options.encode); !written) return std::unexpected(std::move(written.error()));
  if (auto read = formats::decode(format, encoded, decoded, options.row_length); !read) return std::unexpected(std::move(read.error()));
  if (options.rotate) {
    if (auto turned = formats::rotate_back(decoded, row_length); !turned) return std::unexpected(std::move(turned.error()));
  }
  return sum_errors(values, decoded);
}

}  // namespace bitbudget::measure
