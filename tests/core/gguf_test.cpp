#include "files/gguf.h"

#include "file_cases.h"
#include "files/gguf_config.h"
#include "sizing/report.h"

using namespace bitbudget;
using namespace bitbudget::test;

namespace {

std::string text(std::string_view value) { return le(static_cast<std::uint64_t>(value.size())) + std::string(value); }
std::string entry(std::string_view key, std::uint32_t type, std::string_view value) { return text(key) + le(type) + std::string(value); }
std::string array(std::uint32_t element, std::uint64_t count, std::string_view elements) { return le(element) + le(count) + std::string(elements); }
std::string tensor(std::string_view name, const std::vector<std::uint64_t>& dims, std::uint32_t type, std::uint64_t offset) {
  std::string out = text(name) + le(static_cast<std::uint32_t>(dims.size()));
  for (const std::uint64_t length : dims) out += le(length);
  return out + le(type) + le(offset);
}

/// The header alone, not padded.
std::string header(const std::vector<std::string>& entries, const std::vector<std::string>& tensors, std::uint32_t version = 3) {
  std::string out = "GGUF" + le(version) + le(static_cast<std::uint64_t>(tensors.size())) + le(static_cast<std::uint64_t>(entries.size()));
  for (const auto& each : entries) out += each;
  for (const auto& each : tensors) out += each;
  return out;
}

std::string file(const std::vector<std::string>& entries, const std::vector<std::string>& tensors, std::string_view data, std::size_t alignment = 32) {
  std::string out = header(entries, tensors);
  out.resize((out.size() + alignment - 1) / alignment * alignment);
  return out + std::string(data);
}

/// Two tensors: "a" of 2 x 3 in F32 (dims 3, 2), padded, and "b" of 1 x 32 in Q8_0: d = 0.5 and the codes 0 .. 31.
const std::string kValid = [] {
  std::string data = floats({1, 2, 3, 4, 5, 6}) + zeros(8) + std::string("\0\x38", 2);
  for (char q = 0; q < 32; ++q) data += q;
  return file({entry("general.architecture", 8, text("llama")), entry("x.f", 6, le(0.5f))}, {tensor("a", {3, 2}, 0, 0), tensor("b", {32, 1}, 8, 32)}, data);
}();

}  // namespace

TEST_CASE("gguf: tensors with their shapes turned round, and their values") {
  const auto report = files::inspect(as_bytes(kValid));
  REQUIRE(report);
  CHECK(to_string(report->format) == "gguf");
  CHECK(report->metadata == R"({"version":3,"general.architecture":"llama","x.f":0.5})");
  REQUIRE(report->tensors.size() == 2);
  CHECK(report->tensors[0].shape == std::vector<std::uint64_t>{2, 3});
  CHECK(report->tensors[0].offset % 32 == 0);
  CHECK(report->tensors[1].type->name == "Q8_0");
  CHECK(report->tensors[1].byte_length == 34);
  CHECK(values_of(kValid, "a") == std::vector<float>{1, 2, 3, 4, 5, 6});
  const auto b = values_of(kValid, "b");
  for (int i = 0; i < 32; ++i) CHECK(b[static_cast<std::size_t>(i)] == static_cast<float>(i) * 0.5f);
}

TEST_CASE("gguf: version 2, no tensors, a missing last padding, empty tensors, an alignment of its own") {
  CHECK(files::inspect(as_bytes(header({}, {}, 2))));
  CHECK(files::inspect(as_bytes(header({}, {}, 3)))->tensors.empty());
  CHECK(values_of(file({}, {tensor("a", {1}, 0, 0)}, floats({7})), "a") == std::vector<float>{7});
  CHECK(values_of(file({}, {tensor("a", {1}, 0, 0)}, floats({7}) + zeros(28)), "a") == std::vector<float>{7});
  CHECK(values_of(file({}, {tensor("a", {}, 0, 0)}, floats({7})), "a") == std::vector<float>{7});
  CHECK(values_of(file({}, {tensor("a", {1}, 0, 0), tensor("e", {0, 5}, 0, 32)}, floats({7})), "e").empty());
  CHECK(values_of(header({}, {tensor("e", {0}, 8, 0)}), "e").empty());
  const std::vector<std::string> of_8 = {entry("general.alignment", 4, le(8u))};
  CHECK(values_of(file(of_8, {tensor("a", {1}, 0, 0), tensor("b", {1}, 0, 8)}, floats({7, 0, 8}), 8), "b") == std::vector<float>{8});
}

