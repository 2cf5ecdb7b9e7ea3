#include "files/index_config.h"

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bitbudget::fuzz::check_reader(data, size, bitbudget::files::read_safetensors_index);
  return bitbudget::fuzz::check_reader(data, size, bitbudget::files::read_config_json);
}
