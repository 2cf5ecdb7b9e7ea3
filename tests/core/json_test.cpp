#include "files/json.h"

#include <doctest/doctest.h>

using namespace bitbudget;
using files::parse_json;

TEST_CASE("strict JSON keeps values and order") {
  const auto parsed = parse_json(R"({"b": [1, -2, 3.5], "a": {"c": null, "d": true}, "e": "x"})");
  REQUIRE(parsed);
  CHECK(parsed->dump() == R"({"b":[1,-2,3.5],"a":{"c":null,"d":true},"e":"x"})");
}

TEST_CASE("strict JSON refuses with a position") {
  struct Case { std::string text; std::uint64_t offset; };
  for (const auto& [text, offset] : {Case{"", 0}, Case{"{\"a\":1,}", 7}, Case{"{} x", 3}, Case{"\xEF\xBB\xBF{}", 0},
                                     Case{"{\"a\":1e999}", 9}, Case{"[1,]", 3}, Case{"{\"a\" 1}", 5},
                                     Case{std::string("{}\0", 3), 2}, Case{std::string("{}\0{", 4), 2}, Case{std::string("[1\0]", 4), 2}}) {
    CAPTURE(text);
    const auto parsed = parse_json(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == ErrorCode::invalid_json);
    CHECK(parsed.error().offset == offset);
  }
}

TEST_CASE("characters of every length pass, what is no UTF-8 is refused where it stands") {
  for (const std::string text : {"\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "\xF0\x9F\x98\x80"}) {
    CAPTURE(text);
    CHECK(files::valid_utf8_prefix(text) == text.size());
    CHECK(parse_json("\"" + text + "\"")->get_ref<const std::string&>() == text);
    CHECK(parse_json(files::json_string(text))->get_ref<const std::string&>() == text);
    for (std::size_t cut = 1; cut < text.size(); ++cut) CHECK(files::valid_utf8_prefix(text.substr(0, cut)) == 0);
  }
  // A continuation alone, overlong forms, surrogates, beyond U+10FFFF, and bytes that never occur.
  for (const std::string text : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF",
                                 "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xF8\x88\x80\x80", "\xFE", "\xFF", "\xE2\x28\xA1", "\xF0\x28\x8C\xBC"}) {
    CAPTURE(text);
    CHECK(files::valid_utf8_prefix("ab" + text) == 2);
    CHECK_FALSE(parse_json("\"" + text + "\""));
    CHECK(parse_json(files::json_string(text))->get_ref<const std::string&>().starts_with("\xEF\xBF\xBD"));
  }
}

TEST_CASE("duplicate keys are refused at every level, invalid UTF-8 and depth too") {
  CHECK(parse_json(R"({"a":1,"a":2})").error().offset == 10);
  CHECK_FALSE(parse_json(R"({"x":[{"a":1,"a":2}]})"));
  CHECK(parse_json(R"({"x":{"a":1},"y":{"a":2}})"));
  CHECK_FALSE(parse_json("{\"a\":\"\xff\"}"));
  CHECK(parse_json(std::string(64, '[') + std::string(64, ']')));
  CHECK_FALSE(parse_json(std::string(65, '[') + std::string(65, ']')));
}
