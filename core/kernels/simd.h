// The vector operations that the kernels need and xsimd lacks or lowers badly for WebAssembly (there, nearest is one instruction
// instead of 11 and swizzle one instead of 24 to 52; narrowing, widening, dot products and lane stores do not exist).
// Everything else comes from xsimd. Kernels are templates over xsimd's Arch and written for 128-bit vectors: WebAssembly's,
// SSE4.2's, and any other 128-bit architecture's through plain loops. The results are equal on all of them, bit for bit.
#pragma once

#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include <xsimd/xsimd.hpp>

namespace bitbudget::kernels {

// What the kernels run on. x86 is pinned to SSE4.2 so that wider flags change no kernel.
#if XSIMD_WITH_WASM
using Arch = xsimd::wasm;
inline constexpr const char* kArchName = "wasm-simd128";
#elif XSIMD_WITH_SSE4_2
using Arch = xsimd::sse4_2;
inline constexpr const char* kArchName = "sse4.2";
#elif XSIMD_WITH_NEON64
using Arch = xsimd::neon64;
inline constexpr const char* kArchName = "neon64";
#else
#error "bitbudget's kernels need WebAssembly SIMD, SSE4.2 or 64-bit NEON: compile with -msimd128 or -march=x86-64-v2"
#endif

namespace simd {

template <class A> using F32 = xsimd::batch<float, A>;
template <class A> using F64 = xsimd::batch<double, A>;
template <class A> using I32 = xsimd::batch<std::int32_t, A>;
template <class A> using U32 = xsimd::batch<std::uint32_t, A>;
template <class A> using U64 = xsimd::batch<std::uint64_t, A>;
template <class A> using I16 = xsimd::batch<std::int16_t, A>;
template <class A> using U16 = xsimd::batch<std::uint16_t, A>;
template <class A> using I8 = xsimd::batch<std::int8_t, A>;
template <class A> using U8 = xsimd::batch<std::uint8_t, A>;

/// The same 128 bits as lanes of another type.
template <class To, class From, class A>
xsimd::batch<To, A> as(const xsimd::batch<From, A>& x) {
  return xsimd::bitwise_cast<To>(x);
}

template <class A, class T>
xsimd::batch<T, A> load(const T* from) {
  return xsimd::batch<T, A>::load_unaligned(from);
}
template <class T, class A>
void store(T* to, const xsimd::batch<T, A>& x) {
  x.store_unaligned(to);
}
/// 16 bytes of any type.
template <class T, class A>
void store_bytes(void* to, const xsimd::batch<T, A>& x) {
  as<std::uint8_t>(x).store_unaligned(static_cast<std::uint8_t*>(to));
}
template <class A>
U8<A> load_bytes(const void* from) {
  return U8<A>::load_unaligned(static_cast<const std::uint8_t*>(from));
}

/// A constant (or any number in every lane) that a loop keeps in a register. WebAssembly engines build a constant anew in every
/// turn, from a general register, which takes longer than what is then done with it; they do not see that this one is constant,
/// because it comes from memory. To be called outside of loops.
template <class T, class A>
xsimd::batch<T, A> keep(T value) {
  alignas(16) T lanes[16 / sizeof(T)];
  xsimd::batch<T, A>(value).store_aligned(lanes);
  const T* from = lanes;
#if defined(__GNUC__)
  asm volatile("" : "+r"(from) : : "memory");
#endif
  return xsimd::batch<T, A>::load_aligned(from);
}
template <class A>
F32<A> keep_f32(float value) {
  return keep<float, A>(value);
}
template <class A>
I32<A> keep_i32(std::int32_t value) {
  return keep<std::int32_t, A>(value);
}
/// The same for 16 bytes.
template <class A>
U8<A> keep_bytes(const std::uint8_t* table) {
#if defined(__GNUC__)
  asm volatile("" : "+r"(table) : : "memory");
#endif
  return load<A>(table);
}

// The portable loops: `array` holds a vector's lanes.
namespace portable {

template <class T, class A>
struct Lanes {
  static_assert(sizeof(xsimd::batch<T, A>) == 16, "the kernels are written for 128-bit vectors");
  static constexpr std::size_t kCount = 16 / sizeof(T);
  alignas(16) T lane[kCount];

