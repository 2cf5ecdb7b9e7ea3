#include "formats/packings.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <string>

#include "concat.h"
#include "formats/bit_stream.h"
#include "guard_memory.h"

namespace bitbudget::formats {
// Codes in words ------------------------------------------------------------------------------------------------------------

std::size_t packed_words(std::size_t count, int bits, WordFill fill) {
  if (fill == WordFill::dense) return (packed_size(count, bits) + 3) / 4;
  const auto per_word = static_cast<std::size_t>(32 / bits);
  return (count + per_word - 1) / per_word;
}

void pack_words(std::span<const std::uint8_t> codes, int bits, WordFill fill, std::span<std::uint32_t> words) {
  assert(words.size() == packed_words(codes.size(), bits, fill));
  std::ranges::fill(words, 0u);
  if (fill == WordFill::dense) {
    return pack_bits(codes, bits, std::as_writable_bytes(words).first(packed_size(codes.size(), bits)));
  }
  const auto per_word = static_cast<std::size_t>(32 / bits);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    words[i / per_word] |= static_cast<std::uint32_t>(codes[i]) << (i % per_word * static_cast<std::size_t>(bits));
  }
}

void unpack_words(std::span<const std::uint32_t> words, int bits, WordFill fill, std::span<std::uint8_t> codes) {
  assert(words.size() == packed_words(codes.size(), bits, fill));
  if (fill == WordFill::dense) return unpack_bits(std::as_bytes(words), bits, codes);
  const auto per_word = static_cast<std::size_t>(32 / bits);
  const std::uint32_t mask = (1u << bits) - 1;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    codes[i] = static_cast<std::uint8_t>(words[i / per_word] >> (i % per_word * static_cast<std::size_t>(bits)) & mask);
  }
}

namespace {

/// A matrix of codes, and the same in words packed along its rows (lines) or down its columns.
struct Matrix {
  std::size_t lines;   // how many lines of codes
  std::size_t length;  // codes in each
};

/// Word w of line l is words[l · line_step + w · word_step].
struct WordLayout {
  std::size_t line_step;
  std::size_t word_step;
};

/// `code(line, position)` gives a code.
template <class Code>
std::vector<std::uint32_t> pack_lines(Matrix matrix, int bits, WordFill fill, WordLayout layout, Code code) {
  std::vector<std::uint8_t> line(matrix.length);
  std::vector<std::uint32_t> packed(packed_words(matrix.length, bits, fill));
  std::vector<std::uint32_t> words(matrix.lines * packed.size());
  for (std::size_t l = 0; l < matrix.lines; ++l) {
    for (std::size_t i = 0; i < matrix.length; ++i) line[i] = static_cast<std::uint8_t>(code(l, i));
    pack_words(line, bits, fill, packed);
    for (std::size_t w = 0; w < packed.size(); ++w) words[l * layout.line_step + w * layout.word_step] = packed[w];
  }
  return words;
}

/// `store(line, position, code)` takes each code.
template <class Store>
void unpack_lines(std::span<const std::uint32_t> words, Matrix matrix, int bits, WordFill fill, WordLayout layout, Store store) {
  std::vector<std::uint8_t> line(matrix.length);
  std::vector<std::uint32_t> packed(packed_words(matrix.length, bits, fill));
  for (std::size_t l = 0; l < matrix.lines; ++l) {
    for (std::size_t w = 0; w < packed.size(); ++w) packed[w] = words[l * layout.line_step + w * layout.word_step];
    unpack_words(packed, bits, fill, line);
    for (std::size_t i = 0; i < matrix.length; ++i) store(l, i, line[i]);
  }
}

template <class T>
std::vector<T> transposed(std::span<const T> values, std::size_t rows, std::size_t columns) {
  std::vector<T> result(values.size());
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) result[c * rows + r] = values[r * columns + c];
  }
  return result;
}

Result<UniformWeight> empty_weight(std::size_t rows, std::size_t columns, int bits, std::size_t group) {
  if (auto ok = check_shape(rows, columns, bits, group); !ok) return std::unexpected(ok.error());
  UniformWeight weight{.rows = rows, .columns = columns, .bits = bits, .group = group, .codes = {}, .scales = {}, .zeros = {}, .group_index = {}};
  return weight;
}

void make_room(UniformWeight& weight) {
  weight.codes.resize(weight.rows * weight.columns);
  weight.zeros.resize(weight.rows * weight.groups());
}

}  // namespace

// compressed-tensors ----------------------------------------------------------------------------------------------------------

