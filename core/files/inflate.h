// DEFLATE (RFC 1951), the decoding half: what ZIP method 8 holds. Written out here because no library of it is at hand for
// both builds: distributions ship zlib, miniz and libdeflate compiled, and for one target only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "error.h"

namespace bitbudget::files {

/// Decodes until `out` is full or the stream ends, and returns how many bytes `out` got. With `to_end`, out.size() is the
/// whole's size: a stream that would give more is refused where it passes the end, one that ends early is no error here.
/// invalid_file or truncated; offsets are in `in`. Bytes that follow the stream are left alone; `used` is where it ended.
struct Inflated {
  std::size_t size;
  std::size_t used;
};
Result<Inflated> inflate(std::span<const std::byte> in, std::span<std::byte> out, bool to_end);

/// CRC-32 as ZIP has it (reflected 0x04C11DB7).
std::uint32_t crc32(std::span<const std::byte> bytes);

}  // namespace bitbudget::files
