#include "sizing/roofline.h"

#include <algorithm>
#include <cmath>

#include "sizing/checked.h"
#include "sizing/expression.h"
#include "sizing/flops.h"
#include "sizing/kv_cache.h"
#include "sizing/layer_symbols.h"
#include "sizing/measured_weights.h"
#include "sizing/weights.h"

namespace bitbudget::sizing {
namespace {

/// Bytes of the weights, by how a pass touches them.
struct TouchedWeights {
  double whole = 0;                 // read once
  double row = 0;                   // of an embedding or position table: one row for each token
  double table = 0;                 // all rows
  std::vector<double> experts;      // by layer kind: all routed experts of all its layers
};

Result<TouchedWeights> touched_weights(const ModelDescription& model, const std::vector<TensorGroup>& groups, const SizeOptions& options) {
  const auto shares = assign_formats(model, groups, options);
  if (!shares) return std::unexpected(shares.error());
  std::vector<GroupBytes> parts = measured_by_group(groups, options);
  if (options.weight_bytes.empty()) {
    for (const FormatShare& share : *shares) parts.push_back({share.group, static_cast<double>(share.bytes)});
  }
  TouchedWeights touched;
  touched.experts.resize(model.kinds.size());
  for (const auto& [index, bytes] : parts) {
    const TensorGroup& group = groups[index];
    const bool looked_up = (group.role == TensorRole::embedding && group.name == "token_embd" && !group.matmul) || group.role == TensorRole::position;
    if (group.role == TensorRole::vision) continue;
    if (looked_up) {
      touched.row += bytes / static_cast<double>(group.rows.value);
      touched.table += bytes;
    } else if (group.role == TensorRole::expert) {
      touched.experts[static_cast<std::size_t>(group.layer_kind)] += bytes;
    } else {
      touched.whole += bytes;
    }
  }
  return touched;
}

/// E (1 - (1 - K / E)^n): distinct experts that n tokens choose.
Expression distinct_experts(const LayerSymbols& s, const Expression& tokens) {
  return s.experts * (number(1) - power(number(1) - s.per_token / s.experts, tokens));
}

/// The terms of a pass that reads the weights `passes` times, for `tokens` tokens each time.
void add_weights(Breakdown& bytes, const ModelDescription& model, const TouchedWeights& touched, const Expression& passes, const Expression& tokens) {
  const auto add_term = [&](std::string id, std::string label, const Expression& value, Certainty certainty) {
    bytes.add(to_term(std::move(id), std::move(label), value, Unit::bytes, certainty));
  };
  add_term("weights", "Weights that every token needs", passes * symbol("M_{\\text{dense}}", touched.whole), Certainty::exact);
  const double rows = touched.row == 0 ? 0 : touched.table / touched.row;
  if (rows != 0) {
    add_term("embedding_rows", "Rows of the embedding", passes * smaller(tokens, symbol("V", rows)) * symbol("b_{\\text{row}}", touched.row),
             Certainty::formula);
  }
  for (std::size_t kind = 0; kind < model.kinds.size(); ++kind) {
    if (touched.experts[kind] == 0) continue;
    const LayerSymbols s = layer_symbols(model, kind);
    add_term(kind_id(model, kind, "experts"), kind_label(model, kind, "Distinct experts expected, uniform routing"),
             passes * distinct_experts(s, tokens) * (symbol("M_{\\text{experts}}", touched.experts[kind]) / s.experts), Certainty::assumed);
  }
}

Term seconds_term(const char* id, const char* label, const Expression& work, const char* rate_name, double rate, const Device& device) {
  const Expression rates = device.count == 1 ? symbol(rate_name, rate) : symbol("n", device.count) * symbol(rate_name, rate);
  return to_term(id, label, work / rates, Unit::seconds, Certainty::formula);
}

Phase phase(Breakdown bytes, double flops, const Device& device) {
  Phase result;
  result.flops = flops;
  result.compute = seconds_term("compute", "Operations at the peak rate, at least", symbol("F", flops), "R_{\\text{peak}}", device.flops_per_second, device);
  result.bandwidth =
      seconds_term("bandwidth", "Bytes at the memory's rate, at least", symbol("M_{\\text{read}}", bytes.total), "R_{\\text{memory}}", device.bytes_per_second, device);
  result.bytes = std::move(bytes);
  result.seconds = std::max(result.compute.value, result.bandwidth.value);
  result.limit = result.compute.value > result.bandwidth.value ? Limit::compute : Limit::bandwidth;
  return result;
}

double experts_in_step(const ModelDescription& model, std::uint64_t batch) {
  double most = 0;
  for (std::size_t kind = 0; kind < model.kinds.size(); ++kind) {
    if (model.kinds[kind].count == 0 || model.kinds[kind].feed_forward.kind != FeedForwardKind::experts) continue;
    most = std::max(most, distinct_experts(layer_symbols(model, kind), symbol("B", batch)).value);
  }
  return most;
}

Phase decode_phase(const ModelDescription& model, const std::vector<TensorGroup>& groups, const SizeOptions& options, const Device& device,
                   const TouchedWeights& touched, const KvCache& cache) {
  Breakdown bytes;
  add_weights(bytes, model, touched, number(1), symbol("B", options.batch));
  bytes.add(to_term("kv_cache", "KV cache, read", symbol("M_{\\text{KV}}", cache.total), Unit::bytes, Certainty::exact));
  const double flops = static_cast<double>(options.batch) * token_flops(model, groups, options.context).total;
  return phase(std::move(bytes), flops, device);
}

Phase prefill_phase(const ModelDescription& model, const std::vector<TensorGroup>& groups, const SizeOptions& options, const Device& device,
                    const TouchedWeights& touched, const KvCache& cache) {
  const Expression all = symbol("B", options.batch) * symbol("S", options.context);
  const Expression chunk = symbol("C", options.prefill_chunk);
  Breakdown bytes;
  // Tokens of a chunk are a whole number for the power: the smaller of chunk and prompts.
  add_weights(bytes, model, touched, ceil_quotient(all, chunk), smaller(chunk, all));
  bytes.add(to_term("kv_cache", "KV cache, written", symbol("M_{\\text{KV}}", cache.total), Unit::bytes, Certainty::exact));
  return phase(std::move(bytes), prefill_flops(model, groups, options.batch, options.context, options.all_logits).total, device);
}

Result<void> check_rate(const char* field, double value) {
  if (value > 0 && value < 0x1p100) return {};
  return fail_field(ErrorCode::invalid_argument, field, std::string(field) + " must be a number above 0.");
}

}  // namespace

Result<void> check_device(const Device& device) {
  if (auto checked = check_rate("device.flopsPerSecond", device.flops_per_second); !checked) return checked;
  if (auto checked = check_rate("device.bytesPerSecond", device.bytes_per_second); !checked) return checked;
  if (device.count >= 1 && device.count <= std::uint64_t{1} << 20) return {};
  return fail_field(ErrorCode::invalid_argument, "device.count", "device.count must be a whole number from 1 to 2^20.");
}

Result<Roofline> roofline(const ModelDescription& model, const std::vector<TensorGroup>& groups, const SizeOptions& options, const Device& device) {
  if (auto checked = check_device(device); !checked) return std::unexpected(checked.error());
  const auto cache = kv_cache(model, options);
  if (!cache) return std::unexpected(cache.error());
  const auto touched = touched_weights(model, groups, options);
  if (!touched) return std::unexpected(touched.error());
  Roofline result;
  result.prefill = prefill_phase(model, groups, options, device, *touched, *cache);
  result.decode = decode_phase(model, groups, options, device, *touched, *cache);
  result.tokens_per_second = static_cast<double>(options.batch) / result.decode.seconds;
  result.experts_touched = experts_in_step(model, options.batch);
  return result;
}

Result<std::vector<double>> decode_rates(const ModelDescription& model, const std::vector<TensorGroup>& groups, const SizeOptions& options,
                                         const Device& device, std::span<const std::uint64_t> batches) {
  if (auto checked = check_device(device); !checked) return std::unexpected(checked.error());
  SizeOptions one = options;
  one.batch = 1;
  const auto cache = kv_cache(model, one);
  if (!cache) return std::unexpected(cache.error());
  const auto touched = touched_weights(model, groups, options);
  if (!touched) return std::unexpected(touched.error());
  const double flops = token_flops(model, groups, options.context).total;
  const double rows = touched->row == 0 ? 0 : touched->table / touched->row;
  const double devices = static_cast<double>(device.count);
  std::vector<double> rates;
  for (const std::uint64_t batch : batches) {
    const double b = static_cast<double>(batch);
    double bytes = touched->whole + std::min(b, rows) * touched->row + b * cache->total;
    for (std::size_t kind = 0; kind < model.kinds.size(); ++kind) {
      if (touched->experts[kind] == 0) continue;
      const LayerSymbols s = layer_symbols(model, kind);
      bytes += distinct_experts(s, number(batch)).value * touched->experts[kind] / s.experts.value;
    }
    const double seconds = std::max(b * flops / device.flops_per_second, bytes / device.bytes_per_second) / devices;
    rates.push_back(b / seconds);
  }
  return rates;
}

}  // namespace bitbudget::sizing
