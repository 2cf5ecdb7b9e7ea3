// A stretch of a tensor from the bytes of one file to those of another, measured on the way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "error.h"
#include "files/file_report.h"
#include "formats/format.h"
#include "measure/error_report.h"

namespace bitbudget::plan {

/// Memory of a call, the caller's: `values` and `decoded` have one f32 for each element of the stretch.
struct TranscodeScratch {
  std::span<float> values;
  std::span<float> decoded;
};

/// Decodes `stored` (the bytes of `stretch`, as decode_tensor takes them), encodes it into `out`, which has exactly
/// formats::encoded_size bytes, decodes that again, and sums the errors of what a reader of `out` will see. `row_length`
/// is that of formats::encode. What decode_tensor and encode refuse: non_finite has the index within the stretch.
Result<measure::ErrorSums> transcode(const files::TensorInfo& stretch, std::span<const std::byte> stored, const formats::Format& format,
                                     std::uint64_t row_length, const formats::EncodeOptions& options, TranscodeScratch scratch,
                                     std::span<std::byte> out);

}  // namespace bitbudget::plan
