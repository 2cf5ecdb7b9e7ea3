// safetensors: a JSON header with the place of every tensor, then the tensors' bytes.
// Specification: the safetensors crate (README and tensor.rs): the same files are refused, and more strictly where it says
// nothing (duplicate keys, ranks, sizes).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "files/file_layout.h"
#include "files/file_report.h"
#include "files/source.h"

namespace bitbudget::files {

/// The longest header that is read; the format itself stops at 100,000,000.
inline constexpr std::uint64_t kMaxSafetensorsHeader = 32'000'000;

/// The first 8 bytes say how long the header is; a slice that ends within it is answered with `truncated`, whose offset is
/// exactly how many bytes to pass. Metadata: the strings of __metadata__.
Result<FileReport> read_safetensors(const Source& source);

/// The header is padded with spaces to a multiple of 8; tensors are ordered by alignment of their type, largest first, then
/// by name, as the crate does; nothing lies between them.
/// unsupported for a type that safetensors lacks, invalid_argument for a name twice (or "__metadata__", or not UTF-8),
/// for sub-byte elements that do not end on a byte, too_large beyond the limits that the reader has.
Result<FileLayout> safetensors_layout(std::span<const TensorToWrite> tensors,
                                             std::span<const std::pair<std::string, std::string>> metadata = {});

}  // namespace bitbudget::files