namespace {

Result<CompressedTensorsWeight> pack_compressed_tensors(const UniformWeight& weight, WordFill fill) {
  if (auto ok = check(weight); !ok) return std::unexpected(ok.error());
  const int middle = 1 << (weight.bits - 1);
  const std::size_t groups = weight.groups();
  CompressedTensorsWeight file;
  file.weight_packed = pack_lines({weight.rows, weight.columns}, weight.bits, fill, {packed_words(weight.columns, weight.bits, fill), 1},
                                  [&](std::size_t r, std::size_t c) { return weight.codes[r * weight.columns + c]; });
  file.weight_scale = weight.scales;
  file.weight_g_idx = weight.group_index;
  if (std::ranges::any_of(weight.zeros, [&](int z) { return z != middle; })) {
    if (std::ranges::any_of(weight.zeros, [&](int z) { return z == 2 * middle; })) {
      return fail_field(ErrorCode::invalid_argument, "zeros", "A zero of 2^bits cannot be packed.");
    }
    file.weight_zero_point = pack_lines({groups, weight.rows}, weight.bits, fill, {1, groups},
                                        [&](std::size_t g, std::size_t r) { return weight.zeros[r * groups + g]; });
  }
  return file;
}

Result<UniformWeight> unpack_compressed_tensors(const CompressedTensorsWeight& file, std::size_t rows, std::size_t columns, int bits,
                                                std::size_t group, WordFill fill) {
  auto weight = empty_weight(rows, columns, bits, group);
  if (!weight) return weight;
  const std::size_t groups = weight->groups();
  const std::size_t words = packed_words(columns, bits, fill);
  if (auto ok = expect_length("weight_packed", file.weight_packed.size(), rows * words); !ok) return std::unexpected(ok.error());
  const bool symmetric = file.weight_zero_point.empty();
  if (!symmetric) {
    const std::size_t expected = packed_words(rows, bits, fill) * groups;
    if (auto ok = expect_length("weight_zero_point", file.weight_zero_point.size(), expected); !ok) return std::unexpected(ok.error());
  }
  make_room(*weight);
  weight->scales = file.weight_scale;
  weight->group_index = file.weight_g_idx;
  unpack_lines(file.weight_packed, {rows, columns}, bits, fill, {words, 1},
               [&](std::size_t r, std::size_t c, std::uint8_t code) { weight->codes[r * columns + c] = code; });
  if (symmetric) {
    std::ranges::fill(weight->zeros, static_cast<std::uint16_t>(1 << (bits - 1)));
  } else {
    unpack_lines(file.weight_zero_point, {groups, rows}, bits, fill, {1, groups},
                 [&](std::size_t g, std::size_t r, std::uint8_t code) { weight->zeros[r * groups + g] = code; });
  }
  if (auto ok = check(*weight); !ok) return std::unexpected(ok.error());
  return weight;
}

}  // namespace

Result<CompressedTensorsWeight> to_compressed_tensors(const UniformWeight& weight, WordFill fill) {
  return guard_memory([&] { return pack_compressed_tensors(weight, fill); });
}

Result<UniformWeight> from_compressed_tensors(const CompressedTensorsWeight& file, std::size_t rows, std::size_t columns, int bits,
                                              std::size_t group, WordFill fill) {
  return guard_memory([&] { return unpack_compressed_tensors(file, rows, columns, bits, group, fill); });
}

// GPTQ ------------------------------------------------------------------------------------------------------------------------

