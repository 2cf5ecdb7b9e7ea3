// core/formats for JavaScript.
#include "encode_options.h"

#include <vector>

#include "formats/anatomy.h"
#include "formats/registry.h"

namespace bitbudget::wasm {
namespace {

val to_val(const formats::Format& format) {
  val out = val::object();
  out.set("id", std::string(format.id));
  out.set("label", std::string(format.label));
  out.set("description", std::string(format.description));
  out.set("source", std::string(format.source));
  out.set("bitsPerWeight", format.bits_per_weight);
  out.set("blockLength", format.block_length);
  out.set("rowMultiple", format.row_multiple);
  out.set("bytesPerBlock", format.bytes_per_block);
  out.set("tensorBytes", format.tensor_bytes);
  out.set("encodesInParts", format.encodes_in_parts);
  out.set("takesImportance", format.takes_importance);
  return out;
}

val list() {
  return to_array(formats::all(), [](const formats::Format* format) { return to_val(*format); });
}

/// Counts come as double: exact to 2^53, checked by the package before they cross.
Result<std::uint64_t> size(const std::string& id, double count, double row_length) {
  auto format = formats::get(id);
  if (!format) return std::unexpected(format.error());
  return formats::encoded_size(**format, static_cast<std::uint64_t>(count), static_cast<std::uint64_t>(row_length));
}

val encoded_size(const std::string& id, double count, double row_length) {
  return settle(size(id, count, row_length), [](std::uint64_t bytes) { return val(static_cast<double>(bytes)); });
}

val encoded_parts(const std::string& id, double count, double row_length) {
  const auto format = formats::get(id);
  if (!format) return failure(format.error());
  return settle(formats::encoded_parts(**format, static_cast<std::uint64_t>(count), static_cast<std::uint64_t>(row_length)),
                [](const formats::EncodedParts& parts) {
                  return object({{"codeBits", val(static_cast<double>(parts.code_bits))},
                                 {"scaleBits", val(static_cast<double>(parts.scale_bits))},
                                 {"offsetBits", val(static_cast<double>(parts.offset_bits))}});
                });
}

val encode(const std::string& id, const val& values, double row_length, const val& importance, double low, double high,
           int search, double percentile) {
  const auto count = length_of(values);
  const auto bytes = size(id, static_cast<double>(count), row_length);
  if (!bytes) return failure(bytes.error());
  if (const auto fits = check_need(4 * (count + length_of(importance)) + *bytes); !fits) return failure(fits.error());
  const auto in = Buffer<float>::copy_of(values);
  if (!in) return failure(in.error());
  const auto weights = Buffer<float>::copy_of(importance);
  if (!weights) return failure(weights.error());
  auto out = Buffer<std::uint8_t>::of_size(*bytes);
  if (!out) return failure(out.error());
  const auto done = formats::encode(*formats::find(id), in->span(), out->bytes(), static_cast<std::uint64_t>(row_length),
                                    encode_options(weights->span(), low, high, search, percentile));
  if (!done) return failure(done.error());
  return success(out->copy_out());
}

val decode(const std::string& id, const val& bytes, double count, double row_length) {
  const auto needed = size(id, count, row_length);
  if (!needed) return failure(needed.error());
  if (const auto fits = check_need(length_of(bytes) + 4 * static_cast<std::uint64_t>(count)); !fits) return failure(fits.error());
  const auto in = Buffer<std::uint8_t>::copy_of(bytes);
  if (!in) return failure(in.error());
  auto out = Buffer<float>::of_size(static_cast<std::uint64_t>(count));
  if (!out) return failure(out.error());
  const auto done = formats::decode(*formats::find(id), in->bytes(), out->span(), static_cast<std::uint64_t>(row_length));
  if (!done) return failure(done.error());
  return success(out->copy_out());
}

val anatomy(const std::string& id, const val& bytes, double count, double element) {
  const auto format = formats::get(id);
  if (!format) return failure(format.error());
  const auto in = Buffer<std::uint8_t>::copy_of(bytes);
  if (!in) return failure(in.error());
  const auto found = formats::anatomy(**format, in->bytes(), static_cast<std::uint64_t>(count), static_cast<std::uint64_t>(element));
  return settle(found, [](const formats::Anatomy& parts) {
    val out = val::object();
    out.set("reach", typed_array(parts.reach));
    out.set("ofElement", typed_array(parts.of_element));
    out.set("levels", typed_array(parts.levels));
    return out;
  });
}

}  // namespace

EMSCRIPTEN_BINDINGS(bitbudget_formats) {
  emscripten::function("formats", &list);
  emscripten::function("encodedSize", &encoded_size);
  emscripten::function("encodedParts", &encoded_parts);
  emscripten::function("encode", &encode);
  emscripten::function("decode", &decode);
  emscripten::function("anatomy", &anatomy);
}

}  // namespace bitbudget::wasm
