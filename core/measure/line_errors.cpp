#include "measure/line_errors.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "beat.h"
#include "kernels/statistics.h"
#include "measure/error_report.h"

namespace bitbudget::measure {
namespace {

/// The middle one of `figures` (the lower of two), which it reorders.
double lower_median(std::vector<double>& figures) {
  const auto middle = figures.begin() + static_cast<std::ptrdiff_t>((figures.size() - 1) / 2);
  std::nth_element(figures.begin(), middle, figures.end());
  return *middle;
}

}  // namespace

void LineErrors::add(const LineErrors& other) {
  squared_error += other.squared_error;
  squared_original += other.squared_original;
  abs_max = std::max(abs_max, other.abs_max);
  max_abs_error = std::max(max_abs_error, other.max_abs_error);
}

void row_errors(std::span<const float> original, std::span<const float> decoded, std::size_t row_length,
                std::span<LineErrors> rows) {
  assert(original.size() == decoded.size() && original.size() == rows.size() * row_length);
  Beats beats;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    beats(row_length);
    const auto row = original.subspan(r * row_length, row_length);
    const ErrorSums sums = sum_errors(row, decoded.subspan(r * row_length, row_length));
    rows[r] = {.squared_error = sums.squared_error.value(),
               .squared_original = sums.squared_original.value(),
               .abs_max = kernels::abs_max<kernels::Arch>(row.data(), row.size()),
               .max_abs_error = sums.max_abs_error};
  }
}

void column_errors(std::span<const float> original, std::span<const float> decoded, std::span<LineErrors> columns) {
  assert(original.size() == decoded.size());
  assert(columns.empty() ? original.empty() : original.size() % columns.size() == 0);
  std::fill(columns.begin(), columns.end(), LineErrors{});
  Beats beats;
  for (std::size_t start = 0; start < original.size(); start += columns.size()) {
    beats(columns.size());
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const double a = original[start + c];
      const double error = decoded[start + c] - a;
      const float magnitude = std::fabs(original[start + c]);
      LineErrors& column = columns[c];
      column.squared_error += error * error;
      column.squared_original += a * a;
      column.abs_max = magnitude > column.abs_max ? magnitude : column.abs_max;
      column.max_abs_error = std::fabs(error) > column.max_abs_error ? std::fabs(error) : column.max_abs_error;
    }
  }
}

std::vector<std::size_t> outliers(std::span<const double> figures, double deviations) {
  std::vector<double> sorted;
  for (const double x : figures) {
    if (!std::isnan(x)) sorted.push_back(x);
  }
  double limit = 0;
  if (!sorted.empty()) {
    const double median = lower_median(sorted);
    for (double& x : sorted) x = std::fabs(x - median);
    limit = median + deviations * 1.4826 * lower_median(sorted);
  }
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    if (std::isnan(figures[i]) || figures[i] > limit) found.push_back(i);
  }
  return found;
}

}  // namespace bitbudget::measure
