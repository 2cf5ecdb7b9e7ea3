// Strict JSON (RFC 8259) for untrusted input as a document; json_scan.h has the rules and the stream of events.
// Parsing is nlohmann/json's; the limits are ours.
#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

#include "error.h"
#include "files/json_scan.h"

namespace bitbudget::files {

/// Objects keep the order of the text.
using Json = nlohmann::ordered_json;

/// invalid_json with the byte offset of the first fault, or too_large. Numbers beyond double's range are faults.
Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

}  // namespace bitbudget::files
