#include "files/index_config.h"

#include "file_cases.h"

using namespace bitbudget;
using namespace bitbudget::test;

namespace {

const std::string kIndex = R"({"metadata": {"total_size": 10, "who": "x", "deep": {"a": 1}}, "weight_map": {"b": "m-2.safetensors", "a": "m-1.safetensors", "c": "m-2.safetensors"}})";

}  // namespace

TEST_CASE("index: tensors, their shards and the metadata") {
  const auto report = files::inspect(as_bytes(kIndex));
  REQUIRE(report);
  CHECK(to_string(report->format) == "safetensors-index");
  CHECK(report->metadata == R"({"total_size":10,"who":"x"})");
  CHECK(report->shards == std::vector<std::string>{"m-1.safetensors", "m-2.safetensors"});
  REQUIRE(report->tensors.size() == 3);
  CHECK(report->tensors[0].name == "b");
  CHECK(report->tensors[0].shard == 1);
  CHECK(report->tensors[1].shard == 0);
  CHECK(report->tensors[2].shard == 1);
  CHECK(report->tensors[0].type == nullptr);
  CHECK(files::read_tensor(as_bytes(kIndex), "a").error().code == ErrorCode::unsupported);
}

TEST_CASE("index: a key may be written with escapes, as any JSON text") {
  for (const std::string_view key : {R"("weight\u005fmap")", R"("\u0077eight_map")", R"("\u0077\u0065\u0069\u0067\u0068\u0074\u005F\u006D\u0061\u0070")"}) {
    CAPTURE(key);
    const auto report = files::inspect(as_bytes("{" + std::string(key) + R"(: {"a": "m.safetensors"}})"));
    REQUIRE(report);
    CHECK(to_string(report->format) == "safetensors-index");
    CHECK(report->shards == std::vector<std::string>{"m.safetensors"});
  }
  for (const std::string text : {R"({"weight_mop": "\u0061"})", R"({"note": "weight\u005fmap"})", R"({"weight\\u005fmap": {}})"}) {
    CHECK(to_string(files::inspect(as_bytes(text))->format) == "config");
  }
}

TEST_CASE("config: any object is told apart from an index by its content") {
  for (const std::string text : {R"({"model_type": "llama"})", "\n {}", R"({"note": "weight_map"})", R"({"deep": {"weight_map": {}}})"}) {
    const auto report = files::inspect(as_bytes(text), {.name = "model.safetensors.index.json"});
    REQUIRE(report);
    CHECK(to_string(report->format) == "config");
    CHECK(report->metadata == text);
    CHECK(report->tensors.empty());
  }
  // Eight bytes, then "{": a text all the same, not a safetensors header.
  CHECK(to_string(files::inspect(as_bytes(R"({"abc": {"x": 1}})"))->format) == "config");
  CHECK(to_string(files::inspect(as_bytes("{\"\xE6\x97\xA5\": {\"x\": 1}}"))->format) == "config");
}

