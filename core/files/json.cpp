#include "files/json.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "beat.h"
#include "concat.h"
#include "heap_sort.h"

namespace bitbudget::files {
namespace {

/// Where the parser stands: an input iterator over the text that counts what the lexer has taken.
struct CountingIterator {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  const char* at;
  const char** taken;

  reference operator*() const { return *at; }
  CountingIterator& operator++() {
    ++at;
    *taken = at;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at == other.at; }
};

/// FNV-1a, 64 bits.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return hash;
}

/// Turns the parser's events into ours and stops at the first broken rule.
class Scanner {
 public:
  using Kind = JsonEvent::Kind;

  Scanner(const char* begin, const char* const* taken, std::size_t max_depth, JsonHandler& handler)
      : begin_(begin), taken_(taken), max_depth_(max_depth), handler_(handler) {}

  bool null() { return tell({Kind::null, offset()}); }
  bool boolean(bool value) { return tell({.kind = Kind::boolean, .offset = offset(), .boolean = value}); }
  bool number_integer(Json::number_integer_t value) { return tell({.kind = Kind::negative, .offset = number_end(), .negative = value}); }
  bool number_unsigned(Json::number_unsigned_t value) { return tell({.kind = Kind::natural, .offset = number_end(), .natural = value}); }
  bool number_float(Json::number_float_t value, const Json::string_t&) { return tell({.kind = Kind::real, .offset = number_end(), .real = value}); }
  bool string(Json::string_t& value) { return tell({.kind = Kind::string, .offset = offset(), .text = &value}); }
  bool binary(Json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Kind::begin_object); }
  bool end_object() { return distinct_keys() && close(Kind::end_object); }
  bool start_array(std::size_t) { return open(Kind::begin_array); }
  bool end_array() { return close(Kind::end_array); }

  bool key(Json::string_t& value) {
    keys_.push_back({hash_of(value), offset()});
    return tell({.kind = Kind::key, .offset = offset(), .text = &value});
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) {
    if (!error_) {
      // The parser's position counts the character it stopped at, from 1.
      error_ = Error{ErrorCode::invalid_json, "This is not valid JSON: the text breaks off or holds something unexpected here.",
                     position == 0 ? 0 : position - 1};
    }
    return false;
  }

  std::optional<Error> error_;

 private:
  /// A key as 64 bits of hash: two keys of one object that agree by chance are refused too, once in 10^6 headers of 4
  /// million keys, and 16 bytes are all that a key costs.
  struct Key {
    std::uint64_t hash;
    std::uint64_t offset;
  };

  std::uint64_t offset() const { return static_cast<std::uint64_t>(*taken_ - begin_); }

  /// The lexer sees that a number is over by the character after it, which it has then taken too.
  std::uint64_t number_end() const {
    const std::uint64_t end = offset();
    return end > 0 && std::string_view("0123456789+-.eE").find(begin_[end - 1]) == std::string_view::npos ? end - 1 : end;
  }

  bool stop(std::uint64_t at, std::string message) {
    error_ = Error{ErrorCode::invalid_json, std::move(message), at};
    return false;
  }

  bool tell(const JsonEvent& event) {
    beats_(64);
    auto done = handler_.on(event);
    if (!done) error_ = std::move(done.error());
    return done.has_value();
  }

  bool open(Kind kind) {
    if (first_keys_.size() >= max_depth_) return stop(offset(), concat({"Nested deeper than ", max_depth_, " levels."}));
    first_keys_.push_back(keys_.size());
    return tell({kind, offset()});
  }

  bool close(Kind kind) {
    first_keys_.pop_back();
    return tell({kind, offset()});
  }

  /// Of the keys of the innermost object, and forgets them.
  bool distinct_keys() {
    const auto first = keys_.begin() + static_cast<std::ptrdiff_t>(first_keys_.back());
    heap_sort(first, keys_.end(), [](const Key& a, const Key& b) { return a.hash != b.hash ? a.hash < b.hash : a.offset < b.offset; });
    const auto twice = std::adjacent_find(first, keys_.end(), [](const Key& a, const Key& b) { return a.hash == b.hash; });
    if (twice != keys_.end()) {
      return stop((twice + 1)->offset, "A key that ends here stands twice in one object: remove one of them.");
    }
    keys_.erase(first, keys_.end());
    return true;
  }

