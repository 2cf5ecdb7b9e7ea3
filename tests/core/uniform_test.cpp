// The uniform integers' scale searches worked out by hand, and parts of one tensor against the whole. Their bytes are held by
// golden_test.cpp, their errors by measured_error_test.cpp.
#include "formats/uniform.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "formats/bit_stream.h"
#include "formats/registry.h"
#include "tensor/random.h"

using namespace bitbudget;
using namespace bitbudget::formats;

namespace {

std::vector<std::byte> encoded(std::string_view id, std::span<const float> values, std::uint64_t row, const EncodeOptions& options = {}) {
  const Format& format = *find(id);
  std::vector<std::byte> bytes(static_cast<std::size_t>(*encoded_size(format, values.size(), row)));
  REQUIRE(encode(format, values, bytes, row, options));
  return bytes;
}

std::vector<float> through(std::string_view id, std::span<const float> values, std::uint64_t row, const EncodeOptions& options = {}) {
  std::vector<float> decoded(values.size());
  REQUIRE(decode(*find(id), encoded(id, values, row, options), decoded, row));
  return decoded;
}

double squared_error(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::pow(double{a[i]} - b[i], 2);
  return sum;
}

std::vector<float> random(tensor::Distribution distribution, std::size_t count, std::uint64_t seed) {
  std::vector<float> values(count);
  tensor::fill_random({.distribution = distribution, .seed = seed}, 0, values);
  return values;
}

std::vector<std::byte> bytes_of(std::initializer_list<int> list) {
  std::vector<std::byte> bytes;
  for (const int b : list) bytes.push_back(static_cast<std::byte>(b));
  return bytes;
}

}  // namespace

TEST_CASE("bit stream: codes of every width, as one number") {
  // 5 bits: 1, 31, 0, 16 is 1 + 31·32 + 16·32768.
  std::vector<std::byte> out(3);
  pack_bits(std::array<std::uint8_t, 4>{1, 31, 0, 16}, 5, out);
  constexpr int number = 1 + 31 * 32 + 16 * 32768;
  CHECK(out == bytes_of({number & 255, number >> 8 & 255, number >> 16}));
  for (int bits = 1; bits <= 8; ++bits) {
    std::vector<std::uint8_t> codes(67);
    for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<std::uint8_t>(i * 37 & ((1u << bits) - 1));
    std::vector<std::byte> packed(packed_size(codes.size(), bits));
    CHECK(packed.size() == (67 * static_cast<std::size_t>(bits) + 7) / 8);
    pack_bits(codes, bits, packed);
    for (std::size_t i = 0; i < 67 * static_cast<std::size_t>(bits); ++i) {
      const bool in_code = codes[i / static_cast<std::size_t>(bits)] >> i % static_cast<std::size_t>(bits) & 1;
      CHECK((std::to_integer<int>(packed[i / 8]) >> i % 8 & 1) == in_code);
    }
    std::vector<std::uint8_t> back(67);
    unpack_bits(packed, bits, back);
    CHECK(back == codes);
  }
}

TEST_CASE("uniform: a block by hand") {
  // absmax 7: scale 1 (f16 0x3C00); q = 7, -7, 2 (2.5 is a tie), 4 (3.5 too), 0; stored + 8, low nibble first.
  const std::array x{7.0f, -7.0f, 2.5f, 3.5f, -0.0f};
  CHECK(encoded("int4_sym_row", x, 5) == bytes_of({0x00, 0x3C, 0x1F, 0xCA, 0x08}));
  CHECK(through("int4_sym_row", x, 5) == std::vector<float>{7, -7, 2, 4, 0});
  // 0 … 15 from -3 … 12: scale 1, zero 3.
  const std::array y{-3.0f, 12.0f, 0.0f};
  CHECK(encoded("int4_asym_row", y, 3) == bytes_of({0x00, 0x3C, 3, 0xF0, 0x03}));
  // The whole range lies above zero: it is extended to 0 … 15.
  const std::array z{15.0f, 5.0f};
  CHECK(encoded("int4_asym_row", z, 2) == bytes_of({0x00, 0x3C, 0, 0x5F}));
  // Per tensor: one head, then each row from a new byte.
  const std::array rows{7.0f, 1.0f, -2.0f, -7.0f, 3.0f, 5.0f};
  CHECK(encoded("int4_sym_tensor", rows, 3) == bytes_of({0x00, 0x3C, 0x9F, 0x06, 0xB1, 0x0D}));
  CHECK(encoded("int4_sym_tensor", {}, 0).empty());
}

TEST_CASE("uniform: percentile by nearest rank") {
  // Magnitudes 1 … 100: the 95th percentile is 95. So the int8 scale is f16(95/127), and 96 … 100 are clipped.
  std::vector<float> x(100);
  for (std::size_t i = 0; i < 100; ++i) x[(i * 37) % 100] = static_cast<float>(i + 1) * (i % 2 ? -1 : 1);
  EncodeOptions options{.scale_search = ScaleSearch::percentile, .percentile = 95};
  const UniformScale scale = find_uniform_scale(8, true, x, options);
  CHECK(scale.scale == doctest::Approx(95.0 / 127).epsilon(1e-3));
  const auto back = through("int8_sym_row", x, 100, options);
  CHECK(*std::ranges::max_element(back) == 127 * scale.scale);
  // Asymmetric: values -49 … 50, five at each end cut: -44 … 45.
  std::iota(x.begin(), x.end(), -49.0f);
  const UniformScale both = find_uniform_scale(8, false, x, options);
  CHECK(both.scale == doctest::Approx(89.0 / 255).epsilon(1e-3));
  CHECK(both.zero == 126);  // 44 · 255 / 89 = 126.07
  // 100 is the plain range.
  options.percentile = 100;
  CHECK(encoded("int4_asym_g32", x, 100, options) == encoded("int4_asym_g32", x, 100));
  for (const float bad : {0.0f, -1.0f, 101.0f, std::numeric_limits<float>::quiet_NaN()}) {
    options.percentile = bad;
    std::vector<std::byte> bytes(static_cast<std::size_t>(*encoded_size(*find("int4_sym_row"), 100, 100)));
    CHECK(encode(*find("int4_sym_row"), x, bytes, 100, options).error().field == "percentile");
  }
}

