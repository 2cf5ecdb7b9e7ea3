#include "files/gguf.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "beat.h"
#include "concat.h"
#include "files/gguf_config.h"
#include "files/json_scan.h"
#include "heap_sort.h"
#include "number_text.h"

namespace bitbudget::files {
namespace {

constexpr std::string_view kMagic = "GGUF";
constexpr std::uint64_t kMaxEntries = 100'000;
constexpr std::uint64_t kMaxTensors = 1'000'000;
constexpr std::uint64_t kMaxString = 64'000'000;
constexpr std::uint64_t kMaxArray = std::uint64_t{1} << 24;
constexpr std::uint64_t kMaxKey = 65'535;
constexpr std::uint64_t kMaxName = 64;
constexpr std::uint32_t kMaxDims = 4;
constexpr std::string_view kAlignmentKey = "general.alignment";

// The least that an entry (length, key of 1, type, value of 1... a byte short of it) and a tensor take: more cannot be there.
constexpr std::uint64_t kLeastEntry = 13;
constexpr std::uint64_t kLeastTensor = 24;

/// Bytes of a number; 0 for strings and arrays.
constexpr std::uint64_t size_of(GgufType type) {
  switch (type) {
    case GgufType::u8: case GgufType::i8: case GgufType::boolean: return 1;
    case GgufType::u16: case GgufType::i16: return 2;
    case GgufType::u32: case GgufType::i32: case GgufType::f32: return 4;
    case GgufType::u64: case GgufType::i64: case GgufType::f64: return 8;
    case GgufType::string: case GgufType::array: return 0;
  }
  return 0;
}

std::string_view text_of(std::span<const std::byte> bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

bool printable(std::string_view key) {
  return std::all_of(key.begin(), key.end(), [](char c) { return c >= 0x20 && c <= 0x7E; });
}

/// `position` moved up to a multiple of `alignment`, a power of two; false beyond 2^53.
bool align_up(std::uint64_t position, std::uint64_t alignment, std::uint64_t& out) {
  if (!checked_add(position, alignment - 1, out)) return false;
  out &= ~(alignment - 1);
  return true;
}

class HeaderReader {
 public:
  explicit HeaderReader(const Source& source) : source_(source), cursor_(source) {}

  Result<GgufHeader> read() {
    if (auto done = start(); !done) return std::unexpected(std::move(done.error()));
    for (std::uint64_t i = 0; i < entries_; ++i) {
      if (auto done = entry(); !done) return std::unexpected(std::move(done.error()));
    }
    if (auto done = distinct_keys(); !done) return std::unexpected(std::move(done.error()));
    if (auto done = alignment(); !done) return std::unexpected(std::move(done.error()));
    // Not more than the slice can hold: the count alone is no reason to allocate.
    const std::uint64_t held = cursor_.position() < source_.size() ? (source_.size() - cursor_.position()) / kLeastTensor : 0;
    header_.tensors.reserve(static_cast<std::size_t>(std::min(tensors_, held)));
    for (std::uint64_t i = 0; i < tensors_; ++i) {
      if (auto done = tensor(); !done) return std::unexpected(std::move(done.error()));
      beats_(256);
    }
    if (auto done = distinct_names(); !done) return std::unexpected(std::move(done.error()));
    if (auto done = place(); !done) return std::unexpected(std::move(done.error()));
    return std::move(header_);
  }

 private:
  static std::unexpected<Error> refuse(std::uint64_t offset, std::string message, std::string_view field = {}) {
    return std::unexpected(Error{ErrorCode::invalid_file, std::move(message), offset, shown(field)});
  }

  Result<void> start() {
    auto magic = cursor_.take(4, "the magic of a GGUF file");
    if (!magic) return std::unexpected(std::move(magic.error()));
    if (text_of(*magic) != kMagic) return refuse(0, "This is no GGUF file: its first bytes are not GGUF.");
    auto version = cursor_.read<std::uint32_t>("the version of a GGUF file");
    if (!version) return std::unexpected(std::move(version.error()));
    if (*version == 0x02000000 || *version == 0x03000000) {
      return fail_at(ErrorCode::unsupported, 4, "This GGUF file is big-endian: convert it to little-endian first.");
    }
    if (*version != 2 && *version != 3) {
      return fail_at(ErrorCode::unsupported, 4, concat({"GGUF version ", *version,
                                                        " is not read; 2 and 3 are. Convert the model with a current llama.cpp."}));
    }
    header_.version = *version;
    auto tensors = cursor_.read<std::uint64_t>("the number of tensors");
    if (!tensors) return std::unexpected(std::move(tensors.error()));
    auto entries = cursor_.read<std::uint64_t>("the number of metadata entries");
    if (!entries) return std::unexpected(std::move(entries.error()));
    if (*tensors > kMaxTensors || *tensors > cursor_.left() / kLeastTensor) {
      return refuse(8, concat({"The file declares ", *tensors, " tensors: more than it can hold, or than 1000000."}));
    }
    if (*entries > kMaxEntries || *entries > cursor_.left() / kLeastEntry) {
      return refuse(16, concat({"The file declares ", *entries, " metadata entries: more than it can hold, or than 100000."}));
    }
    tensors_ = *tensors;
    entries_ = *entries;
    return {};
  }

  Result<std::string_view> string(std::uint64_t most, std::string_view what) {
    const std::uint64_t at = cursor_.position();
    auto length = cursor_.read<std::uint64_t>(what);
    if (!length) return std::unexpected(std::move(length.error()));
    if (*length > most) return refuse(at, concat({"The length of ", what, " is ", *length, "; at most ", most, " bytes are read."}));
    auto bytes = cursor_.take(*length, what);
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    return text_of(*bytes);
  }

  Result<GgufType> value_type(std::string_view key) {
    const std::uint64_t at = cursor_.position();
    auto type = cursor_.read<std::uint32_t>("the type of a metadata value");
    if (!type) return std::unexpected(std::move(type.error()));
    if (*type > static_cast<std::uint32_t>(GgufType::f64)) return refuse(at, concat({"There is no metadata type ", *type, "."}), key);
    return static_cast<GgufType>(*type);
  }

  Result<void> entry() {
    const std::uint64_t at = cursor_.position();
    auto key = string(kMaxKey, "a metadata key");
    if (!key) return std::unexpected(std::move(key.error()));
    if (key->empty()) return refuse(at, "A metadata key is empty.");
    if (!printable(*key)) return refuse(at + 8, "A metadata key is not printable ASCII.");
    auto type = value_type(*key);
    if (!type) return std::unexpected(std::move(type.error()));
    auto value = *type == GgufType::array ? array(*key) : scalar(*key, *type);
    if (!value) return std::unexpected(std::move(value.error()));
    header_.metadata.push_back({*key, *value});
    return {};
  }

  Result<GgufValue> scalar(std::string_view key, GgufType type) {
    if (type == GgufType::string) {
      auto text = string(kMaxString, "a metadata string");
      if (!text) return std::unexpected(std::move(text.error()));
      return GgufValue{.type = type, .bytes = std::as_bytes(std::span(text->data(), text->size()))};
    }
    const std::uint64_t at = cursor_.position();
    auto bytes = cursor_.take(size_of(type), "a metadata value");
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    if (type == GgufType::boolean && (*bytes)[0] > std::byte{1}) return refuse(at, "A boolean is neither 0 nor 1.", key);
    return GgufValue{.type = type, .bytes = *bytes};
  }

  Result<GgufValue> array(std::string_view key) {
    auto element = value_type(key);
    if (!element) return std::unexpected(std::move(element.error()));
    if (*element == GgufType::array) return refuse(cursor_.position() - 4, "An array holds arrays, which are not read.", key);
    const std::uint64_t at = cursor_.position();
    auto count = cursor_.read<std::uint64_t>("the length of a metadata array");
    if (!count) return std::unexpected(std::move(count.error()));
    const std::uint64_t least = *element == GgufType::string ? 8 : size_of(*element);
    if (*count > kMaxArray || *count > cursor_.left() / least) {
      return refuse(at, concat({"An array declares ", *count, " elements: more than the file can hold, or than 2^24."}), key);
    }
    GgufValue value{.type = GgufType::array, .element = *element, .count = *count};
    const std::uint64_t begin = cursor_.position();
    if (*element == GgufType::string) {
      for (std::uint64_t i = 0; i < *count; ++i) {
        if (auto text = string(kMaxString, "a string of a metadata array"); !text) return std::unexpected(std::move(text.error()));
        beats_(16);
      }
      value.bytes = source_.bytes.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(cursor_.position() - begin));
      return value;
    }
    auto bytes = cursor_.take(*count * least, "a metadata array");
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    if (*element == GgufType::boolean) {
      const auto odd = std::find_if(bytes->begin(), bytes->end(), [](std::byte b) { return b > std::byte{1}; });
      if (odd != bytes->end()) return refuse(begin + static_cast<std::uint64_t>(odd - bytes->begin()), "A boolean is neither 0 nor 1.", key);
    }
    value.bytes = *bytes;
    return value;
  }

  Result<void> distinct_keys() const {
    std::vector<std::string_view> keys;
    keys.reserve(header_.metadata.size());
    for (const GgufEntry& each : header_.metadata) keys.push_back(each.key);
    // Of equal keys the later one in the file comes second.
    heap_sort(keys.begin(), keys.end(), [](std::string_view a, std::string_view b) { return a != b ? a < b : a.data() < b.data(); });
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    if (twice == keys.end()) return {};
    const auto at = static_cast<std::uint64_t>(reinterpret_cast<const std::byte*>((twice + 1)->data()) - source_.bytes.data());
    return refuse(at, concat({"The metadata key \"", shown(*twice), "\" stands twice."}), *twice);
  }

  Result<void> alignment() {
    const GgufValue* value = find(header_, kAlignmentKey);
    if (value == nullptr) return {};
    const auto at = static_cast<std::uint64_t>(value->bytes.data() - source_.bytes.data());
    if (value->type != GgufType::u32) return refuse(at, "general.alignment must be a 32-bit natural number.", kAlignmentKey);
    header_.alignment = load<std::uint32_t>(value->bytes.data());
    if (!std::has_single_bit(header_.alignment) || header_.alignment > kMaxGgufAlignment) {
      return refuse(at, concat({"general.alignment is ", header_.alignment, "; it must be a power of two up to 2^20."}), kAlignmentKey);
    }
    return {};
  }

  Result<void> tensor() {
    const std::uint64_t at = cursor_.position();
    auto name = string(kMaxName, "a tensor's name");
    if (!name) return std::unexpected(std::move(name.error()));
    if (name->empty()) return refuse(at, "A tensor has no name.");
    if (valid_utf8_prefix(*name) != name->size()) return refuse(at + 8, "A tensor's name is not UTF-8.");
    TensorInfo info;
    info.name = *name;
    const std::uint64_t dims_at = cursor_.position();
    auto dims = cursor_.read<std::uint32_t>("a tensor's number of dimensions");
    if (!dims) return std::unexpected(std::move(dims.error()));
    if (*dims > kMaxDims) return refuse(dims_at, concat({"A tensor has ", *dims, " dimensions; at most 4 are read."}), info.name);
    info.shape.resize(*dims);
    for (std::size_t i = *dims; i-- > 0;) {
      auto length = cursor_.read<std::uint64_t>("a tensor's dimensions");
      if (!length) return std::unexpected(std::move(length.error()));
      info.shape[i] = *length;
    }
    const std::uint64_t type_at = cursor_.position();
    auto type = cursor_.read<std::uint32_t>("a tensor's type");
    if (!type) return std::unexpected(std::move(type.error()));
    info.type = find_gguf_type(*type);
    if (info.type == nullptr) {
      return std::unexpected(Error{ErrorCode::unsupported, concat({"The tensor \"", shown(info.name), "\" has the type ", *type,
                                                                   ", which ggml has removed or is not known here."}), type_at, shown(info.name)});
    }
    auto offset = cursor_.read<std::uint64_t>("a tensor's offset");
    if (!offset) return std::unexpected(std::move(offset.error()));
    auto count = element_count(info.shape);
    if (!count) return refuse(dims_at, count.error().message, info.name);
    const std::uint64_t row = info.shape.empty() ? 1 : info.shape.back();
    if (row % info.type->block_length != 0) {
      return refuse(dims_at + 4, concat({"Rows of ", row, " elements are not whole blocks of ", info.type->block_length, ", as ",
                                         info.type->name, " needs."}), info.name);
    }
    auto bytes = stored_bytes(*info.type, *count);
    if (!bytes) return refuse(dims_at, bytes.error().message, info.name);
    info.byte_length = *bytes;
    info.offset = *offset;
    // Each starts where the padded one before has ended: no gap, no overlap, no other order.
    if (*offset != next_) {
      return refuse(type_at + 4, concat({"The tensor's offset is ", *offset, "; after the tensors before it, it must be ", next_, "."}), info.name);
    }
    // An empty tensor needs no padding before it: it does not move the end.
    if (*bytes > 0 && (!checked_add(next_, *bytes, end_) || !align_up(end_, header_.alignment, next_))) return refuse(dims_at, "The tensors take more than 2^53 bytes.", info.name);
    header_.tensors.push_back(std::move(info));
    return {};
  }

  Result<void> distinct_names() const {
    std::vector<std::uint32_t> order(header_.tensors.size());
    std::iota(order.begin(), order.end(), 0u);
    const auto& tensors = header_.tensors;
    Beats beats;
    heap_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      beats(8);
      return tensors[a].name < tensors[b].name;
    });
    const auto twice = std::adjacent_find(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return tensors[a].name == tensors[b].name; });
    if (twice == order.end()) return {};
    return refuse(cursor_.position(), concat({"The tensor name \"", shown(tensors[*twice].name), "\" stands twice."}), tensors[*twice].name);
  }

  /// Offsets become those of the file.
  Result<void> place() {
    if (!align_up(cursor_.position(), header_.alignment, header_.data_offset)) return refuse(cursor_.position(), "The header is too long.");
    const std::uint64_t data = header_.data_offset;
    std::uint64_t end = 0;
    if (!checked_add(data, end_, end) || (end_ > 0 && end > source_.file_size)) {
      return fail_at(ErrorCode::truncated, source_.file_size,
                     concat({"The tensors end at byte ", end, ", but the file at ", source_.file_size,
                             ": it is cut off, copy or download it again."}));
    }
    for (TensorInfo& each : header_.tensors) {
      // An empty tensor at the end may stand where the missing last padding would be.
      each.offset = std::min(each.offset + data, source_.file_size);
    }
    return {};
  }

  Source source_;
  Cursor cursor_;
  GgufHeader header_;
  std::uint64_t tensors_ = 0;
  std::uint64_t entries_ = 0;
  std::uint64_t end_ = 0;   // of the last tensor, from the start of the data
  std::uint64_t next_ = 0;  // the same, padded
  Beats beats_;
};

