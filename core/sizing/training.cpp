#include "sizing/training.h"

#include <algorithm>
#include <optional>

#include "concat.h"
#include "formats/registry.h"
#include "sizing/activations.h"
#include "sizing/checked.h"
#include "sizing/expression.h"
#include "sizing/latex.h"

namespace bitbudget::sizing {
namespace {

constexpr std::uint64_t kMaxRanks = std::uint64_t{1} << 20;

/// Numbers of things (parameters or bytes), by how tensor- and expert-parallel ranks share them.
struct Shares {
  std::uint64_t whole = 0;
  std::uint64_t split = 0;
  std::uint64_t expert = 0;

  void add_times(const Shares& other, std::uint64_t times) {
    whole = add(whole, mul(other.whole, times));
    split = add(split, mul(other.split, times));
    expert = add(expert, mul(other.expert, times));
  }
};

/// What one layer of a kind, or one end of the model, holds.
struct Holding {
  Shares parameters;       // of the model
  Shares plain;            // of these, the ones that QLoRA leaves in 16 bits
  Shares quantized_bytes;  // bytes of the others
  Shares adapters;
};

struct Holdings {
  std::vector<Holding> layer;  // by kind, one layer
  Holding first;
  Holding last;
  Holding tied_head;  // the copy that the last of several stages needs
};

bool is_split(const TensorGroup& group) {
  switch (group.role) {
    case TensorRole::embedding:
    case TensorRole::head:
    case TensorRole::attention:
    case TensorRole::feed_forward:
    case TensorRole::shared_expert:
    case TensorRole::recurrent: return group.matrix;
    default: return false;
  }
}

std::uint64_t& share_of(Shares& shares, const TensorGroup& group) {
  if (group.role == TensorRole::expert) return shares.expert;
  return is_split(group) ? shares.split : shares.whole;
}

bool is_target(const TensorGroup& group, const TrainingOptions& options) {
  if (!takes_adapter(group)) return false;
  return options.lora_targets.empty() || std::ranges::find(options.lora_targets, group.name) != options.lora_targets.end();
}

std::uint64_t adapter_of_copy(const TensorGroup& group, const TrainingOptions& options) {
  return mul(options.lora_rank, add(group.rows.value, group.columns.value));
}

/// Puts one layer's part of a group (or all of a group outside the layers) into a holding.
Result<void> put(Holding& holding, const TensorGroup& group, const formats::Format* base, const TrainingOptions& options) {
  const std::uint64_t copies = group.copies / group.layers;
  const std::uint64_t elements = mul(group.rows.value, group.columns.value);
  share_of(holding.parameters, group) += mul(elements, copies);
  if (options.method != TrainingMethod::full && is_target(group, options)) {
    // Half of an adapter is split by a tensor-parallel layer and half is whole; counted as whole, the larger.
    std::uint64_t& adapters = group.role == TensorRole::expert ? holding.adapters.expert : holding.adapters.whole;
    adapters += mul(adapter_of_copy(group, options), copies);
  }
  if (base == nullptr || !takes_adapter(group)) {
    share_of(holding.plain, group) += mul(elements, copies);
    return {};
  }
  // bitsandbytes quantizes the flattened matrix.
  const auto bytes = formats::encoded_size(*base, elements);
  if (!bytes) return std::unexpected(bytes.error());
  share_of(holding.quantized_bytes, group) += mul(*bytes, copies);
  return {};
}

Result<Holdings> holdings(const ModelDescription& model, const std::vector<TensorGroup>& groups, const TrainingOptions& options) {
  const formats::Format* base = nullptr;
  if (options.method == TrainingMethod::qlora) {
    const auto format = formats::get(options.base_format);
    if (!format) return std::unexpected(format.error());
    base = *format;
  }
  Holdings held;
  held.layer.resize(model.kinds.size());
  for (const TensorGroup& group : groups) {
    const bool ends = group.role == TensorRole::head || group.name.starts_with("output_norm");
    Holding& holding = group.layer_kind >= 0 ? held.layer[static_cast<std::size_t>(group.layer_kind)] : ends ? held.last : held.first;
    if (auto done = put(holding, group, base, options); !done) return std::unexpected(done.error());
    if (group.name != "token_embd" || !model.tied_head) continue;
    if (auto done = put(held.tied_head, group, base, options); !done) return std::unexpected(done.error());
  }
  return held;
}

/// One pipeline stage.
struct Stage {
  std::vector<std::uint64_t> layers_by_kind;
  std::uint64_t in_flight = 1;
  bool first = true;
  bool last = true;
};

/// All stages, in order; the first L mod p have one layer more.
std::vector<Stage> stages(const ModelDescription& model, std::uint64_t count) {
  std::vector<Stage> result;
  const std::uint64_t layers = model.layers();
  std::size_t layer = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    Stage stage;
    stage.layers_by_kind.assign(model.kinds.size(), 0);
    const std::uint64_t here = layers / count + (i < layers % count ? 1 : 0);
    for (std::uint64_t n = 0; n < here; ++n) ++stage.layers_by_kind[model.order[layer++]];
    stage.in_flight = count - i;
    stage.first = i == 0;
    stage.last = i + 1 == count;
    result.push_back(std::move(stage));
  }
  return result;
}

Holding stage_holding(const Holdings& held, const Stage& stage) {
  Holding sum;
  const auto take = [&](const Holding& part, std::uint64_t times) {
    sum.parameters.add_times(part.parameters, times);
    sum.plain.add_times(part.plain, times);
    sum.quantized_bytes.add_times(part.quantized_bytes, times);
    sum.adapters.add_times(part.adapters, times);
  };
  for (std::size_t kind = 0; kind < held.layer.size(); ++kind) take(held.layer[kind], stage.layers_by_kind[kind]);
  if (stage.first) take(held.first, 1);
  if (stage.last) take(held.last, 1);
  if (stage.last && !stage.first) take(held.tied_head, 1);
  return sum;
}

/// A count on one device: of parameters "P" or bytes "Q".
Expression on_device(const Shares& shares, const TrainingOptions& options, const std::string& name, bool partitioned) {
  const bool tensor = options.tensor_parallel > 1;
  const bool spread = options.expert_parallel > 1;
  const auto part = [&](const char* of) { return latex_subscript(name, of); };
  Expression dense = number(0);
  Expression experts = number(0);
  const bool one_share = !tensor && !(spread && shares.expert != 0);
  if (one_share) {
    dense = symbol(name, add(shares.whole, shares.split, shares.expert));
  } else {
    const Expression t = tensor ? symbol("t", options.tensor_parallel) : number(1);
    if (tensor) {
      dense = ceil_quotient(symbol(part("split"), shares.split), t) + symbol(part("whole"), shares.whole);
    } else {
      dense = symbol(part("others"), add(shares.whole, shares.split));
    }
    if (shares.expert != 0) {
      const Expression e = spread ? symbol("e", options.expert_parallel) : number(1);
      experts = ceil_quotient(symbol(part("experts"), shares.expert), t * e);
    }
  }
  if (!partitioned || options.data_parallel == 1) return dense + experts;
  const Expression ranks = symbol("N", options.data_parallel);
  Expression sum = ceil_quotient(dense, ranks);
  if (experts.value != 0) sum = sum + ceil_quotient(experts, spread ? symbol("N / e", options.data_parallel / options.expert_parallel) : ranks);
  return sum;
}

/// The terms of one device's weights and states.
void add_states(Breakdown& out, const Holding& holding, const TrainingOptions& options) {
  const StateBytes bytes = state_bytes(options);
  const auto put_term = [&](const char* id, const char* label, std::uint64_t each, const Shares& shares, const char* name, std::uint64_t from_stage) {
    if (each == 0) return;
    const Expression count = on_device(shares, options, name, options.zero_stage >= from_stage);
    out.add(to_term(id, label, number(each) * count, Unit::bytes, Certainty::exact));
  };
  const bool adapts = options.method != TrainingMethod::full;
  if (options.method == TrainingMethod::qlora) {
    put_term("base_quantized", "Frozen linear layers, quantized", 1, holding.quantized_bytes, "Q", 3);
    put_term("base", "Frozen rest of the base model", bytes.weights, holding.plain, "P_{\\text{rest}}", 3);
  } else if (adapts) {
    put_term("base", "Frozen base model", bytes.weights, holding.plain, "P", 3);
  }
  const Shares& trained = adapts ? holding.adapters : holding.parameters;
  const char* name = adapts ? "P_{\\text{adapters}}" : "P";
  put_term("weights", adapts ? "Adapters" : "Weights", bytes.weights, trained, name, 3);
  put_term("gradients", "Gradients", bytes.gradients, trained, name, 2);
  put_term("master", "Master copy of the weights, 32-bit", bytes.master, trained, name, 1);
  const bool adam = options.optimizer == Optimizer::adam || options.optimizer == Optimizer::adam_8bit;
  put_term(adam ? "first_moment" : "momentum", adam ? "Adam, first moment" : "SGD, momentum", bytes.first_moment, trained, name, 1);
  put_term("second_moment", "Adam, second moment", bytes.second_moment, trained, name, 1);
}

void add_activations(Breakdown& out, const ModelDescription& model, const Stage& stage, std::uint64_t batch, std::uint64_t context,
                     const TrainingOptions& options) {
  TrainingWork work;
  work.batch = batch;
  work.context = context;
  work.layers_by_kind = stage.layers_by_kind;
  work.in_flight = stage.in_flight;
  work.has_head = stage.last;
  for (Term& term : training_activations(model, work, options).terms) {
    term.id = "activations_" + term.id;
    out.add(std::move(term));
  }
}

/// The whole device: states, then activations.
Training device(const ModelDescription& model, const Holdings& held, const Stage& stage, std::uint64_t batch, std::uint64_t context,
                const TrainingOptions& options) {
  Training training;
  add_states(training, stage_holding(held, stage), options);
  add_activations(training, model, stage, batch, context, options);
  return training;
}

bool same_layers(const Stage& a, const Stage& b) { return a.layers_by_kind == b.layers_by_kind && a.first == b.first && a.last == b.last; }

Result<void> check_count(std::string_view field, std::uint64_t value, std::uint64_t low, std::uint64_t high) {
  if (value >= low && value <= high) return {};
  const std::string name = "training." + std::string(field);
  return fail_field(ErrorCode::invalid_argument, name,
                    concat({name, " must be a whole number from ", low, " to ", high, "; it is ", value, "."}));
}

Result<void> check_targets(const std::vector<TensorGroup>& groups, const TrainingOptions& options) {
  std::string names;
  for (const TensorGroup& group : groups) {
    if (takes_adapter(group) && names.find(group.name) == std::string::npos) names += (names.empty() ? "" : ", ") + group.name;
  }
  for (const std::string& target : options.lora_targets) {
    const bool known = std::ranges::any_of(groups, [&](const TensorGroup& group) { return takes_adapter(group) && group.name == target; });
    if (known) continue;
    return fail_field(ErrorCode::invalid_argument, "training.loraTargets",
                      concat({"training.loraTargets: this model has no linear layer \"", target, "\" in its layers. It has: ", names, "."}));
  }
  return {};
}

}  // namespace

