#include "files/npz.h"

#include "file_cases.h"
#include "files/inflate.h"

using namespace bitbudget;
using namespace bitbudget::test;

namespace {

// Archives of Python's zipfile, called as numpy.savez and numpy.savez_compressed call it (64-bit sizes forced in the local
// headers): arr_0 = [1, 2, 3] as <f4 and w/b = [[-1, 2], [-3, 4]] as <i2.
constexpr std::string_view kSavez =
    "504b03042d00000000000000210077a640d1ffffffffffffffff090014006172725f302e6e7079010010008c000000000000008c00000000000000934e554d5059010076007b"
    "276465736372273a20273c6634272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028332c292c207d2020202020202020202020202020"
    "202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020200a0000803f0000004000004040504b03042d000000000000"
    "00210031d32acdffffffffffffffff07001400772f622e6e70790100100088000000000000008800000000000000934e554d5059010076007b276465736372273a20273c6932"
    "272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028322c2032292c207d20202020202020202020202020202020202020202020202020"
    "2020202020202020202020202020202020202020202020202020202020202020200affff0200fdff0400504b01022d032d00000000000000210077a640d18c0000008c000000"
    "0900000000000000000000008001000000006172725f302e6e7079504b01022d032d00000000000000210031d32acd88000000880000000700000000000000000000008001c7"
    "000000772f622e6e7079504b050600000000020002006c000000880100000000";
constexpr std::string_view kSavezCompressed =
    "504b03042d00000008000000210077a640d1ffffffffffffffff090014006172725f302e6e7079010010008c000000000000004f000000000000009bec17ea1b10c9c850c650"
    "ad9e925a9c5ca46ea5a06e9366a2aea3a09e965f54529498179f5f94920a12774bcc294e058a17672416a402f91ac63a9a3a0ab50a14002e0686067b0606060720720000504b"
    "03042d00000008000000210031d32acdffffffffffffffff07001400772f622e6e70790100100088000000000000004f000000000000009bec17ea1b10c9c850c650ad9e925a"
    "9c5ca46ea5a06e9369a4aea3a09e965f54529498179f5f94920a12774bcc294e058a17672416a402f91a463a0a469a3a0ab50a6403aeffff9918fefe67610000504b01022d03"
    "2d00000008000000210077a640d14f0000008c0000000900000000000000000000008001000000006172725f302e6e7079504b01022d032d00000008000000210031d32acd4f"
    "0000008800000007000000000000000000000080018a000000772f622e6e7079504b050600000000020002006c000000120100000000";

std::string npy(std::string_view data = "\1\2\3\4") {
  const std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (" + std::to_string(data.size()) + ",), }";
  return std::string("\x93NUMPY\1\0", 8) + le(static_cast<std::uint16_t>(header.size())) + header + std::string(data);
}

/// One member of an archive; what is left open follows from the content.
struct Item {
  std::string name = "a.npy";
  std::string content = npy();
  std::uint16_t method = 0;
  std::uint16_t flags = 0;
  std::optional<std::uint32_t> crc = {}, stored = {}, size = {}, local = {};
  std::optional<std::string> local_name = {};
  std::optional<std::uint16_t> local_method = {};
  std::optional<std::uint32_t> local_crc = {}, local_size = {};
  std::string extra = {}, local_extra = {};
};

struct End { int count = 0; int disk = 0; int directory = 0; std::string comment = {}, after = {}; };

/// Deflated by hand: one stored block.
std::string store(std::string_view content) {
  const auto length = static_cast<std::uint16_t>(content.size());
  return "\1" + le(length) + le(static_cast<std::uint16_t>(~length)) + std::string(content);
}

