// Every vectorised loop against the plain loop beside it, byte for byte: for each format of the registry, over random, tied and
// extreme values, and over random bytes. BITBUDGET_DIFFERENTIAL_BLOCKS sets how many blocks each format gets (default 2000):
//
//   BITBUDGET_DIFFERENTIAL_BLOCKS=1000000 build/native/tests/bitbudget_tests -tc='*vector*' -s
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "formats/registry.h"
#include "tensor/random.h"

using namespace bitbudget;
using formats::Format;
using tensor::random_word;

namespace {

std::size_t wanted_blocks() {
  const char* text = std::getenv("BITBUDGET_DIFFERENTIAL_BLOCKS");
  return text != nullptr ? static_cast<std::size_t>(std::strtoull(text, nullptr, 10)) : 2000;
}

float from_bits(std::uint32_t bits) { return std::bit_cast<float>(bits); }

// One run of 32 values of a kind that the seed chooses. `levels` is the number of steps that ties are aimed at.
void fill_run(std::uint64_t seed, std::span<float> run) {
  constexpr std::uint32_t kKinds = 14;
  const std::uint64_t choice = random_word(seed, 1'000'000);
  const float scale = from_bits(static_cast<std::uint32_t>(127 - 12 + choice / 97 % 16) << 23);
  tensor::fill_random({.seed = seed, .scale = scale}, 0, run);
  const auto word = [&](std::size_t i) { return random_word(seed, 2'000'000 + i); };
  for (std::size_t i = 0; i < run.size(); ++i) {
    const bool sign = word(i) >> 63;
    switch (choice % kKinds) {
      case 0:
      case 1: break;  // normal
      case 2: run[i] = std::fabs(run[i]); break;
      case 3: run[i] = -std::fabs(run[i]); break;
      case 4: run[i] = run[i] * run[i] * run[i]; break;
      case 5: run[i] = scale * 0.37f; break;                       // constant
      case 6: run[i] = sign ? 0.0f : -0.0f; break;
      case 7: run[i] = sign ? scale : -scale; break;               // the largest magnitude is tied
      // Multiples of half a step of integer codes with 3 to 8 bits, the extreme always among them.
      case 8: {
        const int steps = (1 << (3 + choice / 7 % 6)) - 2;
        const int half = i == 5 ? steps : static_cast<int>(word(i) % static_cast<std::uint64_t>(2 * steps + 1)) - steps;
        run[i] = scale * static_cast<float>(half) / static_cast<float>(steps);
        break;
      }
      // The same beside the tie: one place up or down.
      case 9: {
        const int half = i == 5 ? 254 : static_cast<int>(word(i) % 509) - 254;
        const float x = scale * static_cast<float>(half) / 254;
        run[i] = from_bits(std::bit_cast<std::uint32_t>(x) + static_cast<std::uint32_t>(word(i) >> 32) % 3 - (x != 0));
        break;
      }
      case 10: run[i] = from_bits(static_cast<std::uint32_t>(word(i)) % 0x7F7FFFFFu | static_cast<std::uint32_t>(sign) << 31); break;
      case 11: run[i] = from_bits(0x7F000000u + static_cast<std::uint32_t>(word(i) % 0x7FFFFF)) * (sign ? 1.0f : -1.0f); break;
      case 12: run[i] = from_bits(static_cast<std::uint32_t>(word(i) % 0x01000000)) * (sign ? 1.0f : -1.0f); break;  // subnormal and near
      // Halfway between neighbours of short floats: few mantissa bits, exponents near one another.
      case 13: {
        const auto few = static_cast<std::uint32_t>(word(i));
        run[i] = from_bits((few & 0x80000000u) | ((118 + (few >> 23 & 15)) << 23) | (few & (0x7FFFFFu << (choice / 5 % 22))));
        if (!std::isfinite(run[i])) run[i] = 1;
        break;
      }
      default: break;
    }
    if (choice / 1013 % 16 == 0 && i == 7) run[i] *= 100;  // an outlier
    if (!std::isfinite(run[i])) run[i] = scale;
  }
}

std::vector<float> make_values(std::uint64_t seed, std::size_t count) {
  std::vector<float> values(count);
  // Runs of different kinds share blocks of different lengths; every fourth stretch of 256 keeps to one kind.
  for (std::size_t at = 0; at < count; at += 32) {
    const std::uint64_t kind = (at / 256) % 4 == 0 ? at / 256 : at / 32 + 1'000'000;
    fill_run(seed * 7919 + kind, std::span(values).subspan(at, std::min<std::size_t>(32, count - at)));
  }
  return values;
}

std::size_t different(std::span<const float> a, std::span<const float> b) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    // A NaN's payload is not a result.
    count += std::bit_cast<std::uint32_t>(a[i]) != std::bit_cast<std::uint32_t>(b[i]) && !(std::isnan(a[i]) && std::isnan(b[i]));
  }
  return count;
}

