// How to write a file of tensors whose bytes come from elsewhere, one tensor at a time: a file of any size needs no more
// memory than its header and one tensor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "files/element_type.h"

namespace bitbudget::files {

/// What a writer is told of a tensor; the bytes are the caller's affair.
struct TensorToWrite {
  std::string name;
  const ElementType* type;
  std::vector<std::uint64_t> shape;  // outermost first, whatever the file's own order
};

/// Write `header`, then each tensor's bytes in `order` (indices into the list that was given) at its offset; what lies
/// between and up to file_size is zeros.
struct FileLayout {
  std::string header;
  std::vector<std::size_t> order;
  std::vector<std::uint64_t> offsets;  // of each tensor of the given list, from the file's first byte
  std::uint64_t file_size;
};

}  // namespace bitbudget::files
