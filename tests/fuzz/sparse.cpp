// Sparse layouts: what is stored comes back, and any bytes load or are refused, whatever shape is claimed for them.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "formats/registry.h"
#include "fuzz.h"
#include "prune/mask.h"
#include "prune/sparse_storage.h"

using namespace bitbudget;

namespace {

constexpr std::array kLayouts{prune::Layout::bitmask, prune::Layout::csr, prune::Layout::two_of_four};

struct Matrix {
  std::size_t rows;
  std::size_t columns;
  std::vector<float> weights;
  prune::Mask mask;
};

Matrix draw(fuzz::Input& input, prune::Layout layout) {
  Matrix m{input.take<std::uint8_t>() % 9u, 1 + input.take<std::uint16_t>() % 300u, {}, {}};
  if (layout == prune::Layout::two_of_four) m.columns = (m.columns + 3) / 4 * 4;
  m.weights.resize(m.rows * m.columns);
  m.mask.resize(m.weights.size());
  const auto bytes = input.rest();
  for (std::size_t i = 0; i < m.mask.size(); ++i) {
    const unsigned byte = bytes.empty() ? 0 : std::to_integer<unsigned>(bytes[i % bytes.size()]);
    m.weights[i] = static_cast<float>(static_cast<int>(byte) - 128) * 0.25f;
    m.mask[i] = byte >> 3 & 1;
  }
  if (layout == prune::Layout::two_of_four) m.mask = *prune::prune_n_of_m(m.weights, m.columns, 2, 4);
  return m;
}

void check_round_trip(prune::Layout layout, const formats::Format& format, const Matrix& m) {
  const auto kept = static_cast<std::size_t>(prune::count_kept(m.mask));
  const auto bytes = prune::store(layout, format, m.weights, m.mask, m.columns);
  fuzz::require(bytes.has_value(), "finite weights are not stored");
  fuzz::require(bytes->size() == prune::stored_size(layout, format, m.rows, m.columns, kept), "another size");
  const auto dense = prune::load(layout, format, *bytes, m.rows, m.columns, kept);
  fuzz::require(dense.has_value() && dense->size() == m.weights.size(), "what was stored is refused");
  for (std::size_t i = 0; i < m.mask.size(); ++i) {
    const float expected = m.mask[i] ? m.weights[i] : 0.0f;
    fuzz::require((m.mask[i] && format.id != "f32") || (*dense)[i] == expected, "another weight");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(std::as_bytes(std::span(data, size)));
  const auto layout = kLayouts[input.take<std::uint8_t>() % kLayouts.size()];
  const auto all = formats::all();
  const formats::Format& format = *all[input.take<std::uint8_t>() % all.size()];
  const bool claims = input.take<std::uint8_t>() % 2 != 0;
  if (!claims) {
    check_round_trip(layout, format, draw(input, layout));
    return 0;
  }
  // Any shape may be claimed; what may be loaded is cut down to what memory holds.
  auto rows = input.take<std::uint64_t>(), columns = input.take<std::uint64_t>(), kept = input.take<std::uint64_t>();
  std::uint64_t count = 0;
  if (!files::checked_multiply(rows, columns, count)) {
    fuzz::require(!prune::load(layout, format, input.rest(), rows, columns, kept), "a shape beyond 2^53");
  }
  rows %= 20;
  columns %= 300;
  if (kept % 3 == 0) kept %= rows * columns + 2;
  (void)prune::load(layout, format, input.rest(), rows, columns, kept);
  // Bytes of the right length, so that the structure itself is read.
  kept %= rows * columns + 1;
  std::vector<std::byte> bytes(static_cast<std::size_t>(prune::stored_size(layout, format, rows, columns, kept)));
  std::ranges::copy(input.rest().first(std::min(bytes.size(), input.rest().size())), bytes.begin());
  const auto filled = prune::load(layout, format, bytes, rows, columns, kept);
  if (filled) fuzz::require(filled->size() == rows * columns, "another size");
  return 0;
}
