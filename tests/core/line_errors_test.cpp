#include "measure/line_errors.h"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

#include "measure/error_report.h"
#include "tensor/random.h"

using namespace bitbudget;
using measure::LineErrors;

TEST_CASE("row and column errors by hand") {
  const std::vector<float> a{1, 2, 3, -4, 5, 6};
  const std::vector<float> b{1, 2, 4, -4, 3, 6};
  std::vector<LineErrors> rows(2), columns(3);
  measure::row_errors(a, b, 3, rows);
  measure::column_errors(a, b, columns);
  CHECK(rows[0].squared_error == 1);
  CHECK(rows[1].squared_error == 4);
  CHECK(rows[0].squared_original == 14);
  CHECK(rows[1].abs_max == 6);
  CHECK(rows[1].max_abs_error == 2);
  CHECK(columns[0].squared_error == 0);
  CHECK(columns[1].squared_error == 4);
  CHECK(columns[2].squared_error == 1);
  CHECK(columns[0].abs_max == 4);
  CHECK(columns[2].squared_original == 45);
  LineErrors sum = columns[1];
  sum.add(columns[2]);
  CHECK(sum.squared_error == 5);
  CHECK(sum.abs_max == 6);
  CHECK(sum.max_abs_error == 2);
}

TEST_CASE("rows and columns add up to the whole") {
  std::vector<float> a(64 * 5000), b(a.size());
  tensor::fill_random({.seed = 1}, 0, a);
  tensor::fill_random({.seed = 2, .scale = 0.1}, 0, b);
  for (std::size_t i = 0; i < a.size(); ++i) b[i] += a[i];
  std::vector<LineErrors> rows(64), columns(5000);
  measure::row_errors(a, b, 5000, rows);
  measure::column_errors(a, b, columns);
  LineErrors by_rows, by_columns;
  for (const auto& row : rows) by_rows.add(row);
  for (const auto& column : columns) by_columns.add(column);
  const auto whole = measure::compare(a, b);
  CHECK(by_rows.squared_error == doctest::Approx(whole.mse * static_cast<double>(a.size())).epsilon(1e-12));
  CHECK(by_columns.squared_error == doctest::Approx(by_rows.squared_error).epsilon(1e-12));
  CHECK(by_rows.max_abs_error == whole.max_abs_error);
  CHECK(by_columns.max_abs_error == whole.max_abs_error);
  CHECK(by_columns.abs_max == by_rows.abs_max);
}

TEST_CASE("outliers") {
  std::vector<double> figures(101);
  for (std::size_t i = 0; i < figures.size(); ++i) figures[i] = static_cast<double>(i % 11);
  CHECK(measure::outliers(figures).empty());
  figures[40] = 100;
  figures[7] = std::numeric_limits<double>::quiet_NaN();
  CHECK(measure::outliers(figures) == std::vector<std::size_t>{7, 40});
  CHECK(measure::outliers(std::vector<double>{1, 1, 1, 1, 1.5}) == std::vector<std::size_t>{4});
  CHECK(measure::outliers({}).empty());
}
