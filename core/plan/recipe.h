// A plan for engines that scale beyond one browser: the same formats, in the words of their tools.
#pragma once

#include <span>
#include <string>

#include "error.h"

namespace bitbudget::plan {

struct Assignment {
  std::string tensor;  // its name in the checkpoint
  std::string format;  // id of formats/registry.h
};

/// One `--tensor-type '^name$=type'` for each tensor, a line each, as llama-quantize takes them (its patterns are regular
/// expressions over GGUF names: dots are escaped). Names of transformers are translated (llama_names.h), unknown ones stay.
/// unsupported for a format that is no type of ggml; invalid_argument where a GGUF has one tensor for several of the
/// checkpoint (the experts of a layer) and they have different formats.
Result<std::string> llama_tensor_types(std::span<const Assignment> assignments);

/// A recipe of llm-compressor (YAML) with one config group for each format: tensors by exact name, without ".weight".
/// Float formats are its `ignore`. unsupported for a format that compressed-tensors has no scheme for.
Result<std::string> compressed_tensors_recipe(std::span<const Assignment> assignments);

}  // namespace bitbudget::plan
