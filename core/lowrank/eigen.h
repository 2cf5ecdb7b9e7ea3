// Eigen's dense linear algebra. In WebAssembly it runs on the SSE packets (the compiler translates their intrinsics).
#pragma once

#if defined(__wasm__)
// Where the compiler says that it is some GCC, as clang does, Eigen works around bugs of GCC in x86 assembler.
#include <Eigen/src/Core/util/Macros.h>
#undef EIGEN_COMP_GNUC
#define EIGEN_COMP_GNUC 0
#endif

#include <Eigen/Dense>
