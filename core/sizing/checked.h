// Arithmetic on declared sizes: sticks at the largest uint64 instead of wrapping, so that one check at the end
// (fits_exactly) finds every overflow on the way.
#pragma once

#include <cstdint>
#include <limits>

namespace bitbudget::sizing {

constexpr std::uint64_t kSaturated = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kMaxCount = std::uint64_t{1} << 53;

constexpr std::uint64_t mul(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? kSaturated : product;
}
template <class... More>
constexpr std::uint64_t mul(std::uint64_t a, std::uint64_t b, std::uint64_t c, More... more) {
  return mul(mul(a, b), c, more...);
}
constexpr std::uint64_t add(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? kSaturated : sum;
}
template <class... More>
constexpr std::uint64_t add(std::uint64_t a, std::uint64_t b, std::uint64_t c, More... more) {
  return add(add(a, b), c, more...);
}

/// Whether a count is whole in a double and was reached without overflow.
constexpr bool fits_exactly(std::uint64_t count) { return count <= kMaxCount; }

constexpr std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) { return a / b + (a % b != 0 ? 1 : 0); }

}  // namespace bitbudget::sizing