namespace {

Result<void> check_gptq_shape(std::size_t rows, std::size_t columns, int bits) {
  if (bits != 2 && bits != 3 && bits != 4 && bits != 8) return fail_field(ErrorCode::invalid_argument, "bits", "GPTQ packs 2, 3, 4 or 8 bits.");
  const std::size_t multiple = bits == 3 ? 32 : static_cast<std::size_t>(32 / bits);
  if (rows % multiple == 0 && columns % multiple == 0) return {};
  return fail_field(ErrorCode::invalid_argument, "shape", concat({"GPTQ packs whole words: rows and columns must be multiples of ",
                                                                  multiple, "."}));
}

Result<GptqWeight> pack_gptq(const UniformWeight& weight, GptqVersion version) {
  if (auto ok = check(weight); !ok) return std::unexpected(ok.error());
  if (auto ok = check_gptq_shape(weight.rows, weight.columns, weight.bits); !ok) return std::unexpected(ok.error());
  const std::size_t groups = weight.groups();
  const int less = version == GptqVersion::v1 ? 1 : 0;
  const int unwritable = version == GptqVersion::v1 ? 0 : 1 << weight.bits;
  if (std::ranges::any_of(weight.zeros, [&](int z) { return z == unwritable; })) {
    return fail_field(ErrorCode::invalid_argument, "zeros", concat({"A zero of ", unwritable,
                                                                    " cannot be written in this version of GPTQ."}));
  }
  GptqWeight file;
  file.qweight = pack_lines({weight.rows, weight.columns}, weight.bits, WordFill::dense, {1, weight.rows},
                            [&](std::size_t r, std::size_t c) { return weight.codes[r * weight.columns + c]; });
  file.qzeros = pack_lines({groups, weight.rows}, weight.bits, WordFill::dense, {packed_words(weight.rows, weight.bits, WordFill::dense), 1},
                           [&](std::size_t g, std::size_t r) { return weight.zeros[r * groups + g] - less; });
  file.scales = transposed<float>(weight.scales, weight.rows, groups);
  file.g_idx = weight.group_index;
  if (file.g_idx.empty()) {
    for (std::size_t c = 0; c < weight.columns; ++c) file.g_idx.push_back(static_cast<std::int32_t>(c / weight.group));
  }
  return file;
}

Result<UniformWeight> unpack_gptq(const GptqWeight& file, std::size_t rows, std::size_t columns, int bits, std::size_t group, GptqVersion version) {
  auto weight = empty_weight(rows, columns, bits, group);
  if (!weight) return weight;
  if (auto ok = check_gptq_shape(rows, columns, bits); !ok) return std::unexpected(ok.error());
  const std::size_t groups = weight->groups();
  const std::size_t zero_words = packed_words(rows, bits, WordFill::dense);
  if (auto ok = expect_length("qweight", file.qweight.size(), packed_words(columns, bits, WordFill::dense) * rows); !ok) return std::unexpected(ok.error());
  if (auto ok = expect_length("qzeros", file.qzeros.size(), groups * zero_words); !ok) return std::unexpected(ok.error());
  if (auto ok = expect_length("scales", file.scales.size(), groups * rows); !ok) return std::unexpected(ok.error());
  make_room(*weight);
  const int more = version == GptqVersion::v1 ? 1 : 0;
  unpack_lines(file.qweight, {rows, columns}, bits, WordFill::dense, {1, rows},
               [&](std::size_t r, std::size_t c, std::uint8_t code) { weight->codes[r * columns + c] = code; });
  unpack_lines(file.qzeros, {groups, rows}, bits, WordFill::dense, {zero_words, 1},
               [&](std::size_t g, std::size_t r, std::uint8_t code) { weight->zeros[r * groups + g] = static_cast<std::uint16_t>(code + more); });
  weight->scales = transposed<float>(file.scales, groups, rows);
  weight->group_index = file.g_idx;
  if (auto ok = check(*weight); !ok) return std::unexpected(ok.error());
  return weight;
}

}  // namespace

Result<GptqWeight> to_gptq(const UniformWeight& weight, GptqVersion version) {
  return guard_memory([&] { return pack_gptq(weight, version); });
}

Result<UniformWeight> from_gptq(const GptqWeight& file, std::size_t rows, std::size_t columns, int bits, std::size_t group, GptqVersion version) {
  return guard_memory([&] { return unpack_gptq(file, rows, columns, bits, group, version); });
}

// AWQ -------------------------------------------------------------------------------------------------------------------------

