// core/sizing for JavaScript. Options come as an object whose absent members keep the core's defaults; the package has checked
// their types. Reports go as JSON text.
#include "convert.h"
#include "json_text.h"

#include "sizing/config.h"
#include "sizing/course.h"
#include "sizing/known_models.h"
#include "sizing/mixtures.h"
#include "sizing/report.h"
#include "sizing/roofline.h"
#include "sizing/solve.h"

namespace bitbudget::wasm {
namespace {

using sizing::Breakdown;
using sizing::Term;

void read(const val& from, const char* name, std::string& to) {
  if (const val member = from[name]; !member.isUndefined()) to = member.as<std::string>();
}
void read(const val& from, const char* name, std::uint64_t& to) {
  if (const val member = from[name]; !member.isUndefined()) to = static_cast<std::uint64_t>(member.as<double>());
}
void read(const val& from, const char* name, bool& to) {
  if (const val member = from[name]; !member.isUndefined()) to = member.as<bool>();
}
void read(const val& from, const char* name, std::vector<std::string>& to) {
  if (const val member = from[name]; !member.isUndefined()) to = emscripten::vecFromJSArray<std::string>(member);
}

/// [kind, bytes] pairs.
void read(const val& from, const char* name, std::vector<sizing::KindBytes>& to) {
  const val member = from[name];
  if (member.isUndefined()) return;
  const auto count = member["length"].as<std::size_t>();
  for (std::size_t i = 0; i < count; ++i) to.push_back({member[i][0].as<std::string>(), static_cast<std::uint64_t>(member[i][1].as<double>())});
}

template <class T, std::size_t n>
Result<void> read(const val& from, const char* name, const sizing::Named<T> (&table)[n], T& to) {
  const val member = from[name];
  if (member.isUndefined()) return {};
  const std::string text = member.as<std::string>();
  std::string names;
  for (const auto& entry : table) {
    if (entry.name == text) {
      to = entry.value;
      return {};
    }
    names += (names.empty() ? "" : ", ") + std::string(entry.name);
  }
  const std::string field = std::string("training.") + name;
  return fail_field(ErrorCode::invalid_argument, field, concat({field, " is one of ", names, "; not \"", text, "\"."}));
}

Result<sizing::TrainingOptions> training_options(const val& from) {
  sizing::TrainingOptions to;
  if (from.isUndefined()) return to;
  if (auto done = read(from, "method", sizing::kTrainingMethods, to.method); !done) return std::unexpected(done.error());
  if (auto done = read(from, "optimizer", sizing::kOptimizers, to.optimizer); !done) return std::unexpected(done.error());
  if (auto done = read(from, "precision", sizing::kPrecisions, to.precision); !done) return std::unexpected(done.error());
  if (auto done = read(from, "checkpointing", sizing::kCheckpointings, to.checkpointing); !done) return std::unexpected(done.error());
  read(from, "fp32Gradients", to.fp32_gradients);
  read(from, "flashAttention", to.flash_attention);
  read(from, "dropout", to.dropout);
  read(from, "loraRank", to.lora_rank);
  read(from, "loraTargets", to.lora_targets);
  read(from, "baseFormat", to.base_format);
  read(from, "zeroStage", to.zero_stage);
  read(from, "dataParallel", to.data_parallel);
  read(from, "tensorParallel", to.tensor_parallel);
  read(from, "sequenceParallel", to.sequence_parallel);
  read(from, "pipelineParallel", to.pipeline_parallel);
  read(from, "expertParallel", to.expert_parallel);
  return to;
}

Result<sizing::SizeOptions> size_options(const val& from) {
  sizing::SizeOptions to;
  read(from, "weightFormat", to.weight_format);
  read(from, "embeddingFormat", to.embedding_format);
  read(from, "headFormat", to.head_format);
  read(from, "normFormat", to.norm_format);
  read(from, "weightBytes", to.weight_bytes);
  read(from, "storeTiedHead", to.store_tied_head);
  read(from, "kvFormat", to.kv_format);
  read(from, "kFormat", to.k_format);
  read(from, "vFormat", to.v_format);
  read(from, "batch", to.batch);
  read(from, "context", to.context);
  read(from, "prefillChunk", to.prefill_chunk);
  read(from, "windowKeepsChunk", to.window_keeps_chunk);
  read(from, "flashAttention", to.flash_attention);
  read(from, "allLogits", to.all_logits);
  auto training = training_options(from["training"]);
  if (!training) return std::unexpected(training.error());
  to.training = std::move(*training);
  return to;
}

const char* to_string(sizing::Unit unit) {
  switch (unit) {
    case sizing::Unit::parameters: return "parameters";
    case sizing::Unit::bytes: return "bytes";
    case sizing::Unit::flops: return "flops";
    case sizing::Unit::seconds: return "seconds";
  }
  return "";
}

const char* to_string(sizing::Certainty certainty) {
  switch (certainty) {
    case sizing::Certainty::exact: return "exact";
    case sizing::Certainty::formula: return "formula";
    case sizing::Certainty::assumed: return "assumed";
  }
  return "";
}

void write(JsonText& json, const Term& term) {
  json.open('{').member("id", term.id).member("label", term.label).member("value", term.value).member("unit", to_string(term.unit));
  json.member("formula", term.formula).member("substituted", term.substituted).member("certainty", to_string(term.certainty)).close('}');
}

/// The members of a breakdown, into an object that is open.
void write_members(JsonText& json, const Breakdown& breakdown) {
  json.member("total", breakdown.total).key("terms").open('[');
  for (const Term& term : breakdown.terms) write(json, term);
  json.close(']');
}

void write(JsonText& json, std::string_view name, const Breakdown& breakdown) {
  json.key(name).open('{');
  write_members(json, breakdown);
  json.close('}');
}

void write_tensor(JsonText& json, const sizing::TensorGroup& group) {
  json.open('{').member("id", group.id).member("name", group.name).member("label", group.label).member("role", to_string(group.role));
  json.member("rows", static_cast<double>(group.rows.value)).member("columns", static_cast<double>(group.columns.value));
  json.member("copies", static_cast<double>(group.copies)).member("parameters", static_cast<double>(group.parameters));
  json.member("active", static_cast<double>(group.active)).member("adaptable", takes_adapter(group)).close('}');
}

std::string report_text(const sizing::SizeReport& report) {
  JsonText json;
  json.open('{').member("modelType", report.model_type).key("notes").open('[');
  for (const std::string& note : report.notes) json.value(note);
  json.close(']').key("parameters").open('{').member("active", report.parameters.active);
  write_members(json, report.parameters);
  json.close('}');
  write(json, "weights", report.weights);
  json.key("kvCache").open('{').member("bytesPerToken", report.kv_cache.bytes_per_token);
  write_members(json, report.kv_cache);
  json.close('}');
  write(json, "activations", report.activations);
  write(json, "inference", report.inference);
  json.key("training").open('{').member("devices", static_cast<double>(report.training.devices));
  json.member("stage", static_cast<double>(report.training.stage)).member("trainedParameters", report.training.trained_parameters);
  write_members(json, report.training);
  json.close('}').key("flops").open('{');
  write(json, "perToken", report.flops_per_token);
  write(json, "prefill", report.flops_prefill);
  write(json, "trainingStep", report.flops_training);
  json.close('}').key("tensors").open('[');
  for (const sizing::TensorGroup& group : report.tensors) write_tensor(json, group);
  json.close(']').key("stored").open('[');
  for (const sizing::StoredExtra& extra : report.stored) {
    json.open('{').member("id", extra.id).member("label", extra.label).member("elements", static_cast<double>(extra.elements));
    json.member("always", extra.always).close('}');
  }
  return json.close(']').close('}').take();
}

val size_model(const std::string& config, const val& from) {
  const auto options = size_options(from);
  if (!options) return failure(options.error());
  return settle(sizing::size_model(config, *options), [](const sizing::SizeReport& report) { return val(report_text(report)); });
}

std::string course_text(const std::vector<sizing::CourseFigure>& figures) {
  JsonText json;
  json.open('[');
  for (const sizing::CourseFigure& figure : figures) {
    json.open('{').member("id", figure.id).member("exact", figure.exact).key("course");
    write(json, figure.course);
    json.key("differences").open('[');
    for (const sizing::CourseDifference& difference : figure.differences) {
      json.open('{').member("id", difference.id).member("label", difference.label).member("value", difference.value).close('}');
    }
    json.close(']').close('}');
  }
  return json.close(']').take();
}

Result<std::vector<sizing::CourseFigure>> course_of(const std::string& config, const val& from) {
  const auto options = size_options(from);
  if (!options) return std::unexpected(options.error());
  const auto model = sizing::read_config(config);
  if (!model) return std::unexpected(model.error());
  return sizing::course_figures(*model, *options);
}

val course_figures(const std::string& config, const val& from) {
  return settle(course_of(config, from), [](const std::vector<sizing::CourseFigure>& figures) { return val(course_text(figures)); });
}

val models() {
  JsonText json;
  json.open('[');
  for (const sizing::KnownModel& model : sizing::known_models()) {
    json.open('{').member("id", model.id).member("label", model.label).member("config", model.config).close('}');
  }
  return val(json.close(']').take());
}

val mixtures() {
  JsonText json;
  json.open('[');
  for (const sizing::Mixture& mixture : sizing::mixtures()) {
    json.open('{').member("id", mixture.id).member("label", mixture.label).member("base", mixture.base).close('}');
  }
  return val(json.close(']').take());
}

/// What every question about a model starts from.
struct Question {
  sizing::ModelDescription model;
  std::vector<sizing::TensorGroup> groups;
  sizing::SizeOptions options;
};

Result<Question> question(const std::string& config, const val& from) {
  auto options = size_options(from);
  if (!options) return std::unexpected(options.error());
  auto model = sizing::read_config(config);
  if (!model) return std::unexpected(model.error());
  auto groups = sizing::tensor_groups(*model);
  if (!groups) return std::unexpected(groups.error());
  return Question{std::move(*model), std::move(*groups), std::move(*options)};
}

sizing::MemoryLimit memory_limit(const val& from) {
  sizing::MemoryLimit to;
  to.bytes = from["memory"].as<double>();
  if (const val member = from["reserved"]; !member.isUndefined()) to.reserved = member.as<double>();
  read(from, "devices", to.devices);
  return to;
}

sizing::Device device(const val& from) {
  sizing::Device to;
  to.flops_per_second = from["flopsPerSecond"].as<double>();
  to.bytes_per_second = from["bytesPerSecond"].as<double>();
  read(from, "count", to.count);
  return to;
}

/// The package has checked that they are natural.
Result<std::vector<std::uint64_t>> counts(const val& array) {
  const auto values = Buffer<double>::copy_of(array);
  if (!values) return std::unexpected(values.error());
  std::vector<std::uint64_t> out;
  for (const double value : values->span()) out.push_back(static_cast<std::uint64_t>(value));
  return out;
}

void write(JsonText& json, const sizing::FormatFit& fit) {
  json.open('{').member("format", fit.format).member("label", fit.label).member("weightBytes", fit.weight_bytes);
  json.member("bitsPerWeight", fit.bits_per_weight).member("bytes", fit.bytes).member("fits", fit.fits).close('}');
}

/// One answer of solve: its result becomes a member, its error the whole call's.
Result<void> write_most(JsonText& json, const char* name, const Result<sizing::Most>& most) {
  if (!most) return std::unexpected(most.error());
  json.key(name).open('{').member("found", most->found).member("value", static_cast<double>(most->value)).member("bytes", most->bytes).close('}');
  return {};
}

val solve(const std::string& config, const val& limit_from, const val& from) {
  const auto asked = question(config, from);
  if (!asked) return failure(asked.error());
  const sizing::MemoryLimit limit = memory_limit(limit_from);
  const auto& [model, groups, options] = *asked;
  JsonText json;
  json.open('{');
  if (auto done = write_most(json, "longestContext", sizing::longest_context(model, groups, options, limit)); !done) return failure(done.error());
  if (auto done = write_most(json, "largestBatch", sizing::largest_batch(model, groups, options, limit)); !done) return failure(done.error());
  if (auto done = write_most(json, "fewestDevices", sizing::fewest_devices(model, groups, options, limit)); !done) return failure(done.error());
  return success(val(json.close('}').take()));
}

val format_fits(const std::string& config, const val& limit_from, const val& candidates, const val& from) {
  const auto asked = question(config, from);
  if (!asked) return failure(asked.error());
  const auto ids = emscripten::vecFromJSArray<std::string>(candidates);
  const auto fits = sizing::format_fits(asked->model, asked->groups, asked->options, memory_limit(limit_from), ids);
  if (!fits) return failure(fits.error());
  const sizing::FormatFit* best = sizing::best_fit(*fits);
  JsonText json;
  json.open('{').key("formats").open('[');
  for (const sizing::FormatFit& fit : *fits) write(json, fit);
  json.close(']');
  if (best != nullptr) json.member("best", best->format);
  return success(val(json.close('}').take()));
}

val sweep(const std::string& config, bool over_batch, const val& array, const val& from) {
  const auto asked = question(config, from);
  if (!asked) return failure(asked.error());
  const auto values = counts(array);
  if (!values) return failure(values.error());
  const auto over = over_batch ? sizing::SweepOver::batch : sizing::SweepOver::context;
  return settle(sizing::sweep(asked->model, asked->groups, asked->options, over, *values), [](const sizing::Sweep& curve) {
    val out = val::object();
    out.set("weights", curve.weights);
    out.set("kvCache", typed_array(curve.kv_cache));
    out.set("activations", typed_array(curve.activations));
    return out;
  });
}

void write(JsonText& json, const char* name, const sizing::Phase& phase) {
  json.key(name).open('{').member("seconds", phase.seconds).member("limit", phase.limit == sizing::Limit::compute ? "compute" : "bandwidth");
  json.member("flops", phase.flops).key("compute");
  write(json, phase.compute);
  json.key("bandwidth");
  write(json, phase.bandwidth);
  write(json, "bytes", phase.bytes);
  json.close('}');
}

val roofline(const std::string& config, const val& device_from, const val& from) {
  const auto asked = question(config, from);
  if (!asked) return failure(asked.error());
  return settle(sizing::roofline(asked->model, asked->groups, asked->options, device(device_from)), [](const sizing::Roofline& roof) {
    JsonText json;
    json.open('{').member("tokensPerSecond", roof.tokens_per_second).member("expertsTouched", roof.experts_touched);
    write(json, "prefill", roof.prefill);
    write(json, "decode", roof.decode);
    return val(json.close('}').take());
  });
}

val decode_rates(const std::string& config, const val& device_from, const val& batches, const val& from) {
  const auto asked = question(config, from);
  if (!asked) return failure(asked.error());
  const auto values = counts(batches);
  if (!values) return failure(values.error());
  return settle(sizing::decode_rates(asked->model, asked->groups, asked->options, device(device_from), *values),
                [](const std::vector<double>& rates) { return typed_array(rates); });
}

val devices_needed(const std::string& config, double memory, const val& from) {
  const auto asked = question(config, from);
  if (!asked) return failure(asked.error());
  const auto& [model, groups, options] = *asked;
  return settle(sizing::devices_needed(model, groups, options.batch, options.context, options.training, memory), [](const sizing::DevicesNeeded& needed) {
    val out = val::object();
    out.set("fits", needed.fits);
    out.set("dataParallel", static_cast<double>(needed.data_parallel));
    out.set("devices", static_cast<double>(needed.devices));
    out.set("bytesPerDevice", needed.bytes_per_device);
    return out;
  });
}

}  // namespace

EMSCRIPTEN_BINDINGS(bitbudget_sizing) {
  emscripten::function("courseFigures", &course_figures);
  emscripten::function("models", &models);
  emscripten::function("mixtures", &mixtures);
  emscripten::function("sizeModel", &size_model);
  emscripten::function("solve", &solve);
  emscripten::function("formatFits", &format_fits);
  emscripten::function("sweep", &sweep);
  emscripten::function("roofline", &roofline);
  emscripten::function("decodeRates", &decode_rates);
  emscripten::function("devicesNeeded", &devices_needed);
}

}  // namespace bitbudget::wasm
