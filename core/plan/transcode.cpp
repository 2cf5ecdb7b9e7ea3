#include "plan/transcode.h"

#include "files/read_tensor.h"
#include "measure/round_trip.h"

namespace bitbudget::plan {

Result<measure::ErrorSums> transcode(const files::TensorInfo& stretch, std::span<const std::byte> stored, const formats::Format& format,
                                     std::uint64_t row_length, const formats::EncodeOptions& options, TranscodeScratch scratch,
                                     std::span<std::byte> out) {
  if (auto read = files::decode_tensor(stretch, stored, scratch.values); !read) return std::unexpected(std::move(read.error()));
  return measure::round_trip(format, scratch.values, {.row_length = row_length, .encode = options}, {out, scratch.decoded});
}

}  // namespace bitbudget::plan
