// GGUF versions 2 and 3, little-endian: llama.cpp's file of metadata and tensors.
// Specification: ggml's docs/gguf.md; where it leaves something open, what ggml's own reader accepts (gguf.cpp), or less.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "files/file_layout.h"
#include "files/file_report.h"
#include "files/source.h"

namespace bitbudget::files {

/// The largest general.alignment that is read or written.
inline constexpr std::uint32_t kMaxGgufAlignment = std::uint32_t{1} << 20;

enum class GgufType : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, string, array, u64, i64, f64 };

/// A value as it stands in the file: nothing is copied, so it lives as long as the source's bytes.
struct GgufValue {
  GgufType type;
  GgufType element = GgufType::u8;        // of an array
  std::uint64_t count = 1;                // elements of an array
  std::span<const std::byte> bytes = {};  // the number, the string's text, or the array's elements (strings with their lengths)
};

struct GgufEntry {
  std::string_view key;
  GgufValue value;
};

struct GgufHeader {
  std::uint32_t version = 3;
  std::uint32_t alignment = 32;
  std::uint64_t data_offset = 0;          // from the file's first byte
  std::vector<GgufEntry> metadata;        // in the file's order
  std::vector<TensorInfo> tensors;        // shape outermost first: the file's dims reversed
};

Result<GgufHeader> read_gguf_header(const Source& source);

/// The same as a report, with `config` where the metadata describes a language model (gguf_config.h). In the metadata,
/// arrays beyond 1,024 elements and strings beyond 65,536 bytes are given as {"type", "count"}.
Result<FileReport> read_gguf(const Source& source);

/// nullptr if there is no such key.
const GgufValue* find(const GgufHeader& header, std::string_view key);

/// An integer of any type that is not negative; nothing else has a value.
bool natural_value(const GgufValue& value, std::uint64_t& out);
std::string_view text_value(const GgufValue& value);  // of a string
/// Element `index` of an array of numbers or booleans, as a value of its own.
GgufValue element_of(const GgufValue& array, std::uint64_t index);

/// Metadata for the writer. `value` holds the bytes that follow the type in the file, as the functions below make them, or
/// as they were read (entry_to_write).
struct GgufEntryToWrite {
  std::string key;
  GgufType type;
  std::string value;
};
GgufEntryToWrite gguf_text(std::string key, std::string_view text);
GgufEntryToWrite gguf_u32(std::string key, std::uint32_t value);
GgufEntryToWrite gguf_f32(std::string key, float value);
GgufEntryToWrite entry_to_write(const GgufEntry& entry);
/// All metadata of a file, for another that holds its tensors whole: what says of which parts it was one (split.*) is left out.
std::vector<GgufEntryToWrite> metadata_to_write(const GgufHeader& header);

/// Version 3, with the tensors in the order given, padded to the alignment. A general.alignment among the metadata is obeyed, otherwise it is 32.
/// invalid_argument for what the reader would refuse, unsupported for a type that ggml lacks.
Result<FileLayout> gguf_layout(std::span<const TensorToWrite> tensors, std::span<const GgufEntryToWrite> metadata);

}  // namespace bitbudget::files
