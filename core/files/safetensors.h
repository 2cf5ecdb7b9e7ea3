// safetensors: a JSON header with the place of every tensor, then the tensors' bytes.
// Specification: the safetensors crate (README and tensor.rs): the same files are refused, and more strictly where it says
// nothing (duplicate keys, ranks, sizes).
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "files/file_report.h"
#include "files/source.h"

namespace bitbudget::files {

/// The longest header that is read; the format itself stops at 100,000,000.
inline constexpr std::uint64_t kMaxSafetensorsHeader = 32'000'000;

/// The first 8 bytes say how long the header is; a slice that ends within it is answered with `truncated`, whose offset is
/// exactly how many bytes to pass. Metadata: the strings of __metadata__.
Result<FileReport> read_safetensors(const Source& source);

/// What the writer is told of a tensor; the bytes are the caller's affair.
struct TensorToWrite {
  std::string name;
  const ElementType* type;
  std::vector<std::uint64_t> shape;
};

/// How to write the file: `header` first, then each tensor's bytes in `order` (indices into the list that was given), with
/// nothing between or after. So a file of any size is written from one tensor at a time.
struct SafetensorsLayout {
  std::string header;                    // with its length, padded with spaces to a multiple of 8
  std::vector<std::size_t> order;        // by alignment of the type, largest first, then by name: as the crate does
  std::vector<std::uint64_t> offsets;    // of each tensor of the given list, from the file's first byte
  std::uint64_t file_size;
};

/// unsupported for a type that safetensors lacks, invalid_argument for a name twice (or "__metadata__", or not UTF-8),
/// for sub-byte elements that do not end on a byte, too_large beyond the limits that the reader has.
Result<SafetensorsLayout> safetensors_layout(std::span<const TensorToWrite> tensors,
                                             std::span<const std::pair<std::string, std::string>> metadata = {});

}  // namespace bitbudget::files
