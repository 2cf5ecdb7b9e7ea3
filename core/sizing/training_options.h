// How a model is trained, for its memory and its FLOPs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bitbudget::sizing {

enum class TrainingMethod {
  full,
  lora,   // arXiv 2106.09685: low-rank adapters beside frozen 16-bit (fp32: 32-bit) weights
  qlora,  // arXiv 2305.14314: the same beside linear layers in a 4-bit format
};
enum class Optimizer { sgd, sgd_momentum, adam, adam_8bit };
enum class Precision {
  fp32,   // everything in 32 bits
  mixed,  // 16-bit weights, gradients and activations, with a 32-bit master copy of the weights (arXiv 1710.03740)
  bf16,   // everything in bf16, optimizer states too
};
enum class Checkpointing {
  none,
  selective,  // attention scores are made again in the backward pass (arXiv 2205.05198, section 5)
  full,       // each layer's input is kept, all else made again
};

/// The choices by their names in JavaScript.
template <class T>
struct Named {
  std::string_view name;
  T value;
};
inline constexpr Named<TrainingMethod> kTrainingMethods[] = {
    {"full", TrainingMethod::full}, {"lora", TrainingMethod::lora}, {"qlora", TrainingMethod::qlora}};
inline constexpr Named<Optimizer> kOptimizers[] = {
    {"sgd", Optimizer::sgd}, {"sgd_momentum", Optimizer::sgd_momentum}, {"adam", Optimizer::adam}, {"adam_8bit", Optimizer::adam_8bit}};
inline constexpr Named<Precision> kPrecisions[] = {
    {"fp32", Precision::fp32}, {"mixed", Precision::mixed}, {"bf16", Precision::bf16}};
inline constexpr Named<Checkpointing> kCheckpointings[] = {
    {"none", Checkpointing::none}, {"selective", Checkpointing::selective}, {"full", Checkpointing::full}};

struct TrainingOptions {
  TrainingMethod method = TrainingMethod::full;
  Optimizer optimizer = Optimizer::adam;
  Precision precision = Precision::mixed;
  bool fp32_gradients = false;         // gradients gathered in 32 bits where they would have 16
  Checkpointing checkpointing = Checkpointing::none;
  bool flash_attention = true;         // scores are never stored
  bool dropout = false;                // the masks of residual and attention dropout are kept (the classical layer of 2205.05198)
  std::uint64_t lora_rank = 16;
  std::vector<std::string> lora_targets;  // names of tensors ("attn_q", "ffn_down"); empty: every linear layer but routers
  std::string base_format = "nf4_dq";  // of QLoRA's frozen linear layers: NF4 with double quantization

  std::uint64_t zero_stage = 0;        // 0 none, 1 optimizer states, 2 and gradients, 3 and weights (arXiv 1910.02054)
  std::uint64_t data_parallel = 1;     // N, ranks that the batch is split over
  std::uint64_t tensor_parallel = 1;   // t
  bool sequence_parallel = false;      // norms and dropouts split over the tensor-parallel ranks too (2205.05198, section 4.2)
  std::uint64_t pipeline_parallel = 1; // p
  std::uint64_t expert_parallel = 1;   // divides N: the data-parallel ranks that routed experts are spread over

  std::uint64_t devices() const { return data_parallel * tensor_parallel * pipeline_parallel; }
};

}  // namespace bitbudget::sizing