StateBytes state_bytes(const TrainingOptions& options) {
  const bool fp32 = options.precision == Precision::fp32;
  const bool bf16 = options.precision == Precision::bf16;
  StateBytes bytes;
  bytes.weights = fp32 ? 4 : 2;
  bytes.gradients = fp32 || options.fp32_gradients ? 4 : 2;
  bytes.master = options.precision == Precision::mixed ? 4 : 0;
  const std::uint64_t moment = bf16 ? 2 : 4;
  switch (options.optimizer) {
    case Optimizer::sgd: break;
    case Optimizer::sgd_momentum: bytes.first_moment = moment; break;
    case Optimizer::adam: bytes.first_moment = bytes.second_moment = moment; break;
    case Optimizer::adam_8bit: bytes.first_moment = bytes.second_moment = 1; break;
  }
  return bytes;
}

bool takes_adapter(const TensorGroup& group) {
  return group.matmul && group.layer_kind >= 0 && group.role != TensorRole::router && group.name != "ffn_gate_inp_shexp";
}

std::uint64_t adapter_parameters(const std::vector<TensorGroup>& groups, const TrainingOptions& options) {
  std::uint64_t sum = 0;
  for (const TensorGroup& group : groups) {
    if (is_target(group, options)) sum = add(sum, mul(adapter_of_copy(group, options), group.copies));
  }
  return sum;
}

