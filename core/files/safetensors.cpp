#include "files/safetensors.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <tuple>

#include "beat.h"
#include "concat.h"
#include "files/json_scan.h"
#include "guard_memory.h"
#include "heap_sort.h"

namespace bitbudget::files {
namespace {

constexpr std::uint64_t kFormatMaxHeader = 100'000'000;
constexpr std::size_t kMaxRank = 32;
constexpr std::string_view kMetadataKey = "__metadata__";

/// Builds the tensor list from the header's events; offsets are from the start of the data until the end.
class HeaderReader final : public JsonHandler {
  using Kind = JsonEvent::Kind;

 public:
  Result<void> on(const JsonEvent& event) override {
    switch (event.kind) {
      case Kind::begin_object:
      case Kind::begin_array: {
        auto done = value(event);
        ++depth_;
        return done;
      }
      case Kind::end_object:
      case Kind::end_array: return end(event);
      case Kind::key: return key(event);
      default: return value(event);
    }
  }

  std::vector<TensorInfo> tensors;
  std::string metadata = "{";  // without its end

 private:
  enum class Field { none, dtype, shape, offsets };

  std::unexpected<Error> refuse(const JsonEvent& event, std::string_view what) const {
    std::string path = shown(name_);
    if (field_ != Field::none) path += field_ == Field::dtype ? ".dtype" : field_ == Field::shape ? ".shape" : ".data_offsets";
    // The header's text starts at byte 8 of the file.
    return std::unexpected(Error{ErrorCode::invalid_field, concat({"The header's entry \"", path, "\" ", what, "."}),
                                 8 + event.offset, path});
  }

  Result<void> key(const JsonEvent& event) {
    if (depth_ == 1) {
      name_ = std::move(*event.text);
      in_metadata_ = name_ == kMetadataKey;
    } else if (depth_ == 2 && in_metadata_) {
      if (metadata.size() > 1) metadata += ',';
      metadata += json_string(*event.text) + ":";
    } else if (depth_ == 2) {
      field_ = *event.text == "dtype" ? Field::dtype : *event.text == "shape" ? Field::shape : *event.text == "data_offsets" ? Field::offsets : Field::none;
    }
    return {};
  }

  /// A value begins (containers) or stands here; depth_ is that of the object or array around it.
  Result<void> value(const JsonEvent& event) {
    if (depth_ == 0) return event.kind == Kind::begin_object ? Result<void>{} : refuse(event, "must be an object");
    if (depth_ == 1) {
      if (event.kind != Kind::begin_object) return refuse(event, "must be an object");
      tensor_ = {};
      has_shape_ = false;
      offsets_ = 0;
      return {};
    }
    if (in_metadata_) {
      if (event.kind != Kind::string) return refuse(event, "may only hold strings");
      metadata += json_string(*event.text);
      return {};
    }
    if (depth_ == 2) return field_value(event);
    if (depth_ == 3 && field_ != Field::none) return item(event);
    return {};  // within a field that is not known
  }

  Result<void> field_value(const JsonEvent& event) {
    switch (field_) {
      case Field::none: return {};
      case Field::dtype:
        if (event.kind != Kind::string) return refuse(event, "must be a string");
        tensor_.type = find_safetensors_type(*event.text);
        if (tensor_.type == nullptr) return refuse(event, concat({"is \"", shown(*event.text),
                                                                  "\", which is no element type of safetensors"}));
        return {};
      case Field::shape:
        if (event.kind != Kind::begin_array) return refuse(event, "must be a list of numbers");
        has_shape_ = true;
        return {};
      case Field::offsets:
        if (event.kind != Kind::begin_array) return refuse(event, "must be a list of two numbers");
        return {};
    }
    return {};
  }

  Result<void> item(const JsonEvent& event) {
    if (event.kind != Kind::natural || event.natural > kMaxCount) return refuse(event, "may only hold whole numbers from 0 to 2^53");
    if (field_ == Field::shape) {
      if (tensor_.shape.size() == kMaxRank) return refuse(event, "has more than 32 dimensions");
      tensor_.shape.push_back(event.natural);
      return {};
    }
    if (offsets_ == 2) return refuse(event, "must be a list of two numbers");
    (offsets_++ == 0 ? begin_ : end_) = event.natural;
    return {};
  }

  Result<void> end(const JsonEvent& event) {
    --depth_;
    if (depth_ == 2) {  // of a field's list or object
      if (field_ == Field::offsets && offsets_ != 2) return refuse(event, "must be a list of two numbers");
      return {};
    }
    if (depth_ != 1 || in_metadata_) return {};
    field_ = Field::none;
    return add(event);
  }

