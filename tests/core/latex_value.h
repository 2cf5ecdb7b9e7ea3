// Reads the arithmetic that formulas show with their numbers in, independently of how it was written: a second road to a term's value.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>

namespace bitbudget::testing {

class LatexValue {
 public:
  /// NaN if the text is not arithmetic.
  static double of(std::string_view text) {
    LatexValue reader(text);
    const double value = reader.sum();
    reader.skip();
    return reader.text_.empty() && reader.good_ ? value : std::nan("");
  }

 private:
  explicit LatexValue(std::string_view text) : text_(text) {}

  void skip() {
    for (;;) {
      if (text_.starts_with(' ')) {
        text_.remove_prefix(1);
      } else if (text_.starts_with("\\,")) {
        text_.remove_prefix(2);
      } else {
        return;
      }
    }
  }
  bool accept(std::string_view token) {
    skip();
    if (!text_.starts_with(token)) return false;
    text_.remove_prefix(token.size());
    return true;
  }
  void expect(std::string_view token) { good_ = accept(token) && good_; }

  double sum() {
    double value = accept("-") ? -product() : product();
    for (;;) {
      if (accept("+")) {
        value += product();
      } else if (accept("-")) {
        value -= product();
      } else {
        return value;
      }
    }
  }
  double product() {
    double value = factor();
    for (;;) {
      const bool dot = accept("\\cdot");
      skip();
      if (!dot && !text_.starts_with('(') && !text_.starts_with("\\frac") && !text_.starts_with("\\lceil")) return value;
      value *= factor();
    }
  }
  double factor() {
    double value = atom();
    if (accept("^{")) {
      value = std::pow(value, sum());
      expect("}");
    }
    return value;
  }
  double atom() {
    if (accept("(")) return closed(")");
    if (accept("\\lceil")) return std::ceil(closed("\\rceil"));
    if (accept("\\frac{")) {
      const double above = closed("}");
      expect("{");
      return above / closed("}");
    }
    const bool least = accept("\\min(");
    if (least || accept("\\max(")) {
      const double a = sum();
      expect(",");
      const double b = closed(")");
      return least ? std::min(a, b) : std::max(a, b);
    }
    return number();
  }
  double closed(std::string_view end) {
    const double value = sum();
    expect(end);
    return value;
  }
  double number() {
    skip();
    std::string digits;
    for (;;) {
      if (text_.starts_with("{,}")) {
        text_.remove_prefix(3);
      } else if (!text_.empty() && (std::isdigit(static_cast<unsigned char>(text_[0])) != 0 || text_[0] == '.')) {
        digits += text_[0];
        text_.remove_prefix(1);
      } else {
        break;
      }
    }
    good_ = good_ && !digits.empty();
    return std::strtod(digits.c_str(), nullptr);
  }

  std::string_view text_;
  bool good_ = true;
};

}  // namespace bitbudget::testing
