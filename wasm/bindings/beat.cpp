// Long computations of either module tell JavaScript that they go on: the core's beat calls what `load` was given as `alive`.
#include <emscripten/em_js.h>

#include "beat.h"

EM_JS(void, tell_alive, (), { Module["alive"]?.(); });

namespace bitbudget::wasm {
namespace {

const bool is_set = (beat_hook = tell_alive, true);

}  // namespace
}  // namespace bitbudget::wasm
