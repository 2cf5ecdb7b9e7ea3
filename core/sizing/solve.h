// Questions asked backwards: what is the most that fits into a given memory?
//
// Bytes never fall when the context, the batch, or a format's bits rise (each term of kv_cache and inference_activations is a product of
// these, a minimum with a constant, or a maximum of such), and never rise with the number of devices. So the answer is found exactly by
// halving over whole numbers: about 40 evaluations of the same functions that a report is made of. No scan, no tolerance.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "error.h"
#include "sizing/model.h"
#include "sizing/options.h"
#include "sizing/tensor_groups.h"

namespace bitbudget::sizing {

struct MemoryLimit {
  double bytes = 0;           // of one device
  double reserved = 0;        // of these, not for the model: driver, display, fragmentation
  std::uint64_t devices = 1;  // each holds ceil((weights + cache) / devices) and all activations
};

/// invalid_argument ("memory", "reserved", "devices") unless 0 <= reserved, bytes < 2^60 and 1 <= devices <= 2^20.
Result<void> check_limit(const MemoryLimit& limit);

struct Most {
  bool found = false;       // false: not even 1 fits
  std::uint64_t value = 0;  // at most 2^40
  double bytes = 0;         // on one device, for value (for 1 if nothing fits)
};

/// The longest context for options.batch sequences. too_large if even one token's cache passes 2^53 bytes. Weights are those of options.weight_format.
Result<Most> longest_context(const ModelDescription& model, const std::vector<TensorGroup>& groups, const SizeOptions& options, const MemoryLimit& limit);
/// The largest batch of sequences of options.context tokens.
Result<Most> largest_batch(const ModelDescription& model, const std::vector<TensorGroup>& groups, const SizeOptions& options, const MemoryLimit& limit);
/// The fewest devices, at most 2^20.
Result<Most> fewest_devices(const ModelDescription& model, const std::vector<TensorGroup>& groups, const SizeOptions& options, const MemoryLimit& limit);

struct FormatFit {
  std::string_view format;     // a format's id, or a mixture's
  std::string_view label;
  double weight_bytes = 0;
  double bits_per_weight = 0;  // of this model, all tensors
  double bytes = 0;            // on one device, with cache and activations
  bool fits = false;
};

/// The given formats and mixtures as the weights' format; without any: all of the registry and all mixtures, in their order there.
Result<std::vector<FormatFit>> format_fits(const ModelDescription& model, const std::vector<TensorGroup>& groups, const SizeOptions& options,
                                           const MemoryLimit& limit, std::span<const std::string> candidates = {});
/// Of those that fit the one with most bits (the first of equals); nullptr if none fits.
const FormatFit* best_fit(std::span<const FormatFit> fits);

/// What a curve plots, for each context (or batch) of the list; no text is made. NaN where the cache would pass 2^53 bytes.
struct Sweep {
  double weights = 0;
  std::vector<double> kv_cache;
  std::vector<double> activations;
};
enum class SweepOver { context, batch };
Result<Sweep> sweep(const ModelDescription& model, const std::vector<TensorGroup>& groups, const SizeOptions& options, SweepOver over,
                    std::span<const std::uint64_t> values);

}  // namespace bitbudget::sizing
