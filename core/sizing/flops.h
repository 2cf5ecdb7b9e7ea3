// Floating-point operations, 2 for every multiply-add, everywhere. Counted: products of matrices with activations, queries with
// keys, scores with values, and the state-space scan. Left out, as everywhere in the literature: norms, activation functions,
// softmax, rotary embedding, additions of biases (together well under 1 %), and image encoders (no work of a text token).
#pragma once

#include <cstdint>
#include <vector>

#include "sizing/breakdown.h"
#include "sizing/model.h"
#include "sizing/tensor_groups.h"
#include "sizing/training_options.h"

namespace bitbudget::sizing {

/// How multi-head latent attention (DeepSeek-V2, arXiv 2405.04434) works with its compressed cache.
enum class LatentAttention {
  absorbed,  // queries are taken into the compressed space: scores over c + h_r, values over c
  expanded,  // keys and values of each head are made from the compressed vector of every token
};

/// One token of one sequence, generated with `context` tokens in the cache, itself among them: each layer's matrices once
/// (K of E experts), scores and values over min(context, W) tokens, and the head. `expanded` latent attention makes the keys and
/// values of all cached tokens again.
Breakdown token_flops(const ModelDescription& model, const std::vector<TensorGroup>& groups, std::uint64_t context,
                      LatentAttention latent = LatentAttention::absorbed);

/// `batch` prompts of `context` tokens: token i sees min(i, W) tokens, itself among them. The head works on the last token of
/// each prompt, as engines do, or with all_logits on every one.
Breakdown prefill_flops(const ModelDescription& model, const std::vector<TensorGroup>& groups, std::uint64_t batch,
                        std::uint64_t context, bool all_logits = false, LatentAttention latent = LatentAttention::expanded);

/// One training step over `batch` sequences of `context` tokens. The gradients of inputs and of weights cost one forward pass
/// each (attention scores: two for their two inputs); frozen weights have no second one; checkpointing repeats what it dropped.
Breakdown training_flops(const ModelDescription& model, const std::vector<TensorGroup>& groups, std::uint64_t batch,
                         std::uint64_t context, const TrainingOptions& options);

}  // namespace bitbudget::sizing
