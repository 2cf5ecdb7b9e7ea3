// Mamba (arXiv 2312.00752): state-space layers only; no attention, no feed-forward, the head tied.
#include <array>

#include "sizing/families/family.h"

namespace bitbudget::sizing {
namespace {

void read(ConfigReader& config, ModelDescription& model) {
  model.hidden = config.required({"hidden_size", "d_model"}, kMaxHidden);
  const std::uint64_t layers = config.required({"num_hidden_layers", "n_layer"}, kMaxLayers);
  model.vocabulary = config.required({"vocab_size"}, kMaxVocabulary);
  LayerKind layer;
  layer.id = "mamba";
  layer.label = "State-space layers";
  layer.norms = 1;
  layer.recurrent.inner = config.published({"expand"}, 2, 16) * model.hidden;
  layer.recurrent.state = config.published({"state_size", "d_state"}, 16, kMaxHeads);
  layer.recurrent.conv = config.published({"conv_kernel", "d_conv"}, 4, kMaxHeads);
  layer.recurrent.dt_rank = read_step_rank(config, "time_step_rank", model.hidden);
  layer.recurrent.conv_bias = config.flag("use_conv_bias", true);
  layer.recurrent.projection_bias = config.flag("use_bias", false);
  model.tied_head = config.flag("tie_word_embeddings", true);
  append_layers(model, layer, layers);
}

constexpr std::array<std::string_view, 1> kTypes = {"mamba"};

}  // namespace

extern const Family kMamba;
constexpr Family kMamba = {kTypes, "Mamba", read};

}  // namespace bitbudget::sizing
