#include "sizing/flops.h"

#include "sizing/expression.h"
#include "sizing/layer_symbols.h"
#include "sizing/training.h"

namespace bitbudget::sizing {
namespace {

/// What is computed: how many tokens pass the layers, how many the head, and how many keys they see.
struct Work {
  Expression tokens;
  Expression head_tokens;
  std::string head_label;
  bool decode = false;  // tokens is 1, at the end of `context`
  Expression batch;     // prompts
  Expression context;   // S
  LatentAttention latent = LatentAttention::absorbed;
};

/// Pairs of a query and a key that it sees, in one layer.
Expression pairs(const Work& work, const LayerSymbols& s, bool sliding) {
  const Expression seen = sliding ? smaller(work.context, s.window) : work.context;
  if (work.decode) return seen;
  // Token i sees min(i, W): 1 + 2 + ... + W, then W each.
  const Expression rising = seen * (seen + number(1)) / number(2);
  if (!sliding) return work.batch * rising;
  return work.batch * (rising + (work.context - seen) * seen);
}

std::vector<const TensorGroup*> multiplied(const std::vector<TensorGroup>& groups, int kind, TensorRole role) {
  std::vector<const TensorGroup*> found;
  for (const TensorGroup& group : groups) {
    if (group.matmul && group.layer_kind == kind && group.role == role) found.push_back(&group);
  }
  return found;
}

struct Part {
  TensorRole role;
  const char* id;
  const char* label;
};

constexpr Part kParts[] = {
    {TensorRole::attention, "attention", "Attention projections"},
    {TensorRole::recurrent, "recurrent", "State-space projections"},
    {TensorRole::feed_forward, "feed_forward", "Feed-forward"},
    {TensorRole::router, "router", "Router"},
    {TensorRole::expert, "experts", "Routed experts"},
    {TensorRole::shared_expert, "shared_experts", "Shared experts"},
};

void add_projections(Breakdown& out, const ModelDescription& model, const std::vector<TensorGroup>& groups, std::size_t kind,
                     const LayerSymbols& s, const Work& work) {
  for (const Part& part : kParts) {
    const auto found = multiplied(groups, static_cast<int>(kind), part.role);
    if (found.empty()) continue;
    const Expression per_token = part.role == TensorRole::expert ? s.per_token : number(1);
    const Expression flops = number(2) * work.tokens * s.layers * per_token * sum_of_shapes(found);
    out.add(to_term(kind_id(model, kind, part.id), kind_label(model, kind, part.label), flops, Unit::flops, Certainty::exact));
  }
}

/// For each pair of a query and a key, in all layers: a product over the key's width and one over the value's, for each head.
Expression score_work(const Attention& attention, const LayerSymbols& s, LatentAttention latent) {
  if (attention.kind == AttentionKind::latent && latent == LatentAttention::absorbed) {
    return number(2) * s.layers * s.a * (number(2) * s.c + s.h_r);
  }
  if (attention.key_dim == attention.value_dim) return number(4) * s.layers * s.a * s.h;
  return number(2) * s.layers * s.a * (s.h + s.h_v);
}

void add_scores(Breakdown& out, const ModelDescription& model, std::size_t kind, const LayerSymbols& s, const Work& work) {
  const Attention& attention = model.kinds[kind].attention;
  if (attention.kind == AttentionKind::none) return;
  const Expression seen = pairs(work, s, attention.window != 0);
  out.add(to_term(kind_id(model, kind, "scores"), kind_label(model, kind, "Attention scores and values"),
                  score_work(attention, s, work.latent) * seen, Unit::flops, Certainty::exact));
  const bool again = attention.kind == AttentionKind::latent && work.decode && work.latent == LatentAttention::expanded;
  if (!again) return;
  out.add(to_term(kind_id(model, kind, "expansion"), kind_label(model, kind, "Keys and values of cached tokens, made again"),
                  number(2) * s.layers * s.a * (s.h - s.h_r + s.h_v) * s.c * (work.context - number(1)), Unit::flops, Certainty::exact));
}

/// Mamba (arXiv 2312.00752, algorithm 2), for each of e n states: dt A and dt B x (2 products), h' = A h + B x and the sum of
/// C h (2 multiply-adds): 6; the short convolution has m taps for each of e channels, the skip D x one.
void add_scan(Breakdown& out, const ModelDescription& model, std::size_t kind, const LayerSymbols& s, const Work& work) {
  if (model.kinds[kind].recurrent.inner == 0) return;
  out.add(to_term(kind_id(model, kind, "scan"), kind_label(model, kind, "State-space scan and convolution"),
                  work.tokens * s.layers * s.e * (number(6) * s.n + number(2) * s.m + number(2)), Unit::flops, Certainty::formula));
}

void add_ends(Breakdown& out, const std::vector<TensorGroup>& groups, const Work& work) {
  std::vector<const TensorGroup*> in;
  std::vector<const TensorGroup*> head;
  for (const TensorGroup& group : groups) {
    if (!group.matmul || group.layer_kind >= 0 || group.role == TensorRole::vision) continue;
    const bool projects_in = group.role == TensorRole::embedding && group.name != "token_embd";
    (projects_in ? in : head).push_back(&group);
  }
  if (!in.empty()) {
    out.add(to_term("embedding_projection", "Embedding projection", number(2) * work.tokens * sum_of_shapes(in), Unit::flops, Certainty::exact));
  }
  out.add(to_term("head", work.head_label, number(2) * work.head_tokens * sum_of_shapes(head), Unit::flops, Certainty::exact));
}

Breakdown forward(const ModelDescription& model, const std::vector<TensorGroup>& groups, const Work& work) {
  Breakdown out;
  for (std::size_t kind = 0; kind < model.kinds.size(); ++kind) {
    if (model.kinds[kind].count == 0) continue;
    const LayerSymbols s = layer_symbols(model, kind);
    add_projections(out, model, groups, kind, s, work);
    add_scores(out, model, kind, s, work);
    add_scan(out, model, kind, s, work);
  }
  add_ends(out, groups, work);
  return out;
}

bool is_between_tokens(const Term& term) { return term.id.starts_with("scores") || term.id.starts_with("scan"); }

}  // namespace

Breakdown token_flops(const ModelDescription& model, const std::vector<TensorGroup>& groups, std::uint64_t context, LatentAttention latent) {
  Work work;
  work.tokens = work.head_tokens = work.batch = number(1);
  work.head_label = "Output head";
  work.decode = true;
  work.context = symbol("S", context);
  work.latent = latent;
  return forward(model, groups, work);
}

Breakdown prefill_flops(const ModelDescription& model, const std::vector<TensorGroup>& groups, std::uint64_t batch, std::uint64_t context,
                        bool all_logits, LatentAttention latent) {
  Work work;
  work.batch = symbol("B", batch);
  work.context = symbol("S", context);
  work.tokens = work.batch * work.context;
  work.head_tokens = all_logits ? work.tokens : work.batch;
  work.head_label = all_logits ? "Output head, every token" : "Output head, last token of each prompt";
  work.latent = latent;
  return forward(model, groups, work);
}

Breakdown training_flops(const ModelDescription& model, const std::vector<TensorGroup>& groups, std::uint64_t batch, std::uint64_t context,
                         const TrainingOptions& options) {
  const Breakdown pass = prefill_flops(model, groups, batch, context, true);
  double between = 0;
  double layers = 0;
  for (const Term& term : pass.terms) {
    if (is_between_tokens(term)) between += term.value;
    if (term.id != "head") layers += term.value;
  }
  const Expression matrices = symbol("F_{\\text{matrices}}", pass.total - between);
  const Expression scores = symbol("F_{\\text{scores}}", between);
  Breakdown out;
  const auto add = [&](const char* id, const char* label, const Expression& flops, Certainty certainty) {
    out.add(to_term(id, label, flops, Unit::flops, certainty));
  };
  add("forward", "Forward pass", matrices + scores, Certainty::exact);
  add("backward_inputs", "Backward pass, gradients of inputs", matrices + number(2) * scores, Certainty::formula);
  if (options.method == TrainingMethod::full) {
    add("backward_weights", "Backward pass, gradients of weights", matrices, Certainty::exact);
  } else {
    const Expression tokens = symbol("B", batch) * symbol("S", context);
    add("adapters", "Adapters, forward and backward", number(6) * tokens * symbol("P_{\\text{adapters}}", adapter_parameters(groups, options)),
        Certainty::exact);
  }
  if (options.checkpointing == Checkpointing::full) add("recompute", "Layers made again", symbol("F_{\\text{layers}}", layers), Certainty::formula);
  if (options.checkpointing == Checkpointing::selective && !options.flash_attention) {
    add("recompute", "Attention scores made again", scores, Certainty::formula);
  }
  return out;
}

}  // namespace bitbudget::sizing
