// What holds for every format of the registry: sizes, refusals, edges of the input, invariances.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "formats/registry.h"
#include "tensor/random.h"

using namespace bitbudget;
using formats::Format;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// A length that holds whole blocks of every format, and some.
constexpr std::size_t kRow = 512;
constexpr std::size_t kRows = 4;

std::vector<float> normal_values(std::size_t count, std::uint64_t seed, double scale = 1) {
  std::vector<float> x(count);
  tensor::fill_random({.distribution = tensor::Distribution::normal, .seed = seed, .scale = scale}, 0, x);
  return x;
}

std::vector<std::byte> encoded(const Format& format, std::span<const float> values, std::uint64_t row_length,
                               const formats::EncodeOptions& options = {}) {
  const auto size = formats::encoded_size(format, values.size(), row_length);
  REQUIRE(size);
  std::vector<std::byte> bytes(static_cast<std::size_t>(*size));
  REQUIRE(formats::encode(format, values, bytes, row_length, options));
  return bytes;
}

std::vector<float> decoded(const Format& format, std::span<const std::byte> bytes, std::size_t count, std::uint64_t row_length) {
  std::vector<float> values(count);
  REQUIRE(formats::decode(format, bytes, values, row_length));
  return values;
}

std::vector<float> round_trip(const Format& format, std::span<const float> values, std::uint64_t row_length = kRow,
                              const formats::EncodeOptions& options = {}) {
  return decoded(format, encoded(format, values, row_length, options), values.size(), row_length);
}

/// Equal bit for bit, but for the sign of zero.
bool same_values(std::span<const float> a, std::span<const float> b) { return std::ranges::equal(a, b); }

bool is_any_of(const Format& format, std::initializer_list<std::string_view> ids) { return std::ranges::find(ids, format.id) != ids.end(); }

}  // namespace

TEST_CASE("formats: ids are unique and lower case, texts are there") {
  std::set<std::string_view> ids;
  for (const Format* format : formats::all()) {
    CAPTURE(format->id);
    CHECK(ids.insert(format->id).second);
    CHECK(std::ranges::all_of(format->id, [](unsigned char c) { return std::islower(c) || std::isdigit(c) || c == '_'; }));
    CHECK_FALSE(format->label.empty());
    CHECK(format->description.ends_with('.'));
    CHECK_FALSE(format->source.empty());
    CHECK(formats::find(format->id) == format);
  }
  CHECK(formats::find("no_such_format") == nullptr);
  CHECK(formats::get("no_such_format").error().code == ErrorCode::unknown_format);
}

TEST_CASE("formats: the size is blocks times their bytes, and bits per weight agrees") {
  for (const Format* format : formats::all()) {
    CAPTURE(format->id);
    CHECK(formats::encoded_size(*format, 0) == format->encoded_size(0, 0));
    if (format->block_length != 0 && format->tensor_bytes == 0 && format->row_multiple % format->block_length == 0) {
      for (const std::uint64_t blocks : {1u, 2u, 7u, 1u << 20}) {
        const std::uint64_t count = blocks * format->row_multiple;
        CHECK(formats::encoded_size(*format, count) == count / format->block_length * format->bytes_per_block);
      }
    }
    // For long rows, the size comes to the stated bits within a row's padding.
    const std::uint64_t rows = 64;
    const std::uint64_t row = std::uint64_t{1} << 20;
    const auto size = formats::encoded_size(*format, rows * row, row);
    REQUIRE(size);
    CHECK(8.0 * static_cast<double>(*size) / static_cast<double>(rows * row) == doctest::Approx(format->bits_per_weight).epsilon(1e-4));
  }
}

TEST_CASE("formats: short rows, wrong counts and oversizes are refused") {
  for (const Format* format : formats::all()) {
    CAPTURE(format->id);
    const auto not_rows = formats::encoded_size(*format, 3 * std::uint64_t{kRow} + 1, kRow);
    REQUIRE_FALSE(not_rows);
    CHECK(not_rows.error().code == ErrorCode::invalid_argument);
    CHECK(not_rows.error().field == "rowLength");
    if (format->row_multiple > 1) {
      const auto short_row = formats::encoded_size(*format, 2 * (format->row_multiple - 1), format->row_multiple - 1);
      REQUIRE_FALSE(short_row);
      CHECK(short_row.error().field == "rowLength");
    }
    CHECK_FALSE(formats::encoded_size(*format, std::uint64_t{1} << 52));
    const auto x = normal_values(kRow, 1);
    std::vector<std::byte> small(static_cast<std::size_t>(*formats::encoded_size(*format, kRow)) - 1);
    CHECK(formats::encode(*format, x, small).error().code == ErrorCode::invalid_argument);
  }
}

TEST_CASE("formats: nothing encodes to nothing") {
  for (const Format* format : formats::all()) {
    CAPTURE(format->id);
    const auto bytes = encoded(*format, {}, 0);
    CHECK(bytes.size() == format->encoded_size(0, 0));
    CHECK(decoded(*format, bytes, 0, 0).empty());
  }
}

