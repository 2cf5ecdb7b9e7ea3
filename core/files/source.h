// What a reader is given: a file's first bytes, or all of them; and the checked steps through them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "error.h"
#include "tensor/little_endian.h"

namespace bitbudget::files {

/// No element count and no byte count passes 2^53: all of them are exact as JavaScript numbers.
inline constexpr std::uint64_t kMaxCount = std::uint64_t{1} << 53;

/// `bytes` start at the file's first byte and are at most `file_size`. Fewer make a header slice.
struct Source {
  std::span<const std::byte> bytes;
  std::uint64_t file_size;

  std::uint64_t size() const { return bytes.size(); }
  bool whole() const { return size() == file_size; }
};

/// The refusal of bytes that end too early, for both reasons there are:
/// * the file itself is too short: `offset` is the file's size, where more was expected;
/// * only the slice is: `field` is "bytes", and `offset`, larger than the slice, is how many of the file's first bytes to pass
///   next time.
std::unexpected<Error> truncated(const Source& source, std::uint64_t needed, std::string_view what);

/// a + b and a * b, or nothing where the result would pass 2^53.
constexpr bool checked_add(std::uint64_t a, std::uint64_t b, std::uint64_t& out) {
  return !__builtin_add_overflow(a, b, &out) && out <= kMaxCount;
}
constexpr bool checked_multiply(std::uint64_t a, std::uint64_t b, std::uint64_t& out) {
  return !__builtin_mul_overflow(a, b, &out) && out <= kMaxCount;
}

/// Steps through a source; every step is checked against the bytes that are left.
class Cursor {
 public:
  explicit Cursor(const Source& source, std::uint64_t position = 0) : source_(source), position_(position) {}

  std::uint64_t position() const { return position_; }
  /// To the end of the file, whether or not the slice holds it.
  std::uint64_t left() const { return source_.file_size - position_; }

  /// The next `count` bytes; `what` names them in the refusal.
  Result<std::span<const std::byte>> take(std::uint64_t count, std::string_view what);

  template <class T>
  Result<T> read(std::string_view what) {
    auto bytes = take(sizeof(T), what);
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    return load<T>(bytes->data());
  }

 private:
  Source source_;
  std::uint64_t position_;
};

/// At most 80 bytes of a name, for messages.
std::string shown(std::string_view name);

}  // namespace bitbudget::files
