// Eigen's decompositions know no beat, and a large one takes seconds. But while they run they ask for memory now and then, and the
// linker sends all who ask here first (--wrap=malloc in CMakeLists.txt).
#include <cstddef>

#include "beat.h"

extern "C" {
void* __real_malloc(std::size_t size);

void* __wrap_malloc(std::size_t size) {
  constexpr std::size_t kLarge = 4096;  // what small things take is asked for far too often
  if (size >= kLarge) bitbudget::beat();
  return __real_malloc(size);
}
}