TEST_CASE("formats: truncated and overlong bytes are refused with their position") {
  const auto x = normal_values(kRow, 2);
  for (const Format* format : formats::all()) {
    CAPTURE(format->id);
    auto bytes = encoded(*format, x, 0);
    std::vector<float> out(x.size());
    const std::uint64_t size = bytes.size();
    const auto cut = formats::decode(*format, std::span(bytes).first(bytes.size() - 1), out);
    REQUIRE_FALSE(cut);
    CHECK(cut.error().code == ErrorCode::truncated);
    CHECK(cut.error().offset == size - 1);
    CHECK(formats::decode(*format, {}, out).error().code == ErrorCode::truncated);
    bytes.push_back({});
    const auto longer = formats::decode(*format, bytes, out);
    REQUIRE_FALSE(longer);
    CHECK(longer.error().code == ErrorCode::invalid_argument);
    CHECK(longer.error().offset == size);
  }
}

TEST_CASE("formats: NaN and infinity survive or are refused, with the first one's index, before a byte is written") {
  for (const Format* format : formats::all()) {
    CAPTURE(format->id);
    for (const float bad : {kNaN, kInfinity, -kInfinity}) {
      auto x = normal_values(kRow, 3);
      x[77] = bad;
      x[300] = bad;
      if (format->takes_non_finite) {
        const auto back = round_trip(*format, x);
        CHECK(std::isnan(back[77]) == std::isnan(bad));
        if (!std::isnan(bad)) CHECK(back[77] == bad);
        continue;
      }
      std::vector<std::byte> bytes(static_cast<std::size_t>(*formats::encoded_size(*format, x.size())), std::byte{0xA5});
      const auto refused = formats::encode(*format, x, bytes);
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code == ErrorCode::non_finite);
      CHECK(refused.error().offset == 77u);
      CHECK(std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0xA5}; }));
    }
  }
}

TEST_CASE("formats: zeros of either sign decode to zeros") {
  for (const Format* format : formats::all()) {
    CAPTURE(format->id);
    for (const float zero : {0.0f, -0.0f}) {
      const std::vector<float> x(kRow, zero);
      CHECK(std::ranges::all_of(round_trip(*format, x), [](float v) { return v == 0; }));
    }
  }
}

TEST_CASE("formats: subnormal input decodes to something finite and no larger than a normal step") {
  for (const Format* format : formats::all()) {
    CAPTURE(format->id);
    auto x = normal_values(kRow, 4, 0x1p-130);
    x[0] = std::numeric_limits<float>::denorm_min();
    CHECK(std::ranges::all_of(round_trip(*format, x), [](float v) { return std::abs(v) < 0x1p-120f; }));
    // A single tiny value among zeros, too.
    std::vector<float> lone(kRow, 0.0f);
    lone[kRow / 2 + 3] = -0x1p-149f;
    CHECK(std::ranges::all_of(round_trip(*format, lone), [](float v) { return std::abs(v) < 0x1p-120f; }));
  }
}

TEST_CASE("formats: a constant is kept to the precision of its scale") {
  for (const Format* format : formats::all()) {
    CAPTURE(format->id);
    for (const float value : {1.0f, -1.0f, 0.1f, -0.1f}) {
      const std::vector<float> x(kRow, value);
      // Two bits with one sign can only hold every second such constant well; everything else comes within a tenth.
      const float tolerance = format->bits_per_weight < 3.1 ? 0.67f : 0.15f;
      const auto back = round_trip(*format, x);
      CHECK(std::ranges::all_of(back, [&](float v) { return std::abs(v - value) <= tolerance * std::abs(value); }));
    }
  }
}

TEST_CASE("formats: ggml's f16 scales overflow to infinity where ggml's do, and nothing traps") {
  std::vector<float> x(256, 0.0f);
  x[5] = 1e9f;
  x[6] = -3e8f;
  for (const std::string_view id : {"q8_0", "q4_0", "q4_1", "q5_0", "q5_1", "iq4_nl", "q2_k", "q3_k", "q4_k", "q5_k", "q6_k"}) {
    CAPTURE(id);
    const Format* format = formats::find(id);
    REQUIRE(format);
    const auto back = round_trip(*format, x, 256);
    CHECK_FALSE(std::isfinite(back[5]));
  }
  // Where even the weights x² overflow, the symmetric searches find nothing.
  x[5] = 3e38f;
  for (const std::string_view id : {"q3_k", "q6_k"}) CHECK(round_trip(*formats::find(id), x, 256)[5] == 0);
  // These have a scale for every finite value, or saturate.
  CHECK(round_trip(*formats::find("mxfp4"), x, 256)[5] == 6 * 0x1p125f);
  CHECK(round_trip(*formats::find("nvfp4"), std::vector<float>(64, 1e5f), 64)[5] == 2688.0f);
}

