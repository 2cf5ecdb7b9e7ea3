// What is this file, and which tensors does it hold? The format is told from the bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "files/file_report.h"

namespace bitbudget::files {

struct InspectOptions {
  /// The file's name: decides only what is said of bytes that no reader recognises.
  std::string_view name = {};
  /// The size of the whole file where `bytes` are only its beginning; 0: they are all of it.
  std::uint64_t file_size = 0;
};

/// Reads the structure, not the weights; memory stays within 4 x the header + 16 MB. The whole file is checked against the
/// rules of its format, as far as they can be told without the weights; an NPZ is unpacked once to check its sums.
///
/// A slice that is too short is refused as `truncated` with the field "bytes" and an `offset` greater than the slice: pass that
/// many of the file's first bytes (an NPZ has its directory at the end and wants the whole file, as JSON does). A `truncated`
/// without a field means that the file itself is cut off.
///
/// Other refusals: invalid_file, invalid_json, invalid_field, missing_field, unsupported, too_large, out_of_memory.
Result<FileReport> inspect(std::span<const std::byte> bytes, const InspectOptions& options = {});

}  // namespace bitbudget::files
