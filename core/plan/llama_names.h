// What llama.cpp calls the tensors of transformers: its mixtures and its command line speak of them by its own names.
#pragma once

#include <string>
#include <string_view>

namespace bitbudget::plan {

/// "attn_v" and layer 3 for "model.layers.3.self_attn.v_proj.weight" as well as for "blk.3.attn_v.weight". `tensor` is empty
/// for what neither uses; static storage, or a part of the name.
struct LlamaName {
  std::string_view tensor;
  int layer = -1;  // -1 outside the layers
  std::string_view suffix;  // ".weight", ".bias" or nothing
};
LlamaName llama_name(std::string_view name);

/// The whole name, "blk.3.attn_v.weight"; empty where `tensor` is.
std::string full_name(const LlamaName& name);

}  // namespace bitbudget::plan
