// Jamba (arXiv 2403.19887): Mamba's layers with one attention layer in each period, experts in every other feed-forward.
#include <array>

#include "concat.h"
#include "sizing/families/family.h"

namespace bitbudget::sizing {
namespace {

struct Cycle {
  std::uint64_t period;
  std::uint64_t offset;
  bool holds(std::uint64_t layer) const { return layer % period == offset; }
};

Cycle read_cycle(ConfigReader& config, const std::string& name, std::uint64_t period, std::uint64_t offset) {
  Cycle cycle = {config.published({name + "_period"}, period, kMaxLayers), 0};
  cycle.offset = config.published({name + "_offset"}, offset, kMaxLayers, 0);
  if (cycle.offset >= cycle.period) config.invalid(name + "_offset", concat({"must be smaller than ", name, "_period."}));
  return cycle;
}

Recurrent read_recurrent(ConfigReader& config, std::uint64_t hidden) {
  Recurrent recurrent;
  recurrent.inner = config.published({"mamba_expand"}, 2, 16) * hidden;
  recurrent.state = config.published({"mamba_d_state"}, 16, kMaxHeads);
  recurrent.conv = config.published({"mamba_d_conv"}, 4, kMaxHeads);
  recurrent.dt_rank = read_step_rank(config, "mamba_dt_rank", hidden);
  recurrent.conv_bias = config.flag("mamba_conv_bias", true);
  recurrent.projection_bias = config.flag("mamba_proj_bias", false);
  recurrent.inner_norms = true;
  return recurrent;
}

void read(ConfigReader& config, ModelDescription& model) {
  const DecoderSizes sizes = read_decoder_sizes(config, model);
  const Cycle attention = read_cycle(config, "attn_layer", 8, 4);
  const Cycle experts = read_cycle(config, "expert_layer", 2, 1);
  const std::uint64_t expert_count = config.published({"num_experts"}, 16, kMaxExperts);
  const std::uint64_t per_token = config.published({"num_experts_per_tok"}, 2, kMaxExperts);
  const FeedForward routed = routed_experts(expert_count, per_token, sizes.intermediate);
  const LayerKind plain = decoder_layer(sizes, true);
  const Recurrent recurrent = read_recurrent(config, model.hidden);
  model.tied_head = config.flag("tie_word_embeddings", false);
  for (std::uint64_t i = 0; i < sizes.layers; ++i) {
    LayerKind layer = plain;
    const bool attends = attention.holds(i);
    const bool has_experts = expert_count > 1 && experts.holds(i);
    if (!attends) {
      layer.attention = {};
      layer.recurrent = recurrent;
    }
    if (has_experts) layer.feed_forward = routed;
    layer.id = std::string(attends ? "attention" : "mamba") + (has_experts ? "_moe" : "");
    layer.label = std::string(attends ? "Attention layers" : "State-space layers") + (has_experts ? " with experts" : "");
    append_layers(model, layer);
  }
}

constexpr std::array<std::string_view, 1> kTypes = {"jamba"};

}  // namespace

extern const Family kJamba;
constexpr Family kJamba = {kTypes, "Jamba", read};

}  // namespace bitbudget::sizing
