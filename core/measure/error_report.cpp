#include "measure/error_report.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "kernels/error_sums.h"

namespace bitbudget::measure {

void CompensatedSum::add(double term) {
  const double next = sum + term;
  // What the addition lost, exactly; the larger operand decides which way round it is recovered. An infinite sum lost nothing.
  if (std::isfinite(next)) compensation += std::fabs(sum) >= std::fabs(term) ? (sum - next) + term : (term - next) + sum;
  sum = next;
}

void CompensatedSum::add(const CompensatedSum& other) {
  add(other.sum);
  compensation += other.compensation;
}

ErrorSums sum_errors(std::span<const float> original, std::span<const float> decoded) {
  assert(original.size() == decoded.size());
  ErrorSums sums;
  sums.count = original.size();
  for (std::size_t start = 0; start < original.size(); start += kErrorBlock) {
    const std::size_t length = std::min(kErrorBlock, original.size() - start);
    const kernels::ErrorBlock block = kernels::sum_error_block<kernels::Arch>(original.data() + start, decoded.data() + start, length);
    sums.squared_error.add(block.squared_error);
    sums.error.add(block.error);
    sums.squared_original.add(block.squared_original);
    sums.squared_decoded.add(block.squared_decoded);
    sums.product.add(block.product);
    sums.max_abs_error = std::max(sums.max_abs_error, block.max_abs_error);
  }
  return sums;
}

ErrorSums merge(const ErrorSums& first, const ErrorSums& second) {
  ErrorSums sums = first;
  sums.count += second.count;
  sums.squared_error.add(second.squared_error);
  sums.error.add(second.error);
  sums.squared_original.add(second.squared_original);
  sums.squared_decoded.add(second.squared_decoded);
  sums.product.add(second.product);
  sums.max_abs_error = std::max(first.max_abs_error, second.max_abs_error);
  return sums;
}

ErrorReport report(const ErrorSums& sums) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  const double squared_error = sums.squared_error.value();
  const double squares = sums.squared_original.value();
  const double decoded_squares = sums.squared_decoded.value();

  ErrorReport out;
  out.count = sums.count;
  if (sums.count > 0) {
    const double count = static_cast<double>(sums.count);
    out.mse = squared_error / count;
    out.mean_error = sums.error.value() / count;
  }
  out.rmse = std::sqrt(out.mse);
  // A maximum passes over NaN; the sum does not.
  out.max_abs_error = std::isnan(squared_error) ? squared_error : sums.max_abs_error;
  if (squared_error != 0) out.relative_mse = squares != 0 ? squared_error / squares : inf;
  out.sqnr_db = out.relative_mse == 0 ? inf : -10 * std::log10(out.relative_mse);
  if (squares == 0 || decoded_squares == 0) {
    out.cosine = squares == decoded_squares ? 1 : 0;
  } else {
    // Two roots: the product of the sums could overflow. Rounding may carry equal tensors past 1.
    const double cosine = sums.product.value() / (std::sqrt(squares) * std::sqrt(decoded_squares));
    out.cosine = std::isnan(cosine) ? cosine : std::clamp(cosine, -1.0, 1.0);
  }
  return out;
}

ErrorReport compare(std::span<const float> original, std::span<const float> decoded) {
  return report(sum_errors(original, decoded));
}

}  // namespace bitbudget::measure
