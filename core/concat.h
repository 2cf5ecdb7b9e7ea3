// Texts of many parts, such as messages with numbers in.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace bitbudget {

/// A text, or a whole number in decimals. Refers to the text: only for the arguments of concat.
class TextPart {
 public:
  TextPart(std::string_view text) : text_(text.empty() ? "" : text.data()), size_(text.size()) {}
  TextPart(const char* text) : TextPart(std::string_view(text)) {}
  TextPart(const std::string& text) : TextPart(std::string_view(text)) {}
  template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>)
  TextPart(T number) : negative_(number < 0), magnitude_(number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number)) {}

  void append_to(std::string& out) const;

 private:
  const char* text_ = nullptr;  // nullptr: a number
  std::size_t size_ = 0;
  bool negative_ = false;
  std::uint64_t magnitude_ = 0;
};

/// The parts one after another: `concat({"The row ", row, " has no end."})`. One call where a chain of + makes several, each inline
/// with a string to destroy: messages are a large part of the wasm module.
std::string concat(std::initializer_list<TextPart> parts);

}  // namespace bitbudget
