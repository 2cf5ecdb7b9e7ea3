#include "prune/sparse_storage.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <limits>
#include <string>

#include <xsimd/xsimd.hpp>

#include "concat.h"
#include "formats/registry.h"
#include "guard_memory.h"
#include "prune/mask.h"

namespace bitbudget::prune {
namespace {

std::uint64_t index_bytes(std::uint64_t columns) { return columns <= 65'536 ? 2 : 4; }

std::uint64_t padded(const formats::Format& values, std::uint64_t kept) {
  return (kept + values.row_multiple - 1) / values.row_multiple * values.row_multiple;
}

/// Bytes before the values.
std::uint64_t structure_size(Layout layout, std::uint64_t rows, std::uint64_t columns, std::uint64_t kept) {
  switch (layout) {
    case Layout::bitmask: return (rows * columns + 7) / 8;
    case Layout::csr: return 4 * (rows + 1) + index_bytes(columns) * kept;
    case Layout::two_of_four: return (kept + 3) / 4;
  }
  return 0;
}

void put(std::byte* at, std::uint64_t value, std::uint64_t size) {
  for (std::uint64_t i = 0; i < size; ++i) at[i] = static_cast<std::byte>(value >> (8 * i));
}

std::uint64_t get(const std::byte* at, std::uint64_t size) {
  std::uint64_t value = 0;
  for (std::uint64_t i = 0; i < size; ++i) value |= std::to_integer<std::uint64_t>(at[i]) << (8 * i);
  return value;
}

void write_structure(Layout layout, std::span<const std::uint8_t> mask, std::size_t columns, std::span<std::byte> out) {
  const auto wide = static_cast<std::size_t>(index_bytes(columns));
  const std::size_t rows = columns == 0 ? 0 : mask.size() / columns;
  std::size_t kept = 0;
  if (layout == Layout::csr) put(out.data(), 0, 4);
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (mask[i]) {
      switch (layout) {
        case Layout::bitmask: out[i / 8] |= static_cast<std::byte>(1u << i % 8); break;
        case Layout::csr: put(out.data() + 4 * (rows + 1) + wide * kept, i % columns, wide); break;
        case Layout::two_of_four: out[kept / 4] |= static_cast<std::byte>(i % 4 << kept % 4 * 2); break;
      }
      ++kept;
    }
    if (layout == Layout::csr && (i + 1) % columns == 0) put(out.data() + 4 * ((i + 1) / columns), kept, 4);
  }
}

/// The mask that the structure tells.
Result<Mask> read_structure(Layout layout, std::span<const std::byte> in, std::size_t rows, std::size_t columns, std::size_t kept) {
  Mask mask(rows * columns);
  const auto bad = [](std::uint64_t offset) { return fail_at(ErrorCode::invalid_file, offset, "The indices do not describe that many kept weights."); };
  if (layout == Layout::bitmask) {
    for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = std::to_integer<unsigned>(in[i / 8]) >> i % 8 & 1;
    if (count_kept(mask) != kept) return bad(0);
  } else if (layout == Layout::two_of_four) {
    if (kept != mask.size() / 2) return bad(0);
    for (std::size_t k = 0; k < kept; ++k) {
      const std::size_t position = std::to_integer<std::size_t>(in[k / 4]) >> k % 4 * 2 & 3;
      auto& slot = mask[k / 2 * 4 + position];
      if (slot) return bad(k / 4);
      slot = 1;
    }
  } else {
    const auto wide = static_cast<std::size_t>(index_bytes(columns));
    std::uint64_t start = get(in.data(), 4);
    if (start != 0) return bad(0);
    for (std::size_t row = 0; row < rows; ++row) {
      const std::uint64_t end = get(in.data() + 4 * (row + 1), 4);
      if (end < start || end > kept) return bad(4 * (row + 1));
      for (; start < end; ++start) {
        const auto at = 4 * (rows + 1) + wide * static_cast<std::size_t>(start);
        const std::uint64_t column = get(in.data() + at, wide);
        if (column >= columns || mask[row * columns + static_cast<std::size_t>(column)]) return bad(at);
        mask[row * columns + static_cast<std::size_t>(column)] = 1;
      }
    }
    if (start != kept) return bad(4 * rows);
  }
  return mask;
}

/// The sizes that `load` is given: from here on no product of them wraps.
Result<void> check_shape(Layout layout, std::size_t rows, std::size_t columns, std::size_t kept) {
  constexpr auto kMost = static_cast<std::size_t>(std::min<std::uint64_t>(std::uint64_t{1} << 53, std::numeric_limits<std::size_t>::max() / 16));
  if (columns != 0 && rows > kMost / columns) return fail_field(ErrorCode::invalid_argument, "shape", "The matrix is larger than the address space.");
  if (rows > kMost) return fail_field(ErrorCode::invalid_argument, "shape", "The matrix has more rows than the address space.");
  if (kept > rows * columns) return fail_field(ErrorCode::invalid_argument, "kept", "More weights are kept than the matrix has.");
  if (layout == Layout::two_of_four && columns % 4 != 0) {
    return fail_field(ErrorCode::invalid_argument, "shape", "The 2:4 layout needs rows of whole groups of four.");
  }
  return {};
}

}  // namespace

std::string_view to_string(Layout layout) {
  switch (layout) {
    case Layout::bitmask: return "bitmask";
    case Layout::csr: return "csr";
    case Layout::two_of_four: return "2:4";
  }
  return "";
}

std::uint64_t stored_size(Layout layout, const formats::Format& values, std::uint64_t rows, std::uint64_t columns, std::uint64_t kept) {
  const std::uint64_t count = padded(values, kept);
  return structure_size(layout, rows, columns, kept) + (count == 0 ? 0 : values.encoded_size(count, count));
}

namespace {

Result<std::vector<std::byte>> store_kept(Layout layout, const formats::Format& values, std::span<const float> weights,
                                          std::span<const std::uint8_t> mask, std::size_t row_length) {
  assert(weights.size() == mask.size() && row_length > 0 && weights.size() % row_length == 0);
  if (layout == Layout::two_of_four) {
    bool fits = row_length % 4 == 0;
    for (std::size_t i = 0; fits && i < mask.size(); i += 4) fits = mask[i] + mask[i + 1] + mask[i + 2] + mask[i + 3] == 2;
    if (!fits) return fail(ErrorCode::invalid_argument, "The 2:4 layout needs exactly two kept weights in every four of a row.");
  }
  std::vector<float> kept;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (mask[i]) kept.push_back(weights[i]);
  }
  const std::size_t rows = weights.size() / row_length;
  const auto structure = static_cast<std::size_t>(structure_size(layout, rows, row_length, kept.size()));
  std::vector<std::byte> out(static_cast<std::size_t>(stored_size(layout, values, rows, row_length, kept.size())));
  write_structure(layout, mask, row_length, std::span(out).first(structure));
  kept.resize(static_cast<std::size_t>(padded(values, kept.size())));
  if (kept.empty()) return out;
  if (auto done = formats::encode(values, kept, std::span(out).subspan(structure)); !done) return std::unexpected(done.error());
  return out;
}

/// The mask, once it is sure that the bytes are those of the layout: `size` of them, for sizes that check_shape takes.
Result<Mask> checked_mask(Layout layout, std::uint64_t size, std::span<const std::byte> bytes, std::size_t rows, std::size_t columns, std::size_t kept) {
  if (bytes.size() != size) {
    return fail_at(bytes.size() < size ? ErrorCode::truncated : ErrorCode::invalid_file, std::min<std::uint64_t>(size, bytes.size()),
                   concat({size, " bytes are needed; these are ", bytes.size(), "."}));
  }
  return read_structure(layout, bytes.first(static_cast<std::size_t>(structure_size(layout, rows, columns, kept))), rows, columns, kept);
}

Result<std::vector<float>> load_dense(Layout layout, const formats::Format& values, std::span<const std::byte> bytes, std::size_t rows,
                                      std::size_t columns, std::size_t kept) {
  if (auto fits = check_shape(layout, rows, columns, kept); !fits) return std::unexpected(fits.error());
  const auto mask = checked_mask(layout, stored_size(layout, values, rows, columns, kept), bytes, rows, columns, kept);
  if (!mask) return std::unexpected(mask.error());
  const auto structure = static_cast<std::size_t>(structure_size(layout, rows, columns, kept));
  std::vector<float> stored(static_cast<std::size_t>(padded(values, kept)));
  if (!stored.empty()) {
    if (auto done = formats::decode(values, bytes.subspan(structure), stored); !done) return std::unexpected(done.error());
  }
  std::vector<float> dense(rows * columns);
  for (std::size_t i = 0, k = 0; i < dense.size(); ++i) {
    if ((*mask)[i]) dense[i] = stored[k++];
  }
  return dense;
}

}  // namespace

