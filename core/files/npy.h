// NPY, NumPy's file of one array: versions 1.0, 2.0 and 3.0.
// Specification: NumPy enhancement proposal 1 and numpy.lib.format; the header is a Python literal, read here by a grammar of
// just that literal, never evaluated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "files/file_report.h"
#include "files/source.h"

namespace bitbudget::files {

/// One tensor, named "array" (the file gives it no name). Metadata: version, descr, fortran_order.
/// unsupported for a version, a structured type, a pickle (`O`) and every type beside booleans, integers and floats.
Result<FileReport> read_npy(const Source& source);

inline constexpr std::string_view kNpyTensorName = "array";

/// Any header is at most this long, and a slice of so many bytes holds it.
inline constexpr std::uint64_t kMaxNpyHeader = 12 + 10'000;

/// The header of a version 1.0 file whose values, little-endian and row-major, follow it at once: the writer appends them.
/// `type` is one that NPY has (else unsupported): F16, F32, F64, BOOL, I8 to I64, U8 to U64. Its length is a multiple of 64.
Result<std::string> npy_header(const ElementType& type, std::span<const std::uint64_t> shape);

}  // namespace bitbudget::files
