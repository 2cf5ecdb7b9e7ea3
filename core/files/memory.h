// Large memory whose allocation may fail, and the boundary where a failed allocation becomes an error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <utility>

#include "error.h"

namespace bitbudget::files {

/// What a job may take by default: the ceiling of the wasm build's memory.
inline constexpr std::uint64_t kMemoryLimit = std::uint64_t{1} << 30;

inline std::unexpected<Error> out_of_memory(std::uint64_t bytes) {
  return fail(ErrorCode::out_of_memory,
              "There is not enough memory for " + std::to_string(bytes) + " more bytes: use a smaller tensor, or close other programs.");
}

/// Uninitialised memory for trivial elements.
template <class T>
class Buffer {
 public:
  Buffer() = default;
  static Result<Buffer> of_size(std::uint64_t count) {
    if (count > SIZE_MAX / 2 / sizeof(T)) return out_of_memory(count);
    Buffer buffer;
    buffer.memory_.reset(new (std::nothrow) T[static_cast<std::size_t>(count)]);
    if (!buffer.memory_) return out_of_memory(count * sizeof(T));
    buffer.count_ = static_cast<std::size_t>(count);
    return buffer;
  }
  std::span<T> span() { return {memory_.get(), count_}; }
  std::span<const T> span() const { return {memory_.get(), count_}; }
  std::size_t size() const { return count_; }

 private:
  std::unique_ptr<T[]> memory_;
  std::size_t count_ = 0;
};

/// `function()`, where an allocation that fails below becomes the error out_of_memory.
///
/// The core throws nothing, but operator new does: natively the core's frames are built to unwind, and this is the one place
/// that catches. In wasm, which is built without exceptions, large memory comes from Buffer, and a failure of the small
/// rest stops the module, which the package reports as out_of_memory too.
template <class Function>
auto guard_memory(Function function) -> decltype(function()) {
#ifdef __cpp_exceptions
  try {
    return function();
  } catch (const std::bad_alloc&) {
    // Short enough for the string's own storage: nothing is allocated here.
    return fail(ErrorCode::out_of_memory, "Out of memory.");
  }
#else
  return function();
#endif
}

}  // namespace bitbudget::files
