// How many bytes the weights take in a file or in memory, in any number format or mixture of formats.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "error.h"
#include "formats/format.h"
#include "sizing/breakdown.h"
#include "sizing/options.h"
#include "sizing/tensor_groups.h"

namespace bitbudget::sizing {

/// Which format each group of tensors takes, for part of its layers.
struct FormatShare {
  std::size_t group = 0;     // index in the groups
  std::string_view format;   // id of the registry
  std::string_view wanted;   // the format that was asked for, where its blocks do not divide the rows; else the same
  std::uint64_t copies = 0;  // of the group's
  std::uint64_t elements = 0;
  std::uint64_t bytes = 0;   // encoded_size of each copy with its real rows, times copies
};

/// weight_format is a format's id, or a mixture's of llama.cpp (mixtures.h; the image encoder stays f16). What a format applies to:
/// - float formats (f32, f16, bf16): every tensor, norms and biases too;
/// - formats and mixtures of llama.cpp: every matrix but routers, positions and short convolutions; all else in f32, as
///   its files have it; a mixture quantizes a tied head as the head;
/// - all others: the matrices of linear layers but embedding, head and router; all else in f16, as bitsandbytes,
///   GPTQ and AWQ files have it.
/// embedding_format, head_format and norm_format override. Rows that are no multiple of a format's block take what
/// llama.cpp falls back to, else f16; the terms say so.
Result<std::vector<FormatShare>> assign_formats(const ModelDescription& model, const std::vector<TensorGroup>& groups,
                                                const SizeOptions& options);

/// The format `wanted` for rows of `row` values, or what llama.cpp falls back to where they do not fit its blocks, else f16.
/// unknown_format.
Result<const formats::Format*> fitting_format(std::string_view wanted, std::uint64_t row);

/// One term per role and format, or per kind where options.weight_bytes has those of a file. Exact.
Result<Breakdown> weights(const ModelDescription& model, const std::vector<TensorGroup>& groups, const SizeOptions& options);

}  // namespace bitbudget::sizing