std::string zip(const std::vector<Item>& items, const End& end = {}) {
  std::string out, directory;
  for (const Item& item : items) {
    const std::string data = item.method == 8 ? store(item.content) : item.content;
    const auto crc = item.crc.value_or(files::crc32(as_bytes(item.content)));
    const auto stored = item.stored.value_or(static_cast<std::uint32_t>(data.size()));
    const auto size = item.size.value_or(static_cast<std::uint32_t>(item.content.size()));
    const std::string local_name = item.local_name.value_or(item.name);
    const auto at = item.local.value_or(static_cast<std::uint32_t>(out.size()));
    const auto fields = [&](std::uint16_t method, std::uint32_t sum, std::uint32_t length) {
      return le(std::uint16_t{20}) + le(item.flags) + le(method) + zeros(4) + le(sum) + le(stored) + le(length);
    };
    out += "PK\3\4" + fields(item.local_method.value_or(item.method), item.local_crc.value_or(crc), item.local_size.value_or(size)) +
           le(static_cast<std::uint16_t>(local_name.size())) + le(static_cast<std::uint16_t>(item.local_extra.size())) + local_name + item.local_extra + data;
    directory += "PK\1\2" + le(std::uint16_t{20}) + fields(item.method, crc, size) + le(static_cast<std::uint16_t>(item.name.size())) +
                 le(static_cast<std::uint16_t>(item.extra.size())) + zeros(10) + le(at) + item.name + item.extra;
  }
  const auto count = static_cast<std::uint16_t>(static_cast<int>(items.size()) + end.count);
  const auto place = static_cast<std::uint32_t>(static_cast<int>(out.size()) + end.directory);
  return out + directory + "PK\5\6" + le(static_cast<std::uint16_t>(end.disk)) + zeros(2) + le(count) + le(count) + le(static_cast<std::uint32_t>(directory.size())) +
         le(place) + le(static_cast<std::uint16_t>(end.comment.size())) + end.comment + end.after;
}

// One member of the name a.npy: where its parts stand.
constexpr std::uint64_t kName = 30, kData = 35;
const std::uint64_t kDirectory = kData + npy().size();

}  // namespace

TEST_CASE("npz: what NumPy saves is read, stored or deflated") {
  for (const std::string& file : {unhex(kSavez), unhex(kSavezCompressed)}) {
    const auto report = files::inspect(as_bytes(file));
    REQUIRE(report);
    CHECK(to_string(report->format) == "npz");
    REQUIRE(report->tensors.size() == 2);
    CHECK(report->tensors[0].name == "arr_0");
    CHECK(report->tensors[0].type->name == "F32");
    CHECK(report->tensors[0].byte_length == 12);
    CHECK(report->tensors[1].name == "w/b");
    CHECK(report->tensors[1].shape == std::vector<std::uint64_t>{2, 2});
    CHECK(values_of(file, "arr_0") == std::vector<float>{1, 2, 3});
    CHECK(values_of(file, "w/b") == std::vector<float>{-1, 2, -3, 4});
    CHECK(files::read_tensor(as_bytes(file), "arr_0.npy").error().code == ErrorCode::not_found);
  }
  CHECK_FALSE(files::inspect(as_bytes(unhex(kSavez)))->tensors[0].deflated);
  CHECK(files::inspect(as_bytes(unhex(kSavezCompressed)))->tensors[0].deflated);
}

TEST_CASE("npz: the offset of a stored array is that of its values") {
  const std::string file = zip({{}});
  const auto report = files::inspect(as_bytes(file));
  REQUIRE(report);
  CHECK(file.substr(static_cast<std::size_t>(report->tensors[0].offset), 4) == "\1\2\3\4");
  CHECK(files::inspect(as_bytes(zip({})))->tensors.empty());
  CHECK(values_of(zip({{.method = 8}}, {.comment = "a comment"}), "a") == std::vector<float>{1, 2, 3, 4});
  // Sizes that follow the data: the directory has them.
  CHECK(values_of(zip({{.flags = 8, .local_crc = 0, .local_size = 0}}), "a") == std::vector<float>{1, 2, 3, 4});
}

TEST_CASE("npz: a slice is answered with the file's size") {
  const std::string file = unhex(kSavez);
  const auto report = files::inspect(as_bytes(file).first(100), {.file_size = file.size()});
  REQUIRE_FALSE(report);
  CHECK(report.error().code == ErrorCode::truncated);
  CHECK(report.error().offset == file.size());
  CHECK(files::inspect(as_bytes(file), {.file_size = std::uint64_t{1} << 40}).error().code == ErrorCode::too_large);
}

