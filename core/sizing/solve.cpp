#include "sizing/solve.h"

#include <cmath>
#include <string>

#include "formats/registry.h"
#include "sizing/activations.h"
#include "sizing/kv_cache.h"
#include "sizing/measured_weights.h"
#include "sizing/mixtures.h"
#include "sizing/weights.h"

namespace bitbudget::sizing {
namespace {

constexpr std::uint64_t kMost = std::uint64_t{1} << 40;
constexpr std::uint64_t kMaxDevices = std::uint64_t{1} << 20;

Result<double> weight_bytes(const ModelDescription& model, const std::vector<TensorGroup>& groups, const SizeOptions& options) {
  const auto shares = assign_formats(model, groups, options);
  if (!shares) return std::unexpected(shares.error());
  if (!options.weight_bytes.empty()) return measured_weights(options).total;
  double sum = 0;
  for (const FormatShare& share : *shares) sum += static_cast<double>(share.bytes);
  return sum;
}

double activation_bytes(const InferenceShape& shape, const SizeOptions& options) {
  return inference_activation_bytes(shape, {options.batch, options.context, options.prefill_chunk, options.flash_attention, options.all_logits});
}

double on_one(double shared, std::uint64_t devices) { return std::ceil(shared / static_cast<double>(devices)); }

/// Only what a size itself is to blame for counts as "does not fit".
bool is_too_large(const Error& error) { return error.code == ErrorCode::too_large; }

/// The largest value from 1 to `most` for which bytes(value) <= usable; bytes never falls.
template <class Bytes>
Result<Most> largest(std::uint64_t most, double usable, Bytes bytes) {
  const auto one = bytes(1);
  if (!one) return std::unexpected(one.error());
  Most answer = {*one <= usable, *one <= usable ? 1u : 0u, *one};
  if (!answer.found) return answer;
  std::uint64_t low = 1;  // fits
  std::uint64_t high = most + 1;
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    const auto here = bytes(middle);
    if (!here && !is_too_large(here.error())) return std::unexpected(here.error());
    if (here && *here <= usable) {
      low = middle;
      answer = {true, middle, *here};
    } else {
      high = middle;
    }
  }
  return answer;
}

Result<void> check_all(const SizeOptions& options, const MemoryLimit& limit) {
  if (auto checked = check_options(options); !checked) return checked;
  return check_limit(limit);
}

/// longest_context and largest_batch: one member of the options varies.
Result<Most> largest_size(const ModelDescription& model, const std::vector<TensorGroup>& groups, const SizeOptions& options, const MemoryLimit& limit,
                          std::uint64_t SizeOptions::*member) {
  if (auto checked = check_all(options, limit); !checked) return std::unexpected(checked.error());
  const auto weights = weight_bytes(model, groups, options);
  if (!weights) return std::unexpected(weights.error());
  const InferenceShape shape = inference_shape(model);
  SizeOptions tried = options;
  return largest(kMost, limit.bytes - limit.reserved, [&](std::uint64_t value) -> Result<double> {
    tried.*member = value;
    const auto cache = kv_cache_bytes(model, tried);
    if (!cache) return cache;
    return on_one(*weights + *cache, limit.devices) + activation_bytes(shape, tried);
  });
}

}  // namespace

Result<void> check_limit(const MemoryLimit& limit) {
  const auto within = [](double value) { return value >= 0 && value < 0x1p60; };
  if (!within(limit.bytes)) return fail_field(ErrorCode::invalid_argument, "memory", "memory must be a number of bytes from 0 to 2^60.");
  if (!within(limit.reserved)) return fail_field(ErrorCode::invalid_argument, "reserved", "reserved must be a number of bytes from 0 to 2^60.");
  if (limit.devices >= 1 && limit.devices <= kMaxDevices) return {};
  return fail_field(ErrorCode::invalid_argument, "devices", "devices must be a whole number from 1 to 2^20.");
}

Result<Most> longest_context(const ModelDescription& model, const std::vector<TensorGroup>& groups, const SizeOptions& options, const MemoryLimit& limit) {
  return largest_size(model, groups, options, limit, &SizeOptions::context);
}

Result<Most> largest_batch(const ModelDescription& model, const std::vector<TensorGroup>& groups, const SizeOptions& options, const MemoryLimit& limit) {
  return largest_size(model, groups, options, limit, &SizeOptions::batch);
}

