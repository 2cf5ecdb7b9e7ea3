#include <algorithm>
#include <bit>

#include "beat.h"
#include "concat.h"
#include "files/gguf.h"
#include "files/json_scan.h"
#include "guard_memory.h"

namespace bitbudget::files {
namespace {

void append_text(std::string& out, std::string_view text) {
  append(out, static_cast<std::uint64_t>(text.size()));
  out += text;
}

constexpr std::uint64_t padded(std::uint64_t size, std::uint64_t alignment) { return (size + alignment - 1) & ~(alignment - 1); }

}  // namespace

GgufEntryToWrite gguf_text(std::string key, std::string_view text) {
  GgufEntryToWrite entry{std::move(key), GgufType::string, {}};
  append_text(entry.value, text);
  return entry;
}

GgufEntryToWrite gguf_u32(std::string key, std::uint32_t value) {
  GgufEntryToWrite entry{std::move(key), GgufType::u32, {}};
  append(entry.value, value);
  return entry;
}

GgufEntryToWrite gguf_f32(std::string key, float value) {
  GgufEntryToWrite entry{std::move(key), GgufType::f32, {}};
  append(entry.value, value);
  return entry;
}

GgufEntryToWrite entry_to_write(const GgufEntry& entry) {
  GgufEntryToWrite out{std::string(entry.key), entry.value.type, {}};
  if (entry.value.type == GgufType::array) {
    append(out.value, static_cast<std::uint32_t>(entry.value.element));
    append(out.value, entry.value.count);
  } else if (entry.value.type == GgufType::string) {
    append(out.value, static_cast<std::uint64_t>(entry.value.bytes.size()));
  }
  out.value.append(reinterpret_cast<const char*>(entry.value.bytes.data()), entry.value.bytes.size());
  return out;
}

std::vector<GgufEntryToWrite> metadata_to_write(const GgufHeader& header) {
  std::vector<GgufEntryToWrite> entries;
  for (const GgufEntry& entry : header.metadata) {
    if (!entry.key.starts_with("split.")) entries.push_back(entry_to_write(entry));
  }
  return entries;
}

namespace {

Result<FileLayout> lay_out(std::span<const TensorToWrite> tensors, std::span<const GgufEntryToWrite> metadata) {
  FileLayout layout;
  std::string& header = layout.header;
  header = "GGUF";
  append(header, std::uint32_t{3});
  append(header, static_cast<std::uint64_t>(tensors.size()));
  append(header, static_cast<std::uint64_t>(metadata.size()));
  std::uint64_t alignment = 32;
  for (const GgufEntryToWrite& entry : metadata) {
    append_text(header, entry.key);
    append(header, static_cast<std::uint32_t>(entry.type));
    header += entry.value;
    if (entry.key == "general.alignment" && entry.value.size() == 4) alignment = load<std::uint32_t>(std::as_bytes(std::span(entry.value)).data());
  }
  // Before anything is padded with it: the reader's check at the end would come too late.
  if (!std::has_single_bit(alignment) || alignment > kMaxGgufAlignment) {
    return fail_field(ErrorCode::invalid_argument, "general.alignment", "The alignment must be a power of two up to 2^20.");
  }

  std::uint64_t end = 0;
  Beats beats;
  for (const TensorToWrite& tensor : tensors) {
    beats(256);
    if (tensor.type == nullptr || tensor.type->gguf_id < 0) {
      return fail_field(ErrorCode::unsupported, shown(tensor.name), concat({"ggml has no element type for \"", shown(tensor.name), "\"."}));
    }
    auto count = element_count(tensor.shape);
    auto bytes = count ? stored_bytes(*tensor.type, *count) : std::unexpected(count.error());
    if (!bytes) return fail_field(bytes.error().code, shown(tensor.name), std::move(bytes.error().message));
    append_text(header, tensor.name);
    append(header, static_cast<std::uint32_t>(tensor.shape.size()));
    for (std::size_t i = tensor.shape.size(); i-- > 0;) append(header, tensor.shape[i]);
    append(header, static_cast<std::uint32_t>(tensor.type->gguf_id));
    append(header, end);
    layout.order.push_back(layout.order.size());
    layout.offsets.push_back(end);
    if (!checked_add(end, padded(*bytes, alignment), end)) return fail(ErrorCode::too_large, "The file would pass 2^53 bytes.");
  }
  header.append(static_cast<std::size_t>(padded(header.size(), alignment) - header.size()), '\0');
  for (std::uint64_t& offset : layout.offsets) offset += header.size();
  layout.file_size = header.size() + end;

  // The reader knows every rule: what it would refuse is not written.
  auto check = read_gguf_header({std::as_bytes(std::span(header)), layout.file_size});
  if (!check) return fail_field(ErrorCode::invalid_argument, std::move(check.error().field), std::move(check.error().message));
  return layout;
}

}  // namespace

Result<FileLayout> gguf_layout(std::span<const TensorToWrite> tensors, std::span<const GgufEntryToWrite> metadata) {
  return guard_memory([&] { return lay_out(tensors, metadata); });
}

}  // namespace bitbudget::files
