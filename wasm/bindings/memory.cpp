// How much memory the module uses.
#include <malloc.h>

#include "convert.h"

namespace bitbudget::wasm {
namespace {

/// Bytes that are allocated now; nothing of a finished call is.
double heap_bytes() { return static_cast<double>(mallinfo().uordblks); }

}  // namespace

EMSCRIPTEN_BINDINGS(bitbudget_memory) { emscripten::function("heapBytes", &heap_bytes); }

}  // namespace bitbudget::wasm
