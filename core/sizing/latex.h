// Small pieces of LaTeX for formulas: what MathML converters of the page understand.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bitbudget::sizing {

/// 6738415616 -> "6{,}738{,}415{,}616".
std::string latex_number(std::uint64_t value);

/// A real number with at most `digits` decimals, without trailing zeros: 4.5 -> "4.5".
std::string latex_decimal(double value, int digits = 4);

/// "sliding" -> "L_{\text{sliding}}".
std::string latex_subscript(std::string_view symbol, std::string_view text);

/// "\text{...}".
std::string latex_text(std::string_view text);

}  // namespace bitbudget::sizing