Result<void> check_training(const ModelDescription& model, const std::vector<TensorGroup>& groups, const TrainingOptions& options) {
  const struct {
    std::string_view field;
    std::uint64_t value, low, high;
  } counts[] = {
      {"zeroStage", options.zero_stage, 0, 3},
      {"loraRank", options.lora_rank, 1, kMaxHidden},
      {"dataParallel", options.data_parallel, 1, kMaxRanks},
      {"tensorParallel", options.tensor_parallel, 1, kMaxRanks},
      {"pipelineParallel", options.pipeline_parallel, 1, model.layers()},
      {"expertParallel", options.expert_parallel, 1, options.data_parallel},
  };
  for (const auto& count : counts) {
    if (auto checked = check_count(count.field, count.value, count.low, count.high); !checked) return checked;
  }
  if (options.data_parallel % options.expert_parallel != 0) {
    return fail_field(ErrorCode::invalid_argument, "training.expertParallel",
                      "training.expertParallel must divide training.dataParallel: experts are spread over data-parallel ranks.");
  }
  if (options.method == TrainingMethod::full) return {};
  return check_targets(groups, options);
}

Result<Training> training_memory(const ModelDescription& model, const std::vector<TensorGroup>& groups, std::uint64_t batch,
                                 std::uint64_t context, const TrainingOptions& options) {
  if (auto checked = check_training(model, groups, options); !checked) return std::unexpected(checked.error());
  const auto held = holdings(model, groups, options);
  if (!held) return std::unexpected(held.error());
  const std::vector<Stage> all = stages(model, options.pipeline_parallel);
  std::optional<Training> most;
  for (std::size_t i = 0; i < all.size(); ++i) {
    // Of equal stages the earliest holds most micro-batches.
    const auto earlier = all.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::any_of(all.begin(), earlier, [&](const Stage& stage) { return same_layers(stage, all[i]); })) continue;
    Training one = device(model, *held, all[i], batch, context, options);
    one.stage = i;
    if (!most || one.total > most->total) most = std::move(one);
  }
  most->devices = options.devices();
  for (const TensorGroup& group : groups) most->trained_parameters += static_cast<double>(group.parameters);
  if (options.method != TrainingMethod::full) most->trained_parameters = static_cast<double>(adapter_parameters(groups, options));
  return std::move(*most);
}

