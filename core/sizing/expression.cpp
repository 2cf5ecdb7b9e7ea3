#include "sizing/expression.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "concat.h"
#include "number_text.h"
#include "sizing/latex.h"

namespace bitbudget::sizing {
namespace {

using Form = Expression::Form;

constexpr double kMaxWhole = 9007199254740992.0;  // 2^53

/// Whole numbers in full; others with 17 significant digits at most, as few as give the value back.
std::string number_text(double value) {
  if (value >= 0 && value <= kMaxWhole && value == std::floor(value)) return latex_number(static_cast<std::uint64_t>(value));
  const std::string text = shortest_text(value);
  const std::size_t e = text.find('e');
  if (e == std::string::npos) return text;
  const int exponent = std::atoi(text.c_str() + e + 1);
  return concat({"(", text.substr(0, e), " \\cdot 10^{", exponent, "})"});
}

/// A plain number reads the same in symbols and in numbers.
bool is_plain(const Expression& e, double value) { return e.value == value && e.form == Form::atom && e.symbols == e.numbers; }

std::string bracketed(const std::string& text, bool needed) { return needed ? concat({"(", text, ")"}) : text; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

Expression call(std::string_view name, double value, const Expression& a, const Expression& b) {
  const std::string head = std::string(name) + "(";
  return {value, concat({head, a.symbols, ", ", b.symbols, ")"}), concat({head, a.numbers, ", ", b.numbers, ")"}), Form::atom};
}

Expression fraction(double value, std::string_view open, std::string_view close, const Expression& a, const Expression& b) {
  const auto text = [&](const std::string& above, const std::string& below) {
    return concat({open, "\\frac{", above, "}{", below, "}", close});
  };
  return {value, text(a.symbols, b.symbols), text(a.numbers, b.numbers), Form::atom};
}

double whole_power(double base, std::uint64_t exponent) {
  double result = 1;
  for (; exponent != 0; exponent >>= 1) {
    if (exponent & 1) result *= base;
    base *= base;
  }
  return result;
}

}  // namespace

Expression symbol(std::string_view name, double value) { return {value, std::string(name), number_text(value), Form::atom}; }
Expression number(double value) { return {value, number_text(value), number_text(value), Form::atom}; }

Expression operator+(Expression a, const Expression& b) {
  if (is_plain(a, 0)) return b;
  if (is_plain(b, 0)) return a;
  a.value += b.value;
  a.symbols += " + " + b.symbols;
  a.numbers += " + " + b.numbers;
  a.form = Form::sum;
  return a;
}

Expression operator-(Expression a, const Expression& b) {
  if (is_plain(b, 0)) return a;
  a.value -= b.value;
  a.symbols += " - " + bracketed(b.symbols, b.form == Form::sum);
  a.numbers += " - " + bracketed(b.numbers, b.form == Form::sum);
  a.form = Form::sum;
  return a;
}

Expression operator*(Expression a, const Expression& b) {
  if (is_plain(a, 1)) return b;
  if (is_plain(b, 1)) return a;
  const std::string left = bracketed(a.symbols, a.form == Form::sum);
  const std::string right = bracketed(b.symbols, b.form == Form::sum);
  // Two numbers side by side would read as one.
  const bool digits = is_digit(left.back()) && is_digit(right.front());
  a.symbols = left + (digits ? " \\cdot " : " \\, ") + right;
  a.numbers = concat({bracketed(a.numbers, a.form == Form::sum), " \\cdot ", bracketed(b.numbers, b.form == Form::sum)});
  a.value *= b.value;
  a.form = Form::product;
  return a;
}

Expression operator/(const Expression& a, const Expression& b) {
  assert(b.value != 0);
  if (is_plain(b, 1)) return a;
  return fraction(a.value / b.value, "", "", a, b);
}

Expression ceil_quotient(const Expression& a, const Expression& b) {
  assert(b.value != 0);
  return fraction(std::ceil(a.value / b.value), "\\lceil ", " \\rceil", a, b);
}

Expression smaller(const Expression& a, const Expression& b) { return call("\\min", std::min(a.value, b.value), a, b); }
Expression larger(const Expression& a, const Expression& b) { return call("\\max", std::max(a.value, b.value), a, b); }

Expression power(const Expression& base, const Expression& exponent) {
  assert(exponent.value >= 0 && exponent.value == std::floor(exponent.value));
  const double value = whole_power(base.value, static_cast<std::uint64_t>(exponent.value));
  const bool brackets = base.form != Form::atom || base.symbols.starts_with("\\frac");
  return {value, concat({bracketed(base.symbols, brackets), "^{", exponent.symbols, "}"}),
          concat({bracketed(base.numbers, brackets), "^{", exponent.numbers, "}"}), Form::atom};
}

Term to_term(std::string id, std::string label, Expression expression, Unit unit, Certainty certainty) {
  return {std::move(id), std::move(label), expression.value, unit, std::move(expression.symbols), std::move(expression.numbers), certainty};
}

}  // namespace bitbudget::sizing
