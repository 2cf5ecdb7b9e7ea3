#include "sizing/config_reader.h"

#include <cmath>

#include "concat.h"
#include "files/json.h"

namespace bitbudget::sizing {

using files::Json;

ConfigReader::ConfigReader(const Json& object, std::string prefix) : object_(&object), prefix_(std::move(prefix)) {}

const Json* ConfigReader::find(std::string_view name) const {
  const auto at = object_->find(name);
  return at == object_->end() || at->is_null() ? nullptr : &*at;
}

const Json* ConfigReader::find(FieldNames names, std::string_view& found) const {
  for (const std::string_view name : names) {
    if (const Json* value = find(name)) {
      found = name;
      return value;
    }
  }
  return nullptr;
}

bool ConfigReader::has(std::string_view name) const { return find(name) != nullptr; }

bool ConfigReader::is_null(std::string_view name) const {
  const auto at = object_->find(name);
  return at != object_->end() && at->is_null();
}

bool ConfigReader::is_text(std::string_view name) const {
  const Json* value = find(name);
  return value != nullptr && value->is_string();
}

void ConfigReader::fault(ErrorCode code, std::string_view name, std::string message) {
  if (error_) return;
  const std::string field = prefix_ + std::string(name);
  error_ = Error{code, concat({field, " ", message}), std::nullopt, field};
}

void ConfigReader::invalid(std::string_view name, std::string rule) { fault(ErrorCode::invalid_field, name, std::move(rule)); }

void ConfigReader::unsupported(std::string_view name, std::string why) { fault(ErrorCode::unsupported, name, std::move(why)); }

std::optional<std::uint64_t> ConfigReader::whole_number(const Json& value, std::string_view name, std::uint64_t min, std::uint64_t max) {
  const std::string rule = concat({"must be a whole number from ", min, " to ", max});
  double number = 0;
  if (value.is_number_unsigned()) {
    const auto whole = value.get<std::uint64_t>();
    if (whole >= min && whole <= max) return whole;
  } else if (value.is_number_float()) {
    number = value.get<double>();
    if (number >= static_cast<double>(min) && number <= static_cast<double>(max) && number == std::floor(number)) {
      return static_cast<std::uint64_t>(number);
    }
  }
  std::string shown = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (shown.size() > 40) shown = shown.substr(0, 40) + "...";
  invalid(name, concat({rule, "; it is ", shown, "."}));
  return std::nullopt;
}

std::uint64_t ConfigReader::required(FieldNames names, std::uint64_t max) {
  std::string_view name;
  if (const Json* value = find(names, name)) return whole_number(*value, name, 1, max).value_or(1);
  missing_.push_back(prefix_ + std::string(*names.begin()));
  return 1;
}

std::uint64_t ConfigReader::published(FieldNames names, std::uint64_t value, std::uint64_t max, std::uint64_t min) {
  if (const auto given = optional(names, max, min)) return *given;
  note(concat({prefix_, *names.begin(), " is not in the config: took the family's default, ", value, "."}));
  return value;
}

std::optional<std::uint64_t> ConfigReader::optional(FieldNames names, std::uint64_t max, std::uint64_t min) {
  std::string_view name;
  const Json* value = find(names, name);
  if (value == nullptr) return std::nullopt;
  return whole_number(*value, name, min, max).value_or(1);
}

std::optional<std::uint64_t> ConfigReader::nullable(std::string_view name, std::uint64_t value, std::uint64_t max) {
  if (is_null(name)) return std::nullopt;
  return published({name}, value, max);
}

bool ConfigReader::flag(std::string_view name, bool value) {
  const Json* given = find(name);
  if (given == nullptr) return value;
  if (given->is_boolean()) return given->get<bool>();
  invalid(name, "must be true or false.");
  return value;
}

double ConfigReader::share(std::string_view name, double value) {
  const Json* given = find(name);
  if (given == nullptr) return value;
  const double number = given->is_number() ? given->get<double>() : -1;
  if (number >= 0 && number <= 1) return number;
  invalid(name, "must be a number from 0 to 1.");
  return value;
}

std::string ConfigReader::text(std::string_view name, std::string_view value) {
  const Json* given = find(name);
  if (given == nullptr) return std::string(value);
  if (given->is_string()) return given->get<std::string>();
  invalid(name, "must be a text.");
  return std::string(value);
}

std::optional<std::vector<std::string>> ConfigReader::texts(std::string_view name) {
  const Json* given = find(name);
  if (given == nullptr) return std::nullopt;
  std::vector<std::string> result;
  if (!given->is_array()) {
    invalid(name, "must be a list of texts.");
    return std::nullopt;
  }
  for (const Json& item : *given) {
    if (!item.is_string()) {
      invalid(name, "must hold texts only.");
      return std::nullopt;
    }
    result.push_back(item.get<std::string>());
  }
  return result;
}

std::vector<std::uint64_t> ConfigReader::numbers(std::string_view name) {
  std::vector<std::uint64_t> result;
  const Json* given = find(name);
  if (given == nullptr) return result;
  if (!given->is_array()) {
    invalid(name, "must be a list of whole numbers.");
    return result;
  }
  for (const Json& item : *given) {
    const auto number = whole_number(item, name, 0, std::uint64_t{1} << 24);
    if (!number) return {};
    result.push_back(*number);
  }
  return result;
}

std::optional<ConfigReader> ConfigReader::object(std::string_view name) {
  const Json* given = find(name);
  if (given == nullptr) return std::nullopt;
  if (given->is_object()) return ConfigReader(*given, concat({prefix_, name, "."}));
  invalid(name, "must be an object.");
  return std::nullopt;
}

void ConfigReader::merge(ConfigReader&& nested) {
  if (!error_) error_ = std::move(nested.error_);
  missing_.insert(missing_.end(), nested.missing_.begin(), nested.missing_.end());
  notes.insert(notes.end(), nested.notes.begin(), nested.notes.end());
}

Result<void> ConfigReader::finish() const {
  if (error_) return std::unexpected(*error_);
  if (missing_.empty()) return {};
  std::string list;
  for (const std::string& field : missing_) list += (list.empty() ? "" : ", ") + field;
  return fail_field(ErrorCode::missing_field, list,
                    concat({"The config lacks ", list, ": add ", missing_.size() == 1 ? "it" : "them", " and try again."}));
}

}  // namespace bitbudget::sizing
