// The packings of checkpoints, and the rotation before a format, for JavaScript.
#include "convert.h"

#include <vector>

#include "formats/hadamard.h"
#include "formats/packings.h"

namespace bitbudget::wasm {
namespace {

using formats::UniformWeight;

template <class T>
std::vector<T> from_array(const val& array) {
  return array.isUndefined() ? std::vector<T>{} : emscripten::convertJSArrayToNumberVector<T>(array);
}

template <class T>
void set_array(val& object, const char* name, const std::vector<T>& values) {
  object.set(name, typed_array(values));
}

UniformWeight weight_of(const val& object) {
  const auto number = [&](const char* name) { return static_cast<std::size_t>(object[name].as<double>()); };
  return {.rows = number("rows"),
          .columns = number("columns"),
          .bits = object["bits"].as<int>(),
          .group = number("group"),
          .codes = from_array<std::uint8_t>(object["codes"]),
          .scales = from_array<float>(object["scales"]),
          .zeros = from_array<std::uint16_t>(object["zeros"]),
          .group_index = from_array<std::int32_t>(object["groupIndex"])};
}

val to_val(const UniformWeight& weight) {
  val out = val::object();
  out.set("rows", static_cast<double>(weight.rows));
  out.set("columns", static_cast<double>(weight.columns));
  out.set("bits", weight.bits);
  out.set("group", static_cast<double>(weight.group));
  set_array(out, "codes", weight.codes);
  set_array(out, "scales", weight.scales);
  set_array(out, "zeros", weight.zeros);
  if (!weight.group_index.empty()) set_array(out, "groupIndex", weight.group_index);
  return out;
}

val to_val(const formats::CompressedTensorsWeight& file) {
  val out = val::object();
  set_array(out, "weight_packed", file.weight_packed);
  set_array(out, "weight_scale", file.weight_scale);
  if (!file.weight_zero_point.empty()) set_array(out, "weight_zero_point", file.weight_zero_point);
  if (!file.weight_g_idx.empty()) set_array(out, "weight_g_idx", file.weight_g_idx);
  return out;
}

/// GPTQ and AWQ name their tensors alike; AWQ has no g_idx.
template <class File>
val to_val(const File& file) {
  val out = val::object();
  set_array(out, "qweight", file.qweight);
  set_array(out, "qzeros", file.qzeros);
  set_array(out, "scales", file.scales);
  if constexpr (requires { file.g_idx; }) set_array(out, "g_idx", file.g_idx);
  return out;
}

const auto as_val = [](const auto& value) { return to_val(value); };

val pack_weight(const val& object, const std::string& packing) {
  const UniformWeight weight = weight_of(object);
  if (packing == "gptq") return settle(to_gptq(weight, formats::GptqVersion::v1), as_val);
  if (packing == "gptq_v2") return settle(to_gptq(weight, formats::GptqVersion::v2), as_val);
  if (packing == "awq") return settle(to_awq(weight), as_val);
  const auto fill = packing == "compressed-tensors" ? formats::WordFill::dense : formats::WordFill::whole_codes;
  return settle(to_compressed_tensors(weight, fill), as_val);
}

val unpack_weight(const val& tensors, const std::string& packing, double rows, double columns, int bits, double group) {
  const auto r = static_cast<std::size_t>(rows);
  const auto c = static_cast<std::size_t>(columns);
  const auto g = static_cast<std::size_t>(group);
  const auto words = [&](const char* name) { return from_array<std::uint32_t>(tensors[name]); };
  const auto floats = [&](const char* name) { return from_array<float>(tensors[name]); };
  const auto indices = [&](const char* name) { return from_array<std::int32_t>(tensors[name]); };
  if (packing == "gptq" || packing == "gptq_v2") {
    const formats::GptqWeight file{words("qweight"), words("qzeros"), floats("scales"), indices("g_idx")};
    return settle(from_gptq(file, r, c, bits, g, packing == "gptq" ? formats::GptqVersion::v1 : formats::GptqVersion::v2), as_val);
  }
  if (packing == "awq") return settle(formats::from_awq({words("qweight"), words("qzeros"), floats("scales")}, r, c, g), as_val);
  const auto fill = packing == "compressed-tensors" ? formats::WordFill::dense : formats::WordFill::whole_codes;
  const formats::CompressedTensorsWeight file{words("weight_packed"), floats("weight_scale"), words("weight_zero_point"), indices("weight_g_idx")};
  return settle(from_compressed_tensors(file, r, c, bits, g, fill), as_val);
}

val quantize_weight(const val& values, double columns, int bits, double group, int rule) {
  const auto in = Buffer<float>::copy_of(values);
  if (!in) return failure(in.error());
  return settle(quantize_uniform(in->span(), static_cast<std::size_t>(columns), bits, static_cast<std::size_t>(group), static_cast<formats::UniformRule>(rule)), as_val);
}

val dequantize_weight(const val& object) {
  const UniformWeight weight = weight_of(object);
  auto out = Buffer<float>::of_size(weight.codes.size());
  if (!out) return failure(out.error());
  if (const auto done = dequantize(weight, out->span()); !done) return failure(done.error());
  return success(out->copy_out());
}

/// `block` is 0 for the largest one; `seed` is negative for no signs.
val rotate(const val& values, double row_length, double block, double seed, bool back) {
  auto buffer = Buffer<float>::copy_of(values);
  if (!buffer) return failure(buffer.error());
  formats::HadamardOptions options{.block = static_cast<std::size_t>(block)};
  if (seed >= 0) options.sign_seed = static_cast<std::uint64_t>(seed);
  const auto row = static_cast<std::size_t>(row_length);
  const auto done = back ? formats::rotate_back(buffer->span(), row, options) : formats::rotate(buffer->span(), row, options);
  if (!done) return failure(done.error());
  return success(buffer->copy_out());
}

}  // namespace

EMSCRIPTEN_BINDINGS(bitbudget_packings) {
  emscripten::function("packWeight", &pack_weight);
  emscripten::function("unpackWeight", &unpack_weight);
  emscripten::function("quantizeWeight", &quantize_weight);
  emscripten::function("dequantizeWeight", &dequantize_weight);
  emscripten::function("rotate", &rotate);
}

}  // namespace bitbudget::wasm
