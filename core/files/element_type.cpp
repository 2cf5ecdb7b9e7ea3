#include "files/element_type.h"

#include <array>
#include <bit>
#include <string>
#include <type_traits>

#include "concat.h"
#include "files/source.h"
#include "formats/registry.h"
#include "tensor/float_types.h"

namespace bitbudget::files {
namespace {

/// Elements that are C++ numbers: integers and doubles go to the nearest f32, ties to even.
template <class T>
void from_numbers(const std::byte* elements, std::span<float> out) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(load<T>(elements + i * sizeof(T)));
}

/// Elements that are codes of a small float type.
template <class Code, auto convert>
void from_codes(const std::byte* elements, std::span<float> out) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = convert(load<Code>(elements + i * sizeof(Code)));
}

void from_f32(const std::byte* elements, std::span<float> out) {
  if (!out.empty()) std::memcpy(out.data(), elements, out.size_bytes());
}

void from_bool(const std::byte* elements, std::span<float> out) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = elements[i] == std::byte{0} ? 0.0f : 1.0f;
}

/// E8M0 (OCP microscaling 1.0): a power of two, 2^(code - 127); 0xFF is NaN.
float f32_from_e8m0(std::uint8_t code) {
  if (code == 0xFF) return std::bit_cast<float>(0x7FC00000u);
  if (code == 0) return std::bit_cast<float>(0x00400000u);  // 2^-127, a subnormal
  return std::bit_cast<float>(static_cast<std::uint32_t>(code) << 23);
}

/// The FNUZ types have one more step of bias than their OCP namesakes, no infinity and no negative zero: 0x80 is their NaN.
template <int mantissa, int bias>
float f32_from_fnuz(std::uint8_t code) {
  if (code == 0x80) return std::bit_cast<float>(0x7FC00000u);
  constexpr tensor::FloatType type{7 - mantissa, mantissa, bias, 0x7F, 0, 0};
  return tensor::decode_float<type>(code);
}

/// The number format of that id has the same bytes, and loops on vectors.
void from_format(const char* id, std::size_t size, const std::byte* elements, std::span<float> out) {
  static_cast<void>(formats::decode(*formats::find(id), {elements, out.size() * size}, out));
}
void f16(const std::byte* elements, std::span<float> out) { from_format("f16", 2, elements, out); }
void bf16(const std::byte* elements, std::span<float> out) { from_format("bf16", 2, elements, out); }
constexpr auto e4m3 = from_codes<std::uint8_t, tensor::f32_from_f8_e4m3>;
constexpr auto e5m2 = from_codes<std::uint8_t, tensor::f32_from_f8_e5m2>;
constexpr auto e8m0 = from_codes<std::uint8_t, f32_from_e8m0>;
constexpr auto e4m3_fnuz = from_codes<std::uint8_t, f32_from_fnuz<3, 8>>;
constexpr auto e5m2_fnuz = from_codes<std::uint8_t, f32_from_fnuz<2, 16>>;

