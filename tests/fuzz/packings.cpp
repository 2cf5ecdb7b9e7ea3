// The packings of checkpoints: arrays of any content unpack or are refused, and what unpacks packs into the same arrays.
#include "formats/packings.h"

#include <algorithm>
#include <array>

#include "fuzz.h"

using namespace bitbudget;
using namespace bitbudget::formats;

namespace {

/// `length` numbers drawn from the input, one more or less now and then; whole-code words keep their spare bits at 0.
template <class T>
std::vector<T> draw(fuzz::Input& input, std::size_t length) {
  const auto slip = input.take<std::uint8_t>();
  if (slip == 255) ++length;
  if (slip == 254 && length > 0) --length;
  std::vector<T> values(std::min<std::size_t>(length, 1 << 16));
  const auto bytes = input.rest();
  for (std::size_t i = 0; i < values.size() && !bytes.empty(); ++i) {
    std::array<std::byte, sizeof(T)> raw;
    for (std::size_t j = 0; j < raw.size(); ++j) raw[j] = bytes[(i * raw.size() + j + slip) % bytes.size()];
    std::memcpy(&values[i], raw.data(), sizeof(T));
  }
  return values;
}

struct Shape {
  std::size_t rows, columns, group;
  int bits;
  std::size_t groups() const { return group == 0 ? 0 : (columns + group - 1) / group; }
};

template <class T>
bool same_bytes(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

void check_values(const UniformWeight& weight) {
  fuzz::require(check(weight).has_value(), "an inconsistent weight");
  std::vector<float> values(weight.codes.size());
  fuzz::require(dequantize(weight, values).has_value(), "a weight without values");
}

void compressed_tensors(fuzz::Input& input, const Shape& s) {
  const WordFill fill = input.take<std::uint8_t>() % 2 ? WordFill::dense : WordFill::whole_codes;
  const bool fits = s.bits >= 2 && s.bits <= 8;
  const auto words = [&](std::size_t count) { return fits ? packed_words(count, s.bits, fill) : 1; };
  CompressedTensorsWeight file;
  file.weight_packed = draw<std::uint32_t>(input, s.rows * words(s.columns));
  file.weight_scale = draw<float>(input, s.rows * s.groups());
  if (input.take<std::uint8_t>() % 2) file.weight_zero_point = draw<std::uint32_t>(input, words(s.rows) * s.groups());
  if (input.take<std::uint8_t>() % 4 == 0) {
    file.weight_g_idx = draw<std::int32_t>(input, s.columns);
    if (s.groups() > 0 && input.take<std::uint8_t>() % 4) {
      for (auto& index : file.weight_g_idx) index = static_cast<std::int32_t>(static_cast<std::uint32_t>(index) % s.groups());
    }
  }
  const auto weight = from_compressed_tensors(file, s.rows, s.columns, s.bits, s.group, fill);
  if (!weight) return;
  check_values(*weight);
  const auto again = to_compressed_tensors(*weight, fill);
  fuzz::require(again.has_value() && same_bytes(again->weight_scale, file.weight_scale), "unpacked, but not packed again");
  const auto third = from_compressed_tensors(*again, s.rows, s.columns, s.bits, s.group, fill);
  fuzz::require(third && third->codes == weight->codes && third->zeros == weight->zeros && third->group_index == weight->group_index, "other codes");
}

void gptq(fuzz::Input& input, const Shape& s) {
  const auto version = input.take<std::uint8_t>() % 2 ? GptqVersion::v1 : GptqVersion::v2;
  GptqWeight file;
  const auto bits = static_cast<std::size_t>(s.bits);
  file.qweight = draw<std::uint32_t>(input, s.columns * bits / 32 * s.rows);
  file.qzeros = draw<std::uint32_t>(input, s.rows * bits / 32 * s.groups());
  file.scales = draw<float>(input, s.rows * s.groups());
  const auto weight = from_gptq(file, s.rows, s.columns, s.bits, s.group, version);
  if (!weight) return;
  check_values(*weight);
  const auto again = to_gptq(*weight, version);
  // Rows and columns fill whole words, so no bit of the arrays is lost.
  fuzz::require(again && again->qweight == file.qweight && again->qzeros == file.qzeros && same_bytes(again->scales, file.scales), "other arrays");
}

void awq(fuzz::Input& input, const Shape& s) {
  AwqWeight file;
  file.qweight = draw<std::uint32_t>(input, s.columns * (s.rows / 8));
  file.qzeros = draw<std::uint32_t>(input, s.groups() * (s.rows / 8));
  file.scales = draw<float>(input, s.rows * s.groups());
  const auto weight = from_awq(file, s.rows, s.columns, s.group);
  if (!weight) return;
  check_values(*weight);
  const auto again = to_awq(*weight);
  fuzz::require(again && again->qweight == file.qweight && again->qzeros == file.qzeros && same_bytes(again->scales, file.scales), "other arrays");
}

void blocks(fuzz::Input& input) {
  const auto head = input.take<std::uint8_t>() % 9u, body = input.take<std::uint8_t>() % 40u;
  const auto arrays = split_blocks(input.rest(), head, body);
  if (arrays && body > 0) {
    const auto joined = join_blocks(*arrays, head, body);
    fuzz::require(joined && std::ranges::equal(*joined, input.rest()), "other bytes");
  }
  const auto cut = input.take<std::uint16_t>() % (input.rest().size() + 1);
  const BlockArrays any{{input.rest().begin(), input.rest().begin() + static_cast<std::ptrdiff_t>(cut)}, {input.rest().begin() + static_cast<std::ptrdiff_t>(cut), input.rest().end()}};
  if (const auto joined = join_blocks(any, head, body)) fuzz::require(joined->size() == input.rest().size(), "bytes lost in joining");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(std::as_bytes(std::span(data, size)));
  const unsigned packing = input.take<std::uint8_t>() % 4u;
  if (packing == 3) {
    blocks(input);
    return 0;
  }
  Shape shape{input.take<std::uint8_t>() % 40u, input.take<std::uint8_t>() % 70u, input.take<std::uint8_t>() % 72u, input.take<std::uint8_t>() % 11};
  if (input.take<std::uint8_t>() % 2) {
    shape.rows = shape.rows / 8 * 8;
    shape.columns = shape.columns / 32 * 32;
  }
  if (packing == 0) compressed_tensors(input, shape);
  if (packing == 1) gptq(input, shape);
  if (packing == 2) awq(input, shape);
  return 0;
}
