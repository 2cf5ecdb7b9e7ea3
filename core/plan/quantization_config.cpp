#include "plan/quantization_config.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "concat.h"
#include "files/json_scan.h"
#include "guard_memory.h"
#include "plan/scheme.h"

namespace bitbudget::plan {
namespace {

constexpr std::string_view kField = "quantization_config";
constexpr std::string_view kEnding = ".weight";

/// How a file holds the weights of a scheme; empty for what is not written so.
std::string_view layout_of(std::string_view format, const Scheme& scheme) {
  if (format.starts_with("int") && scheme.strategy != "tensor") return "pack-quantized";
  return format.starts_with("f8_e4m3") ? "float-quantized" : "";
}

std::string_view module_of(std::string_view tensor) {
  if (tensor.ends_with(kEnding)) tensor.remove_suffix(kEnding.size());
  return tensor;
}

std::string list_of(const std::vector<std::string_view>& modules, std::string_view indent) {
  if (modules.empty()) return "[]";
  std::string out = "[";
  for (std::size_t i = 0; i < modules.size(); ++i) out.append(i == 0 ? "\n" : ",\n").append(indent).append("  ") += files::json_string(modules[i]);
  return out.append("\n").append(indent) += "]";
}

/// Where a config.json's object ends, and the place of its quantization_config.
class ConfigPlaces final : public files::JsonHandler {
  using Kind = files::JsonEvent::Kind;

 public:
  Result<void> on(const files::JsonEvent& event) override {
    if (depth_ == 0 && event.kind != Kind::begin_object) return fail_at(ErrorCode::invalid_file, 0, "A config.json must be an object: { ... }.");
    if (event.kind == Kind::end_object || event.kind == Kind::end_array) {
      if (--depth_ == 0) end = static_cast<std::size_t>(event.offset) - 1;
      return {};
    }
    if (depth_ == 1 && event.kind == Kind::key) {
      empty = false;
      here_ = *event.text == kField;
      return {};
    }
    if (depth_ == 1 && here_) {
      // Some configs say so that there is none.
      if (event.kind != Kind::null) {
        return fail_field(ErrorCode::unsupported, std::string(kField), "This config.json has a quantization_config already: its weights were quantized before. Start from the unquantized checkpoint.");
      }
      none = static_cast<std::size_t>(event.offset) - std::string_view("null").size();
      here_ = false;
    }
    if (event.kind == Kind::begin_object || event.kind == Kind::begin_array) ++depth_;
    return {};
  }

  std::size_t end = 0;              // of the closing brace
  std::optional<std::size_t> none;  // of a null that stands for the quantization_config
  bool empty = true;

 private:
  std::size_t depth_ = 0;
  bool here_ = false;
};

Result<std::string> into_config(std::string_view config, const std::string& value) {
  if (config.empty()) return concat({"{\n  \"", kField, "\": ", value, "\n}\n"});
  ConfigPlaces places;
  if (auto done = files::scan_json(config, {}, places); !done) return std::unexpected(std::move(done.error()));
  std::string out(config);
  if (places.none) return out.replace(*places.none, std::string_view("null").size(), value);
  std::size_t last = places.end;
  while (std::string_view(" \t\r\n").find(config[last - 1]) != std::string_view::npos) --last;
  return out.replace(last, places.end - last, concat({places.empty ? "\n  \"" : ",\n  \"", kField, "\": ", value, "\n"}));
}

Result<std::string> whole(std::span<const Assignment> assignments, std::string_view config) {
  using Group = std::pair<std::string_view, std::string>;  // layout and scheme
  std::map<Group, std::vector<std::string_view>> groups;
  std::vector<std::string_view> ignored;
  for (const Assignment& each : assignments) {
    if (each.format.empty() || is_plain_float(each.format)) {
      ignored.push_back(module_of(each.tensor));
      continue;
    }
    const auto scheme = scheme_of(each.format);
    const std::string_view layout = scheme ? layout_of(each.format, *scheme) : std::string_view();
    if (layout.empty()) return fail_field(ErrorCode::unsupported, each.tensor, concat({"compressed-tensors has no layout for the format ",
                                                                                       each.format, ": give this tensor another one."}));
    if (!each.tensor.ends_with(kEnding)) return fail_field(ErrorCode::unsupported, each.tensor, "Engines look for a scale beside a .weight only: keep this tensor as it is.");
    groups[{layout, scheme_text(*scheme, true)}].push_back(module_of(each.tensor));
  }
  if (groups.empty()) return fail(ErrorCode::invalid_argument, "No tensor is packed or has a scale, so there is nothing to tell: the config.json stays as it is.");
  std::set<std::string_view> layouts;
  std::string out = "{\n    \"quant_method\": \"compressed-tensors\",\n    \"config_groups\": {";
  std::size_t index = 0;
  for (const auto& [group, modules] : groups) {
    layouts.insert(group.first);
    out += concat({index == 0 ? "" : ",", "\n      \"group_", index, "\": {\n        \"format\": \"", group.first,
                   "\",\n        \"weights\": ", group.second,
                   ",\n        \"input_activations\": null,\n        \"output_activations\": null,\n        \"targets\": ",
                   list_of(modules, "        "), "\n      }"});
    ++index;
  }
  out += concat({"\n    },\n    \"format\": \"", layouts.size() == 1 ? *layouts.begin() : "mixed-precision",
                 "\",\n    \"quantization_status\": \"compressed\",\n    \"kv_cache_scheme\": null,\n    \"ignore\": ",
                 list_of(ignored, "    "), "\n  }"});
  return into_config(config, out);
}

}  // namespace

Result<std::string> quantization_config(std::span<const Assignment> assignments, std::string_view config) {
  return guard_memory([&] { return whole(assignments, config); });
}

}  // namespace bitbudget::plan
