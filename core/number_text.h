// Floating-point numbers as text. std::to_chars would bring 100 kB of tables into the wasm module.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>

namespace bitbudget {

/// The fewest significant digits, at least 6, that give the same number back: "0.1", "1e-05", "inf". T: float or double.
template <class T>
std::string shortest_text(T value) {
  char text[40];
  for (int digits = 6; digits <= std::numeric_limits<T>::max_digits10; ++digits) {
    std::snprintf(text, sizeof text, "%.*g", digits, static_cast<double>(value));
    if (static_cast<T>(std::strtod(text, nullptr)) == value) break;
  }
  return text;
}

}  // namespace bitbudget
