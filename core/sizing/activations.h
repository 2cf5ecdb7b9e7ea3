// Memory for what a pass computes on its way: buffers of inference, and what training keeps for the backward pass.
#pragma once

#include <cstdint>
#include <vector>

#include "sizing/breakdown.h"
#include "sizing/expression.h"
#include "sizing/model.h"
#include "sizing/training_options.h"

namespace bitbudget::sizing {

struct InferenceWork {
  std::uint64_t batch = 1;
  std::uint64_t context = 2048;
  std::uint64_t prefill_chunk = 512;
  bool flash_attention = true;
  bool all_logits = false;  // logits of every token of the prompts; otherwise of the last one of each
};

/// The peak while a prompt is read, in chunks of T = min(prefill_chunk, batch context) tokens:
/// - the widest moment of a layer, in 16 bits: 2 T max(d + a h + 2 k h, 3 f), of the layer kind where it is widest
///   (two-matrix feed-forward: 2 f; experts: 3 (K f_e + f_s); latent attention: d + a (2 h + h_v); state-space: d + 4 e);
/// - scores of one layer without flash attention, in 32 bits: 4 a T S;
/// - logits in 32 bits: 4 B V, or 4 B S V.
Breakdown inference_activations(const ModelDescription& model, const InferenceWork& work);

/// What of a model inference_activations depends on; made once, it gives totals without texts, for curves and searches.
struct InferenceShape {
  double width = 0;       // values for each token in the widest moment of a layer
  double heads = 0;       // most query heads of a layer
  double vocabulary = 0;
};
InferenceShape inference_shape(const ModelDescription& model);
/// inference_activations' total.
double inference_activation_bytes(const InferenceShape& shape, const InferenceWork& work);

/// What one device of a training run holds for the backward pass.
struct TrainingWork {
  std::uint64_t batch = 1;                     // sequences of one micro-batch on one device
  std::uint64_t context = 2048;
  std::vector<std::uint64_t> layers_by_kind;   // layers of the device's pipeline stage
  std::uint64_t in_flight = 1;                 // micro-batches whose activations the stage holds at once
  bool has_head = true;
};

/// Bytes that one layer keeps for each token, in 16 bits (32 with Precision::fp32), after Korthikanti et al., "Reducing activation
/// recomputation in large transformer models" (arXiv 2205.05198), section 4.1, counted tensor by tensor:
/// inputs of norms and of attention, feed-forward: 2 d each; queries and attention's output: 2 a h each; keys, values: 2 k h each;
/// feed-forward: 2 f for each of gate, up and their product (two-matrix: up and its activation); experts K times that and the
/// token's copies in and out (4 d), with 4 E for the router; flash attention: 4 a (32-bit log-sum-exp); otherwise scores: 2 a S.
/// With dropout: masks of 1 byte: 2 d, and on scores a mask and the result: 3 a S.
/// The classical layer (a h = k h = d, f = 4 d, two matrices, dropout, no flash attention) gives the paper's s b h (34 + 5 a s / h);
/// the modern one (three matrices, flash attention, no dropout) 8 d + 4 a h + 4 k h + 6 f + 4 a.
/// Over t tensor-parallel ranks all is split but the inputs and masks of width d (10 of the 34), with sequence_parallel those too.
/// Checkpointing: selective drops the scores; full keeps 2 d for each token and layer, and one layer's worth.
/// The head keeps 4 d (its norm's and its own input) and 4 V (32-bit logits) for each token of one micro-batch.
Breakdown training_activations(const ModelDescription& model, const TrainingWork& work, const TrainingOptions& options);

/// Value of training_activations' layer terms for one layer of a kind and one micro-batch: what a stage's share is chosen by.
double layer_activation_bytes(const ModelDescription& model, std::size_t kind, std::uint64_t batch, std::uint64_t context,
                              const TrainingOptions& options);

}  // namespace bitbudget::sizing
