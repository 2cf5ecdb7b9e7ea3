// How checkpoints pack quantized weights: compressed-tensors, GPTQ and AWQ for uniform integers, and the split of blocks into
// scales and codes that compressed-tensors (nvfp4, mxfp4) and bitsandbytes use. From codes, scales and zeros to the arrays of
// a file and back; dequantize() then gives the values. Words are the files' int32, here without a sign.
//
// Every function takes and gives whole arrays, checks their lengths first (invalid_argument names the array), and owns what
// it returns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "error.h"
#include "formats/uniform_weight.h"

namespace bitbudget::formats {

// Codes in words ------------------------------------------------------------------------------------------------------------

enum class WordFill {
  dense,        // code i fills bits [i·bits, (i+1)·bits) of the line, across words where it must
  whole_codes,  // floor(32 / bits) codes to a word, low bits first, the rest of it 0
};

/// Words for a line of `count` codes. The fills agree for 1, 2, 4 and 8 bits.
std::size_t packed_words(std::size_t count, int bits, WordFill fill);
void pack_words(std::span<const std::uint8_t> codes, int bits, WordFill fill, std::span<std::uint32_t> words);
void unpack_words(std::span<const std::uint32_t> words, int bits, WordFill fill, std::span<std::uint8_t> codes);

// compressed-tensors, pack-quantized ------------------------------------------------------------------------------------------

/// dense since commit 3f01c782 of 2026-05-29, whole_codes before; nothing in a file tells them apart but the array's length.
struct CompressedTensorsWeight {
  std::vector<std::uint32_t> weight_packed;      // rows x packed_words(columns)
  std::vector<float> weight_scale;               // rows x groups
  std::vector<std::uint32_t> weight_zero_point;  // packed_words(rows) x groups, packed along the rows; empty: symmetric
  std::vector<std::int32_t> weight_g_idx;        // columns, or empty
};

/// Symmetric (every zero is 2^(bits-1)) weights leave the zero points out.
Result<CompressedTensorsWeight> to_compressed_tensors(const UniformWeight& weight, WordFill fill);
Result<UniformWeight> from_compressed_tensors(const CompressedTensorsWeight& file, std::size_t rows, std::size_t columns, int bits,
                                              std::size_t group, WordFill fill);

// GPTQ ------------------------------------------------------------------------------------------------------------------------

enum class GptqVersion {
  v1,  // "gptq": zeros are stored less one; a zero of 0 cannot be written. Read as stored + 1, to 2^bits (some kernels wrap it to 0)
  v2,  // "gptq_v2": as they are; a zero of 2^bits cannot be written
};

/// Everything is transposed: the input dimension is the slow one. Codes are dense along it, low bits first (so 3-bit codes
/// 10 and 21 of each 32 are split between words).
struct GptqWeight {
  std::vector<std::uint32_t> qweight;  // columns·bits/32 x rows
  std::vector<std::uint32_t> qzeros;   // groups x rows·bits/32
  std::vector<float> scales;           // groups x rows
  std::vector<std::int32_t> g_idx;     // columns; empty: column / group
};

/// bits is 2, 3, 4 or 8; rows and columns fill whole words: multiples of 32 for 3 bits, of 32/bits otherwise.
Result<GptqWeight> to_gptq(const UniformWeight& weight, GptqVersion version);
Result<UniformWeight> from_gptq(const GptqWeight& file, std::size_t rows, std::size_t columns, int bits, std::size_t group, GptqVersion version);

// AWQ, GEMM order -------------------------------------------------------------------------------------------------------------

/// 4 bits, packed along the output dimension: nibble i of a word, from the low end, is output 8 w + {0, 2, 4, 6, 1, 3, 5, 7}[i].
struct AwqWeight {
  std::vector<std::uint32_t> qweight;  // columns x rows/8
  std::vector<std::uint32_t> qzeros;   // groups x rows/8
  std::vector<float> scales;           // groups x rows
};

/// rows is a multiple of 8; no group index, zeros below 16.
Result<AwqWeight> to_awq(const UniformWeight& weight);
Result<UniformWeight> from_awq(const AwqWeight& file, std::size_t rows, std::size_t columns, std::size_t group);

// Blocks as two arrays ----------------------------------------------------------------------------------------------------------

/// Formats that put a head of `head` bytes before the `body` bytes of each block's codes, as the two tensors of a checkpoint:
///
///   nvfp4-pack-quantized  nvfp4_tensor without its first 4 bytes (weight_global_scale): 1, 8: weight_scale, weight_packed
///   mxfp4-pack-quantized  mxfp4_even: 1, 16: weight_scale, weight_packed
///   bitsandbytes          nf4, fp4: 4, 32: absmax, weight
struct BlockArrays {
  std::vector<std::byte> heads;
  std::vector<std::byte> bodies;
};

/// The last body may be shorter; `body` is at least 1. invalid_argument if the bytes end within a head.
Result<BlockArrays> split_blocks(std::span<const std::byte> bytes, std::size_t head, std::size_t body);
/// invalid_argument if the heads are not as many as the bodies need.
Result<std::vector<std::byte>> join_blocks(const BlockArrays& arrays, std::size_t head, std::size_t body);

}  // namespace bitbudget::formats