Result<std::vector<std::byte>> store(Layout layout, const formats::Format& values, std::span<const float> weights,
                                     std::span<const std::uint8_t> mask, std::size_t row_length) {
  return guard_memory([&] { return store_kept(layout, values, weights, mask, row_length); });
}

Result<std::vector<float>> load(Layout layout, const formats::Format& values, std::span<const std::byte> bytes, std::size_t rows,
                                std::size_t columns, std::size_t kept) {
  return guard_memory([&] { return load_dense(layout, values, bytes, rows, columns, kept); });
}

namespace {

/// Partial sums: one alone would make each addition wait for the one before.
constexpr std::size_t kLanes = 8;
using Batch = xsimd::make_sized_batch_t<float, kLanes / 2>;

float total(const float (&sums)[kLanes]) { return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7])); }

float value_at(const std::byte* values, std::size_t k) {
  float value;
  std::memcpy(&value, values + 4 * k, 4);
  return value;
}

template <class Index>
void multiply_csr(const std::byte* bytes, std::size_t rows, std::size_t kept, const float* x, float* y) {
  const std::byte* columns = bytes + 4 * (rows + 1);
  const std::byte* values = columns + sizeof(Index) * kept;
  std::size_t k = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    const auto end = static_cast<std::size_t>(get(bytes + 4 * (row + 1), 4));
    float sums[kLanes]{};
    for (; k < end; ++k) {
      Index column;
      std::memcpy(&column, columns + sizeof(Index) * k, sizeof(Index));
      sums[k % kLanes] += value_at(values, k) * x[column];
    }
    y[row] = total(sums);
  }
}

