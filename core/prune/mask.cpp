#include "prune/mask.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <string>

#include "beat.h"
#include "concat.h"

namespace bitbudget::prune {
namespace {

std::size_t whole_share(double sparsity, std::size_t count) {
  assert(sparsity >= 0 && sparsity <= 1);
  return static_cast<std::size_t>(std::llround(sparsity * static_cast<double>(count)));
}

/// Clears in `mask` the `drop` smallest of `scores`.
void drop_smallest(std::span<const float> scores, std::size_t drop, Search search, std::span<std::uint8_t> mask) {
  std::vector<std::uint32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0u);
  Beats beats;
  const auto smaller = [scores, &beats](std::uint32_t a, std::uint32_t b) {
    beats(1);
    return scores[a] < scores[b] || (scores[a] == scores[b] && a > b);
  };
  if (search == Search::sort) {
    std::sort(order.begin(), order.end(), smaller);
  } else if (drop < order.size()) {
    std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(drop), order.end(), smaller);
  }
  for (std::size_t i = 0; i < drop; ++i) mask[order[i]] = 0;
}

}  // namespace

Mask prune_global(std::span<const float> scores, double sparsity, Search search) {
  Mask mask(scores.size(), 1);
  drop_smallest(scores, whole_share(sparsity, scores.size()), search, mask);
  return mask;
}

Mask prune_rows(std::span<const float> scores, std::size_t row_length, double sparsity) {
  assert(row_length > 0 && scores.size() % row_length == 0);
  Mask mask(scores.size(), 1);
  for (std::size_t at = 0; at < scores.size(); at += row_length) {
    drop_smallest(scores.subspan(at, row_length), whole_share(sparsity, row_length), Search::select,
                  std::span(mask).subspan(at, row_length));
  }
  return mask;
}

Result<Mask> prune_blocks(std::span<const float> scores, std::size_t row_length, std::size_t block_rows, std::size_t block_columns,
                          double sparsity) {
  const std::size_t rows = row_length == 0 ? 0 : scores.size() / row_length;
  if (block_rows == 0 || block_columns == 0 || rows % block_rows != 0 || row_length % block_columns != 0) {
    return fail(ErrorCode::invalid_argument, concat({"Blocks of ", block_rows, " x ", block_columns, " do not tile a matrix of ", rows,
                                                     " x ", row_length, "."}));
  }
  const std::size_t across = row_length / block_columns;
  const auto block_of = [&](std::size_t i) { return i / row_length / block_rows * across + i % row_length / block_columns; };
  std::vector<double> sums(rows / block_rows * across);
  for (std::size_t i = 0; i < scores.size(); ++i) sums[block_of(i)] += static_cast<double>(scores[i]) * scores[i];
  std::vector<float> block_scores(sums.size());
  std::transform(sums.begin(), sums.end(), block_scores.begin(), [](double sum) { return static_cast<float>(std::sqrt(sum)); });
  const Mask blocks = prune_global(block_scores, sparsity);
  Mask mask(scores.size());
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = blocks[block_of(i)];
  return mask;
}

Result<Mask> prune_n_of_m(std::span<const float> scores, std::size_t row_length, std::size_t keep, std::size_t group) {
  if (group == 0 || keep > group || row_length % group != 0) {
    return fail(ErrorCode::invalid_argument, concat({"Rows of ", row_length, " are no whole groups of ", group, "."}));
  }
  Mask mask(scores.size(), 1);
  for (std::size_t at = 0; at < scores.size(); at += group) {
    drop_smallest(scores.subspan(at, group), group - keep, Search::sort, std::span(mask).subspan(at, group));
  }
  return mask;
}

std::uint64_t count_kept(std::span<const std::uint8_t> mask) {
  return static_cast<std::uint64_t>(std::count(mask.begin(), mask.end(), std::uint8_t{1}));
}

}  // namespace bitbudget::prune