std::string scalar_json(const GgufValue& value) {
  const std::byte* at = value.bytes.data();
  const auto natural = [](std::uint64_t n) { return n <= kMaxCount ? std::to_string(n) : concat({"\"", n, "\""}); };
  const auto real = [](auto x) { return x - x == 0 ? shortest_text(x) : concat({"\"", shortest_text(x), "\""}); };
  switch (value.type) {
    case GgufType::u8: return natural(load<std::uint8_t>(at));
    case GgufType::i8: return std::to_string(static_cast<int>(load<std::int8_t>(at)));
    case GgufType::u16: return natural(load<std::uint16_t>(at));
    case GgufType::i16: return std::to_string(load<std::int16_t>(at));
    case GgufType::u32: return natural(load<std::uint32_t>(at));
    case GgufType::i32: return std::to_string(load<std::int32_t>(at));
    case GgufType::u64: return natural(load<std::uint64_t>(at));
    case GgufType::i64: {
      const auto n = load<std::int64_t>(at);
      const bool exact = n >= -static_cast<std::int64_t>(kMaxCount) && n <= static_cast<std::int64_t>(kMaxCount);
      return exact ? std::to_string(n) : concat({"\"", n, "\""});
    }
    case GgufType::f32: return real(load<float>(at));
    case GgufType::f64: return real(load<double>(at));
    case GgufType::boolean: return *at == std::byte{1} ? "true" : "false";
    case GgufType::string: return json_string(text_of(value.bytes));
    case GgufType::array: return {};
  }
  return {};
}

