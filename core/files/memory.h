// Large memory whose allocation may fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <utility>

#include "concat.h"
#include "error.h"
#include "guard_memory.h"

namespace bitbudget::files {

/// What a job may take by default: the ceiling of the wasm build's memory.
inline constexpr std::uint64_t kMemoryLimit = std::uint64_t{1} << 30;

inline std::unexpected<Error> out_of_memory(std::uint64_t bytes) {
  return fail(ErrorCode::out_of_memory,
              concat({"There is not enough memory for ", bytes, " more bytes: use a smaller tensor, or close other programs."}));
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

}  // namespace bitbudget::files
