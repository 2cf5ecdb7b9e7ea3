#include "files/inspect.h"

#include <algorithm>
#include <array>

#include "files/foreign.h"
#include "files/gguf.h"
#include "files/index_config.h"
#include "files/json_scan.h"
#include "files/npy.h"
#include "files/npz.h"
#include "files/safetensors.h"
#include "files/source.h"
#include "guard_memory.h"

namespace bitbudget::files {
namespace {

bool starts_with(const Source& source, std::string_view magic) {
  return source.size() >= magic.size() && std::memcmp(source.bytes.data(), magic.data(), magic.size()) == 0;
}

bool is_npy(const Source& source) { return starts_with(source, "\x93NUMPY"); }

/// A length, then the header. Absurd lengths count too, if only no text starts so: the reader says what is wrong with them.
bool is_safetensors(const Source& source) {
  if (source.size() < 8) return false;
  const bool short_length = load<std::uint64_t>(source.bytes.data()) >> 32 == 0;
  if (source.size() == 8) return short_length;
  const std::string_view length(reinterpret_cast<const char*>(source.bytes.data()), 8);
  const bool text = valid_utf8_prefix(length) == 8 && length.find('\0') == std::string_view::npos;
  return source.bytes[8] == std::byte{'{'} && (short_length || !text);
}

bool is_gguf(const Source& source) { return starts_with(source, "GGUF"); }

/// A member, or the directory of an empty archive.
bool is_npz(const Source& source) { return starts_with(source, "PK\x03\x04") || starts_with(source, "PK\x05\x06"); }

std::string_view text_of(const Source& source) { return {reinterpret_cast<const char*>(source.bytes.data()), source.bytes.size()}; }

bool is_json_object(const Source& source) {
  const auto first = text_of(source).find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text_of(source)[first] == '{';
}

/// An index has a weight_map, a config has none. A key may be written with escapes: only its reader tells then.
Result<FileReport> read_json(const Source& source) {
  const auto holds = [&](std::string_view part) { return text_of(source).find(part) != std::string_view::npos; };
  if (!source.whole() || holds("\"weight_map\"") || holds("\\u")) {
    auto index = read_safetensors_index(source);
    if (index || index.error().code != ErrorCode::missing_field) return index;
  }
  return read_config_json(source);
}

struct Reader {
  std::string_view extension;
  bool (*recognises)(const Source& source);
  Result<FileReport> (*read)(const Source& source);
};

// The first that recognises the bytes reads them.
constexpr std::array kReaders = {
    Reader{".npy", is_npy, read_npy},
    Reader{".gguf", is_gguf, read_gguf},
    Reader{".npz", is_npz, read_npz},
    Reader{".safetensors", is_safetensors, read_safetensors},
    Reader{".json", is_json_object, read_json},
};

Result<FileReport> read(const Source& source, std::string_view name) {
  if (const auto message = foreign_file(source); !message.empty()) return fail_at(ErrorCode::unsupported, 0, std::string(message));
  for (const Reader& reader : kReaders) {
    if (reader.recognises(source)) return reader.read(source);
  }
  // Its name says what the file should be: that reader knows best what is wrong.
  for (const Reader& reader : kReaders) {
    if (name.ends_with(reader.extension)) return reader.read(source);
  }
  return fail_at(ErrorCode::unsupported, 0,
                 "This is none of the files that can be read: safetensors (or its index), GGUF, NPY, NPZ or a model's config.json.");
}

}  // namespace

std::string_view to_string(FileFormat format) {
  switch (format) {
    case FileFormat::safetensors: return "safetensors";
    case FileFormat::safetensors_index: return "safetensors-index";
    case FileFormat::gguf: return "gguf";
    case FileFormat::npy: return "npy";
    case FileFormat::npz: return "npz";
    case FileFormat::config: return "config";
  }
  return "unknown";
}

Result<FileReport> inspect(std::span<const std::byte> bytes, const InspectOptions& options) {
  const Source source{bytes, options.file_size == 0 ? bytes.size() : options.file_size};
  if (source.file_size < bytes.size() || source.file_size > kMaxCount) {
    return fail_field(ErrorCode::invalid_argument, "fileSize", "The file size must be that of the whole file, at least the bytes given.");
  }
  return guard_memory([&] { return read(source, options.name); });
}

}  // namespace bitbudget::files
