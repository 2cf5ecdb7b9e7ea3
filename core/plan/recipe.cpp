#include "plan/recipe.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include "beat.h"
#include "concat.h"
#include "files/element_type.h"
#include "guard_memory.h"
#include "plan/llama_names.h"
#include "plan/scheme.h"

namespace bitbudget::plan {
namespace {

/// A name as a regular expression that fits just it.
std::string escaped(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (std::string_view(".^$|()[]{}*+?\\").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

/// ggml's type of a format's id.
const files::ElementType* ggml_type(std::string_view format) {
  for (const files::ElementType& type : files::element_types()) {
    if (type.gguf_id >= 0 && lower(type.name) == format) return &type;
  }
  return nullptr;
}

/// Names come from files: a line feed in one would be a line of its own in what is written here.
Result<void> check_name(const std::string& name) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (std::none_of(name.begin(), name.end(), control)) return {};
  return fail_field(ErrorCode::invalid_argument, name, "A tensor name with a line feed or another control character cannot stand in a recipe.");
}

std::string target(std::string_view tensor) {
  if (tensor.ends_with(".weight")) tensor.remove_suffix(7);
  // In YAML's single quotes only the quote itself has to be doubled.
  std::string out = "'re:^";
  for (const char c : escaped(tensor)) out += c == '\'' ? "''" : std::string(1, c);
  return out + "$'";
}

Result<std::string> tensor_type_lines(std::span<const Assignment> assignments) {
  std::string out;
  std::map<std::string, std::string_view> given;  // experts of a layer are one tensor there
  Beats beats;
  for (const Assignment& each : assignments) {
    beats(1024);
    const files::ElementType* type = ggml_type(each.format);
    if (type == nullptr) return fail_field(ErrorCode::unsupported, each.tensor, concat({"llama-quantize has no type for the format ",
                                                                                        each.format, "."}));
    if (each.tensor.find('\'') != std::string::npos) return fail_field(ErrorCode::invalid_argument, each.tensor, "A tensor name with a quotation mark cannot stand in a command.");
    if (auto plain = check_name(each.tensor); !plain) return std::unexpected(std::move(plain.error()));
    const std::string known = full_name(llama_name(each.tensor));
    const std::string& name = known.empty() ? each.tensor : known;
    const auto [at, fresh] = given.try_emplace(name, each.format);
    if (!fresh && at->second == each.format) continue;
    if (!fresh) return fail_field(ErrorCode::invalid_argument, each.tensor, concat({"llama.cpp holds this tensor in ", name,
                                                                                    " together with others: give them all one format."}));
    out += concat({"--tensor-type '^", escaped(name), "$=", lower(type->name), "'\n"});
  }
  return out;
}

Result<std::string> recipe(std::span<const Assignment> assignments) {
  std::map<std::string, std::vector<std::string_view>> by_scheme;
  std::vector<std::string_view> ignored;
  Beats beats;
  for (const Assignment& each : assignments) {
    beats(256);
    if (auto plain = check_name(each.tensor); !plain) return std::unexpected(std::move(plain.error()));
    if (is_plain_float(each.format)) {
      ignored.push_back(each.tensor);
      continue;
    }
    const auto found = scheme_of(each.format);
    if (!found) return fail_field(ErrorCode::unsupported, each.tensor, concat({"compressed-tensors has no scheme for the format ",
                                                                               each.format, "."}));
    by_scheme[scheme_text(*found, false)].push_back(each.tensor);
  }
  std::string out = "default_stage:\n  default_modifiers:\n    QuantizationModifier:\n      ignore:";
  if (ignored.empty()) out += " []";
  for (const std::string_view tensor : ignored) out += "\n        - " + target(tensor);
  out += "\n      config_groups:";
  if (by_scheme.empty()) out += " {}";
  std::size_t index = 0;
  for (const auto& [weights, tensors] : by_scheme) {
    out += concat({"\n        group_", index++, ":\n          weights: ", weights, "\n          targets:"});
    for (const std::string_view tensor : tensors) {
      beats(256);
      out += "\n            - " + target(tensor);
    }
  }
  return out + "\n";
}

}  // namespace

Result<std::string> llama_tensor_types(std::span<const Assignment> assignments) {
  return guard_memory([&] { return tensor_type_lines(assignments); });
}

Result<std::string> compressed_tensors_recipe(std::span<const Assignment> assignments) {
  return guard_memory([&] { return recipe(assignments); });
}

}  // namespace bitbudget::plan
