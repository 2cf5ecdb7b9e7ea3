#include "measure/round_trip.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "formats/hadamard.h"
#include "formats/registry.h"
#include "tensor/random.h"

using namespace bitbudget;

namespace {

constexpr std::size_t kRow = 512;

std::vector<float> draw(std::size_t count) {
  std::vector<float> values(count);
  tensor::fill_random({.distribution = tensor::Distribution::student_t, .seed = 11, .nu = 4}, 0, values);
  return values;
}

double squared_error(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (double{b[i]} - a[i]) * (double{b[i]} - a[i]);
  return sum;
}

}  // namespace

TEST_CASE("a round trip leaves what encode, decode and the rotation make apart, in every format") {
  const std::vector<float> values = draw(12 * kRow);
  for (const formats::Format* format : formats::all()) {
    for (const bool rotate : {false, true}) {
      CAPTURE(format->id);
      CAPTURE(rotate);
      std::vector<float> source = values;
      if (rotate) REQUIRE(formats::rotate(source, kRow));
      std::vector<std::byte> bytes(static_cast<std::size_t>(*formats::encoded_size(*format, values.size(), kRow)));
      std::vector<float> back(values.size());
      REQUIRE(formats::encode(*format, source, bytes, kRow));
      REQUIRE(formats::decode(*format, bytes, back, kRow));
      if (rotate) REQUIRE(formats::rotate_back(back, kRow));

      std::vector<std::byte> encoded(bytes.size());
      std::vector<float> decoded(values.size());
      const auto sums = measure::round_trip(*format, values, {.row_length = kRow, .rotate = rotate}, {encoded, decoded});
      REQUIRE(sums);
      CHECK(encoded == bytes);
      CHECK(decoded == back);
      CHECK(sums->count == values.size());
      CHECK(sums->squared_error.value() == doctest::Approx(squared_error(values, back)).epsilon(1e-12));
    }
  }
}

TEST_CASE("a round trip with importance and a search is that of encode") {
  const std::vector<float> values = draw(4 * kRow);
  std::vector<float> importance(kRow);
  for (std::size_t i = 0; i < kRow; ++i) importance[i] = i % 7 == 0 ? 25.0f : 1.0f;
  for (const char* id : {"q4_k", "int4_asym_g128"}) {
    const formats::Format& format = *formats::find(id);
    const formats::EncodeOptions options{.importance = importance, .scale_search = formats::ScaleSearch::mse};
    std::vector<std::byte> bytes(static_cast<std::size_t>(*formats::encoded_size(format, values.size(), kRow)));
    std::vector<std::byte> encoded = bytes, plain = bytes;
    std::vector<float> decoded(values.size());
    REQUIRE(formats::encode(format, values, bytes, kRow, options));
    REQUIRE(formats::encode(format, values, plain, kRow));
    REQUIRE(measure::round_trip(format, values, {.row_length = kRow, .encode = options}, {encoded, decoded}));
    CHECK(encoded == bytes);
    CHECK(encoded != plain);
  }
}

TEST_CASE("a round trip refuses what encode and rotate refuse") {
  const formats::Format& format = *formats::find("q8_0");
  std::vector<float> values = draw(64);
  std::vector<std::byte> encoded(static_cast<std::size_t>(*formats::encoded_size(format, 64, 64)));
  std::vector<float> decoded(64);
  values[40] = INFINITY;
  const auto infinite = measure::round_trip(format, values, {.row_length = 64}, {encoded, decoded});
  REQUIRE(!infinite);
  CHECK(infinite.error().code == ErrorCode::non_finite);
  CHECK(infinite.error().offset == 40);
  const auto rows = measure::round_trip(format, values, {.row_length = 48}, {encoded, decoded});
  REQUIRE(!rows);
  CHECK(rows.error().field == "rowLength");
}
