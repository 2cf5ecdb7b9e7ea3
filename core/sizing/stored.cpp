// What files hold beyond the parameters.
#include "sizing/checked.h"
#include "sizing/tensor_groups.h"

namespace bitbudget::sizing {
namespace {

/// Older checkpoints hold one rotary table of h / 2 numbers per attention layer (Llama-2).
std::uint64_t rotary_elements(const ModelDescription& model) {
  std::uint64_t elements = 0;
  for (const LayerKind& kind : model.kinds) {
    if (kind.attention.kind == AttentionKind::heads) elements = add(elements, mul(kind.count, kind.attention.key_dim / 2));
  }
  return elements;
}

}  // namespace

std::vector<StoredExtra> stored_extras(const ModelDescription& model, const std::vector<TensorGroup>&) {
  std::vector<StoredExtra> extras;
  if (model.tied_head) {
    extras.push_back({"tied_head", "The tied head written out a second time", mul(model.vocabulary, model.embedding_dim()), false});
  }
  if (model.positions == 0) {
    if (const std::uint64_t rotary = rotary_elements(model); rotary > 0) {
      extras.push_back({"rotary", "Rotary tables that older conversions write out", rotary, false});
    }
  }
  return extras;
}

}  // namespace bitbudget::sizing
