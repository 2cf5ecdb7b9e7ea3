#include "plan/llama_names.h"

#include <array>

#include "concat.h"
#include "files/ledger.h"

namespace bitbudget::plan {
namespace {

struct Name {
  std::string_view transformers;  // the end of its name, before ".weight"
  std::string_view llama;
};

// From the special to the general: the first that fits counts. Sources: the tables of gguf-py's tensor_mapping.py, checked
// against converted models.
constexpr std::array kInLayers = {
    Name{"shared_expert.gate_proj", "ffn_gate_shexp"}, Name{"shared_expert.up_proj", "ffn_up_shexp"}, Name{"shared_expert.down_proj", "ffn_down_shexp"},
    Name{"shared_experts.gate_proj", "ffn_gate_shexp"}, Name{"shared_experts.up_proj", "ffn_up_shexp"}, Name{"shared_experts.down_proj", "ffn_down_shexp"},
    Name{"shared_expert_gate", "ffn_gate_inp_shexp"},
    Name{"mlp.gate", "ffn_gate_inp"}, Name{"block_sparse_moe.gate", "ffn_gate_inp"}, Name{"mlp.router", "ffn_gate_inp"},
    Name{"q_a_proj", "attn_q_a"}, Name{"q_b_proj", "attn_q_b"}, Name{"kv_a_proj_with_mqa", "attn_kv_a_mqa"}, Name{"kv_b_proj", "attn_kv_b"},
    Name{"attn.q_proj", "attn_q"}, Name{"attn.k_proj", "attn_k"}, Name{"attn.v_proj", "attn_v"}, Name{"attn.o_proj", "attn_output"},
    Name{"attn.out_proj", "attn_output"}, Name{"attn.dense", "attn_output"}, Name{"attention.dense", "attn_output"},
    Name{"attn.qkv_proj", "attn_qkv"}, Name{"query_key_value", "attn_qkv"}, Name{"attn.c_attn", "attn_qkv"}, Name{"attn.c_proj", "attn_output"},
    Name{"mlp.gate_up_proj", "ffn_up"}, Name{"mlp.gate_proj", "ffn_gate"}, Name{"mlp.up_proj", "ffn_up"}, Name{"mlp.down_proj", "ffn_down"},
    Name{"mlp.c_fc", "ffn_up"}, Name{"mlp.c_proj", "ffn_down"}, Name{"dense_h_to_4h", "ffn_up"}, Name{"dense_4h_to_h", "ffn_down"},
    Name{"fc1", "ffn_up"}, Name{"fc2", "ffn_down"},
};
constexpr std::array kExperts = {
    Name{".gate_proj", "ffn_gate_exps"}, Name{".up_proj", "ffn_up_exps"}, Name{".down_proj", "ffn_down_exps"},
    Name{".w1", "ffn_gate_exps"}, Name{".w3", "ffn_up_exps"}, Name{".w2", "ffn_down_exps"},
};
constexpr std::array kOutside = {
    Name{"embed_tokens", "token_embd"}, Name{"wte", "token_embd"}, Name{"word_embeddings", "token_embd"}, Name{"embed_in", "token_embd"},
    Name{"embed_positions", "position_embd"}, Name{"wpe", "position_embd"},
    Name{"lm_head", "output"}, Name{"embed_out", "output"},
};

/// The end of `name` is `part`, or a dot and then `part`.
bool ends_with_part(std::string_view name, std::string_view part) {
  if (!name.ends_with(part)) return false;
  if (name.size() == part.size() || part.front() == '.') return true;
  const char before = name[name.size() - part.size() - 1];
  return before == '.' || before == '_';  // "self_attn.q_proj" and "attn.q_proj"
}

template <class Table>
std::string_view look_up(const Table& table, std::string_view name) {
  for (const Name& each : table) {
    if (ends_with_part(name, each.transformers)) return each.llama;
  }
  return {};
}

}  // namespace

LlamaName llama_name(std::string_view name) {
  LlamaName out{.tensor = {}, .layer = files::place_of(name).layer, .suffix = {}};
  for (const std::string_view suffix : {std::string_view(".weight"), std::string_view(".bias")}) {
    if (!name.ends_with(suffix)) continue;
    out.suffix = name.substr(name.size() - suffix.size());
    name.remove_suffix(suffix.size());
  }
  if (name.starts_with("blk.")) {
    const std::size_t dot = name.find('.', 4);
    if (dot != std::string_view::npos) out.tensor = name.substr(dot + 1);
    return out;
  }
  if (out.layer < 0) {
    const bool own = name == "token_embd" || name == "output" || name == "position_embd";
    out.tensor = own ? name : look_up(kOutside, name);
    return out;
  }
  const bool of_expert = name.find("experts.") != std::string_view::npos && name.find("shared_expert") == std::string_view::npos;
  out.tensor = of_expert ? look_up(kExperts, name) : look_up(kInLayers, name);
  return out;
}

std::string full_name(const LlamaName& name) {
  if (name.tensor.empty()) return {};
  const std::string tensor = std::string(name.tensor) + std::string(name.suffix);
  return name.layer < 0 ? tensor : concat({"blk.", name.layer, ".", tensor});
}

}  // namespace bitbudget::plan