  /// At the end of a tensor's entry.
  Result<void> add(const JsonEvent& event) {
    if (tensor_.type == nullptr) return missing(event, "dtype");
    if (!has_shape_) return missing(event, "shape");
    if (offsets_ != 2) return missing(event, "data_offsets");
    if (begin_ > end_) {
      field_ = Field::offsets;
      return refuse(event, "ends before it begins");
    }
    auto count = element_count(tensor_.shape);
    auto bytes = count ? stored_bytes(*tensor_.type, *count) : std::unexpected(count.error());
    if (!bytes || *bytes != end_ - begin_) {
      field_ = Field::offsets;
      return refuse(event, bytes ? concat({"spans ", end_ - begin_, " bytes; its shape and type take ", *bytes})
                                 : "does not fit its shape and type: they take more than 2^53 bytes, or do not end on one");
    }
    tensor_.name = std::move(name_);
    tensor_.offset = begin_;
    tensor_.byte_length = end_ - begin_;
    tensor_.shape.shrink_to_fit();
    tensors.push_back(std::move(tensor_));
    return {};
  }

  std::unexpected<Error> missing(const JsonEvent& event, std::string_view field) const {
    const std::string path = concat({shown(name_), ".", field});
    return std::unexpected(Error{ErrorCode::missing_field, concat({"The header's entry \"", path, "\" is missing."}), 8 + event.offset, path});
  }

  std::size_t depth_ = 0;
  bool in_metadata_ = false;
  std::string name_;
  Field field_ = Field::none;
  TensorInfo tensor_;
  bool has_shape_ = false;
  unsigned offsets_ = 0;
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
};

/// Sorted by position, the tensors cover the data from its first byte to its last, without gap or overlap.
Result<void> check_cover(std::span<TensorInfo> tensors, const Source& source, std::uint64_t data) {
  heap_sort(tensors.begin(), tensors.end(), [](const TensorInfo& a, const TensorInfo& b) {
    return std::tie(a.offset, a.byte_length, a.name) < std::tie(b.offset, b.byte_length, b.name);
  });
  std::uint64_t end = 0;
  for (const TensorInfo& tensor : tensors) {
    if (tensor.offset != end) {
      const std::string path = shown(tensor.name) + ".data_offsets";
      return std::unexpected(Error{ErrorCode::invalid_file,
                                   concat({"The tensor \"", shown(tensor.name), "\" starts at byte ", tensor.offset, " of the data, ",
                                           tensor.offset < end ? "within" : "with a gap after", " the one before, which ends at ", end, "."}),
                                   data + std::min(tensor.offset, end), path});
    }
    end += tensor.byte_length;  // end_ of the header, at most 2^53
  }
  if (end > source.file_size - data) {
    return fail_at(ErrorCode::truncated, source.file_size,
                   concat({"The tensors end at byte ", data + end, ", but the file at ", source.file_size,
                           ": it is cut off, copy or download it again."}));
  }
  if (end < source.file_size - data) {
    return fail_at(ErrorCode::invalid_file, data + end, "Bytes follow the last tensor: the file should end here.");
  }
  for (TensorInfo& tensor : tensors) tensor.offset += data;
  return {};
}

}  // namespace

Result<FileReport> read_safetensors(const Source& source) {
  Cursor cursor(source);
  if (source.size() < 8) return truncated(source, 8, "the length of the safetensors header");
  const auto length = *cursor.read<std::uint64_t>("");
  if (length < 2) return fail_at(ErrorCode::invalid_file, 0, concat({"The safetensors header has ", length, " bytes; not even {} fits."}));
  if (length > kFormatMaxHeader) {
    return fail_at(ErrorCode::invalid_file, 0, concat({"The first 8 bytes are no length of a safetensors header: ", length,
                                                       " is beyond its limit of 100000000."}));
  }
  if (length > source.file_size - 8) return truncated({source.bytes.first(0), source.file_size}, kMaxCount, "the safetensors header");
  if (length > kMaxSafetensorsHeader) {
    return fail_at(ErrorCode::too_large, 0, concat({"The safetensors header has ", length, " bytes; at most ", kMaxSafetensorsHeader,
                                                    " are read."}));
  }
  const std::uint64_t data = 8 + length;
  if (source.size() > 8 && source.bytes[8] != std::byte{'{'}) return fail_at(ErrorCode::invalid_file, 8, "The safetensors header must start with {.");
  if (source.size() < data) return truncated(source, data, "the safetensors header");

  const std::string_view text(reinterpret_cast<const char*>(source.bytes.data()) + 8, static_cast<std::size_t>(length));
  HeaderReader header;
  if (auto done = scan_json(text, {.max_bytes = text.size()}, header); !done) {
    Error error = std::move(done.error());
    if (error.code == ErrorCode::invalid_json && error.offset) *error.offset += 8;
    return std::unexpected(std::move(error));
  }
  if (auto done = check_cover(header.tensors, source, data); !done) return std::unexpected(std::move(done.error()));
  FileReport report;
  report.format = FileFormat::safetensors;
  report.metadata = std::move(header.metadata);
  report.metadata += '}';
  report.tensors = std::move(header.tensors);
  return report;
}

namespace {

Result<FileLayout> lay_out(std::span<const TensorToWrite> tensors,
                           std::span<const std::pair<std::string, std::string>> metadata) {
  const auto name_fault = [](std::string_view name, std::string_view what) {
    return fail_field(ErrorCode::invalid_argument, shown(name), concat({"The name \"", shown(name), "\" ", what, "."}));
  };
  FileLayout layout;
  layout.order.resize(tensors.size());
  std::iota(layout.order.begin(), layout.order.end(), std::size_t{0});
  for (const TensorToWrite& tensor : tensors) {
    if (tensor.type == nullptr || tensor.type->safetensors_rank < 0) {
      return fail_field(ErrorCode::unsupported, shown(tensor.name), concat({"safetensors has no element type for \"", shown(tensor.name),
                                                                            "\"."}));
    }
    if (tensor.shape.size() > kMaxRank) return name_fault(tensor.name, "has more than 32 dimensions");
    if (tensor.name == kMetadataKey) return name_fault(tensor.name, "is kept for the metadata");
    if (valid_utf8_prefix(tensor.name) != tensor.name.size()) return name_fault(tensor.name, "is not UTF-8");
  }
  Beats beats;
  heap_sort(layout.order.begin(), layout.order.end(), [&](std::size_t a, std::size_t b) {
    beats(8);
    const int rank_a = tensors[a].type->safetensors_rank;
    const int rank_b = tensors[b].type->safetensors_rank;
    return rank_a != rank_b ? rank_a > rank_b : tensors[a].name < tensors[b].name;
  });
  std::vector<std::string_view> names;
  for (const TensorToWrite& tensor : tensors) names.push_back(tensor.name);
  heap_sort(names.begin(), names.end());
  if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end()) return name_fault(*twice, "stands twice");