  const char* begin_;
  const char* const* taken_;
  std::size_t max_depth_;
  JsonHandler& handler_;
  std::deque<Key> keys_;                 // of all open objects, the innermost last; a deque grows without moving
  std::vector<std::size_t> first_keys_;  // for each open container
  Beats beats_;
};

/// Keeps everything.
class Document final : public JsonHandler {
 public:
  Result<void> on(const JsonEvent& event) override {
    using Kind = JsonEvent::Kind;
    switch (event.kind) {
      case Kind::null: place(nullptr); break;
      case Kind::boolean: place(event.boolean); break;
      case Kind::natural: place(event.natural); break;
      case Kind::negative: place(event.negative); break;
      case Kind::real: place(event.real); break;
      case Kind::string: place(std::move(*event.text)); break;
      case Kind::key: key_ = std::move(*event.text); break;
      case Kind::begin_object: open_.push_back(place(Json::object())); break;
      case Kind::begin_array: open_.push_back(place(Json::array())); break;
      case Kind::end_object:
      case Kind::end_array: open_.pop_back(); break;
    }
    return {};
  }

  Json root_;

 private:
  Json* place(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    // No key stands twice, so appending needs no search: ordered_json's operator[] would be quadratic.
    auto& members = parent.get_ref<Json::object_t&>();
    members.Container::push_back({std::move(key_), std::move(value)});
    return &members.back().second;
  }

  std::vector<Json*> open_;
  std::string key_;
};

/// Bytes of the UTF-8 sequence at the start of `text`, 0 if there is no valid one.
std::size_t utf8_sequence(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto within = [&](std::size_t i, unsigned low, unsigned high) { return i < text.size() && byte(i) >= low && byte(i) <= high; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return within(1, 0x80, 0xBF) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool second = within(1, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF);
    return second && within(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool second = within(1, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF);
    return second && within(2, 0x80, 0xBF) && within(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

}  // namespace

Result<void> scan_json(std::string_view text, const JsonLimits& limits, JsonHandler& handler) {
  if (text.size() > limits.max_bytes) {
    return fail(ErrorCode::too_large, concat({"The JSON text has ", text.size(), " bytes; at most ", limits.max_bytes, " are read."}));
  }
  if (text.starts_with("\xEF\xBB\xBF")) {
    return fail_at(ErrorCode::invalid_json, 0, "The text starts with a byte order mark: save it as UTF-8 without one.");
  }
  const char* taken = text.data();
  Scanner scanner(text.data(), &taken, limits.max_depth, handler);
  CountingIterator first{text.data(), &taken};
  CountingIterator last{text.data() + text.size(), &taken};
  if (!Json::sax_parse(first, last, &scanner) || scanner.error_) {
    if (scanner.error_) return std::unexpected(std::move(*scanner.error_));
    return fail_at(ErrorCode::invalid_json, static_cast<std::uint64_t>(taken - text.data()), "This is not valid JSON.");
  }
  if (taken[-1] == '\0') {  // the parser takes it for the end
    return fail_at(ErrorCode::invalid_json, static_cast<std::uint64_t>(taken - text.data()) - 1, "A NUL byte follows the JSON value.");
  }
  return {};
}

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
  Document document;
  if (auto done = scan_json(text, limits, document); !done) return std::unexpected(std::move(done.error()));
  return std::move(document.root_);
}

std::size_t valid_utf8_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t step = utf8_sequence(text.substr(at));
    if (step == 0) break;
    at += step;
  }
  return at;
}

std::string json_string(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t step = utf8_sequence(text.substr(at));
    const auto c = static_cast<unsigned char>(text[at]);
    if (step == 0) {
      out += "\xEF\xBF\xBD";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += text[at];
    } else if (c < 0x20 || c == 0x7F) {
      out += "\\u00";
      out += digits[c >> 4];
      out += digits[c & 15];
    } else {
      out += text.substr(at, step);
    }
    at += step == 0 ? 1 : step;
  }
  return out += '"';
}

}  // namespace bitbudget::files
