#include "files/index_config.h"

#include <algorithm>
#include <map>

#include "concat.h"
#include "files/json_scan.h"
#include "files/safetensors.h"

namespace bitbudget::files {
namespace {

std::string_view text_of(const Source& source) { return {reinterpret_cast<const char*>(source.bytes.data()), source.bytes.size()}; }

/// Only an object; within it anything.
class ObjectCheck final : public JsonHandler {
 public:
  Result<void> on(const JsonEvent& event) override {
    if (!started_ && event.kind != JsonEvent::Kind::begin_object) return fail_at(ErrorCode::invalid_file, 0, "A config.json must be an object: { ... }.");
    started_ = true;
    return {};
  }

 private:
  bool started_ = false;
};

/// weight_map and the plain values of metadata; everything else is passed over.
class IndexReader final : public JsonHandler {
  using Kind = JsonEvent::Kind;

 public:
  Result<void> on(const JsonEvent& event) override {
    switch (event.kind) {
      case Kind::key:
        if (depth_ == 1) part_ = *event.text == "weight_map" ? Part::weight_map : *event.text == "metadata" ? Part::metadata : Part::other;
        else key_ = std::move(*event.text);
        return {};
      case Kind::begin_object:
      case Kind::begin_array: {
        auto done = value(event);
        ++depth_;
        return done;
      }
      case Kind::end_object:
      case Kind::end_array: --depth_; return {};
      default: return value(event);
    }
  }

  bool has_weight_map = false;
  std::string metadata;
  std::vector<TensorInfo> tensors;

  /// The files in alphabetical order, and the tensors' numbers after it.
  std::vector<std::string> sort_shards() {
    std::vector<std::string> shards;
    std::vector<std::uint32_t> place(ids_.size());
    for (const auto& [name, id] : ids_) {
      place[id] = static_cast<std::uint32_t>(shards.size());
      shards.push_back(name);
    }
    for (TensorInfo& tensor : tensors) tensor.shard = place[tensor.shard];
    return shards;
  }

 private:
  static constexpr std::size_t kMaxShards = 99'999;  // five digits, as in model-00001-of-00002
  enum class Part { other, weight_map, metadata };

  std::unexpected<Error> refuse(const JsonEvent& event, std::string field, std::string message) const {
    return std::unexpected(Error{ErrorCode::invalid_field, std::move(message), event.offset, std::move(field)});
  }

  Result<void> value(const JsonEvent& event) {
    if (depth_ == 0 && event.kind != Kind::begin_object) return fail_at(ErrorCode::invalid_file, 0, "An index must be an object: { ... }.");
    if (depth_ == 1 && part_ == Part::weight_map) {
      has_weight_map = true;
      if (event.kind != Kind::begin_object) return refuse(event, "weight_map", "weight_map must be an object from tensor names to file names.");
    }
    if (depth_ == 2 && part_ == Part::weight_map) return place(event);
    if (depth_ == 2 && part_ == Part::metadata) note(event);
    return {};
  }

  Result<void> place(const JsonEvent& event) {
    const std::string field = "weight_map." + shown(key_);
    if (event.kind != Kind::string) return refuse(event, field, field + " must be the name of a file.");
    if (!is_bare_shard_name(*event.text)) {
      return refuse(event, field, concat({field, " is \"", shown(*event.text),
                                          "\"; it must be the bare name of a .safetensors file in the same directory."}));
    }
    const auto [found, added] = ids_.try_emplace(std::move(*event.text), static_cast<std::uint32_t>(ids_.size()));
    if (added && ids_.size() > kMaxShards) return refuse(event, "weight_map", "The index names more than 99999 files.");
    TensorInfo info;
    info.name = std::move(key_);
    info.shard = found->second;
    tensors.push_back(std::move(info));
    return {};
  }

  void note(const JsonEvent& event) {
    std::string value;
    if (event.kind == Kind::natural && event.natural <= kMaxCount) value = std::to_string(event.natural);
    else if (event.kind == Kind::string) value = json_string(*event.text);
    else if (event.kind == Kind::boolean) value = event.boolean ? "true" : "false";
    else return;
    metadata += concat({metadata.empty() ? "" : ",", json_string(key_), ":", value});
  }

  std::size_t depth_ = 0;
  Part part_ = Part::other;
  std::string key_;
  std::map<std::string, std::uint32_t> ids_;  // in the order in which they come up
};

/// JSON says nothing before its end: the whole file is wanted.
Result<void> whole_text(const Source& source, std::uint64_t most, std::string_view what) {
  if (source.file_size > most) {
    return fail_at(ErrorCode::too_large, most, concat({"The ", what, " has ", source.file_size, " bytes; at most ", most, " are read."}));
  }
  if (!source.whole()) return truncated(source, source.file_size, what);
  return {};
}

}  // namespace

bool is_bare_shard_name(std::string_view name) {
  constexpr std::string_view extension = ".safetensors";
  return name.size() > extension.size() && name.size() <= 255 && name.ends_with(extension) && !name.starts_with('.') &&
         std::none_of(name.begin(), name.end(), [](char c) { return c == '/' || c == '\\' || c == ':' || c == '%' || c == '?' || c == '#' || static_cast<unsigned char>(c) < 0x20; });
}

Result<FileReport> read_safetensors_index(const Source& source) {
  if (auto done = whole_text(source, kMaxSafetensorsHeader, "index"); !done) return std::unexpected(std::move(done.error()));
  IndexReader index;
  index.tensors.reserve(source.bytes.size() / 60);  // the least that an entry takes with the names that are in use
  if (auto done = scan_json(text_of(source), {.max_bytes = source.bytes.size()}, index); !done) return std::unexpected(std::move(done.error()));
  if (!index.has_weight_map) {
    return std::unexpected(Error{ErrorCode::missing_field, "An index needs a weight_map from tensor names to file names.", {}, "weight_map"});
  }
  if (index.tensors.empty()) return fail_field(ErrorCode::invalid_field, "weight_map", "The index names no tensor.");
  FileReport report;
  report.format = FileFormat::safetensors_index;
  report.metadata = concat({"{", index.metadata, "}"});
  report.shards = index.sort_shards();
  report.tensors = std::move(index.tensors);
  return report;
}

Result<FileReport> read_config_json(const Source& source) {
  constexpr std::uint64_t most = std::uint64_t{1} << 20;
  if (auto done = whole_text(source, most, "config.json"); !done) return std::unexpected(std::move(done.error()));
  ObjectCheck check;
  if (auto done = scan_json(text_of(source), {.max_bytes = most}, check); !done) return std::unexpected(std::move(done.error()));
  FileReport report;
  report.format = FileFormat::config;
  report.metadata = text_of(source);
  report.config = report.metadata;
  return report;
}

}  // namespace bitbudget::files
