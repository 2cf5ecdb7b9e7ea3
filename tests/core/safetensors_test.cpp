#include "files/safetensors.h"

#include "file_cases.h"

using namespace bitbudget;
using namespace bitbudget::test;

namespace {

std::string file(std::string_view header, std::string_view data = "") {
  return le(static_cast<std::uint64_t>(header.size())) + std::string(header) + std::string(data);
}

const std::string kValid = file(R"({"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2],"data_offsets":[2,10]},)"
                                R"("a":{"data_offsets":[0,2],"shape":[],"dtype":"F16","note":[{"x":[1]}]}}   )",
                                std::string("\0\x3E", 2) + floats({3, 4}));

}  // namespace

TEST_CASE("safetensors: the tensor list, in the order of the bytes") {
  const auto report = files::inspect(as_bytes(kValid));
  REQUIRE(report);
  CHECK(to_string(report->format) == "safetensors");
  CHECK(report->metadata == R"({"format":"pt"})");
  REQUIRE(report->tensors.size() == 2);
  CHECK(report->tensors[0].name == "a");
  CHECK(report->tensors[0].shape.empty());
  CHECK(report->tensors[0].offset == kValid.size() - 10);
  CHECK(report->tensors[1].name == "b");
  CHECK(report->tensors[1].type->name == "F32");
  CHECK(report->tensors[1].byte_length == 8);
  CHECK(values_of(kValid, "a") == std::vector<float>{1.5f});
  CHECK(values_of(kValid, "b") == std::vector<float>{3, 4});
  CHECK(files::read_tensor(as_bytes(kValid), "c").error().code == ErrorCode::not_found);
  CHECK(files::read_tensor(as_bytes(kValid), "b", {}, 7).error().code == ErrorCode::too_large);
  CHECK(files::inspect(as_bytes(file("{}")))->tensors.empty());
}

