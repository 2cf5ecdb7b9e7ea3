#include <emscripten/bind.h>
#include <xsimd/xsimd.hpp>
EMSCRIPTEN_BINDINGS(bitbudget) {}
