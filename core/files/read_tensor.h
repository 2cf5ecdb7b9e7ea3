// A tensor's values as f32, from whatever type it is stored in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "files/file_report.h"
#include "files/memory.h"

namespace bitbudget::files {

/// `stored`: the tensor.byte_length bytes at tensor.offset (of a deflated one: see read_tensor). `out`: one f32 for each
/// element, row-major; types with more digits are rounded to nearest, ties to even.
/// unsupported for a type that is listed but not decoded.
Result<void> decode_tensor(const TensorInfo& tensor, std::span<const std::byte> stored, std::span<float> out);

/// Whether decode_tensor takes tensors of this type.
bool can_decode(const ElementType& type);

struct TensorValues {
  std::vector<std::uint64_t> shape;
  Buffer<float> values;
};

/// The tensor called `name` of a whole file. not_found if there is none; what inspect and decode_tensor refuse;
/// too_large if its values take more than `memory_limit` bytes.
Result<TensorValues> read_tensor(std::span<const std::byte> file, std::string_view name, std::string_view file_name = {},
                                 std::uint64_t memory_limit = kMemoryLimit);

}  // namespace bitbudget::files
