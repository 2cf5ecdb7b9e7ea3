// A quantized linear layer apart from any file: codes, scales and zeros, and the rules by which libraries make them.
// packings.h turns it into the arrays of their checkpoints.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "error.h"

namespace bitbudget::formats {

/// A linear layer's weight: `rows` outputs of `columns` inputs, row-major. value = (code - zero) · scale, one f32 product.
struct UniformWeight {
  std::size_t rows = 0;
  std::size_t columns = 0;
  int bits = 4;                   // 2 to 8
  std::size_t group = 0;          // columns that share a scale and a zero; columns for one per row
  std::vector<std::uint8_t> codes;         // rows x columns, 0 to 2^bits - 1
  std::vector<float> scales;               // rows x groups
  std::vector<std::uint16_t> zeros;        // rows x groups, 0 to 2^bits
  std::vector<std::int32_t> group_index;   // columns: the group of each; empty: column / group

  std::size_t groups() const { return group == 0 ? 0 : (columns + group - 1) / group; }
};

/// The lengths agree, group indices are in range, codes and zeros fit their bits.
Result<void> check(const UniformWeight& weight);

/// `out` has rows x columns values.
Result<void> dequantize(const UniformWeight& weight, std::span<float> out);

/// Whose rules make codes from values.
enum class UniformRule {
  /// Symmetric: scale = absmax / ((2^bits - 1) / 2), code = round(clamp(x / scale, -2^(bits-1), 2^(bits-1) - 1)) + 2^(bits-1):
  /// the positive extreme clips by half a step. A scale of 0 becomes 2^-23, f32's epsilon.
  compressed_tensors,
  /// As above but asymmetric: the range contains 0, scale = its width / (2^bits - 1), the zero is clamped, then rounded;
  /// code = round(clamp(x / scale + zero)),
  /// all in signed codes, which are 2^(bits-1) less than ours: the sums round there.
  compressed_tensors_asymmetric,
  /// Asymmetric: scale = max(high - low, 1e-5) / (2^bits - 1), zero = clamp(-round(low / scale)), code = clamp(round(x / scale) + zero).
  awq,
};

/// Halves to even, quotients, f32 scales (files often round them to f16 or bf16 afterwards). values: rows x columns, finite.
Result<UniformWeight> quantize_uniform(std::span<const float> values, std::size_t columns, int bits, std::size_t group, UniformRule rule);

// What packings.cpp checks with.

/// At least one row, one column and 2 to 8 bits, a group of 1 to `columns`, and no product of the sizes that overflows.
Result<void> check_shape(std::size_t rows, std::size_t columns, int bits, std::size_t group);

/// invalid_argument, with the array's name, unless the lengths agree.
Result<void> expect_length(std::string_view array, std::size_t length, std::size_t expected);

}  // namespace bitbudget::formats
