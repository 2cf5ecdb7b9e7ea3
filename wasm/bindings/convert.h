// How values cross between JavaScript and the core: plain objects, typed arrays (at most one copy in, one out) and typed
// errors as values. Only the files of this folder include emscripten/*; they convert and copy, and hold no logic.
//
// Every bound function that can fail returns {value} or {error: {code, message, offset?, field?}}; the package's
// JavaScript turns the latter into a thrown BitbudgetError. No class handle crosses, so nothing has to be deleted.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <emscripten/bind.h>
#include <emscripten/heap.h>
#include <emscripten/val.h>

#include "beat.h"
#include "concat.h"
#include "error.h"

namespace bitbudget::wasm {

using emscripten::val;

inline val to_val(const Error& error) {
  val out = val::object();
  out.set("code", std::string(to_string(error.code)));
  out.set("message", error.message);
  if (error.offset) out.set("offset", static_cast<double>(*error.offset));
  if (!error.field.empty()) out.set("field", error.field);
  return out;
}

inline val failure(const Error& error) {
  val out = val::object();
  out.set("error", to_val(error));
  return out;
}

inline val success(const val& value) {
  val out = val::object();
  out.set("value", value);
  return out;
}

/// {value: convert(*result)} or {error}.
template <class T, class Convert>
val settle(const Result<T>& result, Convert convert) {
  if (!result) return failure(result.error());
  return success(convert(*result));
}

/// An array of convert(item).
template <class Range, class Convert>
val to_array(const Range& range, Convert convert) {
  val out = val::array();
  for (const auto& item : range) {
    beat();
    out.call<void>("push", convert(item));
  }
  return out;
}

/// An object with these fields.
inline val object(std::initializer_list<std::pair<const char*, val>> fields) {
  val out = val::object();
  for (const auto& [name, value] : fields) out.set(name, value);
  return out;
}

/// A typed array of its own with these numbers.
template <class T>
val typed_array(std::span<const T> numbers) {
  return val(emscripten::typed_memory_view(numbers.size(), numbers.data())).template call<val>("slice");
}
template <class T>
val typed_array(const std::vector<T>& numbers) {
  return typed_array(std::span<const T>(numbers));
}

/// The refusal of a job whose buffers together pass what the module's memory can grow to, before any of them is taken.
inline Result<void> check_need(std::uint64_t bytes) {
  const std::uint64_t most = emscripten_get_heap_max();
  if (bytes <= most) return {};
  return fail(ErrorCode::too_large, concat({"This needs ", bytes, " bytes of memory at once; the module's memory grows to ", most,
                                           ". Use a smaller tensor, or split it into parts."}));
}

/// Elements of a typed array.
inline std::uint64_t length_of(const val& array) { return static_cast<std::uint64_t>(array["length"].as<double>()); }

/// Uninitialised memory whose allocation can fail: a Result, where a std::vector would abort.
template <class T>
class Buffer {
 public:
  static Result<Buffer> of_size(std::uint64_t count) {
    std::uint64_t bytes = 0;
    if (__builtin_mul_overflow(count, sizeof(T), &bytes)) bytes = UINT64_MAX;
    if (auto fits = check_need(bytes); !fits) return std::unexpected(std::move(fits.error()));
    void* memory = std::malloc(bytes == 0 ? 1 : static_cast<std::size_t>(bytes));
    if (memory == nullptr) return out_of_memory(bytes);
    return Buffer(static_cast<T*>(memory), static_cast<std::size_t>(count));
  }

  /// The one copy in: `array` is a typed array with elements of T.
  static Result<Buffer> copy_of(const val& array) {
    auto buffer = of_size(length_of(array));
    if (buffer) buffer->view().template call<void>("set", array);
    beat();
    return buffer;
  }

  std::span<T> span() { return {memory_.get(), count_}; }
  std::span<const T> span() const { return {memory_.get(), count_}; }
  std::span<std::byte> bytes() { return std::as_writable_bytes(span()); }
  std::span<const std::byte> bytes() const { return std::as_bytes(span()); }

  /// The one copy out: a typed array of its own.
  val copy_out() const { return typed_array(span()); }

 private:
  Buffer(T* memory, std::size_t count) : memory_(memory), count_(count) {}

  static std::unexpected<Error> out_of_memory(std::uint64_t bytes) {
    return fail(ErrorCode::out_of_memory, concat({"There is not enough memory for ", bytes,
                                                 " more bytes: use a smaller tensor, or close other pages."}));
  }

  val view() const { return val(emscripten::typed_memory_view(count_, memory_.get())); }

  struct Free {
    void operator()(T* memory) const { std::free(memory); }
  };
  std::unique_ptr<T, Free> memory_;
  std::size_t count_;
};

}  // namespace bitbudget::wasm
