// Strict JSON as a stream of events: for headers too large to hold as a document, and the ground under json.h's parse_json.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "error.h"

namespace bitbudget::files {

struct JsonLimits {
  std::size_t max_bytes = std::size_t{1} << 20;
  std::size_t max_depth = 64;
};

struct JsonEvent {
  enum class Kind { null, boolean, natural, negative, real, string, key, begin_object, end_object, begin_array, end_array };
  Kind kind;
  std::uint64_t offset;             // just past the token
  bool boolean = false;
  std::uint64_t natural = 0;        // an integer of 0 and above
  std::int64_t negative = 0;        // an integer written with a minus sign
  double real = 0;                  // whatever has a fraction or an exponent, or passes 64 bits
  std::string* text = nullptr;      // a string's or key's; the handler may move from it
};

class JsonHandler {
 public:
  /// Returns an error to stop there.
  virtual Result<void> on(const JsonEvent& event) = 0;

 protected:
  ~JsonHandler() = default;
};

/// Reads RFC 8259: valid UTF-8, no byte order mark, nothing after the value but white space, no key twice in one object at
/// any level, a depth limit. invalid_json with the byte offset of the first fault, too_large, or the handler's own error; a
/// doubled key is noticed at its object's end. Besides what the handler keeps, memory is 16 bytes for each key of the
/// objects that are open.
Result<void> scan_json(std::string_view text, const JsonLimits& limits, JsonHandler& handler);

/// `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
std::string json_string(std::string_view text);

/// The length of the longest prefix of `text` that is UTF-8 (Unicode 15, table 3-7: no surrogates, nothing overlong).
std::size_t valid_utf8_prefix(std::string_view text);

}  // namespace bitbudget::files