TEST_CASE("uniform: least squared error by hand") {
  // Three values at ±1 and one at 1.9: two bits hold -2, -1, 0, 1 times a scale of either sign. With -1 the levels are
  // 2, 1, 0, -1: the error is 0.01, and no other scale comes near.
  const std::array x{1.0f, -1.0f, 1.0f, 1.9f};
  const EncodeOptions options{.scale_search = ScaleSearch::mse};
  const UniformScale scale = find_uniform_scale(2, true, x, options);
  CHECK(scale.scale < 0);
  CHECK(squared_error(x, through("int2_sym_row", x, 4, options)) < 0.02);
  CHECK(squared_error(x, through("int2_sym_row", x, 4)) > 0.8);  // levels ±1.9 and 0
  // Nothing beats an exact one: it is the first, and stays.
  const std::array exact{7.0f, -7.0f, 3.0f, 0.0f};
  CHECK(encoded("int4_sym_row", exact, 4, options) == encoded("int4_sym_row", exact, 4));
}

TEST_CASE("uniform: no search does worse than absmax by its own measure") {
  for (const auto distribution : {tensor::Distribution::normal, tensor::Distribution::student_t}) {
    const auto x = random(distribution, 1280, 5);
    for (const Format* format : all()) {
      if (!format->id.starts_with("int")) continue;
      CAPTURE(format->id);
      const double plain = squared_error(x, through(format->id, x, 160));
      CHECK(squared_error(x, through(format->id, x, 160, {.scale_search = ScaleSearch::mse})) <= plain);
    }
  }
}

TEST_CASE("formats with a tensor scale: parts join to the whole") {
  const auto x = random(tensor::Distribution::laplace, 12 * 64, 6);
  const auto [low, high] = std::ranges::minmax(x);
  std::size_t checked = 0;
  for (const Format* format : all()) {
    if (format->tensor_bytes == 0) continue;
    CAPTURE(format->id);
    ++checked;
    const auto whole = encoded(format->id, x, 64);
    std::vector<std::byte> joined;
    for (std::size_t row = 0; row < 12; row += 3) {
      const auto part = encoded(format->id, std::span(x).subspan(row * 64, 3 * 64), 64, {.tensor_range = Range{low, high}});
      joined.insert(joined.end(), part.begin() + (row == 0 ? 0 : format->tensor_bytes), part.end());
    }
    CHECK(joined == whole);
  }
  CHECK(checked == 2 * 7 + 2 + 1);  // the integers, FP8 and NVFP4
}

TEST_CASE("formats in parts: those that join join, those that say they do not do not") {
  const auto x = random(tensor::Distribution::normal, 4 * 16384, 7);
  for (const std::string_view id : {"nf4", "fp4", "nf4_dq", "fp4_dq"}) {
    CAPTURE(id);
    auto joined = encoded(id, std::span(x).first(2 * 16384), 0);
    const auto second = encoded(id, std::span(x).last(2 * 16384), 0);
    joined.insert(joined.end(), second.begin(), second.end());
    CHECK((joined == encoded(id, x, 0)) == find(id)->encodes_in_parts);
  }
}

TEST_CASE("double quantization is 4.127 bits") {
  CHECK(find("nf4_dq")->bits_per_weight == 4 + 8.0 / 64 + 32.0 / (64 * 256));
  // 7 billion weights: 4 bytes for the tensor beside the blocks.
  const std::uint64_t count = 7'000'000'000;
  const std::uint64_t blocks = (count + 63) / 64;
  CHECK(*encoded_size(*find("fp4_dq"), count) == count / 2 + blocks + 4 * ((blocks + 255) / 256) + 4);
  CHECK(*encoded_size(*find("nf4"), 65) == 4 + 32 + 4 + 1);
}

TEST_CASE("huge values: formats that have no scale for them clip, and stay finite") {
  constexpr float kMax = std::numeric_limits<float>::max();
  std::vector<float> x(64, 0.0f);
  x[3] = kMax;
  x[40] = -kMax;
  for (const Format* format : all()) {
    const auto id = format->id;
    if (!id.starts_with("int") && !id.starts_with("hqq") && !id.starts_with("nf4") && !id.starts_with("fp4")) continue;
    CAPTURE(id);
    const auto back = through(id, x, 64);
    CHECK(std::ranges::all_of(back, [](float v) { return std::isfinite(v); }));
    if (!id.starts_with("hqq")) {
      CHECK(back[3] > 0);
      CHECK(back[40] < 0);
    }
  }
  CHECK(through("int8_sym_row", x, 64)[3] == 127 * 65504.0f);
  CHECK(through("nf4", x, 64)[3] == kMax);
  CHECK(through("f8_e4m3", x, 64)[40] == doctest::Approx(-kMax));
  // Under ceil, even and rceil the largest value's element is 4 (or its like) with 2^126: past the largest f32.
  CHECK(through("mxfp4_floor", x, 64)[3] == 6 * 0x1p125f);
  CHECK(std::isinf(through("mxfp4_rceil", x, 64)[3]));
}
