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

TEST_CASE("duplicate keys are refused at every level, invalid UTF-8 and depth too") {
  CHECK(parse_json(R"({"a":1,"a":2})").error().offset == 10);
  CHECK_FALSE(parse_json(R"({"x":[{"a":1,"a":2}]})"));
  CHECK(parse_json(R"({"x":{"a":1},"y":{"a":2}})"));
  CHECK_FALSE(parse_json("{\"a\":\"\xff\"}"));
  CHECK(parse_json(std::string(64, '[') + std::string(64, ']')));
  CHECK_FALSE(parse_json(std::string(65, '[') + std::string(65, ']')));
}
