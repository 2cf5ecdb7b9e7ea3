// core/files for JavaScript.
#include "convert.h"

#include <string>
#include <utility>
#include <vector>

#include "files/gguf.h"
#include "files/inspect.h"
#include "files/npy.h"
#include "files/read_tensor.h"
#include "files/safetensors.h"

namespace bitbudget::wasm {
namespace {

val shape_to_val(std::span<const std::uint64_t> shape) {
  return to_array(shape, [](std::uint64_t size) { return val(static_cast<double>(size)); });
}

val to_val(const files::TensorInfo& tensor) {
  val out = val::object();
  out.set("name", tensor.name);
  out.set("type", std::string(tensor.type == nullptr ? "" : tensor.type->name));
  out.set("shape", shape_to_val(tensor.shape));
  out.set("offset", static_cast<double>(tensor.offset));
  out.set("byteLength", static_cast<double>(tensor.byte_length));
  if (tensor.type == nullptr) out.set("shard", tensor.shard);
  if (tensor.big_endian) out.set("bigEndian", true);
  if (tensor.column_major) out.set("columnMajor", true);
  if (tensor.deflated) out.set("deflated", true);
  return out;
}

/// The metadata crosses as the text of a JSON object: the package parses it.
val to_val(const files::FileReport& report) {
  val out = val::object();
  out.set("format", std::string(files::to_string(report.format)));
  out.set("metadata", report.metadata);
  out.set("tensors", to_array(report.tensors, [](const files::TensorInfo& tensor) { return to_val(tensor); }));
  if (!report.shards.empty()) out.set("shards", to_array(report.shards, [](const std::string& name) { return val(name); }));
  if (!report.config.empty()) out.set("config", report.config);
  return out;
}

val inspect(const val& bytes, const std::string& name, double file_size) {
  const auto in = Buffer<std::uint8_t>::copy_of(bytes);
  if (!in) return failure(in.error());
  const auto report = files::inspect(in->bytes(), {.name = name, .file_size = static_cast<std::uint64_t>(file_size)});
  return settle(report, [](const files::FileReport& read) { return to_val(read); });
}

val read_tensor(const val& bytes, const std::string& tensor, const std::string& name) {
  const auto in = Buffer<std::uint8_t>::copy_of(bytes);
  if (!in) return failure(in.error());
  const auto read = files::read_tensor(in->bytes(), tensor, name);
  return settle(read, [](const files::TensorValues& result) {
    val out = val::object();
    out.set("shape", shape_to_val(result.shape));
    out.set("values", val(emscripten::typed_memory_view(result.values.size(), result.values.span().data())).call<val>("slice"));
    return out;
  });
}

val element_types() {
  return to_array(files::element_types(), [](const files::ElementType& type) {
    return object({{"name", val(std::string(type.name))}, {"blockLength", val(type.block_length)}, {"blockBits", val(type.block_bits)},
                   {"format", val(std::string(type.format_id))}, {"decodes", val(files::can_decode(type))},
                   {"safetensors", val(type.safetensors_rank >= 0)}, {"gguf", val(type.gguf_id >= 0)}});
  });
}

std::vector<std::uint64_t> shape_of(const val& array) {
  std::vector<std::uint64_t> shape;
  for (const double size : emscripten::vecFromJSArray<double>(array)) shape.push_back(static_cast<std::uint64_t>(size));
  return shape;
}

Result<const files::ElementType*> type_named(const std::string& name) {
  if (const files::ElementType* type = files::find_element_type(name)) return type;
  return fail_field(ErrorCode::unsupported, "type", concat({"There is no element type \"", name, "\"."}));
}

/// One tensor of a file that is not here as a whole: its entry of the report, and the bytes that stand at its offset.
val decode_tensor(const std::string& type_name, const val& shape, bool big_endian, bool column_major, const val& stored) {
  const auto type = type_named(type_name);
  if (!type) return failure(type.error());
  files::TensorInfo info{.name = "", .type = *type, .shape = shape_of(shape), .big_endian = big_endian, .column_major = column_major};
  const auto count = files::element_count(info.shape);
  if (!count) return failure(count.error());
  const auto size = files::stored_bytes(**type, *count);
  if (!size) return failure(size.error());
  info.byte_length = *size;
  if (const auto fits = check_need(*size + 4 * *count); !fits) return failure(fits.error());
  const auto in = Buffer<std::uint8_t>::copy_of(stored);
  if (!in) return failure(in.error());
  if (in->span().size() != *size) {
    return failure(fail_field(ErrorCode::invalid_argument, "stored",
                              concat({"This tensor takes ", *size, " bytes; these are ", in->span().size(), "."})).error());
  }
  auto out = Buffer<float>::of_size(*count);
  if (!out) return failure(out.error());
  const auto done = files::decode_tensor(info, in->bytes(), out->span());
  if (!done) return failure(done.error());
  return success(out->copy_out());
}

/// A copy of text as bytes.
val bytes_of(const std::string& text) {
  return typed_array(std::span(reinterpret_cast<const unsigned char*>(text.data()), text.size()));
}

val npy_header(const std::string& type_name, const val& shape) {
  const auto type = type_named(type_name);
  if (!type) return failure(type.error());
  const auto header = files::npy_header(**type, shape_of(shape));
  return settle(header, bytes_of);
}

Result<std::vector<files::TensorToWrite>> tensors_to_write(const val& list) {
  std::vector<files::TensorToWrite> tensors;
  const auto count = list["length"].as<std::size_t>();
  for (std::size_t i = 0; i < count; ++i) {
    beat();
    const val each = list[i];
    auto type = type_named(each["type"].as<std::string>());
    if (!type) return std::unexpected(type.error());
    tensors.push_back({each["name"].as<std::string>(), *type, shape_of(each["shape"])});
  }
  return tensors;
}

/// The metadata of the GGUF whose first bytes these are, to be written again; none for no bytes.
Result<std::vector<files::GgufEntryToWrite>> entries_of(std::span<const std::byte> gguf, double file_size) {
  if (gguf.empty()) return std::vector<files::GgufEntryToWrite>{};
  auto header = files::read_gguf_header({gguf, static_cast<std::uint64_t>(file_size)});
  if (!header) return std::unexpected(std::move(header.error()));
  return files::metadata_to_write(*header);
}

/// `metadata`: [key, text] pairs, `numbers`: [key, number] pairs (a GGUF's u32). `gguf`: the beginning of a GGUF whose metadata
/// are taken over; a pair replaces an entry.
val layout_file(const std::string& format, const val& list, const val& metadata, const val& numbers, const val& gguf, double file_size) {
  const auto tensors = tensors_to_write(list);
  if (!tensors) return failure(tensors.error());
  std::vector<std::pair<std::string, std::string>> pairs;
  const auto count = metadata["length"].as<std::size_t>();
  for (std::size_t i = 0; i < count; ++i) pairs.emplace_back(metadata[i][0].as<std::string>(), metadata[i][1].as<std::string>());
  Result<files::FileLayout> layout;
  if (format == "safetensors") {
    layout = files::safetensors_layout(*tensors, pairs);
  } else {
    const auto in = Buffer<std::uint8_t>::copy_of(gguf);
    if (!in) return failure(in.error());
    auto entries = entries_of(in->bytes(), file_size);
    if (!entries) return failure(entries.error());
    const auto put = [&](files::GgufEntryToWrite fresh) {
      std::erase_if(*entries, [&](const files::GgufEntryToWrite& entry) { return entry.key == fresh.key; });
      entries->push_back(std::move(fresh));
    };
    for (auto& [key, text] : pairs) put(files::gguf_text(key, text));
    const auto more = numbers["length"].as<std::size_t>();
    for (std::size_t i = 0; i < more; ++i) put(files::gguf_u32(numbers[i][0].as<std::string>(), numbers[i][1].as<std::uint32_t>()));
    layout = files::gguf_layout(*tensors, *entries);
  }
  return settle(layout, [](const files::FileLayout& result) {
    val out = val::object();
    out.set("header", bytes_of(result.header));
    out.set("order", to_array(result.order, [](std::size_t index) { return val(static_cast<double>(index)); }));
    out.set("offsets", to_array(result.offsets, [](std::uint64_t offset) { return val(static_cast<double>(offset)); }));
    out.set("fileSize", static_cast<double>(result.file_size));
    return out;
  });
}

}  // namespace

EMSCRIPTEN_BINDINGS(bitbudget_files) {
  emscripten::function("inspect", &inspect);
  emscripten::function("elementTypes", &element_types);
  emscripten::function("readTensor", &read_tensor);
  emscripten::function("decodeTensor", &decode_tensor);
  emscripten::function("npyHeader", &npy_header);
  emscripten::function("layoutFile", &layout_file);
}

}  // namespace bitbudget::wasm