void multiply_two_of_four(const std::byte* bytes, std::size_t rows, std::size_t columns, const float* x, float* y) {
  const std::byte* values = bytes + (rows * columns / 2 + 3) / 4;
  std::size_t k = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    float sums[kLanes]{};
    for (std::size_t column = 0; column < columns; column += 4, k += 2) {
      const unsigned places = std::to_integer<unsigned>(bytes[k / 4]) >> k % 4 * 2;
      const std::size_t lane = k % kLanes;
      sums[lane] += value_at(values, k) * x[column + (places & 3)];
      sums[lane + 1] += value_at(values, k + 1) * x[column + (places >> 2 & 3)];
    }
    y[row] = total(sums);
  }
}

Result<void> multiply_stored(Layout layout, std::span<const std::byte> bytes, std::size_t rows, std::size_t columns, std::size_t kept,
                             std::span<const float> vectors, std::span<float> out) {
  if (layout == Layout::bitmask) return fail_field(ErrorCode::invalid_argument, "layout", "A bit mask has to be unpacked before its values are multiplied.");
  if (auto fits = check_shape(layout, rows, columns, kept); !fits) return fits;
  const std::uint64_t size = structure_size(layout, rows, columns, kept) + 4 * std::uint64_t{kept};
  if (const auto mask = checked_mask(layout, size, bytes, rows, columns, kept); !mask) return std::unexpected(mask.error());
  for (std::size_t at = 0, to = 0; at < vectors.size(); at += columns, to += rows) {
    const float* x = vectors.data() + at;
    float* y = out.data() + to;
    if (layout == Layout::two_of_four) multiply_two_of_four(bytes.data(), rows, columns, x, y);
    else if (index_bytes(columns) == 2) multiply_csr<std::uint16_t>(bytes.data(), rows, kept, x, y);
    else multiply_csr<std::uint32_t>(bytes.data(), rows, kept, x, y);
  }
  return {};
}

}  // namespace

Result<void> multiply(Layout layout, std::span<const std::byte> bytes, std::size_t rows, std::size_t columns, std::size_t kept,
                      std::span<const float> vectors, std::span<float> out) {
  assert(columns > 0 && vectors.size() % columns == 0 && out.size() == vectors.size() / columns * rows);
  return guard_memory([&] { return multiply_stored(layout, bytes, rows, columns, kept, vectors, out); });
}

void multiply_dense(std::span<const float> weights, std::size_t columns, std::span<const float> vectors, std::span<float> out) {
  assert(columns > 0 && weights.size() % columns == 0 && vectors.size() % columns == 0);
  float* y = out.data();
  for (std::size_t at = 0; at < vectors.size(); at += columns) {
    const float* x = vectors.data() + at;
    for (std::size_t row = 0; row < weights.size(); row += columns, ++y) {
      const float* w = weights.data() + row;
      Batch low(0.0f), high(0.0f);
      std::size_t i = 0;
      for (; i + kLanes <= columns; i += kLanes) {
        low += Batch::load_unaligned(w + i) * Batch::load_unaligned(x + i);
        high += Batch::load_unaligned(w + i + Batch::size) * Batch::load_unaligned(x + i + Batch::size);
      }
      float sums[kLanes];
      low.store_unaligned(sums);
      high.store_unaligned(sums + Batch::size);
      for (std::size_t lane = 0; i < columns; ++i, ++lane) sums[lane] += w[i] * x[i];
      *y = total(sums);
    }
  }
}

double break_even_sparsity(Layout layout, const formats::Format& values, std::uint64_t rows, std::uint64_t columns) {
  const std::uint64_t count = rows * columns;
  const std::uint64_t dense = count == 0 ? 0 : values.encoded_size(padded(values, count), padded(values, count));
  if (layout == Layout::two_of_four) return stored_size(layout, values, rows, columns, count / 2) < dense ? 0.5 : 1;
  if (stored_size(layout, values, rows, columns, 0) >= dense) return 1;
  // The size grows with what is kept: the most that may be kept, by bisection.
  std::uint64_t fits = 0;
  std::uint64_t exceeds = count + 1;
  while (exceeds - fits > 1) {
    const std::uint64_t middle = fits + (exceeds - fits) / 2;
    (stored_size(layout, values, rows, columns, middle) < dense ? fits : exceeds) = middle;
  }
  return 1 - static_cast<double>(fits) / static_cast<double>(count);
}

}  // namespace bitbudget::prune
