// Memory of a training run, per device: weights, gradients, optimizer states and activations, shared over parallel ranks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "error.h"
#include "sizing/breakdown.h"
#include "sizing/model.h"
#include "sizing/tensor_groups.h"
#include "sizing/training_options.h"

namespace bitbudget::sizing {

/// Bytes that one trained parameter takes, by what they are for. Mixed-precision Adam: 2 + 2 + 4 + 4 + 4 = 16 (Rajbhandari et al.,
/// "ZeRO", arXiv 1910.02054, section 3.1), 18 with 32-bit gradients; fp32 Adam 4 + 4 + 4 + 4; pure bf16 2 + 2 + 2 + 2;
/// 8-bit Adam (Dettmers et al., arXiv 2110.02861) 1 + 1 for its moments, their block maxima (4 bytes for each 2,048) left out.
struct StateBytes {
  std::uint64_t weights = 0;
  std::uint64_t gradients = 0;
  std::uint64_t master = 0;          // 32-bit copy of the weights
  std::uint64_t first_moment = 0;    // or SGD's momentum
  std::uint64_t second_moment = 0;
  std::uint64_t total() const { return weights + gradients + master + first_moment + second_moment; }
};
StateBytes state_bytes(const TrainingOptions& options);

/// Whether a group can take a low-rank adapter: a linear layer inside the layers of the text model, no router.
bool takes_adapter(const TensorGroup& group);

/// r (inputs + outputs) for each copy of each target: LoRA's trained parameters.
std::uint64_t adapter_parameters(const std::vector<TensorGroup>& groups, const TrainingOptions& options);

/// invalid_argument names the option as JavaScript spells it ("training.zeroStage"): counts are 1 .. 2^20 (stage 0 .. 3); p is at
/// most the number of layers; expert ranks divide N; every target names a linear layer of the model. unknown_format.
Result<void> check_training(const ModelDescription& model, const std::vector<TensorGroup>& groups, const TrainingOptions& options);

struct Training : Breakdown {
  std::uint64_t devices = 1;       // N t p
  double trained_parameters = 0;   // of the whole model: all of them, or the adapters
  std::uint64_t stage = 0;         // the pipeline stage shown, from 0: the one that needs most memory
};

/// Bytes on the device that needs most, with micro-batches of `batch` sequences of `context` tokens on every data-parallel rank.
/// Every term is exact in the number of parameters and `formula` in the activations. How things are shared:
/// - pipeline: stages of ceil or floor L / p layers in the model's order; embedding on the first, final norm and head on the last
///   (a tied head is a second copy there); stage i holds min(p, p - i) micro-batches at once (one forward, one backward in turn);
/// - tensor: matrices are divided by t; norms, biases, routers and learned positions are whole on every rank;
/// - expert: routed experts are divided by e too, and their data-parallel group has N / e ranks;
/// - ZeRO over N: optimizer states from stage 1, gradients from stage 2, weights from stage 3, in equal whole numbers of elements.
/// LoRA: base weights are frozen: no gradient, no state. QLoRA: linear layers of the base in base_format, all else in 16 bits.
/// Left out: communication buffers, ZeRO-3's gathered layer, the CUDA context, fragmentation.
Result<Training> training_memory(const ModelDescription& model, const std::vector<TensorGroup>& groups, std::uint64_t batch,
                                 std::uint64_t context, const TrainingOptions& options);

struct DevicesNeeded {
  bool fits = false;
  std::uint64_t data_parallel = 0;  // the smallest N that fits
  std::uint64_t devices = 0;        // N t p
  double bytes_per_device = 0;
};

/// The fewest data-parallel ranks (with the given ZeRO stage, t, p, e and a micro-batch of `batch` sequences on each) that need no more
/// than `memory` bytes per device. Bytes per device never rise with N (every share is a ceil(x / N)), so the search halves; N is a multiple of e
/// up to 2^20. fits = false if even that does not.
Result<DevicesNeeded> devices_needed(const ModelDescription& model, const std::vector<TensorGroup>& groups, std::uint64_t batch,
                                     std::uint64_t context, const TrainingOptions& options, double memory);

}  // namespace bitbudget::sizing
