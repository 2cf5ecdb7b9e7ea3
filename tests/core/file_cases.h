// Small files built in place, and the loop that checks that broken ones are refused as they should be.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "files/inspect.h"
#include "files/read_tensor.h"

namespace bitbudget::test {

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// A number as little-endian bytes.
template <class T>
std::string le(T value) {
  std::string out(sizeof value, '\0');
  std::memcpy(out.data(), &value, sizeof value);
  return out;
}

inline std::string floats(std::initializer_list<float> values) {
  std::string out;
  for (const float value : values) out += le(value);
  return out;
}

inline std::string unhex(std::string_view digits) {
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string out;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) out += static_cast<char>(value(digits[i]) * 16 + value(digits[i + 1]));
  return out;
}

inline std::string zeros(std::size_t count) { return std::string(count, '\0'); }

inline std::vector<float> values_of(std::string_view file, std::string_view tensor) {
  const auto read = files::read_tensor(as_bytes(file), tensor);
  CHECK_MESSAGE(read.has_value(), read.error().message);
  if (!read) return {-12345};
  const auto values = read->values.span();
  return {values.begin(), values.end()};
}

struct Refusal {
  std::string_view what;
  std::string bytes;
  ErrorCode code;
  std::optional<std::uint64_t> offset = {};
  std::string field = {};
  std::string_view name = {};
  std::uint64_t file_size = 0;
};

/// Each is refused with just that code, offset and field; after each, `valid` is read as ever.
inline void check_refusals(const std::vector<Refusal>& refusals, const std::string& valid) {
  for (const Refusal& refusal : refusals) {
    CAPTURE(refusal.what);
    const auto report = files::inspect(as_bytes(refusal.bytes), {.name = refusal.name, .file_size = refusal.file_size});
    CHECK_FALSE(report.has_value());
    if (!report) {
      CAPTURE(report.error().message);
      CHECK(to_string(report.error().code) == to_string(refusal.code));
      CHECK(report.error().offset == refusal.offset);
      CHECK(report.error().field == refusal.field);
      CHECK(report.error().message.size() > 10);
      CHECK(report.error().message.size() < 400);
    }
    const auto after = files::inspect(as_bytes(valid));
    CHECK(after.has_value());
    if (after) CHECK_FALSE(after->tensors.empty());
  }
}

}  // namespace bitbudget::test

namespace doctest {
template <>
struct StringMaker<std::optional<std::uint64_t>> {
  static String convert(const std::optional<std::uint64_t>& value) { return value ? toString(*value) : String("none"); }
};
}  // namespace doctest