  Lanes() = default;
  explicit Lanes(const xsimd::batch<T, A>& x) { x.store_unaligned(lane); }
  xsimd::batch<T, A> batch() const { return xsimd::batch<T, A>::load_unaligned(lane); }
};

template <class A, class T, class Function>
xsimd::batch<T, A> map(const xsimd::batch<T, A>& x, Function f) {
  Lanes<T, A> lanes(x);
  for (T& v : lanes.lane) v = f(v);
  return lanes.batch();
}

/// Two vectors into one of half the lane width, saturating.
template <class To, class A, class From>
xsimd::batch<To, A> narrow(const xsimd::batch<From, A>& low, const xsimd::batch<From, A>& high) {
  const Lanes<From, A> halves[2] = {Lanes<From, A>(low), Lanes<From, A>(high)};
  Lanes<To, A> out;
  constexpr std::size_t half = Lanes<From, A>::kCount;
  for (std::size_t i = 0; i < 2 * half; ++i) {
    const From v = halves[i / half].lane[i % half];
    constexpr From least = std::numeric_limits<To>::min();
    constexpr From most = std::numeric_limits<To>::max();
    out.lane[i] = static_cast<To>(v < least ? least : v > most ? most : v);
  }
  return out.batch();
}

/// The low (first = 0) or high half of the lanes, widened.
template <class To, class A, class From>
xsimd::batch<To, A> widen(const xsimd::batch<From, A>& x, std::size_t first) {
  const Lanes<From, A> lanes(x);
  Lanes<To, A> out;
  for (std::size_t i = 0; i < Lanes<To, A>::kCount; ++i) out.lane[i] = static_cast<To>(lanes.lane[first + i]);
  return out.batch();
}

}  // namespace portable

template <class A> inline constexpr bool is_wasm = std::derived_from<A, xsimd::wasm>;
template <class A> inline constexpr bool is_sse = std::derived_from<A, xsimd::sse4_1> && sizeof(F32<A>) == 16;

// The other architecture's branch of a function below is never instantiated, but its names are looked up: that is why every
// intrinsic has a dependent argument, and why constants stand for macros.

/// Nearest integer, ties to even.
template <class A>
F32<A> nearest(const F32<A>& x) {
  if constexpr (is_wasm<A>) return wasm_f32x4_nearest(x);
  else if constexpr (is_sse<A>) return _mm_round_ps(x, 0x08);
  else return portable::map(x, [](float v) { return std::nearbyintf(v); });
}

/// Toward zero.
template <class A>
F32<A> truncate(const F32<A>& x) {
  if constexpr (is_wasm<A>) return wasm_f32x4_trunc(x);
  else if constexpr (is_sse<A>) return _mm_round_ps(x, 0x0B);
  else return portable::map(x, [](float v) { return std::truncf(v); });
}

/// Downward and upward.
template <class A>
F32<A> round_down(const F32<A>& x) {
  if constexpr (is_wasm<A>) return wasm_f32x4_floor(x);
  else if constexpr (is_sse<A>) return _mm_round_ps(x, 0x09);
  else return portable::map(x, [](float v) { return std::floor(v); });
}
template <class A>
F32<A> round_up(const F32<A>& x) {
  if constexpr (is_wasm<A>) return wasm_f32x4_ceil(x);
  else if constexpr (is_sse<A>) return _mm_round_ps(x, 0x0A);
  else return portable::map(x, [](float v) { return std::ceil(v); });
}

/// The integer of a value that already is one, |x| < 2^22: cheaper than a conversion that checks its range.
template <class A>
I32<A> whole_to_int(const F32<A>& x) {
  if constexpr (is_sse<A>) return _mm_cvttps_epi32(x);
  else return as<std::int32_t>(x + F32<A>(12582912.0f)) - I32<A>(0x4B400000);
}

/// The same in a loop that keeps its constants.
template <class A>
struct WholeToInt {
  F32<A> magic = keep_f32<A>(12582912.0f);
  I32<A> zero = keep_i32<A>(0x4B400000);

  I32<A> operator()(const F32<A>& x) const {
    if constexpr (is_sse<A>) return _mm_cvttps_epi32(x);
    else return as<std::int32_t>(x + magic) - zero;
  }
};

/// The nearest integer, ties to even; |x| < 2^22.
template <class A>
struct NearestToInt {
  F32<A> magic = keep_f32<A>(12582912.0f);
  I32<A> zero = keep_i32<A>(0x4B400000);

