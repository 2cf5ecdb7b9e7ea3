#include "plan/transcode.h"

#include "files/read_tensor.h"
#include "formats/registry.h"

namespace bitbudget::plan {

Result<measure::ErrorSums> transcode(const files::TensorInfo& stretch, std::span<const std::byte> stored, const formats::Format& format,
                                     std::uint64_t row_length, const formats::EncodeOptions& options, TranscodeScratch scratch,
                                     std::span<std::byte> out) {
  if (auto read = files::decode_tensor(stretch, stored, scratch.values); !read) return std::unexpected(std::move(read.error()));
  if (auto written = formats::encode(format, scratch.values, out, row_length, options); !written) return std::unexpected(std::move(written.error()));
  if (auto back = formats::decode(format, out, scratch.decoded, row_length); !back) return std::unexpected(std::move(back.error()));
  return measure::sum_errors(scratch.values, scratch.decoded);
}

}  // namespace bitbudget::plan