TEST_CASE("safetensors: a slice of exactly the header is enough, and the first 8 bytes say how long it is") {
  const std::size_t header = kValid.size() - 10;
  const auto ask = files::inspect(as_bytes(std::string_view(kValid).substr(0, 8)), {.file_size = kValid.size()});
  REQUIRE_FALSE(ask);
  CHECK(ask.error().code == ErrorCode::truncated);
  CHECK(ask.error().offset == header);
  CHECK(ask.error().field == "bytes");
  // A file that is cut off is no reason to ask for more of it.
  CHECK(files::inspect(as_bytes(std::string_view(kValid).substr(0, header)), {.file_size = kValid.size() - 1}).error().field.empty());
  CHECK(files::inspect(as_bytes(std::string_view(kValid).substr(0, 3)), {.name = "x.safetensors", .file_size = kValid.size()}).error().offset == 8);
  const auto report = files::inspect(as_bytes(std::string_view(kValid).substr(0, header)), {.file_size = kValid.size()});
  REQUIRE(report);
  CHECK(report->tensors.size() == 2);
  // A file of 100 GB opens by its header alone.
  const std::string huge = file(R"({"w":{"dtype":"BF16","shape":[50000000000],"data_offsets":[0,100000000000]}})");
  CHECK(files::inspect(as_bytes(huge), {.file_size = std::uint64_t{huge.size()} + 100'000'000'000})->tensors[0].byte_length == 100'000'000'000);
}

TEST_CASE("safetensors: every element type has its size, and is decoded or said not to be") {
  struct Case { std::string_view dtype; std::string bytes; std::optional<float> value; };
  const std::vector<Case> cases = {
      {"BOOL", "\1", 1}, {"F4", "\x21", {}}, {"F6_E2M3", "123", {}}, {"F6_E3M2", "123", {}}, {"U8", "\xFF", 255}, {"I8", "\xFF", -1},
      {"F8_E5M2", "\x3E", 1.5f}, {"F8_E4M3", "\x7E", 448}, {"F8_E8M0", "\x80", 2}, {"F8_E4M3FNUZ", "\x7F", 240}, {"F8_E5M2FNUZ", "\x7F", 57344},
      {"I16", "\xFE\xFF", -2}, {"U16", "\xFF\xFF", 65535}, {"F16", std::string("\0\x3E", 2), 1.5f}, {"BF16", "\xC0\x3F", 1.5f},
      {"I32", le(-5), -5}, {"U32", le(5u), 5}, {"F32", le(2.5f), 2.5f}, {"C64", zeros(8), {}}, {"F64", le(2.5), 2.5f},
      {"I64", le(std::int64_t{-7}), -7}, {"U64", le(std::uint64_t{7}), 7}};
  REQUIRE(cases.size() == 22);
  for (const auto& [dtype, bytes, value] : cases) {
    CAPTURE(dtype);
    const std::string_view shape = dtype == "F4" ? "2" : dtype.starts_with("F6_") ? "4" : "1";
    const std::string text = file("{\"t\":{\"dtype\":\"" + std::string(dtype) + "\",\"shape\":[" + std::string(shape) + "],\"data_offsets\":[0," +
                                  std::to_string(bytes.size()) + "]}}", bytes);
    REQUIRE(files::inspect(as_bytes(text)));
    if (value) CHECK(values_of(text, "t") == std::vector<float>{*value});
    else CHECK(files::read_tensor(as_bytes(text), "t").error().code == ErrorCode::unsupported);
    CHECK(files::can_decode(*files::find_element_type(dtype)) == value.has_value());
  }
}

TEST_CASE("safetensors: the least codes of the 8-bit types without infinity") {
  const auto decode = [](std::string_view dtype, char code) {
    return values_of(file("{\"t\":{\"dtype\":\"" + std::string(dtype) + "\",\"shape\":[1],\"data_offsets\":[0,1]}}", std::string(1, code)), "t")[0];
  };
  CHECK(decode("F8_E4M3FNUZ", 1) == 0x1p-10f);
  CHECK(decode("F8_E5M2FNUZ", 1) == 0x1p-17f);
  CHECK(decode("F8_E8M0", 0) == 0x1p-127f);
  for (const std::string_view dtype : {"F8_E4M3FNUZ", "F8_E5M2FNUZ"}) CHECK(decode(dtype, '\x80') != decode(dtype, '\x80'));
  CHECK(decode("F8_E8M0", '\xFF') != decode("F8_E8M0", '\xFF'));
}

TEST_CASE("safetensors: broken files are refused") {
  using enum ErrorCode;
  // One tensor "t" with this entry and these bytes of data.
  const auto entry = [](std::string_view text, std::string_view data = "") { return file("{\"t\":" + std::string(text) + "}", data); };
  const std::string data_a = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  check_refusals({
      {"empty, by name", "", truncated, 0, "", "x.safetensors"},
      {"seven bytes, by name", zeros(7), truncated, 7, "", "x.safetensors"},
      {"header of 0 bytes", zeros(8), invalid_file, 0},
      {"header of 1 byte", le(std::uint64_t{1}) + "{", invalid_file, 0},
      {"header of 2^64 - 1", le(~std::uint64_t{0}) + "{}", invalid_file, 0, "", "x.safetensors"},
      {"header of 2^63, told by content", le(std::uint64_t{1} << 63) + "{}", invalid_file, 0},
      {"header of 2^32 and 2, told by content", le((std::uint64_t{1} << 32) + 2) + "{}", invalid_file, 0},
      {"header above 100 MB", le(std::uint64_t{100'000'001}) + "{}", invalid_file, 0},
      {"header longer than the file", le(std::uint64_t{3}) + "{}", truncated, 10},
      {"header above the browser's 32 MB", le(std::uint64_t{32'000'001}) + "{", too_large, 0, "", "", 100'000'000},
      {"first byte is white space", file(" {}"), invalid_file, 8, "", "x.safetensors"},
      {"first byte is [", file("[]"), invalid_file, 8, "", "x.safetensors"},
      {"byte order mark", file("\xEF\xBB\xBF{}"), invalid_file, 8, "", "x.safetensors"},
      {"not UTF-8", file("{\"\xFF\":1}"), invalid_json, 8 + 2},
      {"overlong UTF-8", file("{\"\xC0\xAF\":1}"), invalid_json, 8 + 2},
      {"overlong UTF-8 of three bytes", file("{\"\xE0\x80\xAF\":1}"), invalid_json, 8 + 3},
      {"a surrogate as UTF-8", file("{\"\xED\xA0\x80\":1}"), invalid_json, 8 + 3},
      {"beyond Unicode", file("{\"\xF4\x90\x80\x80\":1}"), invalid_json, 8 + 3},
      {"UTF-8 that breaks off", file("{\"\xE2\x82\":1}"), invalid_json, 8 + 4},
      {"lone surrogate", file(R"({"\ud800":1})"), invalid_json, 8 + 8},
      {"lone low surrogate", file(R"({"\udc00":1})"), invalid_json, 8 + 7},
      {"surrogates the wrong way round", file(R"({"\udc00\ud800":1})"), invalid_json, 8 + 7},
      {"a line feed in a name", file("{\"a\nb\":1}"), invalid_json, 8 + 3},
      {"NaN", entry(R"({"shape":[NaN]})"), invalid_json, 8 + 15},
      {"infinity", entry(R"({"shape":[Infinity]})"), invalid_json, 8 + 15},
      {"an exponent beyond double", entry(R"({"x":1e999})"), invalid_json, 8 + 14},
      {"a form feed after the object", file("{}\f"), invalid_json, 8 + 2},
      {"metadata twice", file(R"({"__metadata__":{},"__metadata__":{}})"), invalid_json, 8 + 33},
      {"a key twice in the metadata", file(R"({"__metadata__":{"a":"1","a":"2"}})"), invalid_json, 8 + 28},
      {"a shape twice", entry(R"({"dtype":"U8","shape":[0],"shape":[0],"data_offsets":[0,0]})"), invalid_json, 8 + 38},
      {"cut JSON", file("{\"a\":"), invalid_json, 8 + 5},
      {"text after the object", file("{} x"), invalid_json, 8 + 3},
      {"NUL after the object", file(std::string("{}\0", 3)), invalid_json, 8 + 2},
      {"two objects", file("{}{}"), invalid_json, 8 + 2},
      {"comma too many", file("{\"a\":1,}"), invalid_field, 8 + 6, "a"},
      {"65 levels deep", entry("{\"x\":" + std::string(63, '[') + std::string(63, ']') + "}"), invalid_json, 8 + 5 + 5 + 63},
      {"name twice", file(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})"), invalid_json, 8 + 56},
      {"name twice, once escaped", file(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\u0061":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})"), invalid_json, 8 + 61},
      {"field twice", entry(R"({"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]})"), invalid_json, 8 + 26},
      {"key twice in an unknown field", entry(R"({"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":{"y":1,"y":2}})"), invalid_json, 8 + 66},
      {"metadata as text", file(R"({"__metadata__":"x"})"), invalid_field, 8 + 19, "__metadata__"},
      {"metadata with a number", file(R"({"__metadata__":{"x":1}})"), invalid_field, 8 + 22, "__metadata__"},
      {"metadata with an object", file(R"({"__metadata__":{"x":{}}})"), invalid_field, 8 + 22, "__metadata__"},
      {"metadata with null", file(R"({"__metadata__":{"x":null}})"), invalid_field, 8 + 25, "__metadata__"},
      {"entry is null", entry("null"), invalid_field, 8 + 9, "t"},
      {"entry is a list", entry("[]"), invalid_field, 8 + 6, "t"},
      {"entry is empty", entry("{}"), missing_field, 8 + 7, "t.dtype"},
      {"no dtype", entry(R"({"shape":[0],"data_offsets":[0,0]})"), missing_field, 8 + 39, "t.dtype"},
      {"no shape", entry(R"({"dtype":"U8","data_offsets":[0,0]})"), missing_field, 8 + 40, "t.shape"},
      {"no data_offsets", entry(R"({"dtype":"U8","shape":[0]})"), missing_field, 8 + 31, "t.data_offsets"},
      {"dtype is a number", entry(R"({"dtype":1})"), invalid_field, 8 + 15, "t.dtype"},
      {"dtype is unknown", entry(R"({"dtype":"F5"})"), invalid_field, 8 + 18, "t.dtype"},
      {"dtype in lower case", entry(R"({"dtype":"f32"})"), invalid_field, 8 + 19, "t.dtype"},
      {"dtype of ggml only", entry(R"({"dtype":"Q4_0"})"), invalid_field, 8 + 20, "t.dtype"},
      {"shape is a number", entry(R"({"shape":1})"), invalid_field, 8 + 15, "t.shape"},
      {"shape is an object", entry(R"({"shape":{}})"), invalid_field, 8 + 15, "t.shape"},
      {"negative length", entry(R"({"shape":[-1]})"), invalid_field, 8 + 17, "t.shape"},
      {"length of -0", entry(R"({"shape":[-0]})"), invalid_field, 8 + 17, "t.shape"},
      {"shape is null", entry(R"({"shape":null})"), invalid_field, 8 + 18, "t.shape"},
      {"dtype is null", entry(R"({"dtype":null})"), invalid_field, 8 + 18, "t.dtype"},
      {"dtype is a list", entry(R"({"dtype":["U8"]})"), invalid_field, 8 + 15, "t.dtype"},
      {"length of 1.0", entry(R"({"shape":[1.0]})"), invalid_field, 8 + 18, "t.shape"},
      {"length of 1e0", entry(R"({"shape":[1e0]})"), invalid_field, 8 + 18, "t.shape"},
      {"length as text", entry(R"({"shape":["1"]})"), invalid_field, 8 + 18, "t.shape"},
      {"length of true", entry(R"({"shape":[true]})"), invalid_field, 8 + 19, "t.shape"},
      {"nested shape", entry(R"({"shape":[[1]]})"), invalid_field, 8 + 16, "t.shape"},
      {"length beyond 2^53", entry(R"({"shape":[9007199254740993]})"), invalid_field, 8 + 31, "t.shape"},
      {"length beyond 2^64", entry(R"({"shape":[18446744073709551617]})"), invalid_field, 8 + 35, "t.shape"},
      {"33 dimensions", entry(R"({"shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]})"), invalid_field, 8 + 80, "t.shape"},
      {"one offset", entry(R"({"data_offsets":[0]})"), invalid_field, 8 + 24, "t.data_offsets"},
      {"three offsets", entry(R"({"data_offsets":[0,0,0]})"), invalid_field, 8 + 27, "t.data_offsets"},
      {"negative offset", entry(R"({"data_offsets":[-1,0]})"), invalid_field, 8 + 24, "t.data_offsets"},
      {"an offset of 1.0", entry(R"({"data_offsets":[0,1.0]})"), invalid_field, 8 + 27, "t.data_offsets"},
      {"an offset beyond 2^53", entry(R"({"data_offsets":[9007199254740993,9007199254740993]})"), invalid_field, 8 + 38, "t.data_offsets"},
      {"nested offsets", entry(R"({"data_offsets":[[0,0]]})"), invalid_field, 8 + 23, "t.data_offsets"},
      {"offsets as an object", entry(R"({"data_offsets":{"0":0}})"), invalid_field, 8 + 22, "t.data_offsets"},
      {"ends before it begins", entry(R"({"dtype":"U8","shape":[0],"data_offsets":[1,0]})"), invalid_field, 8 + 52, "t.data_offsets"},
      {"too short a span", entry(R"({"dtype":"F32","shape":[2],"data_offsets":[0,4]})", zeros(4)), invalid_field, 8 + 53, "t.data_offsets"},
      {"too long a span", entry(R"({"dtype":"F16","shape":[2],"data_offsets":[0,8]})", zeros(8)), invalid_field, 8 + 53, "t.data_offsets"},
      {"a scalar of no bytes", entry(R"({"dtype":"U8","shape":[],"data_offsets":[0,0]})"), invalid_field, 8 + 51, "t.data_offsets"},
      {"half a byte", entry(R"({"dtype":"F4","shape":[3],"data_offsets":[0,1]})", "x"), invalid_field, 8 + 52, "t.data_offsets"},
      {"three quarters of a byte", entry(R"({"dtype":"F6_E2M3","shape":[1],"data_offsets":[0,1]})", "x"), invalid_field, 8 + 57, "t.data_offsets"},
      {"product wraps to 0", entry(R"({"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]})"), invalid_field, 8 + 72, "t.data_offsets"},
      {"product wraps behind 0", entry(R"({"dtype":"U8","shape":[0,4294967296,4294967296],"data_offsets":[0,0]})"), invalid_field, 8 + 74, "t.data_offsets"},
      {"bytes wrap", entry(R"({"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]})"), invalid_field, 8 + 48, "t.shape"},
      {"a scalar of half a byte", entry(R"({"dtype":"F4","shape":[],"data_offsets":[0,1]})", "x"), invalid_field, 8 + 51, "t.data_offsets"},
      {"2^53 bytes that are not there", entry(R"({"dtype":"U8","shape":[9007199254740992],"data_offsets":[0,9007199254740992]})"), truncated, 8 + 83},
      {"an empty tensor within another", file(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[1,1]},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", "xx"), invalid_file, 8 + 105 + 1, "a.data_offsets"},
      {"starts with a gap", file(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", "xx"), invalid_file, 61, "a.data_offsets"},
      {"gap", file(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})", "xxx"), invalid_file, 8 + 105 + 1, "b.data_offsets"},
      {"overlap", file(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})", "xxx"), invalid_file, 8 + 105 + 1, "b.data_offsets"},
      {"same place", file(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", "x"), invalid_file, 8 + 105, "b.data_offsets"},
      {"data missing", file(data_a), truncated, 61},
      {"data in excess", file(data_a, "xy"), invalid_file, 62},
      {"data without tensors", file("{}", "x"), invalid_file, 10},
  }, kValid);
}

TEST_CASE("safetensors: what is written is laid out as the crate lays it out") {
  const auto type = [](std::string_view name) { return files::find_element_type(name); };
  const std::vector<files::TensorToWrite> tensors = {{"z", type("U8"), {3}}, {"b", type("F32"), {1, 2}}, {"a", type("F32"), {}}, {"h", type("F16"), {2}}};
  const std::vector<std::pair<std::string, std::string>> metadata = {{"format", "pt"}};
  const auto layout = files::safetensors_layout(tensors, metadata);
  REQUIRE(layout);
  CHECK(layout->order == std::vector<std::size_t>{2, 1, 3, 0});
  CHECK(layout->header.substr(8) ==
        R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1,2],"data_offsets":[4,12]},)"
        R"("h":{"dtype":"F16","shape":[2],"data_offsets":[12,16]},"z":{"dtype":"U8","shape":[3],"data_offsets":[16,19]}})" + std::string(layout->header.size() - 8 - 249, ' '));
  CHECK(layout->header.size() % 8 == 0);
  CHECK(layout->file_size == layout->header.size() + 19);
  const std::string written = layout->header + floats({1, 2, 3}) + std::string("\0\x3E\0\x3C", 4) + "\1\2\3";
  CHECK(values_of(written, "a") == std::vector<float>{1});
  CHECK(values_of(written, "b") == std::vector<float>{2, 3});
  CHECK(values_of(written, "h") == std::vector<float>{1.5f, 1});
  CHECK(values_of(written, "z") == std::vector<float>{1, 2, 3});
  CHECK(files::inspect(as_bytes(written))->tensors[2].offset == layout->offsets[3]);
}

