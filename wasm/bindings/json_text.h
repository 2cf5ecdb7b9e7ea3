// Writes JSON text. Reports of many small objects cross to JavaScript as one string, which JSON.parse reads several times faster
// than Embind can build the objects one by one.
#pragma once

#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>

namespace bitbudget::wasm {

class JsonText {
 public:
  JsonText& open(char bracket) {
    separate();
    text_ += bracket;
    first_ = true;
    return *this;
  }
  JsonText& close(char bracket) {
    text_ += bracket;
    first_ = false;
    return *this;
  }
  JsonText& key(std::string_view name) {
    separate();
    quote(name);
    text_ += ':';
    first_ = true;
    return *this;
  }
  JsonText& value(std::string_view text) {
    separate();
    quote(text);
    return *this;
  }
  JsonText& value(const char* text) { return value(std::string_view(text)); }
  JsonText& value(bool truth) {
    separate();
    text_ += truth ? "true" : "false";
    return *this;
  }
  /// 17 significant digits: the same double on the other side. JSON has no infinities: null.
  JsonText& value(double number) {
    separate();
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, number == std::floor(number) && std::fabs(number) < 1e15 ? "%.0f" : "%.17g", number);
    text_ += std::isfinite(number) ? buffer : "null";
    return *this;
  }
  template <class T>
  JsonText& member(std::string_view name, const T& content) {
    return key(name).value(content);
  }

  std::string take() { return std::move(text_); }

 private:
  void separate() {
    if (!first_) text_ += ',';
    first_ = false;
  }
  void quote(std::string_view text) {
    text_ += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') text_ += '\\';
      if (static_cast<unsigned char>(c) >= 0x20) {
        text_ += c;
      } else {
        char buffer[8];
        std::snprintf(buffer, sizeof buffer, "\\u%04x", static_cast<unsigned>(c));
        text_ += buffer;
      }
    }
    text_ += '"';
  }

  std::string text_;
  bool first_ = true;
};

}  // namespace bitbudget::wasm
