#include <doctest/doctest.h>

#include "latex_value.h"
#include "sizing/expression.h"

using namespace bitbudget::sizing;
using bitbudget::testing::LatexValue;

TEST_CASE("an expression carries value, symbols and numbers") {
  const Expression bytes = number(2) * symbol("B", 3) * (symbol("d", 4096) + symbol("f", 11008));
  CHECK(bytes.value == 2 * 3 * (4096 + 11008));
  CHECK(bytes.symbols == "2 \\, B \\, (d + f)");
  CHECK(bytes.numbers == "2 \\cdot 3 \\cdot (4{,}096 + 11{,}008)");
}

TEST_CASE("plain zeros and ones vanish, named quantities stay") {
  CHECK((number(1) * symbol("B", 1)).symbols == "B");
  CHECK((symbol("B", 1) * symbol("S", 0)).symbols == "B \\, S");
  CHECK((number(0) + symbol("x", 5)).symbols == "x");
  CHECK((symbol("x", 5) / number(1)).symbols == "x");
  CHECK((number(2) * number(3)).symbols == "2 \\cdot 3");
}

TEST_CASE("brackets keep the meaning") {
  const Expression x = symbol("x", 7);
  const Expression y = symbol("y", 3);
  for (const Expression& e : {x - (y - number(2)), (x + y) * (x - y), x - y * (x + y), (x + y) / (x - y), ceil_quotient(x + number(1), y) * x,
                              smaller(x + y, x * y), larger(x, y) - smaller(x, y), power(x - y, y), power(number(1) - x / number(8), y),
                              number(0.125) * x + number(1e-9)}) {
    INFO(e.numbers);
    CHECK(LatexValue::of(e.numbers) == doctest::Approx(e.value).epsilon(1e-14));
  }
  CHECK(ceil_quotient(x, y).value == 3);
  CHECK(power(number(1) - x / number(8), number(2)).value == 1.0 / 64);
  CHECK(power(number(0), number(0)).value == 1);
}

TEST_CASE("numbers beyond 2^53 are written in powers of ten") {
  const Expression huge = symbol("B", 1e30) * symbol("S", 1e40);
  CHECK(huge.value == 1e70);
  CHECK(huge.numbers == "(1 \\cdot 10^{30}) \\cdot (1 \\cdot 10^{40})");
  CHECK(LatexValue::of(huge.numbers) == doctest::Approx(1e70));
}
