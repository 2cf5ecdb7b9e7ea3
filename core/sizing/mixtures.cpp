#include "sizing/mixtures.h"

#include <algorithm>
#include <array>

#include "formats/registry.h"

namespace bitbudget::sizing {
namespace {

using enum MixtureCondition;
using Scope = MixtureScope;

constexpr std::array kQ2K = {
    MixtureRule{"attn_v", grouped_heads, Scope::all, "q4_k"},
    MixtureRule{"attn_v", always, Scope::all, "q3_k"},
    MixtureRule{"ffn_down", always, Scope::all, "q3_k"},
    MixtureRule{"attn_output", always, Scope::eight_experts, "q5_k"},
    MixtureRule{"attn_output", always, Scope::not_falcon, "q3_k"},
};
constexpr std::array kQ2KS = {
    MixtureRule{"attn_v", grouped_heads, Scope::all, "q4_k"},
    MixtureRule{"ffn_down", first_eighth, Scope::all, "q4_k"},
};
constexpr std::array kQ3KS = {
    MixtureRule{"attn_output", always, Scope::eight_experts, "q5_k"},
};
constexpr std::array kQ3KM = {
    MixtureRule{"attn_v", first_two, Scope::all, "q5_k"},
    MixtureRule{"attn_v", always, Scope::all, "q4_k"},
    MixtureRule{"ffn_down", first_sixteenth, Scope::all, "q5_k"},
    MixtureRule{"ffn_down", more_bits, Scope::falcon, "q4_k"},
    MixtureRule{"ffn_down", always, Scope::not_falcon, "q4_k"},
    MixtureRule{"attn_output", always, Scope::eight_experts, "q5_k"},
    MixtureRule{"attn_output", always, Scope::not_falcon, "q4_k"},
    MixtureRule{"attn_qkv", always, Scope::all, "q4_k"},
};
constexpr std::array kQ3KL = {
    MixtureRule{"attn_v", always, Scope::all, "q5_k"},
    MixtureRule{"ffn_down", always, Scope::falcon, "q4_k"},
    MixtureRule{"ffn_down", always, Scope::all, "q5_k"},
    MixtureRule{"attn_output", always, Scope::falcon, "q4_k"},
    MixtureRule{"attn_output", always, Scope::not_eight_experts, "q5_k"},
    MixtureRule{"attn_qkv", always, Scope::all, "q4_k"},
};
constexpr std::array kIq4Nl = {
    MixtureRule{"attn_v", grouped_heads, Scope::all, "q5_k"},
    MixtureRule{"ffn_down", first_eighth, Scope::all, "q5_k"},
    MixtureRule{"attn_output", always, Scope::eight_experts, "q5_k"},
};
constexpr std::array kQ4KS = {
    MixtureRule{"attn_v", first_four, Scope::all, "q5_k"},
    MixtureRule{"ffn_down", first_eighth, Scope::not_falcon, "q5_k"},
    MixtureRule{"attn_output", always, Scope::eight_experts, "q5_k"},
};
constexpr std::array kQ4KM = {
    MixtureRule{"attn_v", more_bits, Scope::all, "q6_k"},
    MixtureRule{"ffn_down", first_sixteenth, Scope::falcon, "q6_k"},
    MixtureRule{"ffn_down", more_bits, Scope::falcon, "q5_k"},
    MixtureRule{"ffn_down", more_bits, Scope::not_falcon, "q6_k"},
    MixtureRule{"attn_output", always, Scope::eight_experts, "q5_k"},
    MixtureRule{"attn_qkv", always, Scope::all, "q5_k"},
};
constexpr std::array kQ5KM = {
    MixtureRule{"attn_v", more_bits, Scope::all, "q6_k"},
    MixtureRule{"ffn_down", more_bits, Scope::all, "q6_k"},
    MixtureRule{"attn_qkv", always, Scope::all, "q6_k"},
};

constexpr std::array kMxfp4 = {
    MixtureRule{"ffn_gate_exps", always, Scope::all, "mxfp4"},
    MixtureRule{"ffn_up_exps", always, Scope::all, "mxfp4"},
    MixtureRule{"ffn_down_exps", always, Scope::all, "mxfp4"},
};

constexpr std::array kMixtures = {
    Mixture{"q2_k_s", "Q2_K_S", "q2_k", kQ2KS},
    Mixture{"q2_k_mix", "Q2_K", "q2_k", kQ2K},
    Mixture{"q3_k_s", "Q3_K_S", "q3_k", kQ3KS},
    Mixture{"q3_k_m", "Q3_K_M", "q3_k", kQ3KM},
    Mixture{"q3_k_l", "Q3_K_L", "q3_k", kQ3KL},
    Mixture{"iq4_nl_mix", "IQ4_NL", "iq4_nl", kIq4Nl},
    Mixture{"mxfp4_moe", "MXFP4 MoE", "q8_0", kMxfp4},
    Mixture{"q4_0_mix", "Q4_0", "q4_0", {}},
    Mixture{"q4_1_mix", "Q4_1", "q4_1", {}},
    Mixture{"q4_k_s", "Q4_K_S", "q4_k", kQ4KS},
    Mixture{"q4_k_m", "Q4_K_M", "q4_k", kQ4KM},
    Mixture{"q5_0_mix", "Q5_0", "q5_0", {}},
    Mixture{"q5_1_mix", "Q5_1", "q5_1", {}},
    Mixture{"q5_k_s", "Q5_K_S", "q5_k", {}},
    Mixture{"q5_k_m", "Q5_K_M", "q5_k", kQ5KM},
    Mixture{"q6_k_mix", "Q6_K", "q6_k", {}},
    Mixture{"q8_0_mix", "Q8_0", "q8_0", {}},
};

bool gets_more_bits(std::uint64_t layer, std::uint64_t layers) {
  return layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;
}

bool holds(MixtureCondition condition, const MixtureModel& model, std::uint64_t layer, std::uint64_t attention_layer, bool of_values) {
  switch (condition) {
    case always: return true;
    case grouped_heads: return model.heads_per_kv_head >= 4;
    case more_bits: return of_values ? gets_more_bits(attention_layer, model.attention_layers) : gets_more_bits(layer, model.layers);
    case first_eighth: return layer < model.layers / 8;
    case first_sixteenth: return layer < model.layers / 16;
    case first_two: return attention_layer < 2;
    case first_four: return attention_layer < 4;
  }
  return false;
}

bool in_scope(MixtureScope scope, const MixtureModel& model) {
  switch (scope) {
    case Scope::all: return true;
    case Scope::not_falcon: return !model.falcon;
    case Scope::falcon: return model.falcon;
    case Scope::eight_experts: return model.experts == 8;
    case Scope::not_eight_experts: return model.experts != 8;
  }
  return false;
}

}  // namespace

std::span<const Mixture> mixtures() { return kMixtures; }

const Mixture* find_mixture(std::string_view id) {
  for (const Mixture& mixture : kMixtures) {
    if (mixture.id == id) return &mixture;
  }
  return nullptr;
}

MixtureModel mixture_model(const ModelDescription& model) {
  MixtureModel result;
  result.layers = model.layers();
  result.falcon = model.family == "Falcon";
  for (const LayerKind& kind : model.kinds) {
    if (kind.attention.kind != AttentionKind::none) {
      result.attention_layers += kind.count;
      result.heads_per_kv_head = kind.attention.query_heads / kind.attention.kv_heads;
    }
    result.experts = std::max(result.experts, kind.feed_forward.experts);
  }
  result.is_70b = result.layers == 80 && result.heads_per_kv_head > 1 && !result.falcon;
  return result;
}

std::string_view mixture_format(const Mixture& mixture, const MixtureModel& model, std::string_view tensor, std::uint64_t layer,
                                std::uint64_t attention_layer) {
  const bool of_values = tensor == "attn_v";
  if (model.experts == 8 && (of_values || tensor == "attn_k")) return "q8_0";
  std::string_view format = mixture.base;
  for (const MixtureRule& rule : mixture.rules) {
    if (!tensor.starts_with(rule.tensor) || !in_scope(rule.scope, model)) continue;
    if (!holds(rule.condition, model, layer, attention_layer, of_values)) continue;
    format = rule.format;
    break;
  }
  if (of_values && model.is_70b && (format == "q3_k" || format == "q4_k")) return "q5_k";
  return format;
}

std::string_view mixture_head_format(const Mixture& mixture, const MixtureModel& model, std::uint64_t row) {
  const formats::Format* base = formats::find(mixture.base);
  if (model.falcon || mixture.base == "q8_0" || base == nullptr || row % base->row_multiple != 0) return "q8_0";
  return "q6_k";
}

}  // namespace bitbudget::sizing
