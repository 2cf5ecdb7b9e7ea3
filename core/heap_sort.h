// Sorting where time does not matter and the size of the wasm module does.
#pragma once

#include <algorithm>
#include <functional>

namespace bitbudget {

/// As std::sort, in a few times its time and a fifth of its code, which is made anew for every comparison.
template <class Iterator, class Less = std::less<>>
void heap_sort(Iterator first, Iterator last, Less less = {}) {
  std::make_heap(first, last, less);
  std::sort_heap(first, last, less);
}

}  // namespace bitbudget
