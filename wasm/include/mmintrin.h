// Eigen's SSE code asks for the header of MMX and uses nothing of it. Emscripten, which has the other x86 headers in terms of
// WebAssembly's SIMD, has none.
#pragma once
