// Texts put together at compile time, for families of formats whose ids and descriptions differ in a word.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace bitbudget::formats {

template <std::size_t kCapacity>
struct Text {
  std::array<char, kCapacity> characters{};
  std::size_t length = 0;

  /// Too long a text is a compile error (an index out of range in a constant expression).
  constexpr Text& operator+=(std::string_view more) {
    for (const char c : more) *this += c;
    return *this;
  }
  constexpr Text& operator+=(char c) {
    characters[length++] = c;
    return *this;
  }
  /// `number` is not negative.
  constexpr Text& operator+=(int number) {
    if (number >= 10) *this += number / 10;
    return *this += static_cast<char>('0' + number % 10);
  }
  constexpr operator std::string_view() const { return {characters.data(), length}; }
};

}  // namespace bitbudget::formats
