// Every operation of kernels/simd.h on this machine's architecture against plain scalar code.
#include "kernels/simd.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "tensor/random.h"

using namespace bitbudget::kernels;
using namespace bitbudget::kernels::simd;

namespace {

template <class T>
using Array = std::array<T, 16 / sizeof(T)>;

template <class T>
Array<T> lanes(const xsimd::batch<T, Arch>& x) {
  Array<T> out;
  x.store_unaligned(out.data());
  return out;
}

template <class T>
Array<T> random_lanes(std::uint64_t seed) {
  Array<T> out;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<T>(bitbudget::tensor::random_word(seed, i));
  return out;
}

template <class T>
xsimd::batch<T, Arch> vector(const Array<T>& x) {
  return load<Arch>(x.data());
}

template <class To, class From>
To saturate(From v) {
  constexpr auto least = static_cast<From>(std::numeric_limits<To>::min());
  constexpr auto most = static_cast<From>(std::numeric_limits<To>::max());
  return static_cast<To>(std::min(std::max(v, least), most));
}

// `operation` gives a vector of To from two vectors of From.
template <class To, class From, class Operation>
void check_narrow(Operation operation) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    auto low = random_lanes<From>(seed), high = random_lanes<From>(seed + 1000);
    // Half of the seeds stay near the limits of To.
    for (From& v : low) v = static_cast<From>(v >> (seed % 2 * (sizeof(From) * 4 - 1)));
    for (From& v : high) v = static_cast<From>(v >> (seed % 2 * (sizeof(From) * 4 - 1)));
    Array<To> expected;
    for (std::size_t i = 0; i < low.size(); ++i) {
      expected[i] = saturate<To>(low[i]);
      expected[i + low.size()] = saturate<To>(high[i]);
    }
    REQUIRE(lanes(operation(vector(low), vector(high))) == expected);
  }
}

template <class To, class From, class Low, class High>
void check_extend(Low low, High high) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto x = random_lanes<From>(seed);
    Array<To> first, second;
    for (std::size_t i = 0; i < first.size(); ++i) {
      first[i] = x[i];
      second[i] = x[i + first.size()];
    }
    REQUIRE(lanes<To>(low(vector(x))) == first);
    REQUIRE(lanes<To>(high(vector(x))) == second);
  }
}

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

}  // namespace

TEST_CASE("simd: rounding and conversion to integers") {
  std::vector<float> values{0.0f, -0.0f, 0.5f, -0.5f, 1.5f, 2.5f, -2.5f, 0.49999997f, 0.99999994f, 1e6f, -4194303.0f, 4194303.0f};
  for (int i = -400; i < 400; ++i) values.push_back(static_cast<float>(i) * 0.25f);
  for (const float v : values) {
    const F32<Arch> x(v);
    CHECK(std::bit_cast<std::uint32_t>(lanes(nearest(x))[0]) == std::bit_cast<std::uint32_t>(std::nearbyintf(v)));
    CHECK(std::bit_cast<std::uint32_t>(lanes(truncate(x))[1]) == std::bit_cast<std::uint32_t>(std::truncf(v)));
    CHECK(lanes(truncate_to_int(x))[2] == static_cast<int>(v));
    CHECK(lanes(whole_to_int(truncate(x)))[3] == static_cast<int>(v));
    CHECK(lanes(to_float(I32<Arch>(static_cast<int>(v))))[0] == std::truncf(v));
  }
}

TEST_CASE("simd: maxima and minima pass over NaN in the newcomer") {
  const auto largest = [](float a, float b) { return lanes(larger(F32<Arch>(a), F32<Arch>(b)))[0]; };
  const auto least = [](float a, float b) { return lanes(smaller(F32<Arch>(a), F32<Arch>(b)))[0]; };
  CHECK(largest(1, 2) == 2);
  CHECK(largest(2, 1) == 2);
  CHECK(largest(1, kNan) == 1);
  CHECK(largest(-kInf, -5) == -5);
  CHECK_FALSE(std::signbit(largest(0.0f, -0.0f)));
  CHECK(std::signbit(largest(-0.0f, 0.0f)));
  CHECK(least(1, 2) == 1);
  CHECK(least(1, kNan) == 1);
  CHECK_FALSE(std::signbit(least(0.0f, -0.0f)));
  CHECK(lanes(larger(F64<Arch>(1.0), F64<Arch>(2.0)))[1] == 2);
  CHECK(lanes(larger(F64<Arch>(1.0), F64<Arch>(std::nan(""))))[1] == 1);
  CHECK(largest_lane(vector<float>({1, 9, -3, 4})) == 9);
  CHECK(smallest_lane(vector<float>({1, 9, -3, 4})) == -3);
}