TEST_CASE("safetensors: what cannot be written is refused") {
  const auto type = [](std::string_view name) { return files::find_element_type(name); };
  const auto code = [](std::vector<files::TensorToWrite> tensors) { return files::safetensors_layout(tensors).error().code; };
  CHECK(code({{"a", type("Q4_0"), {32}}}) == ErrorCode::unsupported);
  CHECK(code({{"a", type("U8"), {1}}, {"a", type("F32"), {1}}}) == ErrorCode::invalid_argument);
  CHECK(code({{"__metadata__", type("U8"), {1}}}) == ErrorCode::invalid_argument);
  CHECK(code({{"\xFF", type("U8"), {1}}}) == ErrorCode::invalid_argument);
  CHECK(code({{"a", type("F4"), {1}}}) == ErrorCode::invalid_argument);
  CHECK(code({{"a", type("U8"), std::vector<std::uint64_t>(33, 1)}}) == ErrorCode::invalid_argument);
  CHECK(code({{"a", type("F64"), {std::uint64_t{1} << 52}}}) == ErrorCode::too_large);
  const auto quoted = files::safetensors_layout(std::vector<files::TensorToWrite>{{"a\"\\\n", type("U8"), {0}}});
  REQUIRE(quoted);
  CHECK(files::inspect(as_bytes(quoted->header))->tensors[0].name == "a\"\\\n");
}
