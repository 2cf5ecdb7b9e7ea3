#include "fuzz.h"

using namespace bitbudget;

// What is accepted is written and read back as the same document.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::as_text(std::as_bytes(std::span(data, size)));
  fuzz::require(files::valid_utf8_prefix(files::json_string(text)) == files::json_string(text).size(), "a quoted text is not UTF-8");
  const auto quoted = files::parse_json(files::json_string(text), {.max_bytes = std::size_t{1} << 24});
  fuzz::require(quoted.has_value() && quoted->is_string(), "a quoted text is no JSON string");
  if (files::valid_utf8_prefix(text) == text.size()) fuzz::require(quoted->get_ref<const std::string&>() == text, "a quoted text changes");
  const auto parsed = files::parse_json(text);
  if (!parsed) {
    fuzz::require(!parsed.error().offset || *parsed.error().offset <= size, "a fault outside the text");
    return 0;
  }
  fuzz::require(files::valid_utf8_prefix(text) == text.size(), "JSON that is not UTF-8");
  const auto again = files::parse_json(parsed->dump(), {.max_bytes = std::size_t{1} << 24});
  fuzz::require(again.has_value() && *again == *parsed, "another document");
  return 0;
}
