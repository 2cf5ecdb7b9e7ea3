// Every number format: finite values are encoded, the bytes decode, and any bytes decode without a fault.
#include <cmath>

#include "formats/registry.h"
#include "fuzz.h"

using namespace bitbudget;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(std::as_bytes(std::span(data, size)));
  const auto all = formats::all();
  const formats::Format& format = *all[input.take<std::uint16_t>() % all.size()];
  const std::size_t row = format.row_multiple * (1 + input.take<std::uint8_t>() % 4u) * (format.row_multiple == 1 ? 37 : 1);
  const std::size_t rows = 1 + input.take<std::uint8_t>() % 3u;
  std::vector<float> values(row * rows), decoded(values.size());
  // The input again and again, a little different each time, so that short ones fill whole blocks.
  const auto bytes = input.rest();
  bool finite = true;
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 4 && !bytes.empty(); ++j) bits |= std::to_integer<std::uint32_t>(bytes[(i * 4 + j) % bytes.size()]) << 8 * j;
    std::memcpy(&values[i], &bits, 4);
    finite = finite && std::isfinite(values[i]);
  }
  const auto length = formats::encoded_size(format, values.size(), row);
  fuzz::require(length.has_value(), "no size");
  std::vector<std::byte> encoded(static_cast<std::size_t>(*length)), again(encoded.size());
  const auto done = formats::encode(format, values, encoded, row);
  fuzz::require(done.has_value() == (finite || format.takes_non_finite), "refused, or not, against what it says of non-finite values");
  if (done) {
    fuzz::require(formats::decode(format, encoded, decoded, row).has_value(), "encoded bytes do not decode");
    fuzz::require(formats::encode(format, values, again, row).has_value() && again == encoded, "encoded twice, with different bytes");
  }
  for (std::size_t i = 0; i < encoded.size(); ++i) encoded[i] = bytes.empty() ? std::byte{0} : bytes[i % bytes.size()];
  (void)formats::decode(format, encoded, decoded, row);
  fuzz::require(!formats::decode(format, std::span(encoded).first(encoded.size() - 1), decoded, row).has_value(), "a byte too few is accepted");
  return 0;
}