namespace {

/// Position of a nibble in its word, from the low end -> which of the eight outputs it is.
constexpr std::array<std::size_t, 8> kAwqOrder{0, 2, 4, 6, 1, 3, 5, 7};

std::size_t awq_output(std::size_t position) { return position / 8 * 8 + kAwqOrder[position % 8]; }

Result<void> check_awq_rows(std::size_t rows) {
  if (rows % 8 == 0) return {};
  return fail_field(ErrorCode::invalid_argument, "shape", "AWQ packs eight outputs to a word: rows must be a multiple of 8.");
}

Result<AwqWeight> pack_awq(const UniformWeight& weight) {
  if (auto ok = check(weight); !ok) return std::unexpected(ok.error());
  if (auto ok = check_awq_rows(weight.rows); !ok) return std::unexpected(ok.error());
  if (weight.bits != 4 || !weight.group_index.empty() || std::ranges::any_of(weight.zeros, [](int z) { return z > 15; })) {
    return fail(ErrorCode::invalid_argument, "AWQ has 4-bit codes, zeros below 16 and no group index.");
  }
  const std::size_t groups = weight.groups();
  const std::size_t words = weight.rows / 8;
  AwqWeight file;
  file.qweight = pack_lines({weight.columns, weight.rows}, 4, WordFill::dense, {words, 1},
                            [&](std::size_t c, std::size_t i) { return weight.codes[awq_output(i) * weight.columns + c]; });
  file.qzeros = pack_lines({groups, weight.rows}, 4, WordFill::dense, {words, 1},
                           [&](std::size_t g, std::size_t i) { return weight.zeros[awq_output(i) * groups + g]; });
  file.scales = transposed<float>(weight.scales, weight.rows, groups);
  return file;
}

Result<UniformWeight> unpack_awq(const AwqWeight& file, std::size_t rows, std::size_t columns, std::size_t group) {
  auto weight = empty_weight(rows, columns, 4, group);
  if (!weight) return weight;
  if (auto ok = check_awq_rows(rows); !ok) return std::unexpected(ok.error());
  const std::size_t groups = weight->groups();
  const std::size_t words = rows / 8;
  if (auto ok = expect_length("qweight", file.qweight.size(), columns * words); !ok) return std::unexpected(ok.error());
  if (auto ok = expect_length("qzeros", file.qzeros.size(), groups * words); !ok) return std::unexpected(ok.error());
  if (auto ok = expect_length("scales", file.scales.size(), groups * rows); !ok) return std::unexpected(ok.error());
  make_room(*weight);
  unpack_lines(file.qweight, {columns, rows}, 4, WordFill::dense, {words, 1},
               [&](std::size_t c, std::size_t i, std::uint8_t code) { weight->codes[awq_output(i) * columns + c] = code; });
  unpack_lines(file.qzeros, {groups, rows}, 4, WordFill::dense, {words, 1},
               [&](std::size_t g, std::size_t i, std::uint8_t code) { weight->zeros[awq_output(i) * groups + g] = code; });
  weight->scales = transposed<float>(file.scales, groups, rows);
  return weight;
}

}  // namespace

Result<AwqWeight> to_awq(const UniformWeight& weight) {
  return guard_memory([&] { return pack_awq(weight); });
}

Result<UniformWeight> from_awq(const AwqWeight& file, std::size_t rows, std::size_t columns, std::size_t group) {
  return guard_memory([&] { return unpack_awq(file, rows, columns, group); });
}

// Blocks as two arrays ----------------------------------------------------------------------------------------------------------

namespace {

Result<void> check_body(std::size_t body) {
  if (body > 0) return {};
  return fail_field(ErrorCode::invalid_argument, "body", "The body of a block has at least one byte.");
}

Result<BlockArrays> split(std::span<const std::byte> bytes, std::size_t head, std::size_t body) {
  if (auto ok = check_body(body); !ok) return std::unexpected(ok.error());
  BlockArrays arrays;
  while (!bytes.empty()) {
    if (bytes.size() <= head) return fail(ErrorCode::invalid_argument, "The bytes end within the head of a block.");
    const std::size_t length = std::min(body, bytes.size() - head);
    arrays.heads.insert(arrays.heads.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(head));
    const auto rest = bytes.subspan(head);
    arrays.bodies.insert(arrays.bodies.end(), rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(length));
    bytes = rest.subspan(length);
  }
  return arrays;
}

Result<std::vector<std::byte>> join(const BlockArrays& arrays, std::size_t head, std::size_t body) {
  if (auto ok = check_body(body); !ok) return std::unexpected(ok.error());
  const std::size_t blocks = arrays.bodies.size() / body + (arrays.bodies.size() % body != 0);
  if (auto ok = expect_length("heads", arrays.heads.size(), blocks * head); !ok) return std::unexpected(ok.error());
  std::vector<std::byte> bytes;
  bytes.reserve(arrays.heads.size() + arrays.bodies.size());
  for (std::size_t b = 0; b < blocks; ++b) {
    const auto heads = std::span(arrays.heads).subspan(b * head, head);
    const auto codes = std::span(arrays.bodies).subspan(b * body, std::min(body, arrays.bodies.size() - b * body));
    bytes.insert(bytes.end(), heads.begin(), heads.end());
    bytes.insert(bytes.end(), codes.begin(), codes.end());
  }
  return bytes;
}

}  // namespace

Result<BlockArrays> split_blocks(std::span<const std::byte> bytes, std::size_t head, std::size_t body) {
  return guard_memory([&] { return split(bytes, head, body); });
}

Result<std::vector<std::byte>> join_blocks(const BlockArrays& arrays, std::size_t head, std::size_t body) {
  return guard_memory([&] { return join(arrays, head, body); });
}

}  // namespace bitbudget::formats
