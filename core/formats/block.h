// Formats whose encoding is a run of equal blocks, each made from its own values alone. Such a format is a plain struct
// (its bytes, documented there) with kLength, and two functions over one block; here are the loops over a tensor.
// Rows are whole numbers of blocks, so blocks simply follow one another.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "formats/format.h"

namespace bitbudget::formats {

static_assert(std::endian::native == std::endian::little, "blocks are written as they lie in memory");

/// Left to right, one rounding per operation.
inline float sum_of_squares(std::span<const float> x) {
  float total = 0;
  for (const float v : x) total += v * v;
  return total;
}

template <class Block>
using BlockValues = std::span<const float, Block::kLength>;
template <class Block>
using BlockOutput = std::span<float, Block::kLength>;

template <class Block>
constexpr std::uint64_t block_encoded_size(std::uint64_t count, std::uint64_t) {
  static_assert(std::is_trivially_copyable_v<Block> && std::has_unique_object_representations_v<Block>, "padding would leak");
  return count / Block::kLength * sizeof(Block);
}

template <class Block>
constexpr double block_bits_per_weight() {
  return 8.0 * sizeof(Block) / Block::kLength;
}

/// What vector code takes and makes at once: eight blocks, one to a SIMD lane.
template <class Block>
using EightValues = std::span<const float, 8 * Block::kLength>;
template <class Block>
using EightBlocks = std::array<Block, 8>;

/// `quantize` maps BlockValues<Block> to a Block. `quantize_eight`, if there is one, maps EightValues<Block> to EightBlocks<Block>
/// with the same results.
template <class Block, Block (*quantize)(BlockValues<Block>), auto quantize_eight = nullptr>
Result<void> encode_blocks(std::span<const float> values, std::uint64_t, const EncodeOptions&, std::span<std::byte> out) {
  std::byte* to = out.data();
  std::size_t i = 0;
  if constexpr (quantize_eight != nullptr) {
    for (; values.size() - i >= 8 * Block::kLength; i += 8 * Block::kLength, to += 8 * sizeof(Block)) {
      const EightBlocks<Block> blocks = quantize_eight(values.subspan(i).template first<8 * Block::kLength>());
      std::memcpy(to, blocks.data(), sizeof(blocks));
    }
  }
  for (; i < values.size(); i += Block::kLength, to += sizeof(Block)) {
    const Block block = quantize(values.subspan(i).template first<Block::kLength>());
    std::memcpy(to, &block, sizeof(Block));
  }
  return {};
}

/// `quantize` over a number of blocks.
template <class Block, Block (*quantize)(BlockValues<Block>), std::size_t kBlocks>
void quantize_run(const float* x, std::byte* out) {
  for (std::size_t b = 0; b < kBlocks; ++b, x += Block::kLength, out += sizeof(Block)) {
    const Block block = quantize(BlockValues<Block>(x, Block::kLength));
    std::memcpy(out, &block, sizeof(Block));
  }
}

/// Encodes a number of the leading blocks, and says how many (core/kernels).
using EncodeKernel = std::size_t (*)(const float* values, std::size_t blocks, std::byte* out);

/// As `plain`, the leading blocks by a kernel. An importance vector is left to `plain`.
template <class Block, auto plain, EncodeKernel kernel>
Result<void> encode_blocks_by(std::span<const float> values, std::uint64_t row_length, const EncodeOptions& options,
                              std::span<std::byte> out) {
  if (!options.importance.empty()) return plain(values, row_length, options, out);
  const std::size_t done = kernel(values.data(), values.size() / Block::kLength, out.data());
  return plain(values.subspan(done * Block::kLength), row_length, options, out.subspan(done * sizeof(Block)));
}

/// As decode_blocks, by an object that is made once and holds the constants of its loop.
template <class Block, class Dequantize>
Result<void> decode_blocks_with(std::span<const std::byte> bytes, std::uint64_t, std::span<float> out) {
  const Dequantize dequantize;
  const std::byte* from = bytes.data();
  for (std::size_t i = 0; i < out.size(); i += Block::kLength, from += sizeof(Block)) dequantize(from, out.data() + i);
  return {};
}

/// Decodes every block (core/kernels).
using DecodeKernel = void (*)(const std::byte* bytes, std::size_t blocks, float* out);

template <class Block, DecodeKernel kernel>
Result<void> decode_blocks_by(std::span<const std::byte> bytes, std::uint64_t, std::span<float> out) {
  kernel(bytes.data(), out.size() / Block::kLength, out.data());
  return {};
}

/// What a weighted quantizer knows beside the values of a block (or of eight): their columns' importance, and the mean square
/// of the row.
template <class Block>
struct BlockImportance {
  std::span<const float, Block::kLength> weights;
  float row_mean_square;
};
template <class Block>
struct EightImportance {
  std::span<const float, 8 * Block::kLength> weights;
  float row_mean_square;
};

/// Without importance as encode_blocks; with it, blocks are made by `quantize_weighted`, or eight of a row by
/// `eight_weighted`(EightValues, EightImportance), if there is one, with the same results.
template <class Block, Block (*quantize)(BlockValues<Block>), Block (*quantize_weighted)(BlockValues<Block>, BlockImportance<Block>),
          auto quantize_eight = nullptr, auto eight_weighted = nullptr>
Result<void> encode_blocks_weighted(std::span<const float> values, std::uint64_t row_length, const EncodeOptions& options,
                                    std::span<std::byte> out) {
  if (options.importance.empty()) return encode_blocks<Block, quantize, quantize_eight>(values, row_length, options, out);
  std::byte* to = out.data();
  const auto columns = static_cast<std::size_t>(row_length);
  for (std::size_t row = 0; row < values.size(); row += columns) {
    const auto x = values.subspan(row, columns);
    const auto importance = options.importance;
    const float mean_square = sum_of_squares(x) / static_cast<float>(columns);
    std::size_t i = 0;
    if constexpr (eight_weighted != nullptr) {
      constexpr std::size_t kEight = 8 * Block::kLength;
      for (; columns - i >= kEight; i += kEight, to += 8 * sizeof(Block)) {
        const EightBlocks<Block> blocks = eight_weighted(
            x.subspan(i).template first<kEight>(), EightImportance<Block>{importance.subspan(i).template first<kEight>(), mean_square});
        std::memcpy(to, blocks.data(), sizeof(blocks));
      }
    }
    for (; i < columns; i += Block::kLength, to += sizeof(Block)) {
      const Block block = quantize_weighted(x.subspan(i).template first<Block::kLength>(),
                                            {importance.subspan(i).template first<Block::kLength>(), mean_square});
      std::memcpy(to, &block, sizeof(Block));
    }
  }
  return {};
}

template <class Block, void (*dequantize)(const Block&, BlockOutput<Block>)>
Result<void> decode_blocks(std::span<const std::byte> bytes, std::uint64_t, std::span<float> out) {
  const std::byte* from = bytes.data();
  for (std::size_t i = 0; i < out.size(); i += Block::kLength, from += sizeof(Block)) {
    Block block;
    std::memcpy(&block, from, sizeof(Block));
    dequantize(block, out.subspan(i).template first<Block::kLength>());
  }
  return {};
}

}  // namespace bitbudget::formats