  std::string text = "{";
  if (!metadata.empty()) {
    text += json_string(kMetadataKey) + ":{";
    std::vector<std::string_view> keys;
    for (const auto& [key, value] : metadata) {
      text += concat({keys.empty() ? "" : ",", json_string(key), ":", json_string(value)});
      keys.push_back(key);
    }
    heap_sort(keys.begin(), keys.end());
    if (const auto twice = std::adjacent_find(keys.begin(), keys.end()); twice != keys.end()) return name_fault(*twice, "stands twice in the metadata");
    text += '}';
  }
  layout.offsets.resize(tensors.size());
  std::uint64_t end = 0;
  for (const std::size_t index : layout.order) {
    beats(256);
    const TensorToWrite& tensor = tensors[index];
    auto count = element_count(tensor.shape);
    auto bytes = count ? stored_bytes(*tensor.type, *count) : std::unexpected(count.error());
    if (!bytes) return fail_field(bytes.error().code, shown(tensor.name), std::move(bytes.error().message));
    layout.offsets[index] = end;
    if (!checked_add(end, *bytes, end)) return fail(ErrorCode::too_large, "The file would pass 2^53 bytes.");
    text += concat({text.size() == 1 ? "" : ",", json_string(tensor.name), ":{\"dtype\":\"", tensor.type->name, "\",\"shape\":["});
    for (std::size_t i = 0; i < tensor.shape.size(); ++i) text += (i == 0 ? "" : ",") + std::to_string(tensor.shape[i]);
    text += concat({"],\"data_offsets\":[", layout.offsets[index], ",", end, "]}"});
  }
  text += '}';
  text.append((8 - text.size() % 8) % 8, ' ');
  if (text.size() > kMaxSafetensorsHeader) return fail(ErrorCode::too_large, "The header would pass 32 MB: split the tensors over several files.");
  append(layout.header, static_cast<std::uint64_t>(text.size()));
  layout.header += text;
  for (std::uint64_t& offset : layout.offsets) offset += layout.header.size();
  layout.file_size = layout.header.size() + end;
  return layout;
}

}  // namespace

Result<FileLayout> safetensors_layout(std::span<const TensorToWrite> tensors,
                                      std::span<const std::pair<std::string, std::string>> metadata) {
  return guard_memory([&] { return lay_out(tensors, metadata); });
}

}  // namespace bitbudget::files
