// How the sums of a comparison cross: 12 numbers, the fields of measure::ErrorSums in their order.
#pragma once

#include "convert.h"

#include "measure/error_report.h"

namespace bitbudget::wasm {

inline constexpr std::size_t kSumsLength = 12;

inline val sums_to_val(const measure::ErrorSums& sums) {
  const double numbers[kSumsLength] = {
      static_cast<double>(sums.count),
      sums.squared_error.sum, sums.squared_error.compensation,
      sums.error.sum, sums.error.compensation,
      sums.squared_original.sum, sums.squared_original.compensation,
      sums.squared_decoded.sum, sums.squared_decoded.compensation,
      sums.product.sum, sums.product.compensation,
      sums.max_abs_error,
  };
  return typed_array(std::span<const double>(numbers));
}

}  // namespace bitbudget::wasm
