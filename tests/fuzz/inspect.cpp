// Whatever the bytes are: the table of readers, and every tensor that it finds.
#include "files/inspect.h"

#include "fuzz.h"

using namespace bitbudget;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = [](const files::Source& source) { return files::inspect(source.bytes, {.file_size = source.file_size}); };
  const auto bytes = std::as_bytes(std::span(data, size));
  if (const auto report = files::inspect(bytes); report && report->tensors.size() < 16) {
    for (const auto& tensor : report->tensors) (void)files::read_tensor(bytes, tensor.name, {}, 1 << 20);
  }
  return fuzz::check_reader(data, size, read);
}
