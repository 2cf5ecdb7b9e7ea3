// Typed access to the fields of a config.json: collects what is missing and what is wrong, so that a family reads on
// without looking, and reports once at the end.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "error.h"

namespace bitbudget::sizing {

/// The names that a size goes by; the first is the family's own, which messages use.
using FieldNames = std::initializer_list<std::string_view>;

class ConfigReader {
 public:
  /// `object` must outlive the reader. `prefix` stands before field names in messages: "text_config.".
  explicit ConfigReader(const nlohmann::ordered_json& object, std::string prefix = {});

  /// A field that is null counts as absent, as it does for transformers.
  bool has(std::string_view name) const;
  bool is_null(std::string_view name) const;
  bool is_text(std::string_view name) const;

  /// A whole number, 1 .. max (4096.0 counts). Absent: noted as missing. After any fault the result is 1: in range for all uses.
  std::uint64_t required(FieldNames names, std::uint64_t max);
  /// Absent: the family's published default, with a note that says so.
  std::uint64_t published(FieldNames names, std::uint64_t value, std::uint64_t max, std::uint64_t min = 1);
  /// Absent: nothing (a rule of the family applies).
  std::optional<std::uint64_t> optional(FieldNames names, std::uint64_t max, std::uint64_t min = 1);
  /// Absent: the published default; null: nothing. For fields where null says "none".
  std::optional<std::uint64_t> nullable(std::string_view name, std::uint64_t value, std::uint64_t max);
  bool flag(std::string_view name, bool value);
  /// A number from 0 to 1; absent: `value`.
  double share(std::string_view name, double value);
  /// Absent: `value`. For fields with a few known texts.
  std::string text(std::string_view name, std::string_view value);
  /// Texts of an array, or nothing if absent.
  std::optional<std::vector<std::string>> texts(std::string_view name);
  /// Whole numbers (0 counts) of an array; absent: empty.
  std::vector<std::uint64_t> numbers(std::string_view name);
  /// The reader of a nested object, or nothing if absent. Its faults are not this reader's: merge it back.
  std::optional<ConfigReader> object(std::string_view name);
  void merge(ConfigReader&& nested);

  /// Reports a fault that the family found.
  void invalid(std::string_view name, std::string rule);
  /// Reports a kind that cannot be sized (unsupported).
  void unsupported(std::string_view name, std::string why);
  void note(std::string sentence) { notes.push_back(std::move(sentence)); }

  bool failed() const { return error_.has_value() || !missing_.empty(); }
  /// The first fault, else all missing fields in one error, else nothing.
  Result<void> finish() const;

  std::vector<std::string> notes;

 private:
  const nlohmann::ordered_json* find(std::string_view name) const;
  const nlohmann::ordered_json* find(FieldNames names, std::string_view& found) const;
  std::optional<std::uint64_t> whole_number(const nlohmann::ordered_json& value, std::string_view name, std::uint64_t min, std::uint64_t max);
  void fault(ErrorCode code, std::string_view name, std::string message);

  const nlohmann::ordered_json* object_;
  std::string prefix_;
  std::vector<std::string> missing_;
  std::optional<Error> error_;
};

}  // namespace bitbudget::sizing
