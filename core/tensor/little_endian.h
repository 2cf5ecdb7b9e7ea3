// Numbers to and from little-endian bytes, which need not be aligned: headers of files and of coded streams.
#pragma once

#include <bit>
#include <cstddef>
#include <cstring>
#include <type_traits>

namespace bitbudget {

static_assert(std::endian::native == std::endian::little, "files are little-endian, and so is every platform this is built for");

/// The number whose first byte is at `from`.
template <class T>
  requires std::is_arithmetic_v<T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// Puts the bytes of `value` at the end of a std::string or a std::vector<std::byte>.
template <class T, class Bytes>
  requires std::is_arithmetic_v<T>
void append(Bytes& out, T value) {
  const auto* bytes = reinterpret_cast<const typename Bytes::value_type*>(&value);
  out.insert(out.end(), bytes, bytes + sizeof value);
}

}  // namespace bitbudget
