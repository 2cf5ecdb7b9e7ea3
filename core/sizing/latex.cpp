#include "sizing/latex.h"

#include <cstdio>

#include "concat.h"

namespace bitbudget::sizing {

std::string latex_number(std::uint64_t value) {
  const std::string digits = std::to_string(value);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += "{,}";
    text += digits[i];
  }
  return text;
}

std::string latex_decimal(double value, int digits) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.*f", digits, value);
  std::string text = buffer;
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text;
}

std::string latex_text(std::string_view text) { return concat({"\\text{", text, "}"}); }

std::string latex_subscript(std::string_view symbol, std::string_view text) {
  return concat({symbol, "_{", latex_text(text), "}"});
}

}  // namespace bitbudget::sizing
