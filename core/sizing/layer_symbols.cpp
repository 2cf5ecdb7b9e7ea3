#include "sizing/layer_symbols.h"

#include <algorithm>
#include <cctype>

#include "concat.h"
#include "sizing/formula.h"

namespace bitbudget::sizing {
namespace {

Expression extent(const Extent& extent) { return extent.symbol.empty() ? number(extent.value) : symbol(extent.symbol, extent.value); }

}  // namespace

LayerSymbols layer_symbols(const ModelDescription& model, std::size_t index) {
  const LayerKind& kind = model.kinds[index];
  const Attention& attention = kind.attention;
  const FeedForward& ffn = kind.feed_forward;
  const Recurrent& recurrent = kind.recurrent;
  LayerSymbols s;
  s.layers = symbol(layers_symbol(model, static_cast<int>(index)), kind.count);
  s.d = symbol("d", model.hidden);
  s.a = symbol("a", attention.query_heads);
  s.k = symbol("k", attention.kv_heads);
  s.h = symbol("h", attention.key_dim);
  s.h_v = symbol(attention.key_dim == attention.value_dim ? "h" : "h_v", attention.value_dim);
  s.c = symbol("c", attention.kv_rank);
  s.c_q = symbol("c_q", attention.query_rank);
  s.h_r = symbol("h_r", attention.rope_dim);
  s.window = symbol("W", attention.window);
  s.f = symbol("f", ffn.width);
  s.f_e = symbol("f_e", ffn.width);
  s.f_s = symbol("f_s", ffn.shared_width);
  s.experts = symbol("E", ffn.experts);
  s.per_token = symbol("K", ffn.experts_per_token);
  s.e = symbol("e", recurrent.inner);
  s.n = symbol("n", recurrent.state);
  s.m = symbol("m", recurrent.conv);
  s.r = symbol("r", recurrent.dt_rank);
  return s;
}

std::string kind_id(const ModelDescription& model, std::size_t kind, const std::string& id) {
  return model.kinds.size() == 1 ? id : concat({id, "_", model.kinds[kind].id});
}

std::string kind_label(const ModelDescription& model, std::size_t kind, const std::string& label) {
  if (model.kinds.size() == 1) return label;
  std::string of = model.kinds[kind].label;
  // A capital starts a label, but stays in names such as "Mamba" or "MoE".
  const bool word = of.size() > 1 && std::islower(static_cast<unsigned char>(of[1])) != 0 && !of.starts_with("Mamba");
  if (word) of[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(of[0])));
  return concat({label, ", ", of});
}

Expression shape(const TensorGroup& group) { return extent(group.rows) * extent(group.columns); }

Expression sum_of_shapes(const std::vector<const TensorGroup*>& groups) {
  struct Summand {
    Expression shape;
    std::uint64_t times;
  };
  std::vector<Summand> summands;
  for (const TensorGroup* group : groups) {
    const Expression one = shape(*group);
    const auto same = std::ranges::find_if(summands, [&](const Summand& s) {
      return s.shape.symbols == one.symbols && s.shape.numbers == one.numbers;
    });
    if (same == summands.end()) {
      summands.push_back({one, 1});
    } else {
      ++same->times;
    }
  }
  Expression sum = number(0);
  for (const Summand& summand : summands) sum = sum + number(summand.times) * summand.shape;
  return sum;
}

}  // namespace bitbudget::sizing
