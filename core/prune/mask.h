// Masks: which weights stay. One byte per weight, 1 = kept, row-major like the weights.
// Ties are broken by index, the later weight goes first: every method and platform cuts the same mask.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "error.h"

namespace bitbudget::prune {

using Mask = std::vector<std::uint8_t>;

/// How to find the k smallest scores: by sorting all of them, O(n log n), or by selection, O(n) on average (Hoare's
/// quickselect, as std::nth_element). Both cut the same mask.
enum class Search { sort, select };

/// The smallest share `sparsity` (0 to 1, rounded to whole weights) of all scores goes.
Mask prune_global(std::span<const float> scores, double sparsity, Search search = Search::select);

/// The same share of every row goes.
Mask prune_rows(std::span<const float> scores, std::size_t row_length, double sparsity);

/// Whole blocks of block_rows x block_columns go, by the sum of their squared scores: 1 x row length removes rows, rows x 1
/// columns. invalid_argument if the blocks do not tile the matrix.
Result<Mask> prune_blocks(std::span<const float> scores, std::size_t row_length, std::size_t block_rows, std::size_t block_columns,
                          double sparsity);

/// In every `group` neighbours of a row the `keep` largest stay: 2 of 4 is what sparse tensor cores take.
/// invalid_argument if rows are no whole groups.
Result<Mask> prune_n_of_m(std::span<const float> scores, std::size_t row_length, std::size_t keep, std::size_t group);

std::uint64_t count_kept(std::span<const std::uint8_t> mask);

}  // namespace bitbudget::prune
