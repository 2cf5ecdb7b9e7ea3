#include "formats/hadamard.h"

#include <bit>
#include <cmath>
#include <string>
#include <vector>

#include "beat.h"
#include "concat.h"
#include "tensor/random.h"

namespace bitbudget::formats {
namespace {

Result<std::size_t> block_of(std::size_t count, std::size_t row_length, const HadamardOptions& options) {
  if (row_length == 0 || count % row_length != 0) {
    return fail_field(ErrorCode::invalid_argument, "rowLength",
                      concat({count, " values are not whole rows of ", row_length, "."}));
  }
  const std::size_t block = options.block != 0 ? options.block : largest_hadamard_block(row_length);
  if (!std::has_single_bit(block) || row_length % block != 0) {
    return fail_field(ErrorCode::invalid_argument, "block",
                      concat({"The block must be a power of two that divides the row; ", row_length, " has ",
                              largest_hadamard_block(row_length), " and its divisors."}));
  }
  return block;
}

void transform(std::span<float> x, float scale, Beats& beats) {
  for (std::size_t stride = 1; stride < x.size(); stride *= 2) {
    for (std::size_t first = 0; first < x.size(); first += 2 * stride) {
      for (std::size_t i = first; i < first + stride; ++i) {
        const float a = x[i];
        const float b = x[i + stride];
        x[i] = a + b;
        x[i + stride] = a - b;
      }
    }
    beats(x.size());
  }
  for (float& v : x) v *= scale;
}

/// +1 and -1 for each column; none without a seed.
std::vector<float> signs_of(std::size_t row_length, const HadamardOptions& options) {
  std::vector<float> signs;
  if (!options.sign_seed) return signs;
  for (std::size_t c = 0; c < row_length; ++c) signs.push_back((tensor::random_word(*options.sign_seed, c) & 1) != 0 ? -1.0f : 1.0f);
  return signs;
}

Result<void> apply(std::span<float> values, std::size_t row_length, const HadamardOptions& options, bool back) {
  if (values.empty()) return {};
  const auto block = block_of(values.size(), row_length, options);
  if (!block) return std::unexpected(block.error());
  const auto scale = static_cast<float>(1 / std::sqrt(static_cast<double>(*block)));
  const std::vector<float> signs = signs_of(row_length, options);
  Beats beats;
  for (std::size_t row = 0; row < values.size(); row += row_length) {
    const auto line = values.subspan(row, row_length);
    const auto flip = [&] {
      for (std::size_t c = 0; c < signs.size(); ++c) line[c] *= signs[c];
    };
    if (!back) flip();
    for (std::size_t i = 0; i < row_length; i += *block) transform(line.subspan(i, *block), scale, beats);
    if (back) flip();
  }
  return {};
}

}  // namespace

Result<void> rotate(std::span<float> values, std::size_t row_length, const HadamardOptions& options) {
  return apply(values, row_length, options, false);
}

Result<void> rotate_back(std::span<float> values, std::size_t row_length, const HadamardOptions& options) {
  return apply(values, row_length, options, true);
}

}  // namespace bitbudget::formats
