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

/// Element i goes to lane i mod 2, and a lane adds up in index order. (Two lanes of six sums fit the registers that engines
/// have; four do not.)
inline void add_errors(const float* original, const float* decoded, std::size_t first, std::size_t count, ErrorBlock* lanes) {
  for (std::size_t i = first; i < count; ++i) {
    ErrorBlock& lane = lanes[i % 2];
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

inline ErrorBlock join(const ErrorBlock* lanes) {
  const auto total = [&](double ErrorBlock::* sum) { return lanes[0].*sum + lanes[1].*sum; };
  return {total(&ErrorBlock::squared_error),   total(&ErrorBlock::error),   total(&ErrorBlock::squared_original),
          total(&ErrorBlock::squared_decoded), total(&ErrorBlock::product), std::fmax(lanes[0].max_abs_error, lanes[1].max_abs_error)};
}

/// The truth.
inline ErrorBlock sum_error_block(const float* original, const float* decoded, std::size_t count) {
  ErrorBlock lanes[2];
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
  const simd::F64<A> mask = simd::as<double>(simd::keep<std::uint64_t, A>(0x7FFFFFFFFFFFFFFF));
  detail::ErrorPair<A> pair;
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const simd::F32<A> a = simd::load<A>(original + i), b = simd::load<A>(decoded + i);
    pair.add(simd::widen_low(a), simd::widen_low(b), mask);
    pair.add(simd::widen_high(a), simd::widen_high(b), mask);
  }
  ErrorBlock lanes[2];
  pair.store(lanes);
  scalar::add_errors(original, decoded, i, count, lanes);
  return scalar::join(lanes);
}

}  // namespace bitbudget::kernels