TEST_CASE("index and config: broken ones are refused") {
  using enum ErrorCode;
  const auto map = [](std::string_view entries) { return "{\"weight_map\": {" + std::string(entries) + "}}"; };
  check_refusals({
      {"empty, by name", "", invalid_json, 0, "", "config.json"},
      {"white space", " \n", invalid_json, 2, "", "config.json"},
      {"a list, by name", "[1]", invalid_file, 0, "", "config.json"},
      {"a text, by name", "\"x\"", invalid_file, 0, "", "config.json"},
      {"a byte order mark, by name", "\xEF\xBB\xBF{}", invalid_json, 0, "", "config.json"},
      {"UTF-16, by name", std::string("\xFF\xFE{\0}\0", 6), invalid_json, 0, "", "config.json"},
      {"cut", "{\"a\": [1, 2", invalid_json, 11},
      {"a comment", "{\"a\": 1 // x\n}", invalid_json, 8},
      {"single quotes", "{'a': 1}", invalid_json, 1},
      {"NaN", "{\"a\": NaN}", invalid_json, 6},
      {"a leading zero", "{\"a\": 01}", invalid_json, 7},
      {"a control character", "{\"a\": \"\t\"}", invalid_json, 7},
      {"a key twice", "{\"a\": 1, \"a\": 1}", invalid_json, 12},
      {"too deep", "{\"a\": " + std::string(64, '[') + std::string(64, ']') + "}", invalid_json, 6 + 64},
      {"a number beyond double", "{\"a\": 1e999}", invalid_json, 10},
      {"two objects", "{} {}", invalid_json, 3},
      {"above 1 MB", "{\"a\": \"" + std::string(1 << 20, 'x') + "\"}", too_large, 1 << 20},
      {"a slice", "{\"a\": 1,", truncated, 20, "bytes", "", 20},
      {"an index above 32 MB", "{\"weight_map\": ", too_large, 32'000'000, "", "", 40'000'000},
      {"an index that is cut", "{\"weight_map\": {\"a\": \"a.safetensors\"", invalid_json, 36},
      {"an empty map", map(""), invalid_field, {}, "weight_map"},
      {"a map as a list", R"({"weight_map": []})", invalid_field, 16, "weight_map"},
      {"a map as a text", R"({"weight_map": "x"})", invalid_field, 18, "weight_map"},
      {"a file as a number", map(R"("a": 1)"), invalid_field, 22, "weight_map.a"},
      {"a file as an object", map(R"("a": {"b": "c"})"), invalid_field, 22, "weight_map.a"},
      {"a file as null", map(R"("a": null)"), invalid_field, 25, "weight_map.a"},
      {"another extension", map(R"("a": "a.bin")"), invalid_field, 28, "weight_map.a"},
      {"the extension alone", map(R"("a": ".safetensors")"), invalid_field, 35, "weight_map.a"},
      {"a path", map(R"("a": "x/a.safetensors")"), invalid_field, 38, "weight_map.a"},
      {"a path upwards", map(R"("a": "../a.safetensors")"), invalid_field, 39, "weight_map.a"},
      {"a backslash", map(R"("a": "x\\a.safetensors")"), invalid_field, 39, "weight_map.a"},
      {"a file as a list", map(R"("a": ["a.safetensors"])"), invalid_field, 22, "weight_map.a"},
      {"dots for a name", map(R"("a": "..safetensors")"), invalid_field, 36, "weight_map.a"},
      {"an extension in capitals", map(R"("a": "A.SAFETENSORS")"), invalid_field, 36, "weight_map.a"},
      {"two maps", R"({"weight_map": {"a": "a.safetensors"}, "weight_map": {"a": "a.safetensors"}})", invalid_json, 51},
      {"a map of null", R"({"weight_map": null})", invalid_field, 19, "weight_map"},
      {"an address", map(R"("a": "http:a.safetensors")"), invalid_field, 41, "weight_map.a"},
      {"a query", map(R"("a": "a?.safetensors")"), invalid_field, 37, "weight_map.a"},
      {"a NUL", map(R"("a": "a\u0000.safetensors")"), invalid_field, 42, "weight_map.a"},
      {"a tensor twice", map(R"("a": "a.safetensors", "a": "b.safetensors")"), invalid_json, 41},
  }, kIndex);
}

TEST_CASE("bytes of no known kind are refused as unsupported") {
  for (const std::string& bytes : {std::string(), std::string("hello"), std::string("\x89PNG\r\n\x1a\n"), zeros(4), std::string("\x80\x02}q\x00.", 6), std::string("ggml\1\0\0\0xxxx")}) {
    const auto report = files::inspect(as_bytes(bytes));
    REQUIRE_FALSE(report);
    CHECK(report.error().code == ErrorCode::unsupported);
    CHECK(report.error().offset == 0);
  }
}

TEST_CASE("what often stands in a checkpoint's place is told from its bytes, whatever its name, with what to do") {
  struct Case { std::string bytes; std::string_view named; };
  const std::string torch = "PK\x03\x04" + zeros(22) + le(std::uint16_t{16}) + le(std::uint16_t{0}) + "archive/data.pkl" + zeros(100);
  for (const auto& [bytes, named] : std::vector<Case>{
           {"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", "Git LFS"}, {"<!DOCTYPE html><html>", "web page"}, {"<html lang=en>", "web page"},
           {std::string("\x80\x02}q\x00.", 6), "pickle"}, {torch, "pickle"}, {"tjgg" + zeros(40), "GGUF"}, {"\x89HDF\r\n\x1a\n" + zeros(40), "HDF5"}, {"\x1f\x8b\x08" + zeros(40), "unpack"}}) {
    CAPTURE(named);
    for (const std::string_view name : {"model.safetensors", "x.gguf", "x.npz", "config.json", ""}) {
      const auto report = files::inspect(as_bytes(bytes), {.name = name, .file_size = std::uint64_t{1} << 40});
      REQUIRE_FALSE(report);
      CHECK(report.error().code == ErrorCode::unsupported);
      CHECK(report.error().offset == 0);
      CHECK(report.error().message.find(named) != std::string::npos);
    }
  }
  // The length of a safetensors header may begin like the magic of anything.
  const std::string header = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  const std::string padded = header + std::string(0x8b1f - header.size(), ' ');
  CHECK(files::inspect(as_bytes(le(std::uint64_t{0x8b1f}) + padded + "x")).has_value());
}
