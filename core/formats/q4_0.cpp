#include "formats/block.h"
#include "formats/rounding.h"
#include "tensor/float_types.h"

namespace bitbudget::formats {
namespace {

/// Q4_0: 18 bytes for 32 values. f16 scale d, then 16 bytes: byte i holds the code of value i in its low nibble and that of
/// value i+16 in its high nibble; value = (q - 8)·d.
struct Q4_0 {
  static constexpr std::size_t kLength = 32;
  std::uint16_t d;
  std::uint8_t q[16];
};

/// d = m / -8 with m the value of largest magnitude: it gets code 0 exactly, and the opposite sign ends at +7.
Q4_0 quantize(BlockValues<Q4_0> x) {
  const float d = signed_max(x) / -8.0f;
  const float inverse = reciprocal_or_zero(d);
  const auto code = [&](float v) { return truncate_to(v * inverse + 8.5f, 15); };
  Q4_0 block;
  block.d = tensor::f16_from_f32(d);
  for (std::size_t i = 0; i < 16; ++i) block.q[i] = static_cast<std::uint8_t>(code(x[i]) | code(x[i + 16]) << 4);
  return block;
}

void dequantize(const Q4_0& block, BlockOutput<Q4_0> out) {
  const float d = tensor::f32_from_f16(block.d);
  for (std::size_t i = 0; i < 16; ++i) {
    out[i] = static_cast<float>((block.q[i] & 15) - 8) * d;
    out[i + 16] = static_cast<float>((block.q[i] >> 4) - 8) * d;
  }
}

}  // namespace

extern constexpr Format kQ4_0{
    .id = "q4_0",
    .label = "Q4_0",
    .description = "32 values share an f16 scale of either sign, chosen so that the value of largest magnitude is code 0 exactly; "
                   "codes 0 to 15 stand for -8 to 7 scales, ties up. A block of zeros stores the scale -0. Values above 524 thousand "
                   "overflow the scale to infinity, as in ggml; where 1/scale would overflow (below about 2.4e-38) all codes are 8.",
    .source = "ggml, block_q4_0",
    .block_length = Q4_0::kLength,
    .row_multiple = Q4_0::kLength,
    .bytes_per_block = sizeof(Q4_0),
    .bits_per_weight = block_bits_per_weight<Q4_0>(),
    .takes_non_finite = false,
    .encoded_size = block_encoded_size<Q4_0>,
    .encode = encode_blocks<Q4_0, quantize>,
    .decode = decode_blocks<Q4_0, dequantize>,
};

}  // namespace bitbudget::formats