TEST_CASE("gguf: all metadata types") {
  const auto report = files::inspect(as_bytes(header({
      entry("u8", 0, "\xFF"), entry("i8", 1, "\xFF"), entry("u16", 2, "\xFF\xFF"), entry("i16", 3, "\xFF\xFF"), entry("u32", 4, le(7u)),
      entry("i32", 5, le(-7)), entry("f32", 6, le(1.5f)), entry("no", 7, zeros(1)), entry("yes", 7, "\1"), entry("text", 8, text("a\"\n\xFF")),
      entry("u64", 10, le(std::uint64_t{1} << 53)), entry("big", 10, le(~std::uint64_t{0})), entry("i64", 11, le(std::int64_t{-5})),
      entry("least", 11, le(INT64_MIN)), entry("f64", 12, le(0.25)), entry("inf", 6, std::string("\0\0\x80\x7F", 4)),
      entry("numbers", 9, array(5, 2, le(1) + le(-1))), entry("texts", 9, array(8, 2, text("x") + text(""))), entry("none", 9, array(8, 0, "")),
      entry("flags", 9, array(7, 2, std::string("\0\1", 2))), entry("many", 9, array(0, 1025, zeros(1025)))}, {})));
  REQUIRE(report);
  CHECK(report->metadata == R"({"version":3,"u8":255,"i8":-1,"u16":65535,"i16":-1,"u32":7,"i32":-7,"f32":1.5,"no":false,"yes":true,"text":"a\")" "\\u000a\xEF\xBF\xBD\"," R"("u64":9007199254740992,"big":"18446744073709551615","i64":-5,"least":"-9223372036854775808","f64":0.25,"inf":"inf",)"
                            R"("numbers":[1,-1],"texts":["x",""],"none":[],"flags":[false,true],"many":{"type":"u8","count":1025}})");
}

TEST_CASE("gguf: every known type has its size, every other id is refused") {
  struct Size { std::uint32_t id; std::uint64_t block; std::uint64_t bytes; };
  // ggml.h's enumeration and ggml-common.h's block structs.
  const std::vector<Size> sizes = {{0, 1, 4}, {1, 1, 2}, {2, 32, 18}, {3, 32, 20}, {6, 32, 22}, {7, 32, 24}, {8, 32, 34}, {9, 32, 36}, {10, 256, 84},
      {11, 256, 110}, {12, 256, 144}, {13, 256, 176}, {14, 256, 210}, {15, 256, 292}, {16, 256, 66}, {17, 256, 74}, {18, 256, 98}, {19, 256, 50},
      {20, 32, 18}, {21, 256, 110}, {22, 256, 82}, {23, 256, 136}, {24, 1, 1}, {25, 1, 2}, {26, 1, 4}, {27, 1, 8}, {28, 1, 8}, {29, 256, 56}, {30, 1, 2},
      {34, 256, 54}, {35, 256, 66}, {39, 32, 17}, {40, 64, 36}, {41, 128, 18}, {42, 64, 18}};
  for (const auto& [id, block, bytes] : sizes) {
    CAPTURE(id);
    const auto report = files::inspect(as_bytes(file({}, {tensor("a", {block * 3}, id, 0)}, zeros(static_cast<std::size_t>(bytes * 3)))));
    REQUIRE(report);
    CHECK(report->tensors[0].byte_length == bytes * 3);
    if (block > 1) CHECK_FALSE(files::inspect(as_bytes(file({}, {tensor("a", {block * 3 - 1}, id, 0)}, zeros(static_cast<std::size_t>(bytes * 3))))));
  }
  for (const std::uint32_t id : {4u, 5u, 31u, 32u, 33u, 36u, 37u, 38u, 43u, 1000u, 0x7FFFFFFFu, 0xFFFFFFFFu}) {
    const auto report = files::inspect(as_bytes(file({}, {tensor("a", {256}, id, 0)}, zeros(4096))));
    REQUIRE_FALSE(report);
    CHECK(report.error().code == ErrorCode::unsupported);
    CHECK(report.error().offset == 24 + 9 + 4 + 8);
    CHECK(report.error().field == "a");
  }
}

