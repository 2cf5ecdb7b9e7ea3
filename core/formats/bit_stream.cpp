#include "formats/bit_stream.h"

#include <cassert>
#include <cstring>

namespace bitbudget::formats {

void pack_bits(std::span<const std::uint8_t> codes, int bits, std::span<std::byte> out) {
  assert(out.size() == packed_size(codes.size(), bits));
  if (bits == 8) {
    if (!codes.empty()) std::memcpy(out.data(), codes.data(), codes.size());
    return;
  }
  std::uint32_t pending = 0;
  int filled = 0;
  std::size_t to = 0;
  for (const std::uint8_t code : codes) {
    pending |= static_cast<std::uint32_t>(code) << filled;
    filled += bits;
    if (filled >= 8) {
      out[to++] = static_cast<std::byte>(pending);
      pending >>= 8;
      filled -= 8;
    }
  }
  if (filled > 0) out[to] = static_cast<std::byte>(pending);
}

void unpack_bits(std::span<const std::byte> bytes, int bits, std::span<std::uint8_t> codes) {
  assert(bytes.size() >= packed_size(codes.size(), bits));
  if (bits == 8) {
    if (!codes.empty()) std::memcpy(codes.data(), bytes.data(), codes.size());
    return;
  }
  const std::uint32_t mask = (1u << bits) - 1;
  std::uint32_t pending = 0;
  int filled = 0;
  std::size_t from = 0;
  for (std::uint8_t& code : codes) {
    if (filled < bits) {
      pending |= std::to_integer<std::uint32_t>(bytes[from++]) << filled;
      filled += 8;
    }
    code = static_cast<std::uint8_t>(pending & mask);
    pending >>= bits;
    filled -= bits;
  }
}

}  // namespace bitbudget::formats
