// The arrays of checkpoints against words worked out by hand. Three-bit codes are octal digits, four-bit ones hexadecimal:
// the literals below are the codes from the last to the first.
#include "formats/packings.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "formats/registry.h"
#include "golden_inputs.h"

using namespace bitbudget;
using namespace bitbudget::formats;

namespace {

using Words = std::vector<std::uint32_t>;

Words words_of(std::vector<std::uint8_t> codes, int bits, WordFill fill) {
  Words words(packed_words(codes.size(), bits, fill));
  pack_words(codes, bits, fill, words);
  return words;
}

UniformWeight blank(std::size_t rows, std::size_t columns, int bits, std::size_t group) {
  UniformWeight weight;
  weight.rows = rows;
  weight.columns = columns;
  weight.bits = bits;
  weight.group = group;
  weight.codes.resize(rows * columns);
  weight.scales.assign(rows * weight.groups(), 1.0f);
  weight.zeros.assign(rows * weight.groups(), static_cast<std::uint16_t>(1 << (bits - 1)));
  return weight;
}

/// Every code, scale and zero drawn; zeros from 1, which every layout can write.
UniformWeight drawn(std::size_t rows, std::size_t columns, int bits, std::size_t group, std::uint32_t seed) {
  testing::XorShift32 random{seed};
  UniformWeight weight = blank(rows, columns, bits, group);
  const auto levels = static_cast<std::uint32_t>(1 << bits);
  for (auto& code : weight.codes) code = static_cast<std::uint8_t>(random() >> 8 & (levels - 1));
  for (auto& scale : weight.scales) scale = std::abs(random.uniform());
  for (auto& zero : weight.zeros) zero = static_cast<std::uint16_t>(1 + (random() >> 8) % (levels - 1));
  return weight;
}

void check_same(const UniformWeight& a, const UniformWeight& b) {
  CHECK(a.codes == b.codes);
  CHECK(a.scales == b.scales);
  CHECK(a.zeros == b.zeros);
}

}  // namespace

