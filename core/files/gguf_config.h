// A GGUF's metadata in the words of a config.json, so that the sizing reads one language only.
#pragma once

#include <string>

namespace bitbudget::files {

struct GgufHeader;

/// The text of a config.json with model_type and the sizes that the metadata states: key names after docs/gguf.md and the
/// converters of llama.cpp. What they do not store is told from the tensors: the head is tied where there is no
/// output.weight, queries have a bias where blk.0.attn_q.bias is. Empty if the architecture is none of a language model
/// that is known here; sizes that are missing are left out, and the sizing names them.
std::string gguf_config(const GgufHeader& header);

}  // namespace bitbudget::files