TEST_CASE("npz: every cut of an archive is refused") {
  const std::string file = unhex(kSavezCompressed);
  for (std::size_t size = 4; size < file.size(); ++size) CHECK_FALSE(files::inspect(as_bytes(file).first(size)));
}

TEST_CASE("npz: broken archives are refused") {
  using enum ErrorCode;
  const std::string other = npy("\5");
  const auto npy_size = static_cast<std::uint32_t>(npy().size());
  check_refusals({
      {"empty, by name", "", truncated, 0, "", "x.npz"},
      {"another magic, by name", "PK\7\7" + zeros(40), truncated, 44, "", "x.npz"},
      {"no end record", zip({{}}).substr(0, static_cast<std::size_t>(kDirectory)), truncated, kDirectory},
      {"a comment longer than declared", zip({{}}, {.after = "x"}), truncated, kDirectory + 51 + 23},
      {"several disks", zip({{}}, {.disk = 1}), unsupported, kDirectory + 51 + 4},
      {"a 64-bit directory", zip({{}}, {.count = 0xFFFE}), unsupported, kDirectory + 51},
      {"an entry too many declared", zip({{}}, {.count = 1}), invalid_file, kDirectory + 51},
      {"an entry too few declared", zip({{}}, {.count = -1}), invalid_file, kDirectory},
      {"a directory elsewhere", zip({{}}, {.directory = 1}), invalid_file, kDirectory + 51},
      {"bytes before the archive", "PK\3\4" + zip({{}}), invalid_file, kDirectory + 4 + 51},
      {"no name", zip({{.name = ""}}), invalid_file, kDirectory - 5 + 46},
      {"an absolute name", zip({{.name = "/a.npy"}}), invalid_file, kDirectory + 1 + 46, "/a.npy"},
      {"a name that climbs", zip({{.name = "../a.npy"}}), invalid_file, kDirectory + 3 + 46, "../a.npy"},
      {"a name that climbs within", zip({{.name = "x/../a.npy"}}), invalid_file, kDirectory + 5 + 46, "x/../a.npy"},
      {"a name with a backslash", zip({{.name = "..\\a.npy"}}), invalid_file, kDirectory + 3 + 46, "..\\a.npy"},
      {"a name that is not UTF-8", zip({{.name = "\xFF.npy"}}), invalid_file, kDirectory + 46, "\xFF.npy"},
      {"another kind of file", zip({{.name = "a.txt"}}), unsupported, kDirectory + 46, "a.txt"},
      {"a directory of files", zip({{.name = "a.npy/"}}), unsupported, kDirectory + 1 + 46, "a.npy/"},
      {"an encrypted member", zip({{.flags = 1}}), unsupported, kDirectory + 8, "a.npy"},
      {"a strongly encrypted member", zip({{.flags = 64}}), unsupported, kDirectory + 8, "a.npy"},
      {"method 12", zip({{.method = 12}}), unsupported, kDirectory + 10, "a.npy"},
      {"method 93", zip({{.method = 93}}), unsupported, kDirectory + 10, "a.npy"},
      {"a stored member of two sizes", zip({{.size = 5}}), invalid_file, kDirectory + 20, "a.npy"},
      {"a 64-bit size that is missing", zip({{.size = 0xFFFFFFFF}}), invalid_file, kDirectory, "a.npy"},
      {"a 64-bit size beyond memory", zip({{.method = 8, .size = 0xFFFFFFFF, .extra = le(std::uint16_t{1}) + le(std::uint16_t{8}) + le(std::uint64_t{1} << 40),
                                            .local_extra = le(std::uint16_t{1}) + le(std::uint16_t{8}) + le(std::uint64_t{1} << 40)}}), too_large, 0, "a.npy"},
      {"an extra field that runs over", zip({{.size = 0xFFFFFFFF, .extra = le(std::uint16_t{1}) + le(std::uint16_t{9}) + zeros(8)}}), invalid_file, kDirectory, "a.npy"},
      {"a header elsewhere", zip({{.local = 1}}), invalid_file, 1, "a.npy"},
      {"a header beyond the end", zip({{.local = 0x7FFFFFFF}}), invalid_file, 0x7FFFFFFF, "a.npy"},
      {"another name in the header", zip({{.local_name = "b.npy"}}), invalid_file, kName, "a.npy"},
      {"another method in the header", zip({{.local_method = 8}}), invalid_file, 6, "a.npy"},
      {"another sum in the header", zip({{.local_crc = 1}}), invalid_file, 6, "a.npy"},
      {"another size in the header", zip({{.local_size = 1}}), invalid_file, 6, "a.npy"},
      {"a member that runs over", zip({{.stored = npy_size + 1, .size = npy_size + 1}}), invalid_file, kData, "a.npy"},
      {"a member that runs into the directory", zip({{.stored = npy_size + 51, .size = npy_size + 51}}), invalid_file, kData, "a.npy"},
      {"a header within the directory", zip({{.local = static_cast<std::uint32_t>(kDirectory)}}), invalid_file, kDirectory, "a.npy"},
      {"other flags in the header", zip({{.flags = 2}}).replace(6, 1, 1, '\0'), invalid_file, 6, "a.npy"},
      {"a wrong sum after the data, too", zip({{.flags = 8, .crc = 1, .local_crc = 0, .local_size = 0}}), invalid_file, kData, "a.npy"},
      {"sizes that follow, but too large", zip({{.flags = 8, .stored = npy_size + 1, .size = npy_size + 1, .local_crc = 0, .local_size = 0}}), invalid_file, kData, "a.npy"},
      {"another 64-bit size in the header", zip({{.size = 0xFFFFFFFF, .extra = le(std::uint16_t{1}) + le(std::uint16_t{8}) + le(std::uint64_t{npy_size}),
                                                  .local_extra = le(std::uint16_t{1}) + le(std::uint16_t{8}) + le(std::uint64_t{npy_size} + 1)}}), invalid_file, 6, "a.npy"},
      {"a 64-bit size of 2^64 - 1", zip({{.method = 8, .size = 0xFFFFFFFF, .extra = le(std::uint16_t{1}) + le(std::uint16_t{8}) + le(~std::uint64_t{0}),
                                          .local_extra = le(std::uint16_t{1}) + le(std::uint16_t{8}) + le(~std::uint64_t{0})}}), too_large, 0, "a.npy"},
      {"names that differ by case in the header", zip({{.local_name = "A.npy"}}), invalid_file, kName, "a.npy"},
      {"a name with a NUL", zip({{.name = std::string("a\0.npy", 6)}}), invalid_file, kDirectory + 1 + 46, std::string("a\0.npy", 6)},
      {"a name twice", zip({{}, {}}), invalid_file, 0, "a.npy"},
      {"two members in one place", zip({{}, {.name = "b.npy", .local = 0, .local_name = "a.npy"}}), invalid_file, kName, "b.npy"},
      {"a wrong sum", zip({{.crc = 1}}), invalid_file, kData, "a.npy"},
      {"a wrong sum, deflated", zip({{.method = 8, .crc = 1}}), invalid_file, kData, "a.npy"},
      {"more than declared", zip({{.method = 8, .size = npy_size - 1}}), invalid_file, kData + 5, "a.npy"},
      {"less than declared", zip({{.method = 8, .size = npy_size + 1}}), invalid_file, kData + 5 + npy_size, "a.npy"},
      {"a size that deflate cannot give", zip({{.method = 8, .size = 0x3FFFFFFF}}), invalid_file, kData, "a.npy"},
      {"two that are too large together", zip({{.method = 8, .size = 0x30000000}, {.name = "b.npy", .method = 8, .size = 0x30000000}}), too_large, kDirectory + 5, "b.npy"},
      {"a deflated stream that is cut", zip({{.method = 8, .stored = npy_size + 4}}), truncated, kData + npy_size + 4, "a.npy"},
      {"no array within", zip({{.content = "plain"}}), truncated, kData + 5, "a.npy"},
      {"a broken array within", zip({{.content = npy() + "x"}}), invalid_file, kData + npy_size, "a.npy"},
      {"a pickle within", zip({{.content = std::string("\x93NUMPY\1\0\x39\0", 10) + "{'descr': '|O', 'fortran_order': False, 'shape': (1,), } \n"}}), unsupported, kData + 21, "a.npy"},
  }, zip({{}}));
}