TEST_CASE("gguf: a slice grows until the header is in it") {
  std::string tokens;
  for (int i = 0; i < 5000; ++i) tokens += text("token" + std::to_string(i));
  const std::string whole = file({entry("tokens", 9, array(8, 5000, tokens))}, {tensor("a", {1000, 1000, 1000}, 0, 0)}, "");
  const std::uint64_t file_size = whole.size() + 4'000'000'000;
  std::size_t length = 4;
  int slices = 0;
  while (++slices < 30) {
    const auto report = files::inspect(as_bytes(whole).first(length), {.file_size = file_size});
    if (report) break;
    REQUIRE(report.error().code == ErrorCode::truncated);
    REQUIRE(*report.error().offset > length);
    REQUIRE(*report.error().offset <= file_size);
    length = static_cast<std::size_t>(std::min<std::uint64_t>(*report.error().offset, whole.size()));
  }
  CHECK(slices < 20);
  CHECK(files::inspect(as_bytes(whole).first(length), {.file_size = file_size})->tensors[0].byte_length == 4'000'000'000);
}

TEST_CASE("gguf: every cut of a file is refused as truncated at its end") {
  for (std::size_t size = 4; size + 1 < kValid.size(); ++size) {
    const auto report = files::inspect(as_bytes(kValid).first(size));
    CAPTURE(size);
    REQUIRE_FALSE(report);
    // Counts are checked against the bytes left first.
    if (size >= 160) CHECK(report.error().code == ErrorCode::truncated);
    if (report.error().code == ErrorCode::truncated) CHECK(report.error().offset == size);
  }
}

TEST_CASE("gguf: broken files are refused") {
  using enum ErrorCode;
  const std::uint64_t first = 24;  // the first entry or tensor
  const auto start = [](std::uint32_t version, std::uint64_t tensors, std::uint64_t entries) { return "GGUF" + le(version) + le(tensors) + le(entries); };
  const auto with = [](std::string each) { return file({std::move(each)}, {}, ""); };
  const auto one = [](std::string each, std::size_t data = 4096) { return file({}, {std::move(each)}, zeros(data)); };
  // After an 8-byte length, a name of 1, the number of dimensions and n lengths: the type, then the offset.
  const auto type_at = [&](std::uint64_t dims) { return first + 8 + 1 + 4 + dims * 8; };
  check_refusals({
      {"empty, by name", "", truncated, 0, "", "x.gguf"},
      {"cut in the magic, by name", "GGU", truncated, 3, "", "x.gguf"},
      {"another magic, by name", "GGML" + zeros(30), invalid_file, 0, "", "x.gguf"},
      {"magic alone", "GGUF", truncated, 4},
      {"version 0", start(0, 0, 0), unsupported, 4},
      {"version 1", start(1, 0, 0), unsupported, 4},
      {"version 4", start(4, 0, 0), unsupported, 4},
      {"big-endian version 3", start(0x03000000, 0, 0), unsupported, 4},
      {"big-endian version 2", start(0x02000000, 0, 0), unsupported, 4},
      {"no counts", "GGUF" + le(3u) + zeros(8), truncated, 16},
      {"a tensor that cannot be there", start(3, 1, 0), invalid_file, 8},
      {"2^63 tensors", start(3, std::uint64_t{1} << 63, 0) + zeros(100), invalid_file, 8},
      {"1,000,001 tensors", start(3, 1'000'001, 0), invalid_file, 8, "", "", 1'000'000'000},
      {"an entry that cannot be there", start(3, 0, 1), invalid_file, 16},
      {"2^64 - 1 entries", start(3, 0, ~std::uint64_t{0}) + zeros(100), invalid_file, 16},
      {"100,001 entries", start(3, 0, 100'001), invalid_file, 16, "", "", 1'000'000'000},
      {"an empty key", with(entry("", 4, le(1u))), invalid_file, first},
      {"a key of 65,536", with(entry(std::string(65'536, 'k'), 4, le(1u))), invalid_file, first},
      {"a key of 2^63", start(3, 0, 1) + le(std::uint64_t{1} << 63) + zeros(30), invalid_file, first},
      {"a key beyond the end", start(3, 0, 1) + le(std::uint64_t{50}) + zeros(30), truncated, first + 38},
      {"a key with a NUL", with(entry(std::string("a\0b", 3), 4, le(1u))), invalid_file, first + 8},
      {"a key with a line feed", with(entry("a\nb", 4, le(1u))), invalid_file, first + 8},
      {"a key beyond ASCII", with(entry("\xC3\xA9", 4, le(1u))), invalid_file, first + 8},
      {"a key twice", file({entry("k", 4, le(1u)), entry("k", 0, "x")}, {}, ""), invalid_file, first + 17 + 8, "k"},
      {"type 13", with(entry("k", 13, le(1u))), invalid_file, first + 9, "k"},
      {"type 2^32 - 1", with(entry("k", 0xFFFFFFFF, le(1u))), invalid_file, first + 9, "k"},
      {"a boolean of 2", with(entry("k", 7, "\2")), invalid_file, first + 13, "k"},
      {"a text beyond the end", start(3, 0, 1) + text("k") + le(8u) + le(std::uint64_t{100}) + zeros(30), truncated, first + 51},
      {"a text of 2^64 - 1", with(entry("k", 8, le(~std::uint64_t{0}) + "x")), invalid_file, first + 13},
      {"a number beyond the end", header({entry("k", 12, zeros(4))}, {}), truncated, first + 17},
      {"an array of arrays", with(entry("k", 9, array(9, 1, array(0, 1, "x")))), invalid_file, first + 13, "k"},
      {"an array of type 13", with(entry("k", 9, array(13, 1, "x"))), invalid_file, first + 13, "k"},
      {"an array longer than the file", with(entry("k", 9, array(4, 100, le(1u)))), invalid_file, first + 17, "k"},
      {"an array of 2^62 numbers of 8 bytes", with(entry("k", 9, array(10, std::uint64_t{1} << 62, zeros(64)))), invalid_file, first + 17, "k"},
      {"an array of 2^64 - 1 texts", with(entry("k", 9, array(8, ~std::uint64_t{0}, zeros(64)))), invalid_file, first + 17, "k"},
      {"an array above 2^24", header({entry("k", 9, array(0, (1u << 24) + 1, zeros(64)))}, {}), invalid_file, first + 17, "k", "", 1'000'000'000},
      {"a text of an array beyond the end", start(3, 0, 1) + text("k") + le(9u) + array(8, 2, text("x") + le(std::uint64_t{100})), truncated, first + 9 + 16 + 17},
      {"a boolean of an array", with(entry("k", 9, array(7, 3, std::string("\1\0\3", 3)))), invalid_file, first + 9 + 4 + 12 + 2, "k"},
      {"an alignment of 0", with(entry("general.alignment", 4, le(0u))), invalid_file, first + 29, "general.alignment"},
      {"an alignment of 24", with(entry("general.alignment", 4, le(24u))), invalid_file, first + 29, "general.alignment"},
      {"an alignment of 2^21", with(entry("general.alignment", 4, le(1u << 21))), invalid_file, first + 29, "general.alignment"},
      {"an alignment of 64 bits", with(entry("general.alignment", 10, le(std::uint64_t{32}))), invalid_file, first + 29, "general.alignment"},
      {"an alignment of 2^31", with(entry("general.alignment", 4, le(1u << 31))), invalid_file, first + 29, "general.alignment"},
      {"a signed alignment", with(entry("general.alignment", 5, le(32))), invalid_file, first + 29, "general.alignment"},
      {"two alignments", file({entry("general.alignment", 4, le(32u)), entry("general.alignment", 4, le(64u))}, {}, ""), invalid_file, first + 33 + 8, "general.alignment"},
      {"a key with DEL", with(entry("\x7F", 4, le(1u))), invalid_file, first + 8},
      {"an empty array of arrays", with(entry("k", 9, array(9, 0, ""))), invalid_file, first + 13, "k"},
      {"a text above 64 MB", start(3, 0, 1) + text("k") + le(8u) + le(std::uint64_t{64'000'001}), invalid_file, first + 13, "", "", 1'000'000'000},
      {"an alignment as a text", with(entry("general.alignment", 8, text("32"))), invalid_file, first + 29 + 8, "general.alignment"},
      {"a tensor without a name", one(tensor("", {1}, 0, 0)), invalid_file, first},
      {"a name of 65", one(tensor(std::string(65, 'n'), {1}, 0, 0)), invalid_file, first},
      {"a name that is not UTF-8", one(tensor("\xFF", {1}, 0, 0)), invalid_file, first + 8},
      {"5 dimensions", one(tensor("a", {1, 1, 1, 1, 1}, 0, 0)), invalid_file, first + 9, "a"},
      {"2^32 - 1 dimensions", start(3, 1, 0) + text("a") + le(0xFFFFFFFFu) + zeros(64), invalid_file, first + 9, "a"},
      {"a product that wraps to 0", one(tensor("a", {std::uint64_t{1} << 32, std::uint64_t{1} << 32}, 0, 0)), invalid_file, first + 9, "a"},
      {"a product that wraps to 1", one(tensor("a", {3, 0xAAAAAAAAAAAAAAAB}, 24, 0)), invalid_file, first + 9, "a"},
      {"a product that wraps behind a 0", one(tensor("a", {0, std::uint64_t{1} << 32, std::uint64_t{1} << 32}, 0, 0)), invalid_file, first + 9, "a"},
      {"a product of 2^63 twice", one(tensor("a", {std::uint64_t{1} << 63, 2}, 0, 0)), invalid_file, first + 9, "a"},
      {"lengths of 2^64 - 1", one(tensor("a", {~std::uint64_t{0}, ~std::uint64_t{0}}, 0, 0)), invalid_file, first + 9, "a"},
      {"two empty tensors of one name", one(tensor("a", {0}, 0, 0) + tensor("a", {0}, 0, 0)).replace(8, 1, "\2"), invalid_file, first + 2 * 33, "a"},
      {"a length of 2^64 - 1", one(tensor("a", {~std::uint64_t{0}}, 24, 0)), invalid_file, first + 9, "a"},
      {"bytes that wrap", one(tensor("a", {std::uint64_t{1} << 53}, 28, 0)), invalid_file, first + 9, "a"},
      {"a removed type", one(tensor("a", {32}, 4, 0)), unsupported, type_at(1), "a"},
      {"a row of half a block", one(tensor("a", {16, 2}, 8, 0)), invalid_file, first + 13, "a"},
      {"a scalar in blocks", one(tensor("a", {}, 8, 0)), invalid_file, first + 13, "a"},
      {"a first offset of 32", one(tensor("a", {1}, 0, 32)), invalid_file, type_at(1) + 4, "a"},
      {"an offset that is not aligned", one(tensor("a", {1}, 0, 4)), invalid_file, type_at(1) + 4, "a"},
      {"an offset of 2^64 - 32", one(tensor("a", {1}, 0, ~std::uint64_t{31})), invalid_file, type_at(1) + 4, "a"},
      {"a gap", file({}, {tensor("a", {1}, 0, 0), tensor("b", {1}, 0, 64)}, zeros(256)), invalid_file, first + 33 + 8 + 1 + 4 + 8 + 4, "b"},
      {"an overlap", file({}, {tensor("a", {1}, 0, 0), tensor("b", {1}, 0, 0)}, zeros(256)), invalid_file, first + 33 + 8 + 1 + 4 + 8 + 4, "b"},
      {"offsets in another order", file({}, {tensor("a", {1}, 0, 32), tensor("b", {1}, 0, 0)}, zeros(256)), invalid_file, type_at(1) + 4, "a"},
      {"a name twice", file({}, {tensor("a", {1}, 0, 0), tensor("a", {1}, 0, 32)}, zeros(256)), invalid_file, first + 66, "a"},
      {"no data", file({}, {tensor("a", {1}, 0, 0)}, ""), truncated, 64},
      {"not even the padding", header({}, {tensor("a", {1}, 0, 0)}), truncated, first + 33},
      {"a byte missing", file({}, {tensor("a", {1}, 0, 0)}, zeros(3)), truncated, 67},
      {"together beyond 2^53", file({}, {tensor("a", {std::uint64_t{1} << 52}, 24, 0), tensor("b", {std::uint64_t{1} << 52}, 24, std::uint64_t{1} << 52)}, ""), invalid_file, first + 33 + 9, "b"},
      {"together 2^52", file({}, {tensor("a", {std::uint64_t{1} << 51}, 24, 0), tensor("b", {std::uint64_t{1} << 51}, 24, std::uint64_t{1} << 51)}, ""), truncated, 96},
      {"together far beyond 2^53", file({}, {tensor("a", {std::uint64_t{1} << 53}, 24, 0), tensor("b", {std::uint64_t{1} << 53}, 24, std::uint64_t{1} << 53)}, ""), invalid_file, first + 9, "a"},
  }, kValid);
}

TEST_CASE("gguf: what is written is read back") {
  const auto type = [](std::string_view name) { return files::find_element_type(name); };
  const std::vector<files::TensorToWrite> tensors = {{"a", type("F32"), {2, 3}}, {"b", type("Q8_0"), {1, 32}}};
  const std::vector<files::GgufEntryToWrite> metadata = {files::gguf_text("general.architecture", "llama"), files::gguf_f32("x.f", 0.5f)};
  const auto layout = files::gguf_layout(tensors, metadata);
  REQUIRE(layout);
  // The same header as the one built by hand above, byte for byte.
  CHECK(layout->header == kValid.substr(0, layout->header.size()));
  CHECK(layout->offsets == std::vector<std::uint64_t>{layout->header.size(), layout->header.size() + 32});
  CHECK(layout->file_size == layout->header.size() + 96);

  // Metadata passes from file to file unchanged.
  const std::string source = header({entry("n", 9, array(5, 2, le(1) + le(-1))), entry("t", 9, array(8, 2, text("x") + text(""))), entry("s", 8, text("y")),
                                     entry("general.alignment", 4, le(64u))}, {});
  const auto read = files::read_gguf_header({as_bytes(source), source.size()});
  REQUIRE(read);
  std::vector<files::GgufEntryToWrite> copied;
  for (const auto& each : read->metadata) copied.push_back(files::entry_to_write(each));
  const auto again = files::gguf_layout(tensors, copied);
  REQUIRE(again);
  CHECK(again->header.substr(24, source.size() - 24) == source.substr(24));
  CHECK(again->offsets[1] - again->offsets[0] == 64);
  CHECK(again->header.size() % 64 == 0);
}

TEST_CASE("gguf: what cannot be written is refused") {
  const auto type = [](std::string_view name) { return files::find_element_type(name); };
  const auto code = [](std::vector<files::TensorToWrite> tensors, std::vector<files::GgufEntryToWrite> metadata = {}) { return files::gguf_layout(tensors, metadata).error().code; };
  CHECK(code({{"a", type("U8"), {1}}}) == ErrorCode::unsupported);
  CHECK(code({{"a", type("F32"), {1}}, {"a", type("F32"), {1}}}) == ErrorCode::invalid_argument);
  CHECK(code({{std::string(65, 'n'), type("F32"), {1}}}) == ErrorCode::invalid_argument);
  CHECK(code({{"a", type("F32"), {1, 1, 1, 1, 1}}}) == ErrorCode::invalid_argument);
  CHECK(code({{"a", type("Q8_0"), {2, 16}}}) == ErrorCode::invalid_argument);
  CHECK(code({}, {files::gguf_u32("k", 1), files::gguf_u32("k", 2)}) == ErrorCode::invalid_argument);
  CHECK(code({}, {files::gguf_u32("general.alignment", 24)}) == ErrorCode::invalid_argument);
  CHECK(code({}, {files::gguf_u32("", 1)}) == ErrorCode::invalid_argument);
  // Refused before 2 GB of padding are made for it.
  CHECK(code({}, {files::gguf_u32("general.alignment", 1u << 31)}) == ErrorCode::invalid_argument);
  CHECK(code({{"a", type("F64"), {std::uint64_t{1} << 50, 8}}}) == ErrorCode::too_large);
  CHECK(code({{"a", type("I8"), {std::uint64_t{1} << 53}}, {"b", type("I8"), {1}}}) == ErrorCode::too_large);
}

TEST_CASE("gguf: the metadata of a language model becomes a config.json") {
  const std::vector<std::string> metadata = {
      entry("general.architecture", 8, text("llama")), entry("llama.embedding_length", 4, le(64u)), entry("llama.block_count", 4, le(2u)),
      entry("llama.attention.head_count", 4, le(8u)), entry("llama.attention.head_count_kv", 9, array(5, 2, le(0) + le(4))), entry("llama.feed_forward_length", 10, le(std::uint64_t{128})),
      entry("llama.context_length", 4, le(2048u)), entry("tokenizer.ggml.tokens", 9, array(8, 3, text("a") + text("b") + text("c")))};
  const auto tied = files::inspect(as_bytes(header(metadata, {})));
  REQUIRE(tied);
  CHECK(tied->config == R"({"model_type":"llama","hidden_size":64,"num_hidden_layers":2,"num_attention_heads":8,"num_key_value_heads":4,"intermediate_size":128,)"
                        R"("max_position_embeddings":2048,"vocab_size":3,"tie_word_embeddings":true})");
  const auto untied = files::inspect(as_bytes(file(metadata, {tensor("token_embd.weight", {64, 5}, 0, 0), tensor("output.weight", {64, 5}, 0, 1280)}, zeros(2560))));
  REQUIRE(untied);
  CHECK(untied->config.find(R"("vocab_size":5,"tie_word_embeddings":false)") != std::string::npos);
  CHECK(files::inspect(as_bytes(header({entry("general.architecture", 8, text("clip"))}, {})))->config.empty());
  CHECK(files::inspect(as_bytes(header({}, {})))->config.empty());
}

TEST_CASE("gguf: the metadata of mixtures of experts is sized to the published totals") {
  const auto sized = [](std::string_view architecture, const std::vector<std::pair<std::string, std::string>>& sizes, std::uint64_t hidden, std::uint64_t vocabulary) {
    std::vector<std::string> metadata = {entry("general.architecture", 8, text(architecture))};
    for (const auto& [key, typed] : sizes) metadata.push_back(entry(std::string(architecture) + "." + key, static_cast<std::uint32_t>(typed[0]), typed.substr(1)));
    const std::uint64_t bytes = hidden * vocabulary * 2;
    const std::string start = header(metadata, {tensor("token_embd.weight", {hidden, vocabulary}, 1, 0), tensor("output.weight", {hidden, vocabulary}, 1, bytes)});
    const auto report = files::inspect(as_bytes(start), {.file_size = start.size() + 32 + 2 * bytes});
    REQUIRE(report);
    const auto size = sizing::size_model(report->config);
    CHECK_MESSAGE(size.has_value(), size.error().message);
    return size ? size->parameters.total : 0;
  };
  // A value with its type before it: every integer type will do.
  const auto u8 = [](std::uint8_t n) { return std::string(1, '\0') + le(n); };
  const auto i8 = [](std::int8_t n) { return "\1" + le(n); };
  const auto u16 = [](std::uint16_t n) { return "\2" + le(n); };
  const auto i16 = [](std::int16_t n) { return "\3" + le(n); };
  const auto u32 = [](std::uint32_t n) { return "\4" + le(n); };
  const auto i64 = [](std::int64_t n) { return "\13" + le(n); };
  CHECK(sized("llama", {{"embedding_length", u16(4096)}, {"block_count", u8(32)}, {"attention.head_count", i8(32)}, {"attention.head_count_kv", i16(8)}, {"feed_forward_length", i64(14336)},
                        {"context_length", u32(32768)}, {"expert_count", u32(8)}, {"expert_used_count", u32(2)}}, 4096, 32000) == 46'702'792'704);
  // DeepSeek-V2-Lite, as it was first written, and with the heads' own sizes under names of their own.
  std::vector<std::pair<std::string, std::string>> lite = {
      {"embedding_length", u32(2048)}, {"block_count", u32(27)}, {"attention.head_count", u32(16)}, {"attention.head_count_kv", u32(16)}, {"feed_forward_length", u32(10944)},
      {"expert_count", u32(64)}, {"expert_used_count", u32(6)}, {"expert_shared_count", u32(2)}, {"expert_feed_forward_length", u32(1408)}, {"leading_dense_block_count", u32(1)},
      {"attention.kv_lora_rank", u32(512)}, {"attention.key_length", u32(192)}, {"attention.value_length", u32(128)}, {"rope.dimension_count", u32(64)}, {"context_length", u32(163840)}};
  CHECK(sized("deepseek2", lite, 2048, 102400) == 15'706'484'224);
  for (auto& [key, value] : lite) {
    if (key == "attention.head_count_kv") value = u32(1);
    if (key == "attention.key_length") value = u32(576);
    if (key == "attention.value_length") value = u32(512);
  }
  lite.push_back({"attention.key_length_mla", u32(192)});
  lite.push_back({"attention.value_length_mla", u32(128)});
  CHECK(sized("deepseek2", lite, 2048, 102400) == 15'706'484'224);
}

TEST_CASE("gguf: sizes that are no natural numbers are left out of the config") {
  const auto with = [](std::uint32_t type, std::string_view value) {
    return files::inspect(as_bytes(header({entry("general.architecture", 8, text("llama")), entry("llama.block_count", type, value)}, {})))->config;
  };
  CHECK(with(5, le(3)).find("num_hidden_layers\":3") != std::string::npos);
  for (const auto& [type, value] : {std::pair<std::uint32_t, std::string>{5, le(-3)}, {1, "\xFF"}, {11, le(INT64_MIN)}, {6, le(3.0f)}, {12, le(3.0)}, {7, "\1"}, {8, text("3")},
                                    {9, array(8, 1, text("3"))}, {9, array(5, 1, le(-3))}, {9, array(6, 1, le(3.0f))}, {9, array(4, 0, "")}}) {
    CAPTURE(type);
    CHECK(with(type, value).find("num_hidden_layers") == std::string::npos);
  }
}

TEST_CASE("gguf: what is written again leaves out where a split file's parts were") {
  const std::string bytes = header({entry("split.no", 2, le(std::uint16_t{1})), entry("k", 4, le(7u)), entry("split.count", 2, le(std::uint16_t{3}))}, {});
  const auto read = files::read_gguf_header({as_bytes(bytes), bytes.size()});
  REQUIRE(read);
  const auto entries = files::metadata_to_write(*read);
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].key == "k");
}

TEST_CASE("a long name is cut in messages, not within a character") {
  // 79 letters and a character of three bytes: the 80th to 82nd.
  const std::string name = std::string(79, 'n') + "\xE2\x82\xAC and more";
  const auto error = files::inspect(as_bytes(header({entry("general.alignment", 4, le(32u)), entry(std::string(100, 'k'), 13, "")}, {}) + zeros(64))).error();
  CHECK(error.field == std::string(80, 'k') + "...");
  CHECK(files::shown(name) == std::string(79, 'n') + "...");
  CHECK(files::shown(name.substr(0, 80 - 1)) == std::string(79, 'n'));
}
