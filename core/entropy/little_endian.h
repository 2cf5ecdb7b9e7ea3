// Integers to and from little-endian bytes, for the coders' headers.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace bitbudget::entropy {

template <class T>
void append_little_endian(std::vector<std::byte>& out, T value) {
  for (unsigned i = 0; i < sizeof(T); ++i) out.push_back(static_cast<std::byte>(value >> (8 * i)));
}

/// The T at byte `at`, which must be there.
template <class T>
T read_little_endian(std::span<const std::byte> bytes, std::size_t at) {
  T value = 0;
  for (unsigned i = 0; i < sizeof(T); ++i) value = static_cast<T>(value | (std::to_integer<T>(bytes[at + i]) << (8 * i)));
  return value;
}

}  // namespace bitbudget::entropy
