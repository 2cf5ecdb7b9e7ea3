// llama.cpp's mixtures (sizing/mixtures.h) laid over the tensors that a checkpoint really has.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "error.h"

namespace bitbudget::plan {

struct TensorShape {
  std::string name;                  // as transformers or llama.cpp write it
  std::vector<std::uint64_t> shape;  // outermost first
};

/// The mixture's format of each tensor, before rows that do not fit its blocks take another one; empty for what
/// llama-quantize leaves alone: vectors, routers, position embeddings, and names that say nothing. The number of layers, of
/// heads that share a key/value head, and of experts are read off the names and shapes; Falcon is told by `architecture`,
/// a GGUF's general.architecture, which may be empty.
/// not_found for a mixture that does not exist.
Result<std::vector<std::string_view>> mixture_formats(std::string_view mixture, std::span<const TensorShape> tensors,
                                                      std::string_view architecture = {});

}  // namespace bitbudget::plan
