// NPZ: a ZIP archive of NPY files, stored (numpy.savez) or deflated (numpy.savez_compressed).
// Specification: PKWARE's APPNOTE.TXT 6.3, the parts of it that NumPy writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "files/file_report.h"
#include "files/memory.h"
#include "files/source.h"

namespace bitbudget::files {

/// The directory stands at a ZIP's end, so the whole file is wanted. Tensors are named as NumPy names them, without ".npy".
/// Every member is unpacked once, one after another, and its size and sum are checked: memory for the largest, and
/// too_large if all of them together declare more than kMemoryLimit.
/// unsupported: encryption, methods beside 0 and 8, several disks, 64-bit directories. invalid_file: a local header that
/// differs from the directory, members that overlap, a name twice, or one with "..", "\" or a leading "/".
/// A fault within a deflated member has its offset in the member's compressed bytes; `field` is the member.
Result<FileReport> read_npz(const Source& source);

/// The values of a deflated tensor of read_npz's report, unpacked: its byte_length bytes, as decode_tensor takes them.
struct UnpackedTensor {
  Buffer<std::byte> member;           // the whole NPY file
  std::span<const std::byte> values;  // within it
};
Result<UnpackedTensor> unpack_npz_tensor(const Source& source, std::string_view name);

}  // namespace bitbudget::files