constexpr std::string_view kTypeNames[] = {"u8", "i8", "u16", "i16", "u32", "i32", "f32", "bool", "string", "array", "u64", "i64", "f64"};

std::string summary_json(const GgufValue& value) {
  const bool array = value.type == GgufType::array;
  return concat({"{\"type\":\"", kTypeNames[static_cast<std::size_t>(array ? value.element : value.type)], "\",\"count\":",
                 array ? value.count : value.bytes.size(), "}"});
}

std::string value_json(const GgufValue& value) {
  if (value.type != GgufType::array) return value.bytes.size() > 65'536 ? summary_json(value) : scalar_json(value);
  if (value.count > 1'024 || value.bytes.size() > 65'536) return summary_json(value);
  std::string out = "[";
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < value.count; ++i) {
    if (i > 0) out += ',';
    if (value.element == GgufType::string) {
      const auto length = static_cast<std::size_t>(load<std::uint64_t>(value.bytes.data() + at));
      out += json_string(text_of(value.bytes.subspan(at + 8, length)));
      at += 8 + length;
    } else {
      out += scalar_json(element_of(value, i));
    }
  }
  return out += ']';
}

std::string metadata_json(const GgufHeader& header) {
  // Escapes can make text six times as long: beyond this much, values are only summed up.
  constexpr std::size_t most = 4'000'000;
  std::string out = "{\"version\":" + std::to_string(header.version);
  for (const GgufEntry& entry : header.metadata) {
    out += concat({",", json_string(entry.key), ":"});
    out += out.size() < most ? value_json(entry.value) : summary_json(entry.value);
  }
  return out += '}';
}

}  // namespace

