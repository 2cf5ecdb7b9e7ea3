// The element types that tensors are stored in: one table for all file formats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "error.h"

namespace bitbudget::files {

/// `block_length` elements take `block_bits` bits: {1, 16} for F16, {32, 144} for Q4_0, {1, 4} for F4.
struct ElementType {
  std::string_view name;  // "F32", "BF16", "F8_E4M3", "Q4_K": as safetensors and ggml write it
  std::uint32_t block_length;
  std::uint32_t block_bits;
  /// Its place in safetensors' list, which is in ascending order of alignment; -1 if safetensors has no such type.
  int safetensors_rank;
  /// ggml's number, -1 if ggml has no such type.
  int gguf_id;
  /// The number format of formats/registry.h that decodes it, empty if `to_f32` does, or nothing.
  std::string_view format_id;
  /// Each of out.size() elements as the nearest f32; nullptr for types that are listed but not decoded.
  void (*to_f32)(const std::byte* elements, std::span<float> out);
};

/// All of them. Static storage.
std::span<const ElementType> element_types();

/// nullptr if there is none.
const ElementType* find_element_type(std::string_view name);
const ElementType* find_gguf_type(std::uint32_t id);
/// nullptr also if safetensors has no type of that name.
const ElementType* find_safetensors_type(std::string_view name);

/// The product of a shape; [] is one element. too_large beyond 2^53, even where a later factor is 0.
Result<std::uint64_t> element_count(std::span<const std::uint64_t> shape);

/// Exact bytes of `count` elements. invalid_argument if they are not whole blocks or do not end on a byte,
/// too_large beyond 2^53.
Result<std::uint64_t> stored_bytes(const ElementType& type, std::uint64_t count);

}  // namespace bitbudget::files
