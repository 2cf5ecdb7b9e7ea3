#include "sizing/model.h"

#include <cassert>
#include <string_view>

#include "concat.h"

namespace bitbudget::sizing {
namespace {

bool same_layer(const LayerKind& a, const LayerKind& b) {
  return a.norms == b.norms && a.parallel == b.parallel && a.attention == b.attention && a.feed_forward == b.feed_forward &&
         a.recurrent == b.recurrent;
}

/// Keeps the first broken rule.
class Rules {
 public:
  void within(std::string_view field, std::uint64_t value, std::uint64_t low, std::uint64_t high) {
    if (value >= low && value <= high) return;
    broken(field, concat({"must be ", low, " to ", high, "; it is ", value, "."}));
  }
  void require(bool holds, std::string_view field, std::string_view rule) {
    if (!holds) broken(field, std::string(rule));
  }
  Result<void> result() && {
    if (error_.message.empty()) return {};
    return std::unexpected(std::move(error_));
  }

 private:
  void broken(std::string_view field, const std::string& rule) {
    if (!error_.message.empty()) return;
    error_ = Error{ErrorCode::invalid_field, concat({field, " ", rule}), std::nullopt, std::string(field)};
  }
  Error error_ = {ErrorCode::invalid_field, ""};
};

void check_attention(Rules& rules, const Attention& attention) {
  if (attention.kind == AttentionKind::none) return;
  rules.within("num_attention_heads", attention.query_heads, 1, kMaxHeads);
  rules.within("head_dim", attention.key_dim, 1, kMaxHidden);
  rules.within("v_head_dim", attention.value_dim, 1, kMaxHidden);
  rules.within("sliding_window", attention.window, 0, kMaxTokens);
  if (attention.kind == AttentionKind::latent) {
    rules.within("kv_lora_rank", attention.kv_rank, 1, kMaxHidden);
    rules.within("q_lora_rank", attention.query_rank, 0, kMaxHidden);
    rules.require(attention.rope_dim <= attention.key_dim, "qk_rope_head_dim", "must not exceed the width of a head's keys.");
  }
  rules.within("num_key_value_heads", attention.kv_heads, 1, kMaxHeads);
  rules.require(attention.kv_heads != 0 && attention.query_heads % attention.kv_heads == 0, "num_key_value_heads",
                "must divide num_attention_heads: every key/value head serves the same number of query heads.");
}

void check_feed_forward(Rules& rules, const FeedForward& ffn) {
  if (ffn.kind == FeedForwardKind::none) return;
  rules.within("intermediate_size", ffn.width, 1, kMaxIntermediate);
  if (ffn.kind == FeedForwardKind::dense) return;
  rules.within("num_experts", ffn.experts, 1, kMaxExperts);
  rules.within("num_experts_per_tok", ffn.experts_per_token, 1, ffn.experts);
  rules.within("shared_expert_intermediate_size", ffn.shared_width, 0, kMaxIntermediate * 16);
}

void check_recurrent(Rules& rules, const Recurrent& recurrent) {
  if (recurrent.inner == 0) return;
  rules.within("intermediate_size", recurrent.inner, 1, kMaxIntermediate);
  rules.within("state_size", recurrent.state, 1, kMaxIntermediate);
  rules.within("conv_kernel", recurrent.conv, 1, kMaxHeads);
  rules.within("time_step_rank", recurrent.dt_rank, 1, kMaxHidden);
}

void check_vision(Rules& rules, const VisionTower& vision) {
  if (vision.hidden == 0) return;
  rules.within("vision_config.hidden_size", vision.hidden, 1, kMaxHidden);
  rules.within("vision_config.num_hidden_layers", vision.layers, 1, kMaxLayers);
  rules.within("vision_config.intermediate_size", vision.intermediate, 1, kMaxIntermediate);
  rules.within("vision_config.patch_size", vision.patch, 1, kMaxHeads);
  rules.within("vision_config.image_size", vision.patches, 1, kMaxIntermediate);
}

void check_order(Rules& rules, const ModelDescription& model) {
  std::vector<std::uint64_t> counts(model.kinds.size());
  for (const std::uint32_t kind : model.order) {
    if (kind < counts.size()) ++counts[kind];
    rules.require(kind < counts.size(), "layers", "must each be of a kind that is described.");
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    rules.require(counts[i] == model.kinds[i].count, "layers", "must agree with the counts of their kinds.");
  }
}

}  // namespace

void append_layers(ModelDescription& model, const LayerKind& kind, std::uint64_t count) {
  assert(count <= kMaxLayers);
  std::size_t index = 0;
  while (index < model.kinds.size() && !same_layer(model.kinds[index], kind)) ++index;
  if (index == model.kinds.size()) {
    model.kinds.push_back(kind);
    model.kinds.back().count = 0;
  }
  model.kinds[index].count += count;
  model.order.insert(model.order.end(), static_cast<std::size_t>(count), static_cast<std::uint32_t>(index));
}

Result<void> check_model(const ModelDescription& model) {
  Rules rules;
  rules.within("hidden_size", model.hidden, 1, kMaxHidden);
  rules.within("vocab_size", model.vocabulary, 1, kMaxVocabulary);
  rules.within("num_hidden_layers", model.layers(), 1, kMaxLayers);
  rules.within("word_embed_proj_dim", model.embedding_width, 0, kMaxHidden);
  rules.within("max_position_embeddings", model.positions, 0, kMaxIntermediate);
  check_order(rules, model);
  for (const LayerKind& kind : model.kinds) {
    check_attention(rules, kind.attention);
    check_feed_forward(rules, kind.feed_forward);
    check_recurrent(rules, kind.recurrent);
  }
  check_vision(rules, model.vision);
  return std::move(rules).result();
}

}  // namespace bitbudget::sizing
