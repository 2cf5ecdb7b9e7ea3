// The sums behind an error report, one block at a time (measure/error_report.h describes them).
#pragma once

#include <cmath>
#include <cstddef>

#include "kernels/simd.h"

namespace bitbudget::kernels {

struct ErrorBlock {
  double squared_error = 0;
  double error = 0;
  double squared_original = 0;
  double squared_decoded = 0;
  double product = 0;
  double max_abs_error = 0;  // passes over NaN
};

namespace scalar {

/// Element i goes to lane i mod 4, and a lane adds up in index order.
inline void add_errors(const float* original, const float* decoded, std::size_t first, std::size_t count, ErrorBlock* lanes) {
  for (std::size_t i = first; i < count; ++i) {
    ErrorBlock& lane = lanes[i % 4];
    const double a = original[i];
    const double b = decoded[i];
    const double e = b - a;
    lane.squared_error += e * e;
    lane.error += e;
    lane.squared_original += a * a;
    lane.squared_decoded += b * b;
    lane.product += a * b;
    if (std::fabs(e) > lane.max_abs_error) lane.max_abs_error = std::fabs(e);
  }
}

/// The lanes join as (0 + 2) + (1 + 3).
inline ErrorBlock join(const ErrorBlock* lanes) {
  const auto total = [&](double ErrorBlock::* sum) { return (lanes[0].*sum + lanes[2].*sum) + (lanes[1].*sum + lanes[3].*sum); };
  ErrorBlock block{total(&ErrorBlock::squared_error),   total(&ErrorBlock::error),   total(&ErrorBlock::squared_original),
                   total(&ErrorBlock::squared_decoded), total(&ErrorBlock::product), 0};
  for (int i = 0; i < 4; ++i) {
    if (lanes[i].max_abs_error > block.max_abs_error) block.max_abs_error = lanes[i].max_abs_error;
  }
  return block;
}

/// The truth.
inline ErrorBlock sum_error_block(const float* original, const float* decoded, std::size_t count) {
  ErrorBlock lanes[4];
  add_errors(original, decoded, 0, count, lanes);
  return join(lanes);
}

}  // namespace scalar

namespace detail {

/// Two lanes of every sum.
template <class A>
struct ErrorPair {
  using F64 = simd::F64<A>;
  F64 squared_error{0.0}, error{0.0}, squared_original{0.0}, squared_decoded{0.0}, product{0.0}, max_abs_error{0.0};

  void add(const F64& a, const F64& b, const F64& magnitude_mask) {
    const F64 e = b - a;
    squared_error = squared_error + e * e;
    error = error + e;
    squared_original = squared_original + a * a;
    squared_decoded = squared_decoded + b * b;
    product = product + a * b;
    max_abs_error = simd::larger(max_abs_error, e & magnitude_mask);
  }
  void store(ErrorBlock* lanes) const {
    const auto put = [&](double ErrorBlock::* sum, const F64& x) {
      const simd::portable::Lanes<double, A> pair(x);
      lanes[0].*sum = pair.lane[0];
      lanes[1].*sum = pair.lane[1];
    };
    put(&ErrorBlock::squared_error, squared_error);
    put(&ErrorBlock::error, error);
    put(&ErrorBlock::squared_original, squared_original);
    put(&ErrorBlock::squared_decoded, squared_decoded);
    put(&ErrorBlock::product, product);
    put(&ErrorBlock::max_abs_error, max_abs_error);
  }
};

}  // namespace detail

template <class A>
ErrorBlock sum_error_block(const float* original, const float* decoded, std::size_t count) {
  const simd::F64<A> mask = simd::as<double>(xsimd::batch<std::int64_t, A>(0x7FFFFFFFFFFFFFFF));
  detail::ErrorPair<A> low, high;  // lanes 0 and 1, 2 and 3
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const simd::F32<A> a = simd::load<A>(original + i), b = simd::load<A>(decoded + i);
    low.add(simd::widen_low(a), simd::widen_low(b), mask);
    high.add(simd::widen_high(a), simd::widen_high(b), mask);
  }
  ErrorBlock lanes[4];
  low.store(lanes);
  high.store(lanes + 2);
  scalar::add_errors(original, decoded, i, count, lanes);
  return scalar::join(lanes);
}

}  // namespace bitbudget::kernels