// Not HQQ: its shrinkage and its smallest range are absolute.
TEST_CASE("formats: times a power of two in, times a power of two out") {
  const auto x = normal_values(kRows * kRow, 5);
  auto larger = x;
  for (float& v : larger) v *= 4;
  for (const Format* format : formats::all()) {
    if (format->id.starts_with("hqq")) continue;
    CAPTURE(format->id);
    auto back = round_trip(*format, x);
    for (float& v : back) v *= 4;
    CHECK(same_values(round_trip(*format, larger), back));
  }
}

// Not Q3_K: its descent only moves where the largest magnitude is negative.
TEST_CASE("formats: where a format has no preferred sign, negating goes through") {
  const auto x = normal_values(kRows * kRow, 6);
  auto negated = x;
  for (float& v : negated) v = -v;
  for (const Format* format : formats::all()) {
    if (!is_any_of(*format, {"f32", "f16", "bf16", "q8_0", "q4_0", "q5_0", "iq4_nl", "q6_k", "mxfp4", "nvfp4"})) continue;
    CAPTURE(format->id);
    auto back = round_trip(*format, x);
    for (float& v : back) v = -v;
    CHECK(same_values(round_trip(*format, negated), back));
  }
}

TEST_CASE("formats: what has been through once goes through unchanged, where the extreme is a code of its own") {
  const auto x = normal_values(kRows * kRow, 7);
  for (const Format* format : formats::all()) {
    if (!is_any_of(*format, {"f32", "f16", "bf16", "q8_0", "q4_0", "q5_0", "mxfp4", "nvfp4"})) continue;
    CAPTURE(format->id);
    const auto once = round_trip(*format, x);
    CHECK(same_values(round_trip(*format, once), once));
  }
}

TEST_CASE("formats: a row's bytes do not depend on the other rows") {
  const auto x = normal_values(kRows * kRow, 8);
  const auto weights = normal_values(kRow, 9);
  std::vector<float> importance(kRow);
  std::ranges::transform(weights, importance.begin(), [](float v) { return v * v; });
  for (const Format* format : formats::all()) {
    if (format->tensor_bytes != 0 || !format->encodes_in_parts) continue;
    CAPTURE(format->id);
    for (const bool weighted : {false, true}) {
      const formats::EncodeOptions options{.importance = weighted ? std::span<const float>(importance) : std::span<const float>()};
      const auto all = encoded(*format, x, kRow, options);
      std::vector<std::byte> joined;
      for (std::size_t row = 0; row < kRows; ++row) {
        const auto part = encoded(*format, std::span(x).subspan(row * kRow, kRow), kRow, options);
        joined.insert(joined.end(), part.begin(), part.end());
      }
      CHECK(joined == all);
    }
  }
}

TEST_CASE("formats: importance lowers the error that it weighs") {
  const auto x = normal_values(16 * kRow, 10);
  const auto draws = normal_values(kRow, 11);
  std::vector<float> importance(kRow);
  std::ranges::transform(draws, importance.begin(), [](float v) { return v * v * v * v; });  // few columns matter
  const auto weighted_error = [&](std::span<const float> back) {
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += importance[i % kRow] * std::pow(double{x[i]} - back[i], 2);
    return sum;
  };
  std::size_t weighted = 0;
  for (const Format* format : formats::all()) {
    CAPTURE(format->id);
    const auto with = round_trip(*format, x, kRow, {.importance = importance});
    const auto without = round_trip(*format, x);
    if (format->takes_importance) {
      ++weighted;
      CHECK(weighted_error(with) < 0.95 * weighted_error(without));
    } else {
      CHECK(with == without);
    }
  }
  CHECK(weighted == 10);  // q4_0, q4_1, q5_0, q5_1, iq4_nl and the five K formats
}

TEST_CASE("formats: importance must be one finite, non-negative weight per column; all of it may be zero") {
  const auto x = normal_values(2 * kRow, 12);
  const std::vector<float> ones(kRow, 1.0f);
  for (const Format* format : formats::all()) {
    CAPTURE(format->id);
    std::vector<std::byte> bytes(static_cast<std::size_t>(*formats::encoded_size(*format, x.size(), kRow)));
    const auto error_of = [&](std::span<const float> importance) {
      const auto result = formats::encode(*format, x, bytes, kRow, {.importance = importance});
      return result ? std::string() : result.error().field;
    };
    CHECK(error_of(ones).empty());
    CHECK(error_of(std::span(ones).first(kRow - 1)) == "importance");
    for (const float bad : {-1.0f, kNaN, kInfinity}) {
      auto weights = ones;
      weights[kRow - 1] = bad;
      CHECK(error_of(weights) == "importance");
    }
    const std::vector<float> zeros(kRow, 0.0f);
    const auto back = round_trip(*format, x, kRow, {.importance = zeros});
    CHECK(std::ranges::all_of(back, [](float v) { return std::isfinite(v); }));
  }
}
