#include "sizing/formula.h"

#include <algorithm>
#include <vector>

#include "concat.h"
#include "sizing/latex.h"

namespace bitbudget::sizing {
namespace {

struct Summand {
  FormulaText product;
  std::uint64_t times = 0;
};

void multiply(FormulaText& product, const Extent& extent) {
  if (extent.symbol.empty()) return;  // an extent without a symbol is 1
  product.symbols += (product.symbols.empty() ? "" : " \\, ") + extent.symbol;
  product.numbers += (product.numbers.empty() ? "" : " \\cdot ") + latex_number(extent.value);
}

std::vector<Summand> summands(std::span<const TensorGroup* const> groups) {
  std::vector<Summand> sum;
  for (const TensorGroup* group : groups) {
    FormulaText product;
    multiply(product, group->per_layer);
    multiply(product, group->rows);
    multiply(product, group->columns);
    const auto same = std::ranges::find_if(sum, [&](const Summand& s) { return s.product.symbols == product.symbols; });
    if (same == sum.end()) {
      sum.push_back({product, 1});
    } else {
      ++same->times;
    }
  }
  return sum;
}

}  // namespace

std::string layers_symbol(const ModelDescription& model, int layer_kind) {
  if (model.kinds.size() == 1) return "L";
  return latex_subscript("L", model.kinds[static_cast<std::size_t>(layer_kind)].id);
}

FormulaText shapes_formula(const ModelDescription& model, std::span<const TensorGroup* const> groups) {
  const std::vector<Summand> sum = summands(groups);
  FormulaText text;
  for (const Summand& summand : sum) {
    if (!text.symbols.empty()) {
      text.symbols += " + ";
      text.numbers += " + ";
    }
    if (summand.times > 1) {
      text.symbols += std::to_string(summand.times) + " \\, ";
      text.numbers += std::to_string(summand.times) + " \\cdot ";
    }
    text.symbols += summand.product.symbols;
    text.numbers += summand.product.numbers;
  }
  if (groups.empty() || groups.front()->layer_kind < 0) return text;
  const bool brackets = sum.size() > 1;
  const std::string layers = layers_symbol(model, groups.front()->layer_kind);
  text.symbols = layers + (brackets ? concat({" (", text.symbols, ")"}) : " \\, " + text.symbols);
  text.numbers = latex_number(groups.front()->layers) + (brackets ? concat({" \\, (", text.numbers, ")"}) : " \\cdot " + text.numbers);
  return text;
}

std::string_view role_label(TensorRole role) {
  switch (role) {
    case TensorRole::embedding: return "Token embedding";
    case TensorRole::position: return "Learned positions";
    case TensorRole::head: return "Output head";
    case TensorRole::norm: return "Norms";
    case TensorRole::attention: return "Attention";
    case TensorRole::feed_forward: return "Feed-forward";
    case TensorRole::expert: return "Experts";
    case TensorRole::shared_expert: return "Shared experts";
    case TensorRole::router: return "Routers";
    case TensorRole::recurrent: return "State-space layers";
    case TensorRole::vision: return "Image encoder and projector";
  }
  return "";
}

}  // namespace bitbudget::sizing
