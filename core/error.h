// How every function of the core refuses: a typed error with its position, never an exception.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace bitbudget {

enum class ErrorCode {
  invalid_argument,   // a count, an option or a length that the function does not take
  unknown_format,     // no number format of that id
  unknown_model,      // a model_type that no family reads
  missing_field,      // a required field is absent; `field` names it, or lists several
  invalid_field,      // a field has the wrong type or a value out of range; `field` names it
  invalid_json,       // not strict JSON; `offset` says where
  invalid_file,       // the bytes break a rule of their format; `offset` says where
  truncated,          // the bytes end too early; `offset` is where more were expected
  unsupported,        // well-formed, but of a kind that cannot be read (a pickle, an unknown version)
  not_found,          // no tensor of that name
  non_finite,         // a NaN or an infinity where the format has none; `offset` is the first one's element index
  too_large,          // beyond a stated limit
  out_of_memory,      // an allocation failed
};

/// The code as it crosses to JavaScript: "invalid_argument" and so on.
std::string_view to_string(ErrorCode code);

/// What went wrong, where, and what to do: `message` is a sentence for the user.
struct Error {
  Error(ErrorCode code, std::string message, std::optional<std::uint64_t> offset = {}, std::string field = {});
  // Out of line: errors are made and passed on in hundreds of places, none of them hot.
  Error(const Error& other);
  Error(Error&& other) noexcept;
  Error& operator=(const Error& other);
  Error& operator=(Error&& other) noexcept;
  ~Error();

  ErrorCode code;
  std::string message;
  std::optional<std::uint64_t> offset;  // byte position in the input
  std::string field;                    // a path such as "num_hidden_layers", empty if none
};

template <class T>
using Result = std::expected<T, Error>;

/// Shorthand for `return fail(...)`.
std::unexpected<Error> fail(ErrorCode code, std::string message);
std::unexpected<Error> fail_at(ErrorCode code, std::uint64_t offset, std::string message);
std::unexpected<Error> fail_field(ErrorCode code, std::string field, std::string message);

}  // namespace bitbudget