struct Shape {
  std::size_t rows;
  std::size_t row_length;
  std::size_t count() const { return rows * row_length; }
};

// Rows of a few blocks and, where the format allows, of odd lengths: kernels meet their tails.
Shape shape_of(const Format& format, std::uint64_t seed) {
  const auto up_to = [&](std::uint64_t index, std::uint64_t most) { return static_cast<std::size_t>(1 + random_word(seed, index) % most); };
  const std::size_t unit = format.row_multiple;
  return {up_to(2, 5), unit * up_to(1, unit == 1 ? 700 : 9)};
}

std::size_t blocks_of(const Format& format, const Shape& shape) {
  // Formats without blocks, and those whose unit is a run of many, count in runs of 32 and 256 values.
  const std::size_t length = format.block_length > 1 ? std::min<std::size_t>(format.block_length, 256) : 32;
  return shape.rows * ((shape.row_length + length - 1) / length);
}

std::size_t compare_encoders(const Format& format, std::size_t wanted) {
  std::size_t blocks = 0;
  for (std::uint64_t seed = 1; blocks < wanted; ++seed) {
    const Shape shape = shape_of(format, seed);
    const auto values = make_values(seed, shape.count());
    const auto size = formats::encoded_size(format, values.size(), shape.row_length);
    REQUIRE(size.has_value());
    std::vector<std::byte> vectors(static_cast<std::size_t>(*size)), plain(vectors.size(), std::byte{0xA5});
    REQUIRE(formats::encode(format, values, vectors, shape.row_length).has_value());
    REQUIRE(format.plain_encode(values, shape.row_length, {}, plain).has_value());
    if (vectors != plain) {
      const auto at = std::mismatch(vectors.begin(), vectors.end(), plain.begin()).first - vectors.begin();
      FAIL_CHECK(format.id << ": seed " << seed << ", byte " << at << " of " << *size);
      return blocks;
    }
    blocks += blocks_of(format, shape);
  }
  return blocks;
}

std::size_t compare_decoders(const Format& format, std::size_t wanted) {
  std::size_t blocks = 0;
  for (std::uint64_t seed = 1; blocks < wanted; ++seed) {
    const Shape shape = shape_of(format, seed);
    const auto size = formats::encoded_size(format, shape.count(), shape.row_length);
    REQUIRE(size.has_value());
    std::vector<std::byte> bytes(static_cast<std::size_t>(*size));
    if (seed % 2 == 0) {
      REQUIRE(formats::encode(format, make_values(seed, shape.count()), bytes, shape.row_length).has_value());
    } else {
      for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(random_word(seed, i));
    }
    std::vector<float> vectors(shape.count()), plain(shape.count(), -77);
    REQUIRE(formats::decode(format, bytes, vectors, shape.row_length).has_value());
    REQUIRE(format.plain_decode(bytes, shape.row_length, plain).has_value());
    if (const std::size_t wrong = different(vectors, plain); wrong > 0) {
      FAIL_CHECK(format.id << ": seed " << seed << ", " << wrong << " of " << shape.count() << " values differ");
      return blocks;
    }
    blocks += blocks_of(format, shape);
  }
  return blocks;
}

}  // namespace

TEST_CASE("vector encoders and decoders equal the plain loops") {
  const std::size_t wanted = wanted_blocks();
  std::size_t vectorised = 0;
  for (const Format* format : formats::all()) {
    std::string line(format->id);
    if (format->plain_encode) line += ": encoded " + std::to_string(compare_encoders(*format, wanted)) + " blocks";
    if (format->plain_decode) line += ": decoded " + std::to_string(compare_decoders(*format, wanted)) + " blocks";
    vectorised += format->plain_encode || format->plain_decode;
    INFO(line);
    CHECK(true);  // with -s, the line above is the report
  }
  CHECK(vectorised >= 6);
}
