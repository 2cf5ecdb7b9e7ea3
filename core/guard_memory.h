// The boundary where a failed allocation becomes an error.
#pragma once

#include <new>

#include "error.h"

namespace bitbudget {

/// `function()`, where an allocation that fails below becomes the error out_of_memory.
///
/// The core throws nothing, but operator new does: natively the core's frames are built to unwind, and this is the one place
/// that catches. In wasm, which is built without exceptions, large memory is asked for without throwing (files/memory.h), and
/// a failure of the small rest stops the module, which the package reports as out_of_memory too.
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

}  // namespace bitbudget
