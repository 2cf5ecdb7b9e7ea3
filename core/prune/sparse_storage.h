// Sparse matrices as bytes, really: a mask or indices, then the kept values in any number format. What a sparsity saves
// depends on which, and below its break-even it saves nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "error.h"
#include "formats/format.h"

namespace bitbudget::prune {

enum class Layout {
  bitmask,        // 1 bit per weight, row-major, low bit first; then the kept values
  csr,            // u32 per row + 1: where it starts; per kept value its column (u16 up to 65,536 columns, else u32); the values
  two_of_four,    // 2-bit position of each kept value, 4 to a byte, low first; then the values, two per group of four
};

std::string_view to_string(Layout layout);

/// Bytes that a layout takes for `kept` of rows x columns weights, the kept values stored in `values`. The values are one
/// row, padded with zeros to the format's row multiple.
std::uint64_t stored_size(Layout layout, const formats::Format& values, std::uint64_t rows, std::uint64_t columns, std::uint64_t kept);

/// The bytes themselves. `mask` has one byte per weight; two_of_four needs exactly two kept in every four of a row
/// (invalid_argument otherwise).
Result<std::vector<std::byte>> store(Layout layout, const formats::Format& values, std::span<const float> weights,
                                     std::span<const std::uint8_t> mask, std::size_t row_length);

/// The dense weights that `store` wrote, zeros where nothing was kept. invalid_argument for a shape that the layout or the
/// address space does not take, or for more kept than there are; truncated, or invalid_file where an index points outside or
/// the mask's count does not match `kept`.
Result<std::vector<float>> load(Layout layout, const formats::Format& values, std::span<const std::byte> bytes, std::size_t rows,
                                std::size_t columns, std::size_t kept);

/// W x for each of `vectors` (one after another, `columns` each), `rows` sums each into `out`, from the bytes that `store`
/// wrote with values in f32, as they stand: what a sparsity saves in time. csr or two_of_four; refuses what `load` refuses,
/// and invalid_argument for bitmask.
Result<void> multiply(Layout layout, std::span<const std::byte> bytes, std::size_t rows, std::size_t columns, std::size_t kept,
                      std::span<const float> vectors, std::span<float> out);

/// The same from the dense matrix. The order of the sums is each layout's own, so that registers hold partial ones.
void multiply_dense(std::span<const float> weights, std::size_t columns, std::span<const float> vectors, std::span<float> out);

/// The smallest sparsity at which the layout takes fewer bytes than the dense matrix in `values`, in steps of one weight;
/// 1 if there is none below (two_of_four: 0.5 if it saves, else 1).
double break_even_sparsity(Layout layout, const formats::Format& values, std::uint64_t rows, std::uint64_t columns);

}  // namespace bitbudget::prune