Result<DevicesNeeded> devices_needed(const ModelDescription& model, const std::vector<TensorGroup>& groups, std::uint64_t batch,
                                     std::uint64_t context, const TrainingOptions& options, double memory) {
  TrainingOptions tried = options;
  const std::uint64_t e = options.expert_parallel;
  const auto bytes_with = [&](std::uint64_t steps) {
    tried.data_parallel = steps * e;
    return training_memory(model, groups, batch, context, tried);
  };
  const auto outcome = [&](std::uint64_t steps, double bytes) {
    tried.data_parallel = steps * e;
    return DevicesNeeded{bytes <= memory, tried.data_parallel, tried.devices(), bytes};
  };
  std::uint64_t high = options.zero_stage == 0 ? 1 : std::max<std::uint64_t>(1, kMaxRanks / e);
  const auto least = bytes_with(high);
  if (!least) return std::unexpected(least.error());
  if (least->total > memory) return outcome(high, least->total);
  std::uint64_t low = 0;  // does not fit; `high` does
  double bytes = least->total;
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    const auto here = bytes_with(middle);
    if (!here) return std::unexpected(here.error());
    if (here->total <= memory) {
      high = middle;
      bytes = here->total;
    } else {
      low = middle;
    }
  }
  return outcome(high, bytes);
}

}  // namespace bitbudget::sizing
