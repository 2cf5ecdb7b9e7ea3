#include "files/inflate.h"

#include "file_cases.h"

using namespace bitbudget;
using namespace bitbudget::test;

namespace {

// Raw streams that zlib 1.2.13 made at level 9: of the text below with its own codes and with the fixed ones, and of 100,000 times "a".
constexpr std::string_view kDynamic =
    "0dd0cb0940310844d1bd554c338157401a08282804053ffdbf6c6775e66ef32652c8380d5677d739a0222e5a667db8219ec07c94d63ebb5892672751a44349db0183c8e88a13"
    "e2b66e5da1d9247541dbb539e7d312bc9163580c508d9c1d2709b2cf3dd3bc3b42af7ed5f1189f06d56d909a2b968c45e727938159f1d046ab4a3af23bc53ebc0377e27e9cc7"
    "44b643827915b75f46d941daa20c3db25a588ad1f1dcb4b2eecc734616b050623deb7a8dfa7aef8d726bd469acc2116d70be3a0f71cddfe9eaab9208bb7dcf97978bed839bdf"
    "d8ac4c389fcfa15730a5ba645161a43f7d998fee34d3c16e64bef107";
constexpr std::string_view kFixed =
    "0bc9cc2be1e2ca50482dcde32a55702d2929294e4c54e02ae64a29e672cdcc2c494c295148cd2b525028f5e02aca2cc92b0d294e492d4a290d29e2e2ca2fca53c8e0ca28c953"
    "50c854484d2dcd70cd4fcc4fcdcb74cd29ce49e52a0de14a2dce51e00ac9cb2849292af5c8284e55000aa6e497a6a4662a286464e4179586e427167129a48624e6249696a484"
    "94e4e767e464781497e4039de19191cf559c53a2c095919997a1e09a5a9a995f52e4915a5a94af50ea9a0f747426976b71716a497e914762714a5e694a48be424e697e8e474a"
    "5162666a6a489e426a7e4a8a6b714a495e4e8a427166a24251a62b57517e4662aa6b496a4a6a718a42493ed0dd5cae45c539a5a54077e617152b28b82a14a7669694bae6e415"
    "9766e4b9027d9fc9551492915f9c58a2e05aac90989a51a29052040c1da0237232f3809e2e2ec9c9482d52c8cfcc29c949f428ca49294ec9f450c8cbcccbc90f49c948e15248"
    "f4c82b4de4028660516a714971aa2b57b142696a89470630981333428a3233334a15424a148a8a808200";
constexpr std::string_view kRun =
    "edc13101000000c2a0aceb5fc21a1e40010000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000af06";

/// 400 letters from a linear congruential generator, as the script that called zlib made them.
std::string text() {
  std::uint32_t x = 1;
  std::string out;
  for (int i = 0; i < 400; ++i) {
    x = (x * 1103515245u + 12345u) & 0x7FFFFFFFu;
    out += i % 7 != 0 ? "etaoin shrdlu\n"[(x >> 16) % 14] : "THE "[(x >> 20) % 4];
  }
  return out;
}

struct Outcome { std::string text; std::size_t used; std::string_view error; std::optional<std::uint64_t> offset; };

Outcome inflate_to(std::string_view stream, std::size_t size, bool to_end = true) {
  std::string out(size, '?');
  const auto done = files::inflate(as_bytes(stream), std::as_writable_bytes(std::span(out)), to_end);
  if (!done) return {"", 0, to_string(done.error().code), done.error().offset};
  return {out.substr(0, done->size), done->used, "", {}};
}

}  // namespace

TEST_CASE("inflate: what zlib deflates comes back") {
  CHECK(inflate_to(unhex(kDynamic), 400).text == text());
  CHECK(inflate_to(unhex(kFixed), 400).text == text());
  CHECK(inflate_to(unhex(kRun), 100'000).text == std::string(100'000, 'a'));
  CHECK(inflate_to(unhex(kDynamic), 400).used == unhex(kDynamic).size());
  CHECK(inflate_to(std::string("\1\5\0\xFA\xFFhello", 10), 5).text == "hello");
  CHECK(inflate_to(std::string("\0\2\0\xFD\xFFhe\1\3\0\xFC\xFFllo", 15), 5).text == "hello");
  CHECK(inflate_to(std::string("\3\0", 2), 0).text.empty());
}

TEST_CASE("inflate: stops where it is told") {
  CHECK(inflate_to(unhex(kDynamic), 10, false).text == text().substr(0, 10));
  CHECK(inflate_to(unhex(kRun), 77, false).text == std::string(77, 'a'));
  CHECK(inflate_to(std::string("\1\5\0\xFA\xFFhello", 10), 2, false).text == "he");
  CHECK(inflate_to(unhex(kDynamic), 399).error == "invalid_file");
  CHECK(inflate_to(unhex(kRun), 99'999).error == "invalid_file");
  CHECK(inflate_to(std::string("\1\5\0\xFA\xFFhello", 10), 4).error == "invalid_file");
  CHECK(inflate_to(unhex(kDynamic), 500).text == text());  // the caller compares the sizes
  CHECK(inflate_to(unhex(kDynamic) + "rest", 400).used == unhex(kDynamic).size());
}

TEST_CASE("inflate: every cut is noticed, and damage is refused or gives other bytes, never a crash") {
  const std::string whole = unhex(kDynamic);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto outcome = inflate_to(std::string_view(whole).substr(0, size), 400);
    CHECK(outcome.error == "truncated");
    CHECK(outcome.offset == size);
  }
  // Up to seven bits of the last byte mean nothing.
  for (std::size_t bit = 0; bit < (whole.size() - 1) * 8; ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    const auto outcome = inflate_to(damaged, 400);
    CHECK((!outcome.error.empty() || outcome.text != text() || outcome.used != whole.size()));
  }
}

TEST_CASE("inflate: broken blocks are refused") {
  CHECK(inflate_to("", 1).error == "truncated");
  CHECK(inflate_to("\7", 1).error == "invalid_file");                                      // kind 3
  CHECK(inflate_to(std::string("\1\5\0\xFB\xFFhello", 10), 5).error == "invalid_file");   // length not confirmed
  CHECK(inflate_to(std::string("\1\5\0\xFA\xFFhell", 9), 5).error == "truncated");
  CHECK(inflate_to(std::string("\x4B\4\x42\0", 4), 9).error == "invalid_file");              // "a", then a distance of 2
  CHECK(inflate_to(std::string("\xFD\x1E\0\0\0\0\0\0\0\0", 10), 5).error == "invalid_file");  // 288 literals declared
  CHECK(inflate_to(std::string("\5\0\0\0\0\0\0\0\0\0\0\0", 12), 5).error == "invalid_file"); // no code lengths at all
  CHECK(inflate_to(std::string("\5\0\x92\x24\x49\x92\x24\0", 8), 5).error == "invalid_file");   // over-subscribed code lengths
}

TEST_CASE("inflate: CRC-32 has its published check value") {
  CHECK(files::crc32(as_bytes("123456789")) == 0xCBF43926u);
  CHECK(files::crc32(as_bytes("")) == 0);
  CHECK(files::crc32(as_bytes(text())) == 0x33CBEE41u);
}
