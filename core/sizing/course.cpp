#include "sizing/course.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "concat.h"
#include "formats/registry.h"
#include "sizing/expression.h"
#include "sizing/flops.h"
#include "sizing/kv_cache.h"
#include "sizing/latex.h"
#include "sizing/mixtures.h"
#include "sizing/tensor_groups.h"
#include "sizing/training.h"
#include "sizing/measured_weights.h"
#include "sizing/weights.h"

namespace bitbudget::sizing {
namespace {

/// What every formula needs: the model's sizes as named quantities.
struct Case {
  const ModelDescription& model;
  const SizeOptions& options;
  std::vector<TensorGroup> groups;
  Expression d, vocabulary, layers, batch, context, parameters;
};

double sum_of(const std::vector<TensorGroup>& groups, std::initializer_list<TensorRole> roles) {
  double sum = 0;
  for (const TensorGroup& group : groups) {
    if (std::ranges::find(roles, group.role) != roles.end()) sum += static_cast<double>(group.parameters);
  }
  return sum;
}

CourseFigure figure_of(std::string id, std::string label, const Expression& course, Unit unit, double exact) {
  CourseFigure figure;
  figure.course = to_term(id, std::move(label), course, unit, Certainty::formula);
  figure.id = std::move(id);
  figure.exact = exact;
  return figure;
}

void differ(CourseFigure& figure, std::string id, std::string label, double value) {
  if (value != 0) figure.differences.push_back({std::move(id), std::move(label), value});
}

bool has_experts(const ModelDescription& model) {
  return std::ranges::any_of(model.kinds, [](const LayerKind& kind) { return kind.feed_forward.kind == FeedForwardKind::experts; });
}

/// In the first layer that has a feed-forward.
FeedForward first_feed_forward(const ModelDescription& model) {
  for (const std::uint32_t kind : model.order) {
    if (model.kinds[kind].feed_forward.kind != FeedForwardKind::none) return model.kinds[kind].feed_forward;
  }
  return {};
}

std::string feed_forward_reason(const ModelDescription& model) {
  if (has_experts(model)) return "Experts and their routers instead of one feed-forward of two matrices of width 4 d";
  const FeedForward ffn = first_feed_forward(model);
  if (ffn.kind == FeedForwardKind::none) return "There is no feed-forward";
  return concat({ffn.gated ? "Three matrices (gate, up, down)" : "Two matrices", " of width ", ffn.width,
                 ffn.bias ? ", and biases," : "", " instead of two of 4 d"});
}

CourseFigure parameters_figure(const Case& c) {
  const Expression layer = number(12) * c.d * c.d + number(4) * c.d;
  const Expression tables = (c.model.tied_head ? number(1) : number(2)) * c.vocabulary * c.d;
  CourseFigure figure = figure_of("parameters", "Parameters", tables + c.layers * layer, Unit::parameters, c.parameters.value);
  const double square = c.layers.value * c.d.value * c.d.value;
  const double table = c.vocabulary.value * c.d.value;
  using enum TensorRole;
  differ(figure, "embedding", "The embedding is of another width, with projections", sum_of(c.groups, {embedding}) - table);
  differ(figure, "position", "Learned positions", sum_of(c.groups, {position}));
  differ(figure, "attention", "Projections of k key/value heads and a heads of width h, with their biases, instead of 4 d^2",
         sum_of(c.groups, {attention}) - 4 * square);
  differ(figure, "feed_forward", feed_forward_reason(c.model),
         sum_of(c.groups, {feed_forward, expert, shared_expert, router}) - 8 * square);
  differ(figure, "norm", "The norms that there are, the final one among them, instead of 4 d for each layer",
         sum_of(c.groups, {norm}) - 4 * c.layers.value * c.d.value);
  differ(figure, "recurrent", "State-space layers", sum_of(c.groups, {recurrent}));
  differ(figure, "head", "Width and bias of the output head", sum_of(c.groups, {head}) - (c.model.tied_head ? 0 : table));
  differ(figure, "vision", "Image encoder and projector", sum_of(c.groups, {vision}));
  return figure;
}

/// The bits that a format's name promises: its first number ("q4_0", "int4_asym_g128", "bf16").
double plain_bits(std::string_view format) {
  const std::size_t at = format.find_first_of("0123456789");
  if (at == std::string_view::npos) return formats::find(format)->bits_per_weight;
  double bits = 0;
  for (std::size_t i = at; i < format.size() && format[i] >= '0' && format[i] <= '9'; ++i) bits = 10 * bits + (format[i] - '0');
  return bits;
}

Result<CourseFigure> weights_figure(const Case& c) {
  const auto shares = assign_formats(c.model, c.groups, c.options);
  if (!shares) return std::unexpected(shares.error());
  const Mixture* mixture = find_mixture(c.options.weight_format);
  const double bits = plain_bits(mixture != nullptr ? mixture->base : std::string_view(c.options.weight_format));
  double exact = 0;
  double side = 0;
  double wider = 0;
  double twice = -c.parameters.value;
  for (const FormatShare& share : *shares) {
    const double bytes = static_cast<double>(share.bytes);
    const double elements = static_cast<double>(share.elements);
    const double plain = elements * plain_bits(share.format) / 8;
    exact += bytes;
    twice += elements;
    side += bytes - plain;
    wider += plain - elements * bits / 8;
  }
  CourseFigure figure = figure_of("weights", "Weights", c.parameters * symbol("b_w", bits / 8), Unit::bytes, exact);
  differ(figure, "side", "Scales, zero points and other side information of the blocks", side);
  differ(figure, "wider", "Tensors that files keep in other formats: norms, biases, routers, some matrices", wider);
  differ(figure, "twice", "The tied head, stored a second time", twice * bits / 8);
  if (!c.options.weight_bytes.empty()) {
    figure.exact = measured_weights(c.options).total;
    differ(figure, "file", "What the file has more or less than this format alone would take", figure.exact - exact);
  }
  return figure;
}

/// The exact cache, taken apart from the course's in steps that each change one thing.
Result<CourseFigure> cache_figure(const Case& c) {
  const auto cache = kv_cache(c.model, c.options);
  if (!cache) return std::unexpected(cache.error());
  const std::string& id = c.options.k_format.empty() ? c.options.kv_format : c.options.k_format;
  const double b = plain_bits(id) / 8;
  const double tokens = c.batch.value * c.context.value;
  double layers = 0;
  double full_width = 0;  // values kept if every layer kept every token
  double kept = 0;
  for (const LayerKind& kind : c.model.kinds) {
    const Attention& attention = kind.attention;
    if (attention.kind == AttentionKind::none) continue;
    const auto width = static_cast<double>(attention.kind == AttentionKind::latent ? attention.kv_rank + attention.rope_dim
                                                                                   : attention.kv_heads * (attention.key_dim + attention.value_dim));
    const auto count = static_cast<double>(kind.count);
    layers += count;
    full_width += count * width * tokens;
    kept += count * width * c.batch.value * static_cast<double>(cached_tokens(attention, c.options));
  }
  double of_tokens = 0;
  double state = 0;
  for (const Term& term : cache->terms) (term.id.starts_with("kv_") ? of_tokens : state) += term.value;
  const Expression course = number(2) * c.batch * c.context * c.layers * c.d * symbol("b_a", b);
  CourseFigure figure = figure_of("kv_cache", "Keys and values", course, Unit::bytes, cache->total);
  differ(figure, "layers", "Layers without attention keep no keys and values", 2 * tokens * (layers - c.layers.value) * c.d.value * b);
  differ(figure, "width", "One token of one layer takes k (h_k + h_v) values, or one compressed vector, instead of 2 d",
         (full_width - 2 * tokens * layers * c.d.value) * b);
  differ(figure, "windows", "Sliding layers keep the tokens of their window only", (kept - full_width) * b);
  differ(figure, "side", "Scales of the cache's format, and values in a format of their own", of_tokens - kept * b);
  differ(figure, "state", "The state of recurrent layers", state);
  return figure;
}

Result<CourseFigure> training_figure(const Case& c) {
  const auto training = training_memory(c.model, c.groups, c.options.batch, c.options.context, c.options.training);
  if (!training) return std::unexpected(training.error());
  double activations = 0;
  for (const Term& term : training->terms) {
    if (term.id.starts_with("activations_")) activations += term.value;
  }
  const Expression course = number(4) * (number(4) * c.parameters) + symbol("M_{\\text{activations}}", activations);
  CourseFigure figure = figure_of("training", "Training", course, Unit::bytes, training->total);
  differ(figure, "states", "Weights, gradients and optimizer states as chosen, shared over devices, instead of four copies in 32 bits",
         training->total - activations - 16 * c.parameters.value);
  return figure;
}

double sum_of_terms(const Breakdown& breakdown, std::initializer_list<std::string_view> prefixes) {
  double sum = 0;
  for (const Term& term : breakdown.terms) {
    for (const std::string_view prefix : prefixes) {
      if (term.id == prefix || term.id.starts_with(std::string(prefix) + "_")) {
        sum += term.value;
        break;
      }
    }
  }
  return sum;
}

CourseFigure layer_flops_figure(const Case& c, const Breakdown& exact) {
  const FeedForward ffn = first_feed_forward(c.model);
  const Expression f = symbol("f", ffn.width);
  const Expression tokens = c.batch * c.context;
  const Expression scores = number(2) * tokens * c.context * c.d;
  const Expression layer = scores + number(4) * tokens * c.d * c.d + number(4) * tokens * c.d * f;
  CourseFigure figure = figure_of("flops_layers", "FLOPs of the layers", c.layers * layer, Unit::flops, exact.total);
  const double per_token = c.layers.value * tokens.value * c.d.value;
  const double found_scores = sum_of_terms(exact, {"scores"});
  const double found_ffn = sum_of_terms(exact, {"feed_forward", "experts", "shared_experts", "router"});
  const double found_attention = sum_of_terms(exact, {"attention"});
  differ(figure, "attention", "Projections: two FLOPs for each multiply-add, and k key/value heads", found_attention - 4 * per_token * c.d.value);
  differ(figure, "scores", "Scores and values: two FLOPs for each multiply-add, twice, of the tokens that a token may see",
         found_scores - 2 * per_token * c.context.value);
  differ(figure, "feed_forward", has_experts(c.model) ? "The chosen experts, with three matrices each" : "Feed-forward: all its matrices",
         found_ffn - 4 * per_token * f.value);
  differ(figure, "others", "Output head, and state-space layers", exact.total - found_scores - found_ffn - found_attention);
  return figure;
}

CourseFigure total_flops_figure(const Case& c, const Breakdown& exact) {
  const double tokens = c.batch.value * c.context.value;
  CourseFigure figure = figure_of("flops_total", "FLOPs by the short formula", number(2) * c.parameters * c.batch * c.context, Unit::flops, exact.total);
  double idle = 0;
  double unchosen = 0;
  for (const TensorGroup& group : c.groups) {
    const bool works = group.matmul && group.role != TensorRole::vision;
    if (!works) idle += static_cast<double>(group.parameters);
    if (works) unchosen += static_cast<double>(group.parameters - group.active);
  }
  differ(figure, "idle", "The embedding is looked up, norms and biases are no products, images are not encoded for text", -2 * tokens * idle);
  differ(figure, "unchosen", "Experts that a token does not choose", -2 * tokens * unchosen);
  differ(figure, "scores", "Scores and values between tokens have no parameters", sum_of_terms(exact, {"scores", "expansion"}));
  differ(figure, "scan", "State-space scans", sum_of_terms(exact, {"scan"}));
  return figure;
}

}  // namespace

Result<std::vector<CourseFigure>> course_figures(const ModelDescription& model, const SizeOptions& options) {
  if (auto checked = check_options(options); !checked) return std::unexpected(checked.error());
  auto groups = tensor_groups(model);
  if (!groups) return std::unexpected(groups.error());
  double parameters = 0;
  for (const TensorGroup& group : *groups) parameters += static_cast<double>(group.parameters);
  const Case c = {model, options, std::move(*groups), symbol("d", model.hidden), symbol("V", model.vocabulary), symbol("L", model.layers()),
                  symbol("B", options.batch), symbol("S", options.context), symbol("P", parameters)};
  std::vector<CourseFigure> figures = {parameters_figure(c)};
  for (const auto make : {&weights_figure, &cache_figure, &training_figure}) {
    auto figure = make(c);
    if (!figure) return std::unexpected(figure.error());
    figures.push_back(std::move(*figure));
  }
  const Breakdown flops = prefill_flops(model, c.groups, options.batch, options.context, true);
  figures.push_back(layer_flops_figure(c, flops));
  figures.push_back(total_flops_figure(c, flops));
  return figures;
}

}  // namespace bitbudget::sizing
