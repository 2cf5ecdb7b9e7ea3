#include "sizing/parameters.h"

#include "sizing/formula.h"

namespace bitbudget::sizing {
namespace {

/// Groups that make one term: of one role and one layer kind.
struct Part {
  TensorRole role;
  int layer_kind;
  std::vector<const TensorGroup*> groups;
};

std::vector<Part> split(const std::vector<TensorGroup>& groups) {
  std::vector<Part> parts;
  for (const TensorGroup& group : groups) {
    std::size_t i = 0;
    while (i < parts.size() && (parts[i].role != group.role || parts[i].layer_kind != group.layer_kind)) ++i;
    if (i == parts.size()) parts.push_back({group.role, group.layer_kind, {}});
    parts[i].groups.push_back(&group);
  }
  return parts;
}

Term term_of(const ModelDescription& model, const Part& part) {
  Term term;
  term.unit = Unit::parameters;
  term.id = to_string(part.role);
  term.label = role_label(part.role);
  if (part.layer_kind >= 0 && model.kinds.size() > 1) {
    const LayerKind& kind = model.kinds[static_cast<std::size_t>(part.layer_kind)];
    term.id += "." + kind.id;
    term.label += ": " + kind.label;
  } else if (part.layer_kind < 0 && part.role == TensorRole::norm) {
    term.id = "outer_norm";
    term.label = "Norms outside the layers";
  }
  std::uint64_t sum = 0;
  for (const TensorGroup* group : part.groups) sum += group->parameters;
  term.value = static_cast<double>(sum);
  FormulaText text = shapes_formula(model, part.groups);
  term.formula = std::move(text.symbols);
  term.substituted = std::move(text.numbers);
  return term;
}

}  // namespace

Parameters parameters(const ModelDescription& model, const std::vector<TensorGroup>& groups) {
  Parameters result;
  for (const Part& part : split(groups)) result.add(term_of(model, part));
  std::uint64_t active = 0;
  for (const TensorGroup& group : groups) active += group.active;
  result.active = static_cast<double>(active);
  return result;
}

}  // namespace bitbudget::sizing
