#include "error.h"

namespace bitbudget {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument: return "invalid_argument";
    case ErrorCode::unknown_format: return "unknown_format";
    case ErrorCode::unknown_model: return "unknown_model";
    case ErrorCode::missing_field: return "missing_field";
    case ErrorCode::invalid_field: return "invalid_field";
    case ErrorCode::invalid_json: return "invalid_json";
    case ErrorCode::invalid_file: return "invalid_file";
    case ErrorCode::truncated: return "truncated";
    case ErrorCode::unsupported: return "unsupported";
    case ErrorCode::not_found: return "not_found";
    case ErrorCode::non_finite: return "non_finite";
    case ErrorCode::too_large: return "too_large";
    case ErrorCode::out_of_memory: return "out_of_memory";
  }
  return "unknown";
}

}  // namespace bitbudget
