// Every format with vector loops against its plain loops, bit for bit (NaN payloads apart).
#include <bit>
#include <cmath>

#include "formats/registry.h"
#include "fuzz.h"

using namespace bitbudget;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(std::as_bytes(std::span(data, size)));
  std::vector<const formats::Format*> vectorised;
  for (const formats::Format* format : formats::all()) {
    if (format->plain_encode != nullptr || format->plain_decode != nullptr) vectorised.push_back(format);
  }
  const formats::Format& format = *vectorised[input.take<std::uint16_t>() % vectorised.size()];
  const std::size_t row = format.row_multiple * (1 + input.take<std::uint8_t>() % (format.row_multiple == 1 ? 200u : 9u));
  const std::size_t rows = 1 + input.take<std::uint8_t>() % 3u;
  const auto bytes = input.rest();
  std::vector<float> values(row * rows), plain(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 4 && !bytes.empty(); ++j) bits |= std::to_integer<std::uint32_t>(bytes[(i * 4 + j) % bytes.size()]) << 8 * j;
    std::memcpy(&values[i], &bits, 4);
  }
  const auto length = formats::encoded_size(format, values.size(), row);
  fuzz::require(length.has_value(), "no size");
  std::vector<std::byte> encoded(static_cast<std::size_t>(*length)), expected(encoded.size());
  if (formats::encode(format, values, encoded, row) && format.plain_encode != nullptr) {
    fuzz::require(format.plain_encode(values, row, {}, expected).has_value() && expected == encoded, "vector and plain bytes differ");
  }
  if (format.plain_decode == nullptr) return 0;
  for (std::size_t i = 0; i < encoded.size(); ++i) encoded[i] = bytes.empty() ? std::byte{0} : bytes[i % bytes.size()];
  const bool one = formats::decode(format, encoded, values, row).has_value();
  const bool other = format.plain_decode(encoded, row, plain).has_value();
  fuzz::require(one == other, "vector and plain disagree on a refusal");
  for (std::size_t i = 0; one && i < values.size(); ++i) {
    const bool same = std::bit_cast<std::uint32_t>(values[i]) == std::bit_cast<std::uint32_t>(plain[i]);
    fuzz::require(same || (std::isnan(values[i]) && std::isnan(plain[i])), "vector and plain values differ");
  }
  return 0;
}
