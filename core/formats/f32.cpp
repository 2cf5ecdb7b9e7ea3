// F32: IEEE 754 binary32, 4 bytes per value, little-endian; the values themselves.
#include <cstring>

#include "formats/format.h"

namespace bitbudget::formats {
namespace {

std::uint64_t encoded_size(std::uint64_t count, std::uint64_t) { return count * 4; }

Result<void> encode(std::span<const float> values, std::uint64_t, const EncodeOptions&, std::span<std::byte> out) {
  if (!values.empty()) std::memcpy(out.data(), values.data(), out.size());
  return {};
}

Result<void> decode(std::span<const std::byte> bytes, std::uint64_t, std::span<float> out) {
  if (!out.empty()) std::memcpy(out.data(), bytes.data(), bytes.size());
  return {};
}

}  // namespace

extern constexpr Format kF32{
    .id = "f32",
    .label = "F32",
    .description = "IEEE 754 binary32: the values themselves, bit for bit.",
    .source = "IEEE 754-2019",
    .block_length = 1,
    .row_multiple = 1,
    .bytes_per_block = 4,
    .bits_per_weight = 32,
    .takes_non_finite = true,
    .encoded_size = encoded_size,
    .encode = encode,
    .decode = decode,
};

}  // namespace bitbudget::formats