// safetensors: the crate's Dtype, in its order. ggml: the ids and block sizes of ggml.h; the gaps are types that were removed.
constexpr std::array kTypes = {
    ElementType{"BOOL", 1, 8, 0, -1, "", from_bool},
    ElementType{"F4", 1, 4, 1, -1, "", nullptr},
    ElementType{"F6_E2M3", 1, 6, 2, -1, "", nullptr},
    ElementType{"F6_E3M2", 1, 6, 3, -1, "", nullptr},
    ElementType{"U8", 1, 8, 4, -1, "", from_numbers<std::uint8_t>},
    ElementType{"I8", 1, 8, 5, 24, "", from_numbers<std::int8_t>},
    ElementType{"F8_E5M2", 1, 8, 6, -1, "", e5m2},
    ElementType{"F8_E4M3", 1, 8, 7, -1, "", e4m3},
    ElementType{"F8_E8M0", 1, 8, 8, -1, "", e8m0},
    ElementType{"F8_E4M3FNUZ", 1, 8, 9, -1, "", e4m3_fnuz},
    ElementType{"F8_E5M2FNUZ", 1, 8, 10, -1, "", e5m2_fnuz},
    ElementType{"I16", 1, 16, 11, 25, "", from_numbers<std::int16_t>},
    ElementType{"U16", 1, 16, 12, -1, "", from_numbers<std::uint16_t>},
    ElementType{"F16", 1, 16, 13, 1, "", f16},
    ElementType{"BF16", 1, 16, 14, 30, "", bf16},
    ElementType{"I32", 1, 32, 15, 26, "", from_numbers<std::int32_t>},
    ElementType{"U32", 1, 32, 16, -1, "", from_numbers<std::uint32_t>},
    ElementType{"F32", 1, 32, 17, 0, "", from_f32},
    ElementType{"C64", 1, 64, 18, -1, "", nullptr},
    ElementType{"F64", 1, 64, 19, 28, "", from_numbers<double>},
    ElementType{"I64", 1, 64, 20, 27, "", from_numbers<std::int64_t>},
    ElementType{"U64", 1, 64, 21, -1, "", from_numbers<std::uint64_t>},

    ElementType{"Q4_0", 32, 18 * 8, -1, 2, "q4_0", nullptr},
    ElementType{"Q4_1", 32, 20 * 8, -1, 3, "q4_1", nullptr},
    ElementType{"Q5_0", 32, 22 * 8, -1, 6, "q5_0", nullptr},
    ElementType{"Q5_1", 32, 24 * 8, -1, 7, "q5_1", nullptr},
    ElementType{"Q8_0", 32, 34 * 8, -1, 8, "q8_0", nullptr},
    ElementType{"Q8_1", 32, 36 * 8, -1, 9, "q8_1", nullptr},
    ElementType{"Q2_K", 256, 84 * 8, -1, 10, "q2_k", nullptr},
    ElementType{"Q3_K", 256, 110 * 8, -1, 11, "q3_k", nullptr},
    ElementType{"Q4_K", 256, 144 * 8, -1, 12, "q4_k", nullptr},
    ElementType{"Q5_K", 256, 176 * 8, -1, 13, "q5_k", nullptr},
    ElementType{"Q6_K", 256, 210 * 8, -1, 14, "q6_k", nullptr},
    ElementType{"Q8_K", 256, 292 * 8, -1, 15, "q8_k", nullptr},
    ElementType{"IQ2_XXS", 256, 66 * 8, -1, 16, "iq2_xxs", nullptr},
    ElementType{"IQ2_XS", 256, 74 * 8, -1, 17, "iq2_xs", nullptr},
    ElementType{"IQ3_XXS", 256, 98 * 8, -1, 18, "iq3_xxs", nullptr},
    ElementType{"IQ1_S", 256, 50 * 8, -1, 19, "iq1_s", nullptr},
    ElementType{"IQ4_NL", 32, 18 * 8, -1, 20, "iq4_nl", nullptr},
    ElementType{"IQ3_S", 256, 110 * 8, -1, 21, "iq3_s", nullptr},
    ElementType{"IQ2_S", 256, 82 * 8, -1, 22, "iq2_s", nullptr},
    ElementType{"IQ4_XS", 256, 136 * 8, -1, 23, "iq4_xs", nullptr},
    ElementType{"IQ1_M", 256, 56 * 8, -1, 29, "iq1_m", nullptr},
    ElementType{"TQ1_0", 256, 54 * 8, -1, 34, "tq1_0", nullptr},
    ElementType{"TQ2_0", 256, 66 * 8, -1, 35, "tq2_0", nullptr},
    ElementType{"MXFP4", 32, 17 * 8, -1, 39, "mxfp4", nullptr},
    ElementType{"NVFP4", 64, 36 * 8, -1, 40, "nvfp4", nullptr},
    ElementType{"Q1_0", 128, 18 * 8, -1, 41, "q1_0", nullptr},
    ElementType{"Q2_0", 64, 18 * 8, -1, 42, "q2_0", nullptr},
};

}  // namespace

std::span<const ElementType> element_types() { return kTypes; }

const ElementType* find_element_type(std::string_view name) {
  for (const ElementType& type : kTypes) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

const ElementType* find_gguf_type(std::uint32_t id) {
  for (const ElementType& type : kTypes) {
    if (type.gguf_id >= 0 && static_cast<std::uint32_t>(type.gguf_id) == id) return &type;
  }
  return nullptr;
}

const ElementType* find_safetensors_type(std::string_view name) {
  const ElementType* type = find_element_type(name);
  return type != nullptr && type->safetensors_rank >= 0 ? type : nullptr;
}

Result<std::uint64_t> element_count(std::span<const std::uint64_t> shape) {
  // A zero may stand anywhere: the other factors are checked all the same, so that no order of them hides an overflow.
  std::uint64_t product = 1;
  bool empty = false;
  for (const std::uint64_t length : shape) {
    empty = empty || length == 0;
    if (length != 0 && !checked_multiply(product, length, product)) {
      return fail(ErrorCode::too_large, "The shape has more than 2^53 elements.");
    }
  }
  return empty ? 0 : product;
}

Result<std::uint64_t> stored_bytes(const ElementType& type, std::uint64_t count) {
  if (count % type.block_length != 0) {
    return fail(ErrorCode::invalid_argument, concat({count, " elements are not whole blocks of ", type.block_length, ", as ", type.name,
                                                     " needs."}));
  }
  const std::uint64_t blocks = count / type.block_length;
  // Types below a byte: eight blocks at a time, then the rest, so that no product of bits has to be held.
  const std::uint64_t rest_bits = blocks % 8 * type.block_bits;
  std::uint64_t bytes = 0;
  if (!checked_multiply(blocks / 8, type.block_bits, bytes) || !checked_add(bytes, rest_bits / 8, bytes)) {
    return fail(ErrorCode::too_large, "The tensor has more than 2^53 bytes.");
  }
  if (rest_bits % 8 != 0) {
    return fail(ErrorCode::invalid_argument, concat({count, " elements of ", type.name, " do not end on a byte."}));
  }
  return bytes;
}

}  // namespace bitbudget::files
