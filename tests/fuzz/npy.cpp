#include "files/npy.h"

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return bitbudget::fuzz::check_reader(data, size, bitbudget::files::read_npy);
}