  I32<A> operator()(const F32<A>& x) const { return as<std::int32_t>(x + magic) - zero; }
};

/// Toward zero; |x| < 2^31.
template <class A>
I32<A> truncate_to_int(const F32<A>& x) {
  return xsimd::batch_cast<std::int32_t>(x);
}
template <class A>
F32<A> to_float(const I32<A>& x) {
  return xsimd::batch_cast<float>(x);
}

/// x > maximum ? x : maximum, and the like: a NaN in x is passed over, one in the maximum stays out of it.
template <class A>
F32<A> larger(const F32<A>& maximum, const F32<A>& x) {
  if constexpr (is_wasm<A>) return wasm_f32x4_pmax(maximum, x);
  else if constexpr (is_sse<A>) return _mm_max_ps(x, maximum);
  else return xsimd::select(x > maximum, x, maximum);
}
template <class A>
F32<A> smaller(const F32<A>& minimum, const F32<A>& x) {
  if constexpr (is_wasm<A>) return wasm_f32x4_pmin(minimum, x);
  else if constexpr (is_sse<A>) return _mm_min_ps(x, minimum);
  else return xsimd::select(x < minimum, x, minimum);
}
template <class A>
F64<A> larger(const F64<A>& maximum, const F64<A>& x) {
  if constexpr (is_wasm<A>) return wasm_f64x2_pmax(maximum, x);
  else if constexpr (is_sse<A>) return _mm_max_pd(x, maximum);
  else return xsimd::select(x > maximum, x, maximum);
}

/// Two lanes of f32 as double.
template <class A>
F64<A> widen_low(const F32<A>& x) {
  if constexpr (is_wasm<A>) return wasm_f64x2_promote_low_f32x4(x);
  else if constexpr (is_sse<A>) return _mm_cvtps_pd(x);
  else return portable::widen<double>(x, 0);
}
template <class A>
F64<A> widen_high(const F32<A>& x) {
  if constexpr (is_wasm<A>) return wasm_f64x2_promote_low_f32x4(wasm_i32x4_shuffle(x, x, 2, 3, 2, 3));
  else if constexpr (is_sse<A>) return _mm_cvtps_pd(_mm_movehl_ps(x, x));
  else return portable::widen<double>(x, 2);
}

/// Two vectors into one of half the lane width, `low` first, saturating to the signed (s) or unsigned (u) range.
template <class A>
I16<A> narrow_s(const I32<A>& low, const I32<A>& high) {
  if constexpr (is_wasm<A>) return wasm_i16x8_narrow_i32x4(low, high);
  else if constexpr (is_sse<A>) return _mm_packs_epi32(low, high);
  else return portable::narrow<std::int16_t>(low, high);
}
template <class A>
U16<A> narrow_u(const I32<A>& low, const I32<A>& high) {
  if constexpr (is_wasm<A>) return wasm_u16x8_narrow_i32x4(low, high);
  else if constexpr (is_sse<A>) return _mm_packus_epi32(low, high);
  else return portable::narrow<std::uint16_t>(low, high);
}
template <class A>
I8<A> narrow_s(const I16<A>& low, const I16<A>& high) {
  if constexpr (is_wasm<A>) return wasm_i8x16_narrow_i16x8(low, high);
  else if constexpr (is_sse<A>) return _mm_packs_epi16(low, high);
  else return portable::narrow<std::int8_t>(low, high);
}
template <class A>
U8<A> narrow_u(const I16<A>& low, const I16<A>& high) {
  if constexpr (is_wasm<A>) return wasm_u8x16_narrow_i16x8(low, high);
  else if constexpr (is_sse<A>) return _mm_packus_epi16(low, high);
  else return portable::narrow<std::uint8_t>(low, high);
}

/// Bit 7 of every byte: the sign bit of one of 16 floats. (Narrowing saturates, and keeps the sign.)
template <class A>
U8<A> sign_bits(const F32<A>& a, const F32<A>& b, const F32<A>& c, const F32<A>& d) {
  const I16<A> low = narrow_s(as<std::int32_t>(a), as<std::int32_t>(b)), high = narrow_s(as<std::int32_t>(c), as<std::int32_t>(d));
  return as<std::uint8_t>(narrow_s(low, high)) & U8<A>(0x80);
}

/// Means of unsigned lanes, halves up: (a + b + 1) >> 1 without overflow.
template <class A>
U16<A> rounded_mean(const U16<A>& a, const U16<A>& b) {
  if constexpr (is_wasm<A>) {
    return wasm_u16x8_avgr(a, b);
  } else if constexpr (is_sse<A>) {
    return _mm_avg_epu16(a, b);
  } else {
    const portable::Lanes<std::uint16_t, A> x(a), y(b);
    portable::Lanes<std::uint16_t, A> out;
    for (std::size_t i = 0; i < 8; ++i) out.lane[i] = static_cast<std::uint16_t>((x.lane[i] + y.lane[i] + 1) >> 1);
    return out.batch();
  }
}

/// The low or the high half of the lanes at twice the width.
template <class A>
I16<A> extend_low(const I8<A>& x) {
  if constexpr (is_wasm<A>) return wasm_i16x8_extend_low_i8x16(x);
  else if constexpr (is_sse<A>) return _mm_cvtepi8_epi16(x);
  else return portable::widen<std::int16_t>(x, 0);
}
template <class A>
I16<A> extend_high(const I8<A>& x) {
  if constexpr (is_wasm<A>) return wasm_i16x8_extend_high_i8x16(x);
  else if constexpr (is_sse<A>) return _mm_srai_epi16(_mm_unpackhi_epi8(x, x), 8);
  else return portable::widen<std::int16_t>(x, 8);
}
template <class A>
U16<A> extend_low(const U8<A>& x) {
  if constexpr (is_wasm<A>) return wasm_u16x8_extend_low_u8x16(x);
  else if constexpr (is_sse<A>) return _mm_cvtepu8_epi16(x);
  else return portable::widen<std::uint16_t>(x, 0);
}
template <class A>
U16<A> extend_high(const U8<A>& x) {
  if constexpr (is_wasm<A>) return wasm_u16x8_extend_high_u8x16(x);
  else if constexpr (is_sse<A>) return _mm_unpackhi_epi8(x, U8<A>(0));
  else return portable::widen<std::uint16_t>(x, 8);
}
template <class A>
I32<A> extend_low(const I16<A>& x) {
  if constexpr (is_wasm<A>) return wasm_i32x4_extend_low_i16x8(x);
  else if constexpr (is_sse<A>) return _mm_cvtepi16_epi32(x);
  else return portable::widen<std::int32_t>(x, 0);
}
template <class A>
I32<A> extend_high(const I16<A>& x) {
  if constexpr (is_wasm<A>) return wasm_i32x4_extend_high_i16x8(x);
  else if constexpr (is_sse<A>) return _mm_srai_epi32(_mm_unpackhi_epi16(x, x), 16);
  else return portable::widen<std::int32_t>(x, 4);
}
template <class A>
U32<A> extend_low(const U16<A>& x) {
  if constexpr (is_wasm<A>) return wasm_u32x4_extend_low_u16x8(x);
  else if constexpr (is_sse<A>) return _mm_cvtepu16_epi32(x);
  else return portable::widen<std::uint32_t>(x, 0);
}
template <class A>
U32<A> extend_high(const U16<A>& x) {
  if constexpr (is_wasm<A>) return wasm_u32x4_extend_high_u16x8(x);
  else if constexpr (is_sse<A>) return _mm_unpackhi_epi16(x, U16<A>(0));
  else return portable::widen<std::uint32_t>(x, 4);
}

/// table[index] in every byte; each index is below 16.
template <class A>
U8<A> swizzle(const U8<A>& table, const U8<A>& index) {
  if constexpr (is_wasm<A>) {
    return wasm_i8x16_swizzle(table, index);
  } else if constexpr (is_sse<A>) {
    return _mm_shuffle_epi8(table, index);
  } else {
    const portable::Lanes<std::uint8_t, A> from(table);
    return portable::map(index, [&](std::uint8_t i) { return from.lane[i]; });
  }
}

/// The same, and 0 where the index is above 15.
template <class A>
U8<A> swizzle_or_zero(const U8<A>& table, const U8<A>& index) {
  if constexpr (is_wasm<A>) {
    return wasm_i8x16_swizzle(table, index);
  } else if constexpr (is_sse<A>) {
    return _mm_shuffle_epi8(table, _mm_adds_epu8(index, U8<A>(0x70)));
  } else {
    const portable::Lanes<std::uint8_t, A> from(table);
    return portable::map(index, [&](std::uint8_t i) { return i < 16 ? from.lane[i] : std::uint8_t{0}; });
  }
}

/// Products of neighbouring lanes, added in pairs: a0 b0 + a1 b1, a2 b2 + a3 b3, ... (not of four times -32768).
template <class A>
I32<A> dot(const I16<A>& a, const I16<A>& b) {
  if constexpr (is_wasm<A>) {
    return wasm_i32x4_dot_i16x8(a, b);
  } else if constexpr (is_sse<A>) {
    return _mm_madd_epi16(a, b);
  } else {
    const portable::Lanes<std::int16_t, A> x(a), y(b);
    portable::Lanes<std::int32_t, A> out;
    for (std::size_t i = 0; i < 4; ++i) out.lane[i] = x.lane[2 * i] * y.lane[2 * i] + x.lane[2 * i + 1] * y.lane[2 * i + 1];
    return out.batch();
  }
}

/// Rows into columns.
template <class A>
void transpose(F32<A>& a, F32<A>& b, F32<A>& c, F32<A>& d) {
  const F32<A> ab_low = xsimd::zip_lo(a, b), ab_high = xsimd::zip_hi(a, b);  // a0 b0 a1 b1, a2 b2 a3 b3
  const F32<A> cd_low = xsimd::zip_lo(c, d), cd_high = xsimd::zip_hi(c, d);
  a = as<float>(xsimd::zip_lo(as<double>(ab_low), as<double>(cd_low)));
  b = as<float>(xsimd::zip_hi(as<double>(ab_low), as<double>(cd_low)));
  c = as<float>(xsimd::zip_lo(as<double>(ab_high), as<double>(cd_high)));
  d = as<float>(xsimd::zip_hi(as<double>(ab_high), as<double>(cd_high)));
}

/// Lane i in every lane.
template <std::size_t i, class A>
F32<A> broadcast(const F32<A>& x) {
  if constexpr (is_wasm<A>) return wasm_i32x4_shuffle(x, x, i, i, i, i);
  else if constexpr (is_sse<A>) return _mm_shuffle_ps(x, x, i * 0x55);
  else return F32<A>(portable::Lanes<float, A>(x).lane[i]);
}

/// a where the mask is set, b elsewhere, whatever the mask compared.
template <class M, class T, class A>
xsimd::batch<T, A> select_bits(const xsimd::batch_bool<M, A>& mask, const xsimd::batch<T, A>& a, const xsimd::batch<T, A>& b) {
  static_assert(sizeof(M) == sizeof(T));
  return xsimd::select(xsimd::batch_bool_cast<T>(mask), a, b);
}

/// Writes one lane of 8, 16, 32 or 64 bits; `to` needs no alignment.
template <class Word, std::size_t i, class T, class A>
void store_lane(void* to, const xsimd::batch<T, A>& x) {
  static_assert(i * sizeof(Word) < 16);
  if constexpr (is_wasm<A> && sizeof(Word) == 1) {
    wasm_v128_store8_lane(to, x, i);
  } else if constexpr (is_sse<A> && sizeof(Word) == 1) {
    const auto word = static_cast<std::uint8_t>(_mm_extract_epi8(as<std::int8_t>(x), i));
    std::memcpy(to, &word, 1);
  } else if constexpr (is_wasm<A> && sizeof(Word) == 2) {
    wasm_v128_store16_lane(to, x, i);
  } else if constexpr (is_wasm<A> && sizeof(Word) == 4) {
    wasm_v128_store32_lane(to, x, i);
  } else if constexpr (is_wasm<A> && sizeof(Word) == 8) {
    wasm_v128_store64_lane(to, x, i);
  } else if constexpr (is_sse<A> && sizeof(Word) == 2) {
    const auto word = static_cast<std::uint16_t>(_mm_extract_epi16(as<std::int16_t>(x), i));
    std::memcpy(to, &word, 2);
  } else if constexpr (is_sse<A> && sizeof(Word) == 4) {
    const int word = _mm_extract_epi32(as<std::int32_t>(x), i);
    std::memcpy(to, &word, 4);
  } else if constexpr (is_sse<A> && sizeof(Word) == 8 && i == 0) {
    const long long word = _mm_cvtsi128_si64(as<std::int32_t>(x));
    std::memcpy(to, &word, 8);
  } else {
    const portable::Lanes<T, A> lanes(x);
    std::memcpy(to, reinterpret_cast<const std::byte*>(lanes.lane) + i * sizeof(Word), sizeof(Word));
  }
}

/// Eight bytes in the low half, zeros above.
template <class A>
U8<A> load_half(const void* from) {
  std::uint64_t word;
  std::memcpy(&word, from, 8);
  return as<std::uint8_t>(xsimd::batch<std::uint64_t, A>(word, 0));
}

/// x in every lane that is set, 0 in the others.
template <class T, class A>
xsimd::batch<T, A> where(const xsimd::batch_bool<T, A>& mask, const xsimd::batch<T, A>& x) {
  using Batch = xsimd::batch<T, A>;
  if constexpr (is_wasm<A> || is_sse<A>) return Batch(typename Batch::register_type(mask)) & x;
  else return xsimd::select(mask, x, Batch(0));
}

/// Bit 7 of byte i as bit i.
template <class A>
std::uint16_t top_bits(const U8<A>& x) {
  if constexpr (is_wasm<A>) {
    return static_cast<std::uint16_t>(wasm_i8x16_bitmask(x));
  } else if constexpr (is_sse<A>) {
    return static_cast<std::uint16_t>(_mm_movemask_epi8(x));
  } else {
    const portable::Lanes<std::uint8_t, A> lanes(x);
    unsigned bits = 0;
    for (unsigned i = 0; i < 16; ++i) bits |= static_cast<unsigned>(lanes.lane[i] >> 7) << i;
    return static_cast<std::uint16_t>(bits);
  }
}

/// -1 in every lane that is set, 0 in the others.
template <class A>
I32<A> true_bits(const xsimd::batch_bool<float, A>& mask) {
  if constexpr (is_wasm<A>) return I32<A>(static_cast<typename I32<A>::register_type>(mask));
  else if constexpr (is_sse<A>) return _mm_castps_si128(mask);
  else return xsimd::select(xsimd::batch_bool_cast<std::int32_t>(mask), I32<A>(-1), I32<A>(0));
}

/// Whether no lane is set.
template <class T, class A>
bool none_set(const xsimd::batch_bool<T, A>& mask) {
  if constexpr (is_wasm<A>) return !wasm_v128_any_true(mask);
  else return !xsimd::any(mask);
}

/// -1 in every lane that is set, 0 in the others.
template <class T, class A>
xsimd::batch<T, A> true_lanes(const xsimd::batch_bool<T, A>& mask) {
  using Batch = xsimd::batch<T, A>;
  if constexpr (is_wasm<A> || is_sse<A>) return Batch(typename Batch::register_type(mask));
  else return xsimd::select(mask, Batch(static_cast<T>(-1)), Batch(0));
}

template <class A>
float first_lane(const F32<A>& x) {
  if constexpr (is_wasm<A>) return wasm_f32x4_extract_lane(x, 0);
  else if constexpr (is_sse<A>) return _mm_cvtss_f32(x);
  else return portable::Lanes<float, A>(x).lane[0];
}

/// The largest lane, and the smallest; none is NaN.
template <class A>
float largest_lane(const F32<A>& x) {
  const F32<A> pairs = larger(x, as<float>(xsimd::zip_hi(as<double>(x), as<double>(x))));
  return first_lane(larger(pairs, broadcast<1>(pairs)));
}
template <class A>
float smallest_lane(const F32<A>& x) {
  const F32<A> pairs = smaller(x, as<float>(xsimd::zip_hi(as<double>(x), as<double>(x))));
  return first_lane(smaller(pairs, broadcast<1>(pairs)));
}

/// Keeps loads and stores of one part of a loop from moving into the other: WebAssembly engines have 15 vector registers, and
/// what the compiler hoists beyond that is spilled.
inline void barrier() {
#if defined(__GNUC__)
  asm volatile("" ::: "memory");
#endif
}

}  // namespace simd
}  // namespace bitbudget::kernels
