#include "error.h"

#include <utility>

namespace bitbudget {

Error::Error(ErrorCode c, std::string m, std::optional<std::uint64_t> o, std::string f)
    : code(c), message(std::move(m)), offset(o), field(std::move(f)) {}
Error::Error(const Error& other) = default;
Error::Error(Error&& other) noexcept = default;
Error& Error::operator=(const Error& other) = default;
Error& Error::operator=(Error&& other) noexcept = default;
Error::~Error() = default;

std::unexpected<Error> fail(ErrorCode code, std::string message) { return std::unexpected<Error>(std::in_place, code, std::move(message)); }
std::unexpected<Error> fail_at(ErrorCode code, std::uint64_t offset, std::string message) {
  return std::unexpected<Error>(std::in_place, code, std::move(message), offset);
}
std::unexpected<Error> fail_field(ErrorCode code, std::string field, std::string message) {
  return std::unexpected<Error>(std::in_place, code, std::move(message), std::nullopt, std::move(field));
}

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
