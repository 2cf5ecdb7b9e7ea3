#include "files/inflate.h"

#include <algorithm>

#include "fuzz.h"

using namespace bitbudget;

// A stream that unpacks to the end unpacks to the same beginning when it is stopped early.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  std::vector<std::byte> whole(std::size_t{1} << 16), part(100);
  const auto done = files::inflate(bytes, whole, true);
  const auto begun = files::inflate(bytes, part, false);
  if (!done) return 0;
  fuzz::require(done->used <= size && done->size <= whole.size(), "more than there is");
  fuzz::require(begun.has_value(), "stops at the beginning of a good stream");
  fuzz::require(begun->size == std::min(done->size, part.size()), "another length");
  fuzz::require(std::equal(part.begin(), part.begin() + static_cast<std::ptrdiff_t>(begun->size), whole.begin()), "other bytes");
  return 0;
}