TEST_CASE("simd: narrowing saturates") {
  check_narrow<std::int16_t, std::int32_t>([](auto a, auto b) { return narrow_s(a, b); });
  check_narrow<std::uint16_t, std::int32_t>([](auto a, auto b) { return narrow_u(a, b); });
  check_narrow<std::int8_t, std::int16_t>([](auto a, auto b) { return narrow_s(a, b); });
  check_narrow<std::uint8_t, std::int16_t>([](auto a, auto b) { return narrow_u(a, b); });
}

TEST_CASE("simd: widening") {
  const auto low = [](auto x) { return extend_low(x); };
  const auto high = [](auto x) { return extend_high(x); };
  check_extend<std::int16_t, std::int8_t>(low, high);
  check_extend<std::uint16_t, std::uint8_t>(low, high);
  check_extend<std::int32_t, std::int16_t>(low, high);
  check_extend<std::uint32_t, std::uint16_t>(low, high);
  check_extend<double, float>([](auto x) { return widen_low(x); }, [](auto x) { return widen_high(x); });
}

TEST_CASE("simd: swizzle, dot, transpose, broadcast") {
  const auto table = random_lanes<std::uint8_t>(1);
  auto index = random_lanes<std::uint8_t>(2);
  for (auto& i : index) i &= 15;
  const auto picked = lanes(swizzle(vector(table), vector(index)));
  for (std::size_t i = 0; i < 16; ++i) CHECK(picked[i] == table[index[i]]);

  const auto a = random_lanes<std::int16_t>(3), b = random_lanes<std::int16_t>(4);
  const auto sums = lanes(dot(vector(a), vector(b)));
  for (std::size_t i = 0; i < 4; ++i) CHECK(sums[i] == a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1]);

  F32<Arch> rows[4];
  for (int r = 0; r < 4; ++r) {
    const auto base = static_cast<float>(10 * r);
    rows[r] = vector<float>({base, base + 1, base + 2, base + 3});
  }
  transpose(rows[0], rows[1], rows[2], rows[3]);
  for (int c = 0; c < 4; ++c) {
    const auto v = static_cast<float>(c);
    CHECK(lanes(rows[c]) == Array<float>{v, 10 + v, 20 + v, 30 + v});
  }
  const auto x = vector<float>({5, 6, 7, 8});
  CHECK(lanes(broadcast<0>(x))[3] == 5);
  CHECK(lanes(broadcast<2>(x))[0] == 7);
  CHECK(lanes(broadcast<3>(x))[1] == 8);
}

TEST_CASE("simd: lane stores, half loads, masks") {
  const auto bytes = random_lanes<std::uint8_t>(5);
  const auto x = vector(bytes);
  std::array<std::uint8_t, 20> out{};
  store_lane<std::uint16_t, 3>(out.data() + 1, x);
  CHECK(out[1] == bytes[6]);
  CHECK(out[2] == bytes[7]);
  CHECK(out[0] == 0);
  CHECK(out[3] == 0);
  store_lane<std::uint32_t, 2>(out.data() + 3, x);
  for (std::size_t i = 0; i < 4; ++i) CHECK(out[3 + i] == bytes[8 + i]);
  store_lane<std::uint64_t, 0>(out.data() + 1, x);
  for (std::size_t i = 0; i < 8; ++i) CHECK(out[1 + i] == bytes[i]);
  store_lane<std::uint64_t, 1>(out.data() + 1, x);
  for (std::size_t i = 0; i < 8; ++i) CHECK(out[1 + i] == bytes[8 + i]);
  CHECK(out[9] == 0);
  const auto half = lanes(load_half<Arch>(bytes.data()));
  for (std::size_t i = 0; i < 16; ++i) CHECK(half[i] == (i < 8 ? bytes[i] : 0));
  CHECK(none_set(F32<Arch>(1.0f) > F32<Arch>(2.0f)));
  CHECK_FALSE(none_set(vector<float>({0, 0, 0, 9}) > F32<Arch>(2.0f)));
}
