// What files hold beyond the parameters.
#include "sizing/checked.h"
#include "sizing/tensor_groups.h"

namespace bitbudget::sizing {
namespace {

std::uint64_t attention_layers(const ModelDescription& model) {
  std::uint64_t layers = 0;
  for (const LayerKind& kind : model.kinds) {
    if (kind.attention.kind != AttentionKind::none) layers += kind.count;
  }
  return layers;
}

/// Multi-token prediction (DeepSeek-V3, arXiv 2412.19437, section 2.2): one more layer like the last one, a projection of two
/// normed vectors to one, a norm at the end, and copies of embedding and head.
std::uint64_t prediction_elements(const ModelDescription& model, const std::vector<TensorGroup>& groups) {
  const std::uint64_t d = model.hidden;
  std::uint64_t elements = add(mul(2, d, d), mul(3, d), mul(2, model.vocabulary, d));
  for (const TensorGroup& group : groups) {
    if (group.layer_kind == static_cast<int>(model.order.back())) elements = add(elements, group.parameters / group.layers);
  }
  return mul(elements, model.prediction_layers);
}

bool is_scaled(const TensorGroup& group, const StoredScales& scales) {
  if (!group.matmul || group.layer_kind < 0 || group.role == TensorRole::router) return false;
  return !scales.experts_only || group.role == TensorRole::expert;
}

/// Multi-token prediction modules have the scales of their layer, too.
std::uint64_t scale_elements(const ModelDescription& model, const std::vector<TensorGroup>& groups) {
  std::uint64_t elements = 0;
  for (const TensorGroup& group : groups) {
    if (!is_scaled(group, model.scales)) continue;
    const bool in_prediction = group.layer_kind == static_cast<int>(model.order.back());
    const std::uint64_t layers = group.layers + (in_prediction ? model.prediction_layers : 0);
    const std::uint64_t blocks = mul(ceil_div(group.rows.value, model.scales.rows), ceil_div(group.columns.value, model.scales.columns));
    elements = add(elements, mul(layers, group.per_layer.value, blocks));
  }
  return elements;
}

}  // namespace

std::vector<StoredExtra> stored_extras(const ModelDescription& model, const std::vector<TensorGroup>& groups) {
  std::vector<StoredExtra> extras;
  const auto put = [&](const char* id, const char* label, std::uint64_t elements, bool always) {
    if (elements > 0) extras.push_back({id, label, elements, always});
  };
  if (model.prediction_layers > 0) {
    put("prediction", "Multi-token prediction module", prediction_elements(model, groups), true);
  }
  if (model.scales.rows > 0) put("scales", "Scales of quantized weights", scale_elements(model, groups), true);
  if (model.tied_head) put("tied_head", "The tied head written out a second time", mul(model.vocabulary, model.embedding_dim()), false);
  put("rotary", "Rotary tables that older conversions write out", mul(attention_layers(model), model.rotary_table), false);
  put("masks", "Causal masks that older conversions write out", mul(model.layers(), model.mask_context, model.mask_context), false);
  return extras;
}

}  // namespace bitbudget::sizing
