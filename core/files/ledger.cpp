#include "files/ledger.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "beat.h"
#include "concat.h"

namespace bitbudget::files {
namespace {

constexpr std::string_view kBuffer = "buffer";
constexpr std::string_view kScales = "scales";
constexpr std::string_view kOther = "other";
constexpr std::string_view kPrediction = "prediction";
constexpr int kMaxLayers = 1'000'000;

struct NameRule {
  std::string_view part;  // of the name
  std::string_view kind;
};

// The first rule whose part is in the name decides. Names of transformers and of llama.cpp, from the special to the general.
constexpr std::array kNameRules = {
    NameRule{"rotary_emb.", kBuffer}, NameRule{"rope_freqs", kBuffer}, NameRule{"rope_factors", kBuffer}, NameRule{"masked_bias", kBuffer},
    NameRule{"position_ids", kBuffer}, NameRule{"attn.causal_mask", kBuffer},
    NameRule{"weight_scale", kScales}, NameRule{"weight_zero_point", kScales}, NameRule{"weight_g_idx", kScales}, NameRule{"weight_shape", kScales},
    NameRule{"weight_global_scale", kScales}, NameRule{"input_scale", kScales}, NameRule{".qzeros", kScales}, NameRule{".scales", kScales},
    NameRule{".g_idx", kScales}, NameRule{"absmax", kScales}, NameRule{"quant_map", kScales}, NameRule{"quant_state", kScales},
    NameRule{"k_scale", kScales}, NameRule{"v_scale", kScales},
    NameRule{"vision_tower", "vision"}, NameRule{"vision_model", "vision"}, NameRule{"multi_modal_projector", "vision"}, NameRule{"visual.", "vision"},
    NameRule{"mm.", "vision"}, NameRule{"v.blk.", "vision"}, NameRule{"v.patch", "vision"},
    NameRule{"position_embd", "position"}, NameRule{"embed_positions", "position"}, NameRule{"wpe.", "position"},
    NameRule{"norm", "norm"}, NameRule{"ln_", "norm"}, NameRule{".ln", "norm"},
    NameRule{"lm_head", "head"}, NameRule{"embed_out", "head"},
    NameRule{"embed_tokens", "embedding"}, NameRule{"token_embd", "embedding"}, NameRule{"wte.", "embedding"}, NameRule{"word_embeddings", "embedding"},
    NameRule{"embed_in", "embedding"},
    NameRule{"shared_expert", "shared_expert"}, NameRule{"_shexp", "shared_expert"},
    NameRule{"gate_inp", "router"}, NameRule{"exp_probs", "router"}, NameRule{"router", "router"}, NameRule{"e_score_correction", "router"},
    NameRule{"mlp.gate.", "router"}, NameRule{"moe.gate.", "router"},
    NameRule{"experts.", "expert"}, NameRule{"_exps", "expert"},
    NameRule{"mamba", "recurrent"}, NameRule{"ssm_", "recurrent"}, NameRule{"mixer.", "recurrent"},
    NameRule{"attn", "attention"}, NameRule{"attention", "attention"},
    NameRule{"mlp", "feed_forward"}, NameRule{"ffn", "feed_forward"}, NameRule{"feed_forward", "feed_forward"}, NameRule{"fc1", "feed_forward"},
    NameRule{"fc2", "feed_forward"}, NameRule{"dense_", "feed_forward"},
};

/// The parts that stand before a layer's number.
constexpr std::array<std::string_view, 6> kLayerWords = {"layers", "layer", "blk", "h", "block", "blocks"};

int layer_of(std::string_view name) {
  std::string_view before;
  while (!name.empty()) {
    const std::size_t dot = std::min(name.find('.'), name.size());
    const std::string_view part = name.substr(0, dot);
    const bool number = !part.empty() && part.size() <= 6 && std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (number && std::find(kLayerWords.begin(), kLayerWords.end(), before) != kLayerWords.end()) {
      int layer = 0;
      for (const char c : part) layer = layer * 10 + (c - '0');
      return layer < kMaxLayers ? layer : -1;
    }
    before = part;
    name.remove_prefix(std::min(dot + 1, name.size()));
  }
  return -1;
}

std::string count_of(std::uint64_t count) { return std::to_string(count); }

/// The sentence for a kind that does not agree.
void explain(Difference& difference, std::uint64_t embedding, bool packed, const sizing::ModelDescription& model) {
  const auto explained = [&](std::string sentence) {
    difference.explanation = std::move(sentence);
    difference.explained = true;
  };
  const std::uint64_t file = difference.in_file;
  const std::uint64_t config = difference.in_config;
  if (difference.kind == kBuffer) return explained("Tables that are computed and not learned (rotary frequencies, masks): no parameters.");
  if (difference.kind == kScales) return explained("Scales and zero points of quantized weights stand beside the parameters.");
  if (difference.kind == kPrediction) {
    return explained(concat({"Modules for multi-token prediction stand behind the model's ", count_of(model.order.size()),
                             " layers and are not counted among its parameters."}));
  }
  if (difference.kind == "head" && config == 0 && file > 0) {
    if (model.tied_head && file == embedding) return explained("The head is the embedding, and the file stores it a second time.");
    difference.explanation = "The file has a head of its own; the config says that the head is the embedding.";
    return;
  }
  if (difference.kind == "head" && file == 0) {
    difference.explanation = "The file has no head: a shard is missing, or the embedding serves as the head and the config does not say so.";
    return;
  }
  if (packed) return explained("Several weights are packed into each stored number: elements are fewer than parameters.");
  if (difference.kind == kOther) {
    difference.explanation = "Tensors whose names say nothing that is known here.";
  } else if (file == 0) {
    difference.explanation = concat({"The config has ", count_of(config), " parameters of this kind, the file none: a shard is missing."});
  } else if (config == 0) {
    difference.explanation = "Extra modules that the config does not describe.";
  } else {
    difference.explanation = file < config ? concat({"The file holds ", count_of(config - file),
                                                     " fewer than the config describes: a shard is missing, or the config is another model's."})
                                           : concat({"The file holds ", count_of(file - config),
                                                     " more than the config describes: extra modules, or the config is another model's."});
  }
}

}  // namespace

TensorPlace place_of(std::string_view name) {
  if (name == "output.weight") return {-1, "head"};
  const int layer = layer_of(name);
  // GPT-2's causal mask has the name of a bias.
  if (layer >= 0 && name.ends_with(".attn.bias")) return {layer, kBuffer};
  for (const NameRule& rule : kNameRules) {
    if (name.find(rule.part) != std::string_view::npos) return {layer, rule.kind};
  }
  return {layer, kOther};
}

Ledger make_ledger(std::span<const TensorInfo> tensors) {
  std::map<std::pair<int, std::string_view>, LedgerRow> rows;
  Ledger ledger;
  Beats beats;
  for (const TensorInfo& tensor : tensors) {
    beats(256);
    const TensorPlace place = place_of(tensor.name);
    const std::uint64_t elements = element_count(tensor.shape).value_or(0);
    LedgerRow& row = rows.try_emplace({place.layer, place.kind}, LedgerRow{.layer = place.layer, .kind = place.kind}).first->second;
    row.tensors += 1;
    row.elements += elements;
    row.bytes += tensor.byte_length;
    ledger.tensors += 1;
    ledger.elements += elements;
    ledger.bytes += tensor.byte_length;
  }
  for (const auto& [key, row] : rows) ledger.rows.push_back(row);
  return ledger;
}

std::vector<LedgerRow> rows_by_kind(const Ledger& ledger, std::uint64_t layers) {
  std::map<std::string_view, LedgerRow> kinds;
  for (const LedgerRow& row : ledger.rows) {
    const bool beyond = row.layer >= 0 && static_cast<std::uint64_t>(row.layer) >= layers && row.kind != "vision";
    const std::string_view kind = beyond ? kPrediction : row.kind;
    LedgerRow& sum = kinds.try_emplace(kind, LedgerRow{.layer = -1, .kind = kind}).first->second;
    sum.tensors += row.tensors;
    sum.elements += row.elements;
    sum.bytes += row.bytes;
  }
  std::vector<LedgerRow> rows;
  for (const auto& [kind, row] : kinds) rows.push_back(row);
  return rows;
}

TieOut tie_out(const Ledger& ledger, const sizing::ModelDescription& model, std::span<const sizing::TensorGroup> groups) {
  std::map<std::string_view, std::uint64_t> in_file;
  for (const LedgerRow& row : rows_by_kind(ledger, model.order.size())) in_file[row.kind] = row.elements;
  std::map<std::string_view, std::uint64_t> in_config;
  TieOut out{.file_elements = ledger.elements, .config_parameters = 0, .differences = {}};
  for (const sizing::TensorGroup& group : groups) {
    in_config[sizing::to_string(group.role)] += group.parameters;
    out.config_parameters += group.parameters;
  }
  const auto at = [](const std::map<std::string_view, std::uint64_t>& map, std::string_view kind) {
    const auto found = map.find(kind);
    return found == map.end() ? 0 : found->second;
  };
  std::vector<std::string_view> kinds;
  for (const auto& [kind, elements] : in_config) kinds.push_back(kind);
  for (const auto& [kind, elements] : in_file) {
    if (!in_config.contains(kind)) kinds.push_back(kind);
  }
  const bool quantized = at(in_file, kScales) > 0;
  for (const std::string_view kind : kinds) {
    Difference difference{.kind = kind, .in_file = at(in_file, kind), .in_config = at(in_config, kind), .explanation = {}, .explained = false};
    if (difference.in_file == difference.in_config) continue;
    explain(difference, at(in_config, "embedding"), quantized && difference.in_file > 0 && difference.in_file < difference.in_config, model);
    out.differences.push_back(std::move(difference));
  }
  return out;
}

}  // namespace bitbudget::files
