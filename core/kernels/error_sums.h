// The sums behind an error report, one block at a time (measure/error_report.h describes them).
#pragma once

#include <cmath>
#include <cstddef>

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

/// The truth: element i goes to lane i mod 4, a lane adds up in index order, and the lanes join as (0 + 2) + (1 + 3).
inline ErrorBlock sum_error_block(const float* original, const float* decoded, std::size_t count) {
  ErrorBlock lanes[4];
  for (std::size_t i = 0; i < count; ++i) {
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
  const auto join = [&](double ErrorBlock::* sum) { return (lanes[0].*sum + lanes[2].*sum) + (lanes[1].*sum + lanes[3].*sum); };
  ErrorBlock block{join(&ErrorBlock::squared_error),   join(&ErrorBlock::error),   join(&ErrorBlock::squared_original),
                   join(&ErrorBlock::squared_decoded), join(&ErrorBlock::product), 0};
  for (const ErrorBlock& lane : lanes) {
    if (lane.max_abs_error > block.max_abs_error) block.max_abs_error = lane.max_abs_error;
  }
  return block;
}

}  // namespace scalar

inline ErrorBlock sum_error_block(const float* original, const float* decoded, std::size_t count) {
  return scalar::sum_error_block(original, decoded, count);
}

}  // namespace bitbudget::kernels
