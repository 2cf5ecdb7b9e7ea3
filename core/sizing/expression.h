// A formula that carries three things at once: its value, how it reads in symbols, and how it reads with this case's numbers
// in. Built from arithmetic, so that what is shown and what is computed cannot differ.
//
//   const Expression bytes = number(2) * symbol("B", batch) * (symbol("d", hidden) + symbol("f", width));
//   bytes.value    2 * batch * (hidden + width), exact for whole numbers up to 2^53
//   bytes.symbols  "2 \, B \, (d + f)"
//   bytes.numbers  "2 \cdot 1 \cdot (4{,}096 + 11{,}008)"
#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "sizing/breakdown.h"

namespace bitbudget::sizing {

struct Expression {
  enum class Form { atom, product, sum };

  double value = 0;
  std::string symbols;
  std::string numbers;
  Form form = Form::atom;
};

/// A quantity with a name. `name` is LaTeX that binds tightly: "d", "L_{\text{full}}", "(a + 2 k)".
Expression symbol(std::string_view name, double value);
Expression symbol(std::string_view name, std::integral auto value) { return symbol(name, static_cast<double>(value)); }
/// A number that reads the same in both.
Expression number(double value);
Expression number(std::integral auto value) { return number(static_cast<double>(value)); }

/// Sums and products leave out zeros and ones that are plain numbers (number(0), number(1)), never named quantities.
Expression operator+(Expression a, const Expression& b);
Expression operator-(Expression a, const Expression& b);
Expression operator*(Expression a, const Expression& b);
/// A fraction. b is not 0.
Expression operator/(const Expression& a, const Expression& b);
/// The smallest whole number that is not below a / b.
Expression ceil_quotient(const Expression& a, const Expression& b);
Expression smaller(const Expression& a, const Expression& b);
Expression larger(const Expression& a, const Expression& b);
/// base^exponent for a whole exponent; exact for base 0 and 1, else by repeated squaring (no libm).
Expression power(const Expression& base, const Expression& exponent);

/// The expression as a named term.
Term to_term(std::string id, std::string label, Expression expression, Unit unit, Certainty certainty);

}  // namespace bitbudget::sizing
