// How fast a model can answer at best: the roofline of Williams et al. (Communications of the ACM 52(4), 2009). A step cannot end before
// its operations are done at the peak rate, nor before its bytes have come from memory; real engines reach some share of either. Every
// time here is a LOWER bound, every rate an upper one.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "error.h"
#include "sizing/breakdown.h"
#include "sizing/model.h"
#include "sizing/options.h"
#include "sizing/tensor_groups.h"

namespace bitbudget::sizing {

/// Plain numbers, of one device.
struct Device {
  double flops_per_second = 0;  // dense, in the type that matrices are multiplied in
  double bytes_per_second = 0;  // memory bandwidth
  std::uint64_t count = 1;      // devices that share the work evenly, communication left out
};

/// 0 < rates < 2^100, 1 <= count <= 2^20: else invalid_argument with "device.flopsPerSecond" and so on.
Result<void> check_device(const Device& device);

enum class Limit { compute, bandwidth };

/// One pass: the larger of two times.
struct Phase {
  Breakdown bytes;      // read (and for the prompt's keys and values: written) at least
  double flops = 0;
  Term compute;         // seconds
  Term bandwidth;       // seconds
  double seconds = 0;   // at least
  Limit limit = Limit::bandwidth;
};

struct Roofline {
  Phase prefill;                  // all prompts; seconds is the time to first token
  Phase decode;                   // one token of every sequence, at the end of the context
  double tokens_per_second = 0;   // at most, all sequences together
  double experts_touched = 0;     // distinct routed experts in a decode step and layer, expected; 0 without experts
};

/// Bytes of one decode step: every matrix and vector once; the embedding's rows of the batch (all of it if it is the head too); of each
/// expert layer the distinct experts that B tokens choose, E (1 - (1 - K / E)^B) expected under uniform routing; the whole cache.
/// Of a prompt: the same for each chunk of C tokens, and the cache written once. Image encoders are left out.
/// Errors as weights and kv_cache have them.
Result<Roofline> roofline(const ModelDescription& model, const std::vector<TensorGroup>& groups, const SizeOptions& options,
                          const Device& device);

/// Tokens per second at most for each batch, no text made. Same numbers as roofline.
Result<std::vector<double>> decode_rates(const ModelDescription& model, const std::vector<TensorGroup>& groups, const SizeOptions& options,
                                         const Device& device, std::span<const std::uint64_t> batches);

}  // namespace bitbudget::sizing