Result<GgufHeader> read_gguf_header(const Source& source) { return HeaderReader(source).read(); }

Result<FileReport> read_gguf(const Source& source) {
  auto header = read_gguf_header(source);
  if (!header) return std::unexpected(std::move(header.error()));
  FileReport report;
  report.format = FileFormat::gguf;
  report.metadata = metadata_json(*header);
  report.config = gguf_config(*header);
  report.tensors = std::move(header->tensors);
  return report;
}

const GgufValue* find(const GgufHeader& header, std::string_view key) {
  for (const GgufEntry& entry : header.metadata) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

bool natural_value(const GgufValue& value, std::uint64_t& out) {
  const std::byte* at = value.bytes.data();
  const auto signed_value = [&](std::int64_t n) { return out = static_cast<std::uint64_t>(n), n >= 0; };
  switch (value.type) {
    case GgufType::u8: return out = load<std::uint8_t>(at), true;
    case GgufType::u16: return out = load<std::uint16_t>(at), true;
    case GgufType::u32: return out = load<std::uint32_t>(at), true;
    case GgufType::u64: return out = load<std::uint64_t>(at), true;
    case GgufType::i8: return signed_value(load<std::int8_t>(at));
    case GgufType::i16: return signed_value(load<std::int16_t>(at));
    case GgufType::i32: return signed_value(load<std::int32_t>(at));
    case GgufType::i64: return signed_value(load<std::int64_t>(at));
    default: return false;
  }
}

std::string_view text_value(const GgufValue& value) { return value.type == GgufType::string ? text_of(value.bytes) : std::string_view(); }

GgufValue element_of(const GgufValue& array, std::uint64_t index) {
  const std::uint64_t size = size_of(array.element);
  return {.type = array.element, .bytes = array.bytes.subspan(static_cast<std::size_t>(index * size), static_cast<std::size_t>(size))};
}

}  // namespace bitbudget::files
