// What this build is: its version and the instruction set that the kernels run on.
#include <xsimd/xsimd.hpp>

#include "convert.h"

namespace bitbudget::wasm {
namespace {

std::string version() { return BITBUDGET_VERSION; }
std::string simd() { return std::string(xsimd::default_arch::name()) + "-simd128"; }

}  // namespace

EMSCRIPTEN_BINDINGS(bitbudget_version) {
  emscripten::function("version", &version);
  emscripten::function("simd", &simd);
}

}  // namespace bitbudget::wasm
