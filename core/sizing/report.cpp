#include "sizing/report.h"

#include "guard_memory.h"
#include "sizing/activations.h"
#include "sizing/config.h"
#include "sizing/expression.h"
#include "sizing/flops.h"
#include "sizing/weights.h"

namespace bitbudget::sizing {
namespace {

Breakdown inference_of(const SizeReport& report) {
  Breakdown sum;
  const auto add = [&](const char* id, const char* label, const char* name, double bytes, Certainty certainty) {
    sum.add(to_term(id, label, symbol(name, bytes), Unit::bytes, certainty));
  };
  add("weights", "Weights", "M_{\\text{weights}}", report.weights.total, Certainty::exact);
  add("kv_cache", "KV cache", "M_{\\text{KV}}", report.kv_cache.total, Certainty::exact);
  add("activations", "Activations", "M_{\\text{activations}}", report.activations.total, Certainty::formula);
  return sum;
}

Result<SizeReport> full_report(const ModelDescription& model, const SizeOptions& options) {
  if (auto checked = check_options(options); !checked) return std::unexpected(checked.error());
  auto groups = tensor_groups(model);
  if (!groups) return std::unexpected(groups.error());
  auto weight_bytes = weights(model, *groups, options);
  if (!weight_bytes) return std::unexpected(weight_bytes.error());
  auto cache = kv_cache(model, options);
  if (!cache) return std::unexpected(cache.error());
  auto training = training_memory(model, *groups, options.batch, options.context, options.training);
  if (!training) return std::unexpected(training.error());
  SizeReport report;
  report.model_type = model.model_type;
  report.notes = model.notes;
  report.parameters = parameters(model, *groups);
  report.weights = std::move(*weight_bytes);
  report.kv_cache = std::move(*cache);
  report.activations = inference_activations(
      model, {options.batch, options.context, options.prefill_chunk, options.flash_attention, options.all_logits});
  report.inference = inference_of(report);
  report.training = std::move(*training);
  report.flops_per_token = token_flops(model, *groups, options.context);
  report.flops_prefill = prefill_flops(model, *groups, options.batch, options.context, options.all_logits);
  report.flops_training = training_flops(model, *groups, options.batch, options.context, options.training);
  report.stored = stored_extras(model, *groups);
  report.tensors = std::move(*groups);
  return report;
}

}  // namespace

Result<SizeReport> size_model(const ModelDescription& model, const SizeOptions& options) {
  return guard_memory([&] { return full_report(model, options); });
}

Result<SizeReport> size_model(std::string_view config, const SizeOptions& options) {
  auto model = read_config(config);
  if (!model) return std::unexpected(std::move(model.error()));
  return size_model(*model, options);
}

}  // namespace bitbudget::sizing