Result<Most> fewest_devices(const ModelDescription& model, const std::vector<TensorGroup>& groups, const SizeOptions& options, const MemoryLimit& limit) {
  if (auto checked = check_all(options, limit); !checked) return std::unexpected(checked.error());
  const auto weights = weight_bytes(model, groups, options);
  if (!weights) return std::unexpected(weights.error());
  const auto cache = kv_cache_bytes(model, options);
  if (!cache) return std::unexpected(cache.error());
  const double activations = activation_bytes(inference_shape(model), options);
  const double shared = *weights + *cache;
  // ceil(shared / n) <= room for whole n means n >= shared / floor(room).
  const double room = std::floor(limit.bytes - limit.reserved - activations);
  const double needed = room >= 1 ? std::ceil(shared / room) : INFINITY;
  if (needed > static_cast<double>(kMaxDevices)) return Most{false, 0, shared + activations};
  const std::uint64_t devices = needed < 1 ? 1 : static_cast<std::uint64_t>(needed);
  return Most{true, devices, on_one(shared, devices) + activations};
}

Result<std::vector<FormatFit>> format_fits(const ModelDescription& model, const std::vector<TensorGroup>& groups, const SizeOptions& options,
                                           const MemoryLimit& limit, std::span<const std::string> candidates) {
  if (auto checked = check_all(options, limit); !checked) return std::unexpected(checked.error());
  const auto cache = kv_cache_bytes(model, options);
  if (!cache) return std::unexpected(cache.error());
  const double activations = activation_bytes(inference_shape(model), options);
  double parameters = 0;
  for (const TensorGroup& group : groups) parameters += static_cast<double>(group.parameters);
  std::vector<FormatFit> fits;
  SizeOptions tried = options;
  tried.weight_bytes.clear();  // each format is asked for itself
  const auto try_format = [&](std::string_view id, std::string_view label) -> Result<void> {
    tried.weight_format = id;
    const auto bytes = weight_bytes(model, groups, tried);
    if (!bytes) return std::unexpected(bytes.error());
    const double total = on_one(*bytes + *cache, limit.devices) + activations;
    fits.push_back({id, label, *bytes, *bytes * 8 / parameters, total, total <= limit.bytes - limit.reserved});
    return {};
  };
  for (const std::string& id : candidates) {
    const formats::Format* format = formats::find(id);
    const Mixture* mixture = find_mixture(id);
    const std::string_view label = format != nullptr ? format->label : mixture != nullptr ? mixture->label : "";
    if (auto done = try_format(format != nullptr ? format->id : mixture != nullptr ? mixture->id : id, label); !done) return std::unexpected(done.error());
  }
  if (!candidates.empty()) return fits;
  for (const formats::Format* format : formats::all()) {
    if (auto done = try_format(format->id, format->label); !done) return std::unexpected(done.error());
  }
  for (const Mixture& mixture : mixtures()) {
    if (auto done = try_format(mixture.id, mixture.label); !done) return std::unexpected(done.error());
  }
  return fits;
}

const FormatFit* best_fit(std::span<const FormatFit> fits) {
  const FormatFit* best = nullptr;
  for (const FormatFit& fit : fits) {
    if (fit.fits && (best == nullptr || fit.weight_bytes > best->weight_bytes)) best = &fit;
  }
  return best;
}

Result<Sweep> sweep(const ModelDescription& model, const std::vector<TensorGroup>& groups, const SizeOptions& options, SweepOver over,
                    std::span<const std::uint64_t> values) {
  const auto weights = weight_bytes(model, groups, options);
  if (!weights) return std::unexpected(weights.error());
  const InferenceShape shape = inference_shape(model);
  Sweep curve;
  curve.weights = *weights;
  SizeOptions tried = options;
  for (const std::uint64_t value : values) {
    (over == SweepOver::context ? tried.context : tried.batch) = value;
    const auto cache = kv_cache_bytes(model, tried);
    if (!cache && !is_too_large(cache.error())) return std::unexpected(cache.error());
    curve.kv_cache.push_back(cache.value_or(NAN));
    curve.activations.push_back(activation_bytes(shape, tried));
  }
  return curve;
}

}  // namespace bitbudget::sizing
