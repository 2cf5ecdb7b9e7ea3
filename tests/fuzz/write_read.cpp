// Tensor lists drawn from the input are written in all three formats and read back as they were.
#include <algorithm>
#include <string>

#include "files/gguf.h"
#include "files/npy.h"
#include "files/safetensors.h"
#include "fuzz.h"

using namespace bitbudget;

namespace {

std::vector<files::TensorToWrite> draw(fuzz::Input& input) {
  std::vector<files::TensorToWrite> tensors(input.take<std::uint8_t>() % 8);
  for (auto& tensor : tensors) {
    const auto types = files::element_types();
    tensor.type = &types[input.take<std::uint8_t>() % types.size()];
    tensor.shape.resize(input.take<std::uint8_t>() % 6);
    for (auto& length : tensor.shape) length = input.take<std::uint16_t>() % 600;
    if (!tensor.shape.empty() && input.take<std::uint8_t>() % 4 != 0) tensor.shape.back() = tensor.shape.back() % 3 * tensor.type->block_length;
    for (std::size_t n = input.take<std::uint8_t>() % 12; n > 0; --n) tensor.name += static_cast<char>(input.take<std::uint8_t>());
  }
  return tensors;
}

void check(std::span<const files::TensorToWrite> tensors, std::span<const std::uint64_t> offsets, const Result<files::FileReport>& report) {
  fuzz::require(report.has_value(), "what was written is refused");
  fuzz::require(report->tensors.size() == tensors.size(), "another number of tensors");
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const auto found = std::find_if(report->tensors.begin(), report->tensors.end(), [&](const auto& each) { return each.name == tensors[i].name; });
    fuzz::require(found != report->tensors.end() && found->type == tensors[i].type && found->shape == tensors[i].shape && found->offset == offsets[i], "another tensor");
  }
}

files::Source as_source(const std::string& header, std::uint64_t file_size) { return {std::as_bytes(std::span(header)), file_size}; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(std::as_bytes(std::span(data, size)));
  const auto tensors = draw(input);
  const std::string note(fuzz::as_text(input.rest().first(std::min<std::size_t>(input.rest().size(), 64))));
  const std::vector<std::pair<std::string, std::string>> metadata = {{"note", note}};
  if (const auto layout = files::safetensors_layout(tensors, metadata)) {
    check(tensors, layout->offsets, files::read_safetensors(as_source(layout->header, layout->file_size)));
  }
  const std::vector<files::GgufEntryToWrite> entries = {files::gguf_text("note", note), files::gguf_u32("general.alignment", 8u << size % 5)};
  if (const auto layout = files::gguf_layout(tensors, entries)) {
    check(tensors, layout->offsets, files::read_gguf(as_source(layout->header, layout->file_size)));
  }
  for (const auto& tensor : tensors) {
    const auto header = files::npy_header(*tensor.type, tensor.shape);
    if (!header) continue;
    const auto bytes = files::stored_bytes(*tensor.type, *files::element_count(tensor.shape));
    const auto report = files::read_npy(as_source(*header, header->size() + *bytes));
    fuzz::require(report && report->tensors[0].shape == tensor.shape && report->tensors[0].type == tensor.type, "another array");
  }
  return 0;
}
