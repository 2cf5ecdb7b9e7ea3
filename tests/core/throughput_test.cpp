#include "measure/throughput.h"

#include <chrono>
#include <cstring>
#include <vector>

#include <doctest/doctest.h>

#include "formats/registry.h"
#include "tensor/random.h"

using namespace bitbudget;

TEST_CASE("throughput: the time of one pass, in the order of what a clock around the same work says") {
  const formats::Format& format = *formats::find("q8_0");
  std::vector<float> values(1 << 16);
  tensor::fill_random({.seed = 5}, 0, values);
  std::vector<std::byte> bytes(static_cast<std::size_t>(*formats::encoded_size(format, values.size())));
  std::vector<std::byte> expected = bytes;
  std::vector<float> decoded(values.size());
  std::vector<float> expected_decoded(values.size());
  REQUIRE(formats::encode(format, values, expected));
  REQUIRE(formats::decode(format, expected, expected_decoded));

  const measure::ThroughputOptions options{.batch_seconds = 0.01, .batches = 5};
  const auto start = std::chrono::steady_clock::now();
  const auto result = measure::throughput(format, values, bytes, decoded, options);
  const double all = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  REQUIRE(result);
  CHECK(bytes == expected);
  CHECK(decoded == expected_decoded);
  CHECK(all >= 3 * 5 * 0.01);  // three measurements of five batches
  for (const double seconds : {result->encode_seconds, result->decode_seconds, result->copy_seconds}) {
    CHECK(seconds > 1e-7);   // 256 KiB: no memory moves at 2.6 TB/s
    CHECK(seconds < 0.05);
  }
}

TEST_CASE("throughput: refuses what encode refuses, and nothing takes no time") {
  const formats::Format& format = *formats::find("q8_0");
  std::vector<float> values(33);
  std::vector<std::byte> bytes(34);
  CHECK(measure::throughput(format, values, bytes, values).error().code == ErrorCode::invalid_argument);
  const auto empty = measure::throughput(format, {}, {}, {});
  REQUIRE(empty);
  CHECK(empty->encode_seconds == 0);
}