TEST_CASE("packings: codes in words") {
  CHECK(words_of({0, 1, 2, 3, 4, 5, 6, 7, 15}, 4, WordFill::dense) == Words{0x76543210, 0xF});
  CHECK(words_of({0, 1, 2, 3, 4, 5, 6, 7, 15}, 4, WordFill::whole_codes) == Words{0x76543210, 0xF});
  CHECK(words_of({1, 2, 3, 255, 128}, 8, WordFill::dense) == Words{0xFF030201, 0x80});
  CHECK(words_of({3, 0, 1, 2}, 2, WordFill::dense) == Words{0b10'01'00'11});
  // 3 bits: ten codes and two bits of the eleventh in a dense word, ten codes in a whole one.
  const std::vector<std::uint8_t> twelve{1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4};
  constexpr std::uint64_t stream = 0432107654321;
  CHECK(words_of(twelve, 3, WordFill::dense) == Words{static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(stream >> 32)});
  CHECK(words_of(twelve, 3, WordFill::whole_codes) == Words{02107654321, 043});
  // Sizes: dense is ceil(count·bits/32), whole codes ceil(count / floor(32/bits)).
  CHECK(packed_words(4096, 3, WordFill::dense) == 384);
  CHECK(packed_words(4096, 3, WordFill::whole_codes) == 410);
  CHECK(packed_words(4096, 5, WordFill::dense) == 640);
  CHECK(packed_words(4096, 5, WordFill::whole_codes) == 683);
  CHECK(packed_words(7, 6, WordFill::dense) == 2);
}

TEST_CASE("packings: words give the codes back, for every width and fill") {
  for (int bits = 1; bits <= 8; ++bits) {
    for (const auto fill : {WordFill::dense, WordFill::whole_codes}) {
      for (const std::size_t count : {1u, 31u, 32u, 33u, 100u}) {
        testing::XorShift32 random{static_cast<std::uint32_t>(bits)};
        std::vector<std::uint8_t> codes(count);
        for (auto& code : codes) code = static_cast<std::uint8_t>(random() >> 8 & ((1u << bits) - 1));
        const auto words = words_of(codes, bits, fill);
        std::vector<std::uint8_t> back(count);
        unpack_words(words, bits, fill, back);
        CHECK(back == codes);
      }
    }
  }
}

TEST_CASE("packings: compressed-tensors") {
  // Two outputs of eight inputs in groups of four; symmetric: every zero is 8.
  UniformWeight weight = blank(2, 8, 4, 4);
  weight.codes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  weight.scales = {1, 2, 0.5f, 4};
  const auto file = to_compressed_tensors(weight, WordFill::dense);
  REQUIRE(file);
  CHECK(file->weight_packed == Words{0x76543210, 0xFEDCBA98});
  CHECK(file->weight_scale == weight.scales);
  CHECK(file->weight_zero_point.empty());
  const auto back = from_compressed_tensors(*file, 2, 8, 4, 4, WordFill::dense);
  REQUIRE(back);
  check_same(*back, weight);
  std::vector<float> values(16);
  REQUIRE(dequantize(*back, values));
  CHECK(values == std::vector<float>{-8, -7, -6, -5, -8, -6, -4, -2, 0, 0.5f, 1, 1.5f, 16, 20, 24, 28});

  // Zero points go along the rows: one word per group for up to eight rows.
  weight.zeros = {8, 3, 5, 12};  // row 0: 8, 3; row 1: 5, 12
  const auto asymmetric = to_compressed_tensors(weight, WordFill::dense);
  REQUIRE(asymmetric);
  CHECK(asymmetric->weight_zero_point == Words{0x58, 0xC3});
  check_same(*from_compressed_tensors(*asymmetric, 2, 8, 4, 4, WordFill::dense), weight);
}

TEST_CASE("packings: compressed-tensors gives back every width, both generations, with a group order") {
  for (int bits = 2; bits <= 8; ++bits) {
    for (const auto fill : {WordFill::dense, WordFill::whole_codes}) {
      UniformWeight weight = drawn(5, 70, bits, 32, 90);
      weight.group_index.resize(70);
      for (std::size_t c = 0; c < 70; ++c) weight.group_index[c] = static_cast<std::int32_t>(c * 7 % 3);
      const auto file = to_compressed_tensors(weight, fill);
      REQUIRE(file);
      const auto back = from_compressed_tensors(*file, 5, 70, bits, 32, fill);
      REQUIRE(back);
      check_same(*back, weight);
      std::vector<float> values(350);
      REQUIRE(dequantize(*back, values));
      for (std::size_t r = 0; r < 5; ++r) {
        for (std::size_t c = 0; c < 70; ++c) {
          const std::size_t g = r * 3 + c * 7 % 3;
          CHECK(values[r * 70 + c] == static_cast<float>(weight.codes[r * 70 + c] - weight.zeros[g]) * weight.scales[g]);
        }
      }
    }
  }
}

TEST_CASE("packings: GPTQ") {
  // Eight outputs of eight inputs, one group; code = output + input.
  UniformWeight weight = blank(8, 8, 4, 8);
  for (std::size_t r = 0; r < 8; ++r) {
    for (std::size_t c = 0; c < 8; ++c) weight.codes[r * 8 + c] = static_cast<std::uint8_t>(r + c);
    weight.zeros[r] = static_cast<std::uint16_t>(r + 1);
    weight.scales[r] = static_cast<float>(r);
  }
  const auto v1 = to_gptq(weight, GptqVersion::v1);
  REQUIRE(v1);
  CHECK(v1->qweight == Words{0x76543210, 0x87654321, 0x98765432, 0xA9876543, 0xBA987654, 0xCBA98765, 0xDCBA9876, 0xEDCBA987});
  CHECK(v1->qzeros == Words{0x76543210});
  CHECK(v1->g_idx == std::vector<std::int32_t>(8, 0));
  check_same(*from_gptq(*v1, 8, 8, 4, 8, GptqVersion::v1), weight);
  const auto v2 = to_gptq(weight, GptqVersion::v2);
  REQUIRE(v2);
  CHECK(v2->qzeros == Words{0x87654321});
  // Reading one version as the other moves every value by one step: the usual mistake.
  CHECK(from_gptq(*v2, 8, 8, 4, 8, GptqVersion::v1)->zeros[0] == 2);
  // The symmetric zero 8 of a 4-bit checkpoint is the well-known 0x77777777 in version 1.
  weight.zeros.assign(8, 8);
  CHECK(to_gptq(weight, GptqVersion::v1)->qzeros == Words{0x77777777});

  weight.zeros[3] = 0;
  CHECK(to_gptq(weight, GptqVersion::v1).error().field == "zeros");
  CHECK(to_gptq(weight, GptqVersion::v2).has_value());
  weight.zeros[3] = 16;
  CHECK(to_gptq(weight, GptqVersion::v1)->qzeros == Words{0x7777F777});
  CHECK(to_gptq(weight, GptqVersion::v2).error().field == "zeros");
}

TEST_CASE("packings: GPTQ's three bits split codes 10 and 21") {
  UniformWeight weight = blank(32, 32, 3, 32);
  // Output 0 has 5 (binary 101) in codes 10 and 21, 0 elsewhere; output 1 counts 0 to 7 again and again.
  weight.codes[10] = weight.codes[21] = 5;
  for (std::size_t c = 0; c < 32; ++c) weight.codes[32 + c] = static_cast<std::uint8_t>(c % 8);
  const auto file = to_gptq(weight, GptqVersion::v2);
  REQUIRE(file);
  // Code 10 has bits 30, 31 of word 0 and bit 0 of word 1; code 21 bit 31 of word 1 and bits 0, 1 of word 2.
  CHECK(file->qweight[0] == 1u << 30);
  CHECK(file->qweight[32] == (1u | 1u << 31));
  CHECK(file->qweight[64] == 2u);
  constexpr std::uint64_t eight = 076543210;  // 24 bits, four times
  CHECK(file->qweight[1] == static_cast<std::uint32_t>(eight | eight << 24));
  CHECK(file->qweight[33] == static_cast<std::uint32_t>(eight >> 8 | eight << 16));
  CHECK(file->qweight[65] == static_cast<std::uint32_t>(eight >> 16 | eight << 8));
  check_same(*from_gptq(*file, 32, 32, 3, 32, GptqVersion::v2), weight);
}

TEST_CASE("packings: GPTQ gives back every width, with activation order") {
  for (const int bits : {2, 3, 4, 8}) {
    for (const auto version : {GptqVersion::v1, GptqVersion::v2}) {
      UniformWeight weight = drawn(32, 96, bits, 32, 91);
      for (std::size_t c = 0; c < 96; ++c) weight.group_index.push_back(static_cast<std::int32_t>(c * 5 % 3));
      const auto file = to_gptq(weight, version);
      REQUIRE(file);
      CHECK(file->g_idx == weight.group_index);
      const auto back = from_gptq(*file, 32, 96, bits, 32, version);
      REQUIRE(back);
      check_same(*back, weight);
      CHECK(back->group_index == weight.group_index);
    }
  }
}

TEST_CASE("packings: AWQ interleaves eight outputs") {
  UniformWeight weight = blank(8, 2, 4, 2);
  for (std::size_t r = 0; r < 8; ++r) {
    weight.codes[2 * r] = static_cast<std::uint8_t>(r);
    weight.codes[2 * r + 1] = static_cast<std::uint8_t>(15 - r);
    weight.zeros[r] = static_cast<std::uint16_t>(r + 8);
  }
  const auto file = to_awq(weight);
  REQUIRE(file);
  CHECK(file->qweight == Words{0x75316420, 0x8ACE9BDF});
  CHECK(file->qzeros == Words{0xFDB9ECA8});
  check_same(*from_awq(*file, 8, 2, 2), weight);

  const UniformWeight large = drawn(48, 256, 4, 128, 92);
  const auto packed = to_awq(large);
  REQUIRE(packed);
  CHECK(packed->qweight.size() == 256 * 6);
  CHECK(packed->scales[1] == large.scales[2]);  // group 0 of output 1
  check_same(*from_awq(*packed, 48, 256, 128), large);
}

TEST_CASE("packings: what does not fit is refused by name") {
  const UniformWeight good = drawn(8, 32, 4, 32, 93);
  auto gptq = *to_gptq(good, GptqVersion::v1);
  CHECK(from_gptq(gptq, 8, 64, 4, 32, GptqVersion::v1).error().field == "qweight");
  CHECK(from_gptq(gptq, 8, 32, 4, 16, GptqVersion::v1).error().field == "qzeros");
  CHECK(from_gptq(gptq, 8, 32, 5, 32, GptqVersion::v1).error().field == "bits");
  CHECK(from_gptq(gptq, 8, 31, 4, 31, GptqVersion::v1).error().field == "shape");
  CHECK(from_gptq(gptq, 0, 32, 4, 32, GptqVersion::v1).error().field == "shape");
  CHECK(from_gptq(gptq, 8, 32, 4, 0, GptqVersion::v1).error().field == "group");
  CHECK(from_gptq(gptq, std::numeric_limits<std::size_t>::max() / 2, 32, 4, 32, GptqVersion::v1).error().field == "shape");
  gptq.g_idx[7] = 1;
  CHECK(from_gptq(gptq, 8, 32, 4, 32, GptqVersion::v1).error().offset == 7);
  gptq.g_idx[7] = -1;
  CHECK(from_gptq(gptq, 8, 32, 4, 32, GptqVersion::v1).error().offset == 7);
  gptq.g_idx.pop_back();
  CHECK(from_gptq(gptq, 8, 32, 4, 32, GptqVersion::v1).error().field == "g_idx");
  gptq.scales.pop_back();
  CHECK(from_gptq(gptq, 8, 32, 4, 32, GptqVersion::v1).error().field == "scales");

  auto tensors = *to_compressed_tensors(good, WordFill::dense);
  CHECK(from_compressed_tensors(tensors, 8, 40, 4, 40, WordFill::dense).error().field == "weight_packed");
  tensors.weight_zero_point.push_back(0);
  CHECK(from_compressed_tensors(tensors, 8, 32, 4, 32, WordFill::dense).error().field == "weight_zero_point");

  CHECK(from_awq(*to_awq(good), 9, 32, 32).error().field == "shape");
  CHECK_FALSE(to_awq(drawn(8, 32, 3, 32, 94)));

  UniformWeight bad = good;
  bad.codes[9] = 16;
  CHECK(to_awq(bad).error().offset == 9);
  bad = good;
  bad.zeros[2] = 17;
  CHECK(to_awq(bad).error().offset == 2);
  std::vector<float> few(10);
  CHECK(dequantize(good, few).error().field == "out");
}

TEST_CASE("packings: the rules of compressed-tensors and AWQ, by hand") {
  // absmax 7.5, scale 1: -7.5 is a tie to even, -8; +7.5 is clipped to 7 first; halves go to even.
  const auto symmetric = quantize_uniform(std::array{-7.5f, 7.5f, 1.0f, 0.5f, 1.5f, -0.5f}, 6, 4, 6, UniformRule::compressed_tensors);
  REQUIRE(symmetric);
  CHECK(symmetric->scales == std::vector<float>{1});
  CHECK(symmetric->codes == std::vector<std::uint8_t>{0, 15, 9, 8, 10, 8});
  // Range 5 … 20 becomes 0 … 20: not so for AWQ, whose zero is then held to 0, so that 15 and more are clipped.
  const std::array high{5.0f, 20.0f, 10.0f};
  const auto extended = quantize_uniform(high, 3, 4, 3, UniformRule::compressed_tensors_asymmetric);
  CHECK(extended->scales[0] == 20.0f / 15);
  CHECK(extended->zeros[0] == 0);
  CHECK(extended->codes == std::vector<std::uint8_t>{4, 15, 8});  // 3.75, 15, 7.5 (above the tie: 20/15 is rounded down)
  const auto awq = quantize_uniform(high, 3, 4, 3, UniformRule::awq);
  CHECK(awq->scales[0] == 1);
  CHECK(awq->zeros[0] == 0);
  CHECK(awq->codes == std::vector<std::uint8_t>{5, 15, 10});
  // -5 … 10: scale 1, zero 5.
  const std::array mixed{-5.0f, 10.0f, 0.0f, 0.5f, 1.5f};
  for (const auto rule : {UniformRule::compressed_tensors_asymmetric, UniformRule::awq}) {
    const auto weight = quantize_uniform(mixed, 5, 4, 5, rule);
    CHECK(weight->scales[0] == 1);
    CHECK(weight->zeros[0] == 5);
    CHECK(weight->codes[0] == 0);
    CHECK(weight->codes[1] == 15);
    CHECK(weight->codes[2] == 5);
  }
  // The tie 0.5 falls after the zero is added for one, before it for the other: 0.5 - 3 = -2.5 to -2, and 0.5 to 0.
  CHECK(quantize_uniform(mixed, 5, 4, 5, UniformRule::compressed_tensors_asymmetric)->codes[3] == 6);
  CHECK(quantize_uniform(mixed, 5, 4, 5, UniformRule::awq)->codes[3] == 5);
  // Zeros do not divide by zero.
  const std::array<float, 4> nothing{};
  for (const auto rule : {UniformRule::compressed_tensors, UniformRule::compressed_tensors_asymmetric, UniformRule::awq}) {
    const auto weight = quantize_uniform(nothing, 4, 4, 4, rule);
    std::array<float, 4> values;
    REQUIRE(dequantize(*weight, values));
    CHECK(values == nothing);
  }
  CHECK(quantize_uniform(std::array{1.0f, NAN}, 2, 4, 2, UniformRule::awq).error().offset == 1);
  CHECK(quantize_uniform(high, 2, 4, 2, UniformRule::awq).error().field == "columns");
}

TEST_CASE("packings: NVFP4, MXFP4 and NF4 as the two tensors of a checkpoint") {
  const std::array<float, 16> values{0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0.5f, -1, -1.5f, -2, -3, -4, -6, 0};
  const auto encoded = [&](const char* id) {
    const Format& format = *find(id);
    std::vector<float> row(values.begin(), values.end());
    row.resize(32);  // a second block of zeros for NVFP4
    std::vector<std::byte> bytes(static_cast<std::size_t>(*encoded_size(format, 32)));
    REQUIRE(encode(format, row, bytes));
    return bytes;
  };
  const auto bytes_of = [](std::vector<int> list) {
    std::vector<std::byte> bytes;
    for (const int b : list) bytes.push_back(static_cast<std::byte>(b));
    return bytes;
  };
  const auto codes = bytes_of({0x10, 0x32, 0x54, 0x76, 0xA9, 0xCB, 0xED, 0x0F, 0, 0, 0, 0, 0, 0, 0, 0});

  // absmax 6: G = 2688 / 6 = 448; the block's scale is 448 · (6 / 6), 0x7E; zeros get 0.125, 0x20.
  const auto nvfp4 = encoded("nvfp4_tensor");
  float multiplier;
  std::memcpy(&multiplier, nvfp4.data(), 4);
  CHECK(multiplier == 448);
  const auto split = split_blocks(std::span(nvfp4).subspan(4), 1, 8);
  REQUIRE(split);
  CHECK(split->heads == bytes_of({0x7E, 0x20}));
  CHECK(split->bodies == codes);
  CHECK(*join_blocks(*split, 1, 8) == std::vector(nvfp4.begin() + 4, nvfp4.end()));

  // floor(log2 6) - 2 = 0.
  const auto mxfp4 = split_blocks(encoded("mxfp4_floor"), 1, 16);
  CHECK(mxfp4->heads == bytes_of({127}));
  CHECK(mxfp4->bodies == codes);

  // NF4: 32 values are half a block; its absmax is 6, and 6/6 is code 15, -6/6 code 0, first in the high nibble.
  const auto nf4 = split_blocks(encoded("nf4"), 4, 32);
  CHECK(nf4->heads == bytes_of({0x00, 0x00, 0xC0, 0x40}));
  CHECK(nf4->bodies.size() == 16);
  CHECK((nf4->bodies[3] & std::byte{15}) == std::byte{15});
  CHECK((nf4->bodies[7] >> 4) == std::byte{0});

  CHECK_FALSE(split_blocks(std::span(nvfp4).first(1), 1, 8));
  CHECK_FALSE(join_blocks({bytes_of({1}), codes}, 1, 8));
  // A body of no bytes, and one so long that counting its blocks might wrap to none.
  CHECK(split_blocks(nvfp4, 1, 0).error().field == "body");
  CHECK(join_blocks({{}, codes}, 1, 0).error().field == "body");
  CHECK_FALSE(join_blocks({{}, codes}, 1, std::numeric_limits<std::size_t>::max()));
}
