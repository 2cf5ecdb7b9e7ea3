#include "files/npy.h"

#include "file_cases.h"

using namespace bitbudget;
using namespace bitbudget::test;

namespace {

/// Version 1.0 with the header as it stands.
std::string npy(std::string_view header, std::string_view data, std::string_view version = std::string_view("\1\0", 2)) {
  std::string out = "\x93NUMPY" + std::string(version);
  out += version[0] == 1 ? le(static_cast<std::uint16_t>(header.size())) : le(static_cast<std::uint32_t>(header.size()));
  return out + std::string(header) + std::string(data);
}

std::string dict(std::string_view descr, std::string_view shape, bool fortran = false) {
  return "{'descr': '" + std::string(descr) + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': " + std::string(shape) + ", }";
}

/// What numpy.save writes for np.array([[1, 2, 3], [4, 5, 6]], '<f4'), typed from its documentation: 64-byte alignment.
const std::string kSaved = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }" + std::string(58, ' ') + "\n",
                               floats({1, 2, 3, 4, 5, 6}));

}  // namespace

TEST_CASE("npy: what NumPy saves is read") {
  const auto report = files::inspect(as_bytes(kSaved));
  REQUIRE(report);
  CHECK(to_string(report->format) == "npy");
  REQUIRE(report->tensors.size() == 1);
  const auto& tensor = report->tensors[0];
  CHECK(tensor.type->name == "F32");
  CHECK(tensor.shape == std::vector<std::uint64_t>{2, 3});
  CHECK(tensor.offset == 128);
  CHECK(tensor.byte_length == 24);
  CHECK(report->metadata == R"({"version":"1.0","descr":"<f4","fortran_order":false})");
  CHECK(values_of(kSaved, "array") == std::vector<float>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("npy: versions, key orders, quotes and shapes") {
  CHECK(values_of(npy(dict("<f4", "()"), floats({7})), "array") == std::vector<float>{7});
  CHECK(values_of(npy(dict("<f4", "(1,)"), floats({7})), "array") == std::vector<float>{7});
  CHECK(values_of(npy(dict("<f4", "(0, 5)"), ""), "array").empty());
  CHECK(values_of(npy(dict("<f4", "(1,2,)"), floats({7, 8})), "array") == std::vector<float>{7, 8});
  CHECK(values_of(npy(dict("<f4", "(1,)"), floats({7}), std::string_view("\2\0", 2)), "array") == std::vector<float>{7});
  CHECK(values_of(npy(dict("<f4", "(1,)"), floats({7}), std::string_view("\3\0", 2)), "array") == std::vector<float>{7});
  CHECK(values_of(npy("{\"shape\":(1,),\"fortran_order\":False,\"descr\":\"=f4\"}\n", floats({7})), "array") == std::vector<float>{7});
}

TEST_CASE("npy: every element type, in both byte orders") {
  struct Case { std::string_view descr; std::string bytes; float value; };
  const std::vector<Case> cases = {
      {"|b1", "\1", 1}, {"|i1", "\xFE", -2}, {"|u1", "\xFE", 254}, {"<i2", le(std::int16_t{-300}), -300}, {"<u2", le(std::uint16_t{65000}), 65000},
      {">i2", std::string("\xFE\xD4", 2), -300}, {">u4", std::string("\0\1\0\0", 4), 65536}, {"<i4", le(std::int32_t{-70000}), -70000},
      {"<u4", le(std::uint32_t{1u << 31}), 2147483648.0f}, {"<i8", le(std::int64_t{-(1ll << 40)}), -1099511627776.0f},
      {"<u8", le(std::uint64_t{1} << 63), 9223372036854775808.0f}, {"<f2", std::string("\0\x3E", 2), 1.5f}, {">f2", std::string("\x3E\0", 2), 1.5f},
      {"<f4", le(0.1f), 0.1f}, {">f4", std::string("\x3F\xC0\0\0", 4), 1.5f}, {"<f8", le(0.1), 0.1f}, {">f8", std::string("\x3F\xF8\0\0\0\0\0\0", 8), 1.5f}};
  for (const auto& [descr, bytes, value] : cases) {
    CAPTURE(descr);
    CHECK(values_of(npy(dict(descr, "(1,)"), bytes), "array") == std::vector<float>{value});
  }
}

TEST_CASE("npy: Fortran order is turned round, in both byte orders") {
  // The matrix 1 2 3 / 4 5 6, column by column.
  CHECK(values_of(npy(dict("<f4", "(2, 3)", true), floats({1, 4, 2, 5, 3, 6})), "array") == std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK(values_of(npy(dict(">u2", "(2, 2)", true), std::string("\0\1\0\3\0\2\0\4", 8)), "array") == std::vector<float>{1, 2, 3, 4});
  // [i][j][k] = 100 i + 10 j + k in a shape of more than one chunk.
  std::string data;
  for (int k = 0; k < 30; ++k) for (int j = 0; j < 20; ++j) for (int i = 0; i < 3; ++i) data += le(static_cast<float>(1000 * i + 40 * j + k));
  const auto values = values_of(npy(dict("<f4", "(3, 20, 30)", true), data), "array");
  std::size_t at = 0;
  for (int i = 0; i < 3; ++i) for (int j = 0; j < 20; ++j) for (int k = 0; k < 30; ++k) REQUIRE(values[at++] == static_cast<float>(1000 * i + 40 * j + k));
}

TEST_CASE("npy: a slice is enough, and a short one says how much is wanted") {
  const auto report = files::inspect(as_bytes(std::string_view(kSaved).substr(0, 128)), {.file_size = kSaved.size()});
  REQUIRE(report);
  CHECK(report->tensors[0].byte_length == 24);
  std::size_t length = 6;
  for (int slices = 0; slices < 8 && length < 128; ++slices) {
    const auto again = files::inspect(as_bytes(std::string_view(kSaved).substr(0, length)), {.file_size = kSaved.size()});
    if (again) break;
    REQUIRE(again.error().code == ErrorCode::truncated);
    REQUIRE(*again.error().offset > length);
    length = static_cast<std::size_t>(*again.error().offset);
  }
  CHECK(files::inspect(as_bytes(std::string_view(kSaved).substr(0, length)), {.file_size = kSaved.size()}));
}

TEST_CASE("npy: a header of 10,000 bytes is the longest") {
  const auto padded = [](std::size_t length) {
    std::string header = dict("<f4", "(1,)");
    header.resize(length, ' ');
    return npy(header, floats({7}));
  };
  CHECK(values_of(padded(10'000), "array") == std::vector<float>{7});
  CHECK(files::inspect(as_bytes(padded(10'001))).error().code == ErrorCode::too_large);
}

TEST_CASE("npy: broken files are refused") {
  const auto broken = [](std::string_view header) { return npy(header, floats({1})); };
  const std::string one = floats({1});
  check_refusals({
      {"empty, by name", "", ErrorCode::truncated, 0, "", "x.npy"},
      {"cut in the magic", "\x93NUM", ErrorCode::truncated, 4, "", "x.npy"},
      {"magic alone", "\x93NUMPY", ErrorCode::truncated, 6},
      {"another magic, by name", "\x93NUMPI\1\0" + zeros(60), ErrorCode::invalid_file, 0, "", "x.npy"},
      {"version 0.0", npy(dict("<f4", "(1,)"), one, std::string_view("\0\0", 2)), ErrorCode::unsupported, 6},
      {"version 1.1", npy(dict("<f4", "(1,)"), one, std::string_view("\1\1", 2)), ErrorCode::unsupported, 6},
      {"version 4.0", npy(dict("<f4", "(1,)"), one, std::string_view("\4\0", 2)), ErrorCode::unsupported, 6},
      {"no header length", std::string("\x93NUMPY\1\0", 8), ErrorCode::truncated, 8},
      {"half a header length", std::string("\x93NUMPY\2\0\1\0", 10), ErrorCode::truncated, 10},
      {"header longer than the file", std::string("\x93NUMPY\1\0\x80\0{}", 12), ErrorCode::truncated, 12},
      {"header above 10,000", std::string("\x93NUMPY\1\0\x11\x27", 10) + zeros(10001), ErrorCode::too_large, 8},
      {"header of 4 GiB", std::string("\x93NUMPY\2\0\xFF\xFF\xFF\xFF", 12) + one, ErrorCode::too_large, 8},
      {"empty header", broken(""), ErrorCode::invalid_file, 10},
      {"not ASCII in 1.0", broken("{'descr': '<f4\xC3\xA9'}"), ErrorCode::invalid_file, 10 + 14},
      {"not UTF-8 in 3.0", npy("{'d\xFF", one, std::string_view("\3\0", 2)), ErrorCode::invalid_file, 12 + 3},
      {"no dictionary", broken("('descr', '<f4')"), ErrorCode::invalid_file, 10},
      {"empty dictionary", broken("{}"), ErrorCode::invalid_file, 12},
      {"no descr", broken("{'fortran_order': False, 'shape': (1,)}"), ErrorCode::invalid_file, 10 + 39},
      {"no order", broken("{'descr': '<f4', 'shape': (1,)}"), ErrorCode::invalid_file, 10 + 31},
      {"no shape", broken("{'descr': '<f4', 'fortran_order': False}"), ErrorCode::invalid_file, 10 + 40},
      {"unknown key", broken("{'descr': '<f4', 'x': 1}"), ErrorCode::invalid_file, 10 + 17},
      {"key twice", broken("{'descr': '<f4', 'descr': '<f4'}"), ErrorCode::invalid_file, 10 + 17},
      {"no quotes", broken("{descr: '<f4'}"), ErrorCode::invalid_file, 10 + 1},
      {"open quote", broken("{'descr"), ErrorCode::invalid_file, 10 + 1},
      {"escape", broken("{'de\\x73cr': '<f4'}"), ErrorCode::invalid_file, 10 + 1},
      {"no colon", broken("{'descr' '<f4'}"), ErrorCode::invalid_file, 10 + 9},
      {"no comma", broken("{'descr': '<f4' 'shape': (1,)}"), ErrorCode::invalid_file, 10 + 16},
      {"no end", broken("{'descr': '<f4',"), ErrorCode::invalid_file, 10 + 16},
      {"text after", broken(dict("<f4", "(1,)") + " x"), ErrorCode::invalid_file, 10 + 58},
      {"a dictionary after", broken(dict("<f4", "(1,)") + "{}"), ErrorCode::invalid_file, 10 + 57},
      {"a comment after", broken(dict("<f4", "(1,)") + " # x"), ErrorCode::invalid_file, 10 + 58},
      {"a vertical tab after", broken(dict("<f4", "(1,)") + "\v"), ErrorCode::invalid_file, 10 + 57},
      {"a no-break space in 3.0", npy(dict("<f4", "(1,)") + "\xC2\xA0", one, std::string_view("\3\0", 2)), ErrorCode::invalid_file, 12 + 57},
      {"a fourth key", broken("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}"), ErrorCode::invalid_file, 10 + 56},
      {"two commas", broken("{'descr': '<f4',, 'shape': (1,)}"), ErrorCode::invalid_file, 10 + 16},
      {"more than True", broken("{'fortran_order': TrueX}"), ErrorCode::invalid_file, 10 + 22},
      {"order as a number", broken("{'fortran_order': 0}"), ErrorCode::invalid_file, 10 + 18},
      {"order in lower case", broken("{'fortran_order': true}"), ErrorCode::invalid_file, 10 + 18},
      {"code for an order", broken("{'fortran_order': __import__('os')}"), ErrorCode::invalid_file, 10 + 18},
      {"shape as a list", broken("{'shape': [1]}"), ErrorCode::invalid_file, 10 + 10},
      {"shape without comma", broken("{'shape': (1)}"), ErrorCode::invalid_file, 10 + 13},
      {"negative length", broken("{'shape': (-1,)}"), ErrorCode::invalid_file, 10 + 11},
      {"hexadecimal length", broken("{'shape': (0x1,)}"), ErrorCode::invalid_file, 10 + 12},
      {"leading zero", broken("{'shape': (01,)}"), ErrorCode::invalid_file, 10 + 13},
      {"fraction for a length", broken("{'shape': (1.0,)}"), ErrorCode::invalid_file, 10 + 12},
      {"exponent in a length", broken("{'shape': (1e0,)}"), ErrorCode::invalid_file, 10 + 12},
      {"underscore in a length", broken("{'shape': (1_0,)}"), ErrorCode::invalid_file, 10 + 12},
      {"plus before a length", broken("{'shape': (+1,)}"), ErrorCode::invalid_file, 10 + 11},
      {"True for a length", broken("{'shape': (True,)}"), ErrorCode::invalid_file, 10 + 11},
      {"nested shape", broken("{'shape': ((1,),)}"), ErrorCode::invalid_file, 10 + 11},
      {"long integer", broken("{'shape': (1L,)}"), ErrorCode::invalid_file, 10 + 12},
      {"missing number", broken("{'shape': (1,,2)}"), ErrorCode::invalid_file, 10 + 13},
      {"lone comma", broken("{'shape': (,)}"), ErrorCode::invalid_file, 10 + 11},
      {"open tuple", broken("{'shape': (1,"), ErrorCode::invalid_file, 10 + 13},
      {"length beyond 2^53", broken("{'shape': (9007199254740993,)}"), ErrorCode::too_large, 10 + 11},
      {"length beyond 2^64", broken("{'shape': (99999999999999999999999,)}"), ErrorCode::too_large, 10 + 11},
      {"32 dimensions", broken("{'shape': (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)}"), ErrorCode::invalid_file, 10 + 73},
      {"product wraps to 0", broken(dict("<f4", "(4294967296, 4294967296)")), ErrorCode::too_large, 10},
      {"product wraps behind a 0", broken(dict("<f4", "(0, 4294967296, 4294967296)")), ErrorCode::too_large, 10},
      {"pickle", broken(dict("|O", "(1,)")), ErrorCode::unsupported, 10 + 11},
      {"structured type", broken("{'descr': [('a', '<f4')]}"), ErrorCode::unsupported, 10 + 10},
      {"a type with a shape", broken("{'descr': ('<f4', (2,))}"), ErrorCode::unsupported, 10 + 10},
      {"pickle of 8 bytes", broken(dict("|O8", "(1,)")), ErrorCode::unsupported, 10 + 11},
      {"raw bytes", broken(dict("|V8", "(1,)")), ErrorCode::unsupported, 10 + 11},
      {"two byte orders", broken(dict("==f4", "(1,)")), ErrorCode::unsupported, 10 + 11},
      {"a leading zero in the size", broken(dict("<f04", "(1,)")), ErrorCode::unsupported, 10 + 11},
      {"a space after the type", broken(dict("<f4 ", "(1,)")), ErrorCode::unsupported, 10 + 11},
      {"complex", broken(dict("<c8", "(1,)")), ErrorCode::unsupported, 10 + 11},
      {"text", broken(dict("<U4", "(1,)")), ErrorCode::unsupported, 10 + 11},
      {"date", broken(dict("<M8[ns]", "(1,)")), ErrorCode::unsupported, 10 + 11},
      {"f16 bytes wide", broken(dict("<f16", "(1,)")), ErrorCode::unsupported, 10 + 11},
      {"i3", broken(dict("<i3", "(1,)")), ErrorCode::unsupported, 10 + 11},
      {"no byte order", broken(dict("|f4", "(1,)")), ErrorCode::unsupported, 10 + 11},
      {"unknown byte order", broken(dict("!f4", "(1,)")), ErrorCode::unsupported, 10 + 11},
      {"empty descr", broken(dict("", "(1,)")), ErrorCode::unsupported, 10 + 11},
      {"values missing", npy(dict("<f4", "(2,)"), one), ErrorCode::truncated, 10 + 57 + 4},
      {"values in excess", npy(dict("<f4", "(1,)"), one + "x"), ErrorCode::invalid_file, 10 + 57 + 4},
      {"values for an empty array", npy(dict("<f4", "(0,)"), one), ErrorCode::invalid_file, 10 + 57},
      {"slice longer than its file", kSaved, ErrorCode::invalid_argument, {}, "fileSize", "", 10},
  }, kSaved);
}

TEST_CASE("npy: what is written is what NumPy saves, and is read back") {
  const auto header = files::npy_header(*files::find_element_type("F32"), std::vector<std::uint64_t>{2, 3});
  REQUIRE(header);
  CHECK(*header == kSaved.substr(0, 128));
  for (const std::vector<std::uint64_t>& shape : {std::vector<std::uint64_t>{}, {0}, {5}, {1, 2, 3, 4}}) {
    for (const std::string_view type : {"F16", "F32", "F64", "BOOL", "I8", "U8", "I16", "U16", "I32", "U32", "I64", "U64"}) {
      const auto& element = *files::find_element_type(type);
      const auto written = files::npy_header(element, shape);
      REQUIRE(written);
      CHECK(written->size() % 64 == 0);
      const auto bytes = *files::stored_bytes(element, *files::element_count(shape));
      const auto report = files::inspect(as_bytes(*written + zeros(static_cast<std::size_t>(bytes))));
      REQUIRE(report);
      CHECK(report->tensors[0].shape == shape);
      CHECK(report->tensors[0].type == &element);
    }
  }
  CHECK(files::npy_header(*files::find_element_type("BF16"), {}).error().code == ErrorCode::unsupported);
  CHECK(files::npy_header(*files::find_element_type("F32"), std::vector<std::uint64_t>(32, 1)).error().code == ErrorCode::invalid_argument);
}
