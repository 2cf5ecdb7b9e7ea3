#include "plan/mixture_plan.h"

#include <algorithm>
#include <map>
#include <set>

#include "beat.h"
#include "concat.h"
#include "plan/llama_names.h"
#include "sizing/mixtures.h"

namespace bitbudget::plan {
namespace {

/// A matrix, or a stack of them: an expert's or all experts' of a layer.
bool is_matrix(const TensorShape& tensor) { return tensor.shape.size() >= 2; }

std::uint64_t row_of(const TensorShape& tensor) { return tensor.shape.back(); }

bool holds_attention(std::string_view tensor) { return tensor == "attn_v" || tensor == "attn_qkv" || tensor == "attn_kv_b"; }

/// What llama-quantize asks about a model, from what its tensors tell.
struct Survey {
  sizing::MixtureModel model;
  std::map<int, std::uint64_t> attention_layers;  // layer -> its index among those with attention
  bool own_head = false;
};

Survey survey(std::span<const TensorShape> tensors, std::span<const LlamaName> names, std::string_view architecture) {
  Survey out;
  std::set<int> attention;
  std::uint64_t queries = 0, keys = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const LlamaName& name = names[i];
    out.model.layers = std::max(out.model.layers, static_cast<std::uint64_t>(name.layer + 1));
    out.own_head = out.own_head || (name.tensor == "output" && name.layer < 0);
    if (!is_matrix(tensors[i])) continue;
    if (holds_attention(name.tensor)) attention.insert(name.layer);
    if (name.tensor == "attn_q") queries = tensors[i].shape[0];
    if (name.tensor == "attn_k") keys = tensors[i].shape[0];
    if (name.tensor == "ffn_gate_inp") out.model.experts = std::max(out.model.experts, tensors[i].shape[0]);
  }
  std::uint64_t index = 0;
  for (const int layer : attention) out.attention_layers[layer] = index++;
  out.model.attention_layers = index;
  out.model.heads_per_kv_head = keys > 0 ? queries / keys : 0;
  out.model.falcon = architecture == "falcon";
  out.model.is_70b = out.model.layers == 80 && out.model.heads_per_kv_head > 1 && !out.model.falcon;
  return out;
}

bool stays(std::string_view tensor) {
  return tensor.empty() || tensor.starts_with("ffn_gate_inp") || tensor == "position_embd" || tensor.find("norm") != std::string_view::npos ||
         tensor == "ssm_conv1d";
}

}  // namespace

Result<std::vector<std::string_view>> mixture_formats(std::string_view mixture_id, std::span<const TensorShape> tensors, std::string_view architecture) {
  const sizing::Mixture* mixture = sizing::find_mixture(mixture_id);
  if (mixture == nullptr) return fail_field(ErrorCode::not_found, "mixture", concat({"There is no mixture \"", mixture_id, "\"."}));
  std::vector<LlamaName> names;
  names.reserve(tensors.size());
  Beats beats;
  for (const TensorShape& tensor : tensors) {
    names.push_back(llama_name(tensor.name));
    beats(256);
  }
  const Survey found = survey(tensors, names, architecture);
  std::vector<std::string_view> formats(tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const LlamaName& name = names[i];
    if (!is_matrix(tensors[i]) || stays(name.tensor) || name.suffix == ".bias") continue;
    const std::string_view head = sizing::mixture_head_format(*mixture, found.model, row_of(tensors[i]));
    if (name.layer < 0) {
      // A head that is the embedding is quantized as the head.
      if (name.tensor == "output") formats[i] = head;
      if (name.tensor == "token_embd") formats[i] = found.own_head ? mixture->base : head;
      continue;
    }
    const auto attention = found.attention_layers.find(name.layer);
    const std::uint64_t index = attention == found.attention_layers.end() ? 0 : attention->second;
    formats[i] = sizing::mixture_format(*mixture, found.model, name.tensor, static_cast<std::uint64_t>(name.layer), index);
  }
  return formats;
}

}  // namespace bitbudget::plan
