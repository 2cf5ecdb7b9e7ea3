// Where in a matrix the error lies: figures per row and per column, and which of them stand out.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace bitbudget::measure {

/// About one row or column. Figures of parts with the same columns (rows cut between workers) join by adding and by the maximum.
struct LineErrors {
  double squared_error = 0;     // sum of (decoded - original)^2
  double squared_original = 0;  // sum of original^2
  float abs_max = 0;            // largest |original|, passing over NaN
  double max_abs_error = 0;     // largest |decoded - original|, passing over NaN

  void add(const LineErrors& other);
};

/// One entry per row of `row_length` values; `original` and `decoded` hold rows.size() whole rows, row-major.
void row_errors(std::span<const float> original, std::span<const float> decoded, std::size_t row_length,
                std::span<LineErrors> rows);

/// One entry per column, columns.size() of them; `original` and `decoded` hold whole rows of that length, row-major.
void column_errors(std::span<const float> original, std::span<const float> decoded, std::span<LineErrors> columns);

/// Indices, ascending, of the figures more than `deviations` robust standard deviations above the median: the median of
/// absolute deviations x 1.4826 stands for one (Hampel 1974). Where more than half of all figures are equal, everything above
/// them is an outlier. NaN counts as an outlier.
std::vector<std::size_t> outliers(std::span<const double> figures, double deviations = 6);

}  // namespace bitbudget::measure
