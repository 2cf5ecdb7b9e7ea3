// Strict JSON (RFC 8259) for untrusted input: valid UTF-8, no byte order mark, no duplicate key at any level, a depth limit.
// Parsing is nlohmann/json's; the limits are ours.
#pragma once

#include <cstddef>
#include <string_view>

#include <nlohmann/json.hpp>

#include "error.h"

namespace bitbudget::files {

/// Objects keep the order of the text.
using Json = nlohmann::ordered_json;

struct JsonLimits {
  std::size_t max_bytes = std::size_t{1} << 20;
  std::size_t max_depth = 64;
};

/// invalid_json with the byte offset of the first fault, or too_large. Numbers beyond double's range are faults.
Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

}  // namespace bitbudget::files
