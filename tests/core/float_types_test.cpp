#include "tensor/float_types.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

using namespace bitbudget::tensor;

namespace {

std::uint32_t bits_of(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, 4);
  return bits;
}

// The textbook value of a code, in double arithmetic.
double value_of(std::uint32_t magnitude, int mantissa, int bias) {
  const int exponent = static_cast<int>(magnitude >> mantissa);
  const double fraction = magnitude & ((1u << mantissa) - 1u);
  const double unit = std::ldexp(1.0, -mantissa);
  if (exponent == 0) return std::ldexp(fraction * unit, 1 - bias);
  return std::ldexp(1.0 + fraction * unit, exponent - bias);
}

// Decoding every finite code, encoding it back, and every midpoint between neighbours with the floats beside it.
template <class Encode, class Decode>
void check_type(Encode encode, Decode decode, int mantissa, int bias, std::uint32_t sign_bit, std::uint32_t largest) {
  std::size_t wrong = 0;
  for (std::uint32_t code = 0; code <= largest; ++code) {
    const double value = value_of(code, mantissa, bias);
    const float decoded = decode(code);
    wrong += decoded != value;
    wrong += bits_of(decode(code | sign_bit)) != (bits_of(decoded) | 0x80000000u);
    wrong += encode(decoded) != code;
    wrong += encode(-decoded) != (code | sign_bit);
    if (code == largest) break;
    const double middle = (value + value_of(code + 1, mantissa, bias)) / 2;
    const float tie = static_cast<float>(middle);
    REQUIRE(static_cast<double>(tie) == middle);
    wrong += encode(tie) != code + (code & 1u);
    wrong += encode(-tie) != ((code + (code & 1u)) | sign_bit);
    wrong += encode(std::nextafterf(tie, 0.0f)) != code;
    wrong += encode(std::nextafterf(tie, std::numeric_limits<float>::infinity())) != code + 1;
  }
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("f16: every finite code, every tie and its neighbours") {
  check_type(f16_from_f32, [](std::uint32_t c) { return f32_from_f16(static_cast<std::uint16_t>(c)); }, 10, 15, 0x8000, 0x7BFF);
}

TEST_CASE("f8 e4m3: every finite code, every tie and its neighbours") {
  check_type(f8_e4m3_from_f32, [](std::uint32_t c) { return f32_from_f8_e4m3(static_cast<std::uint8_t>(c)); }, 3, 7, 0x80, 0x7E);
}

TEST_CASE("f8 e5m2: every finite code, every tie and its neighbours") {
  check_type(f8_e5m2_from_f32, [](std::uint32_t c) { return f32_from_f8_e5m2(static_cast<std::uint8_t>(c)); }, 2, 15, 0x80, 0x7B);
}

TEST_CASE("the 6- and 4-bit types: every code, every tie and its neighbours") {
  check_type(encode_float<kF6E3M2Type>, decode_float<kF6E3M2Type>, 2, 3, 0x20, 0x1F);
  check_type(encode_float<kF6E2M3Type>, decode_float<kF6E2M3Type>, 3, 1, 0x20, 0x1F);
  check_type(encode_float<kF4E2M1Type>, decode_float<kF4E2M1Type>, 1, 1, 0x08, 0x07);
  const std::vector<float> e2m1 = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6};
  for (std::uint32_t code = 0; code < 8; ++code) CHECK(decode_float<kF4E2M1Type>(code) == e2m1[code]);
}

TEST_CASE("bf16: every code, every tie and its neighbours") {
  std::size_t wrong = 0;
  for (std::uint32_t code = 0; code <= 0xFFFF; ++code) {
    const auto code16 = static_cast<std::uint16_t>(code);
    const float value = f32_from_bf16(code16);
    wrong += bits_of(value) != code << 16;
    if (std::isnan(value)) {
      wrong += bf16_from_f32(value) != (code | 0x40u);
      continue;
    }
    wrong += bf16_from_f32(value) != code;
    if (std::isinf(value)) continue;
    const auto from_bits = [](std::uint32_t bits) {
      float x;
      std::memcpy(&x, &bits, 4);
      return bf16_from_f32(x);
    };
    wrong += from_bits((code << 16) + 0x8000u) != code + (code & 1u);
    wrong += from_bits((code << 16) + 0x7FFFu) != code;
    wrong += from_bits((code << 16) + 0x8001u) != code + 1;
  }
  CHECK(wrong == 0);
}

TEST_CASE("beyond the largest value") {
  const float inf = std::numeric_limits<float>::infinity();
  CHECK(f16_from_f32(65519.996f) == 0x7BFF);
  CHECK(f16_from_f32(65520.0f) == 0x7C00);
  CHECK(f16_from_f32(-3e38f) == 0xFC00);
  CHECK(f16_from_f32(inf) == 0x7C00);
  CHECK(bf16_from_f32(3.4e38f) == 0x7F80);
  CHECK(bf16_from_f32(-inf) == 0xFF80);
  CHECK(f8_e4m3_from_f32(464.0f) == 0x7E);
  CHECK(f8_e4m3_from_f32(1e30f) == 0x7E);
  CHECK(f8_e4m3_from_f32(-inf) == 0xFE);
  CHECK(f8_e5m2_from_f32(61440.0f) == 0x7B);
  CHECK(f8_e5m2_from_f32(-inf) == 0xFB);
  CHECK(encode_float<kF4E2M1Type>(100.0f) == 7);
  CHECK(encode_float<kF4E2M1Type>(-inf) == 15);
  CHECK(f32_from_f16(0x7C00) == inf);
  CHECK(f32_from_f16(0xFC00) == -inf);
  CHECK(f32_from_f8_e5m2(0x7C) == inf);
}

TEST_CASE("NaN stays NaN, and quiet") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const float x : {nan, -nan}) {
    CHECK(std::isnan(f32_from_f16(f16_from_f32(x))));
    CHECK(std::isnan(f32_from_bf16(bf16_from_f32(x))));
    CHECK(std::isnan(f32_from_f8_e4m3(f8_e4m3_from_f32(x))));
    CHECK(std::isnan(f32_from_f8_e5m2(f8_e5m2_from_f32(x))));
    CHECK(std::signbit(f32_from_f16(f16_from_f32(x))) == std::signbit(x));
  }
  // A signalling NaN whose payload lies in the bits that are cut off must not become an infinity.
  float low_payload;
  const std::uint32_t bits = 0x7F800001u;
  std::memcpy(&low_payload, &bits, 4);
  CHECK(f16_from_f32(low_payload) == 0x7E00);
  CHECK(bf16_from_f32(low_payload) == 0x7FC0);
  for (std::uint32_t code = 0x7C01; code <= 0x7FFF; ++code) {
    REQUIRE(f16_from_f32(f32_from_f16(static_cast<std::uint16_t>(code))) == 0x7E00);
  }
}
