#include "formats/anatomy.h"

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include "formats/registry.h"
#include "tensor/random.h"

using namespace bitbudget;
using formats::Anatomy;

namespace {

Anatomy open_block(std::string_view id, std::size_t count, std::size_t element) {
  const formats::Format& format = *formats::find(id);
  std::vector<float> values(count);
  tensor::fill_random({.seed = 3}, 0, values);
  std::vector<std::byte> bytes(static_cast<std::size_t>(*formats::encoded_size(format, count)));
  REQUIRE(formats::encode(format, values, bytes));
  const auto found = formats::anatomy(format, bytes, count, element);
  REQUIRE(found);
  REQUIRE(found->reach.size() == bytes.size() * 8);
  return *found;
}

std::vector<std::size_t> own_bits(const Anatomy& anatomy) {
  std::vector<std::size_t> bits;
  for (std::size_t bit = 0; bit < anatomy.reach.size(); ++bit) {
    if (anatomy.of_element[bit] != 0 && anatomy.reach[bit] == 1) bits.push_back(bit);
  }
  return bits;
}

}  // namespace

TEST_CASE("anatomy of q4_0: two bytes of scale for all, value j in the low half of byte 2 + j, value 16 + j in its high half") {
  for (const std::size_t element : {std::size_t{0}, std::size_t{5}, std::size_t{16}, std::size_t{31}}) {
    const Anatomy found = open_block("q4_0", 32, element);
    for (std::size_t bit = 0; bit < 16; ++bit) {
      CHECK(found.reach[bit] == 32);
      CHECK(found.of_element[bit] == 1);
    }
    const std::size_t first = 8 * (2 + element % 16) + (element < 16 ? 0 : 4);
    CHECK(own_bits(found) == std::vector<std::size_t>{first, first + 1, first + 2, first + 3});
    CHECK(found.levels.size() == 16);
    CHECK(std::ranges::is_sorted(found.levels));
  }
}

TEST_CASE("anatomy of q8_0: byte 2 + j is value j") {
  const Anatomy found = open_block("q8_0", 32, 7);
  CHECK(own_bits(found).front() == 8 * 9);
  CHECK(own_bits(found).size() == 8);
  CHECK(found.levels.size() == 256);
}

TEST_CASE("anatomy of q4_k: two f16 for 256, six bits of scale and six of offset for each 32, four bits for each") {
  const Anatomy found = open_block("q4_k", 256, 100);
  CHECK(std::ranges::count(found.reach, 256u) == 32);
  CHECK(std::ranges::count(found.reach, 32u) == 8 * 12);
  CHECK(std::ranges::count(found.reach, 1u) == 4 * 256);
  CHECK(std::ranges::count(found.of_element, 1) == 32 + 12 + 4);
}

TEST_CASE("anatomy: nf4 has 16 levels under a 32-bit absmax; f16 is 16 bits of its own and no short list of levels") {
  const Anatomy nf4 = open_block("nf4", 64, 63);
  CHECK(nf4.levels.size() == 16);
  CHECK(std::ranges::count(nf4.reach, 1u) == 4 * 64);
  const Anatomy f16 = open_block("f16", 8, 2);
  CHECK(own_bits(f16).size() == 16);
  CHECK(f16.levels.empty());
}

TEST_CASE("anatomy of every format: each value has bits of its own, and no bit reaches more values than there are") {
  for (const formats::Format* format : formats::all()) {
    CAPTURE(format->id);
    const Anatomy found = open_block(format->id, 256, 77);
    CHECK(!own_bits(found).empty());
    CHECK(*std::ranges::max_element(found.reach) <= 256);
  }
}

TEST_CASE("the parts of an encoding: codes are the bits of one value's own, and all parts sum to the bytes") {
  for (const formats::Format* format : formats::all()) {
    CAPTURE(format->id);
    const Anatomy found = open_block(format->id, 256, 0);
    const auto parts = formats::encoded_parts(*format, 256);
    REQUIRE(parts);
    CHECK(parts->code_bits == static_cast<std::uint64_t>(std::ranges::count(found.reach, 1u)));
    CHECK(parts->code_bits + parts->scale_bits + parts->offset_bits == found.reach.size());
  }
}

TEST_CASE("the parts of an encoding, by hand") {
  struct Row { std::string_view id; std::uint64_t count, row, codes, scales, offsets; };
  for (const auto& [id, count, row, codes, scales, offsets] : {
           Row{"bf16", 512, 256, 16 * 512, 0, 0},
           Row{"q8_0", 512, 256, 8 * 512, 16 * 16, 0},
           Row{"q4_1", 64, 64, 4 * 64, 2 * 16, 2 * 16},
           Row{"q4_k", 512, 256, 4 * 512, 2 * (16 + 8 * 6), 2 * (16 + 8 * 6)},
           Row{"q2_k", 256, 256, 2 * 256, 16 + 16 * 4, 16 + 16 * 4},
           Row{"nvfp4_tensor", 64, 32, 4 * 64, 4 * 8 + 32, 0},
           Row{"hqq4_g64", 256, 128, 4 * 256, 4 * 16, 4 * 16},
           Row{"int4_asym_g64", 400, 200, 4 * 400, 8 * 16, 8 * 8},
           Row{"int4_asym_row", 400, 200, 4 * 400, 2 * 16, 2 * 8},
           Row{"int4_asym_tensor", 400, 200, 4 * 400, 16, 8},
           Row{"int3_sym_row", 10, 5, 30, 2 * (16 + 1), 0},
           Row{"f8_e4m3_row", 400, 200, 8 * 400, 2 * 32, 0},
       }) {
    CAPTURE(id);
    const auto parts = formats::encoded_parts(*formats::find(id), count, row);
    REQUIRE(parts);
    CHECK(parts->code_bits == codes);
    CHECK(parts->scale_bits == scales);
    CHECK(parts->offset_bits == offsets);
  }
  CHECK(formats::encoded_parts(*formats::find("q4_k"), 0)->code_bits == 0);
  CHECK_FALSE(formats::encoded_parts(*formats::find("q4_k"), 300));
}

TEST_CASE("anatomy: a block of zeros has the same parts, and bad arguments are refused") {
  const formats::Format& format = *formats::find("q4_0");
  const std::vector<float> zeros(32);
  std::vector<std::byte> bytes(18);
  REQUIRE(formats::encode(format, zeros, bytes));
  const auto found = formats::anatomy(format, bytes, 32, 0);
  REQUIRE(found);
  CHECK(own_bits(*found).size() == 4);
  CHECK(formats::anatomy(format, bytes, 32, 32).error().code == ErrorCode::invalid_argument);
  CHECK(formats::anatomy(format, std::span(bytes).first(17), 32, 0).error().code == ErrorCode::truncated);
}
