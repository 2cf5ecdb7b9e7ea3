#include "files/json.h"

#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

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

/// Builds the document from the parser's events and stops at the first broken rule.
class Builder {
 public:
  Builder(const char* begin, const char* const* taken, std::size_t max_depth) : begin_(begin), taken_(taken), max_depth_(max_depth) {}

  bool null() { return put(nullptr); }
  bool boolean(bool value) { return put(value); }
  bool number_integer(Json::number_integer_t value) { return put(value); }
  bool number_unsigned(Json::number_unsigned_t value) { return put(value); }
  bool number_float(Json::number_float_t value, const Json::string_t&) { return put(value); }
  bool string(Json::string_t& value) { return put(std::move(value)); }
  bool binary(Json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Json::object()); }
  bool end_object() { return close(); }
  bool start_array(std::size_t) { return open(Json::array()); }
  bool end_array() { return close(); }

  bool key(Json::string_t& value) {
    if (!keys_.back().insert(value).second) {
      return stop("The key \"" + value + "\" stands twice in one object: remove one of them.");
    }
    key_ = std::move(value);
    return true;
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
  Json root_;

 private:
  std::uint64_t offset() const { return static_cast<std::uint64_t>(*taken_ - begin_); }

  bool stop(std::string message) {
    error_ = Error{ErrorCode::invalid_json, std::move(message), offset()};
    return false;
  }

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
    // The key is new (checked above), so appending needs no search: ordered_json's operator[] would be quadratic.
    auto& members = parent.get_ref<Json::object_t&>();
    members.Container::push_back({std::move(key_), std::move(value)});
    return &members.back().second;
  }

  template <class T>
  bool put(T&& value) {
    place(Json(std::forward<T>(value)));
    return true;
  }

  bool open(Json container) {
    if (open_.size() >= max_depth_) return stop("Nested deeper than " + std::to_string(max_depth_) + " levels.");
    open_.push_back(place(std::move(container)));
    keys_.emplace_back();
    return true;
  }

  bool close() {
    open_.pop_back();
    keys_.pop_back();
    return true;
  }

  const char* begin_;
  const char* const* taken_;
  std::size_t max_depth_;
  std::vector<Json*> open_;
  std::vector<std::unordered_set<std::string>> keys_;
  std::string key_;
};

}  // namespace

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return fail(ErrorCode::too_large, "The JSON text has " + std::to_string(text.size()) + " bytes; at most " +
                                          std::to_string(limits.max_bytes) + " are read.");
  }
  if (text.starts_with("\xEF\xBB\xBF")) {
    return fail_at(ErrorCode::invalid_json, 0, "The text starts with a byte order mark: save it as UTF-8 without one.");
  }
  const char* taken = text.data();
  Builder builder(text.data(), &taken, limits.max_depth);
  CountingIterator first{text.data(), &taken};
  CountingIterator last{text.data() + text.size(), &taken};
  if (!Json::sax_parse(first, last, &builder) || builder.error_) {
    if (builder.error_) return std::unexpected(std::move(*builder.error_));
    return fail_at(ErrorCode::invalid_json, static_cast<std::uint64_t>(taken - text.data()), "This is not valid JSON.");
  }
  return std::move(builder.root_);
}

}  // namespace bitbudget::files
