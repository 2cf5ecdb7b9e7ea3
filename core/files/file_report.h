// What a file holds, without its weights: the tensor list that every reader gives.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "files/element_type.h"

namespace bitbudget::files {

enum class FileFormat { safetensors, safetensors_index, gguf, npy, npz, config };

/// "safetensors", "safetensors-index" and so on.
std::string_view to_string(FileFormat format);

/// One tensor. Its values stand at `offset` as `byte_length` bytes, row-major and little-endian, but for the flags.
struct TensorInfo {
  std::string name;
  const ElementType* type = nullptr;   // nullptr in an index, which does not say
  std::vector<std::uint64_t> shape;    // outermost first, whatever the file's own order; [] is one element
  std::uint64_t offset = 0;            // from the file's first byte; if deflated, of the compressed member
  std::uint64_t byte_length = 0;       // of the values as they are when not compressed
  std::uint32_t shard = 0;             // in an index: which of `shards` holds it
  bool big_endian = false;             // NPY ">f4"
  bool column_major = false;           // NPY fortran_order
  bool deflated = false;               // NPZ method 8
};

struct FileReport {
  FileFormat format = FileFormat::config;
  /// A JSON object: what the file says of itself besides tensors. Integers beyond 2^53 and numbers that JSON lacks are strings.
  std::string metadata = "{}";
  std::vector<TensorInfo> tensors;     // in the order of their bytes in the file
  std::vector<std::string> shards;     // an index only: the files that it names, sorted
  /// GGUF only: its metadata as the text of a config.json, for the sizing; empty if it does not describe a language model.
  std::string config;
};

}  // namespace bitbudget::files
