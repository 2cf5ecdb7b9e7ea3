#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <vector>

#include "latex_value.h"
#include "sample_models.h"
#include "sizing/training.h"

using namespace bitbudget;
using namespace bitbudget::sizing;
using testing::LatexValue;

namespace {

Training trained(const testing::Sample& sample, const TrainingOptions& options, std::uint64_t batch = 1, std::uint64_t context = 512) {
  auto training = training_memory(sample.model, sample.groups, batch, context, options);
  REQUIRE(training.has_value());
  return std::move(*training);
}

/// Weights, gradients and optimizer, without activations.
double states(const Training& training) {
  double sum = 0;
  for (const Term& term : training.terms) {
    if (!term.id.starts_with("activations_")) sum += term.value;
  }
  return sum;
}

void check_terms(const Training& training) {
  double sum = 0;
  for (const Term& term : training.terms) {
    INFO(term.id << ": " << term.formula << " = " << term.substituted);
    sum += term.value;
    CHECK(LatexValue::of(term.substituted) == doctest::Approx(term.value).epsilon(1e-12));
  }
  CHECK(sum == training.total);
}

}  // namespace

TEST_CASE("bytes for each trained parameter") {
  struct Case { Optimizer optimizer; Precision precision; bool fp32_gradients; std::uint64_t bytes; };
  for (const auto& [optimizer, precision, fp32_gradients, bytes] : {
           Case{Optimizer::adam, Precision::mixed, false, 16},       // 2 + 2 + 4 + 4 + 4, arXiv 1910.02054
           Case{Optimizer::adam, Precision::mixed, true, 18},        // 2 + 4 + 4 + 4 + 4
           Case{Optimizer::adam, Precision::fp32, false, 16},        // 4 + 4 + 4 + 4
           Case{Optimizer::adam, Precision::bf16, false, 8},         // 2 + 2 + 2 + 2
           Case{Optimizer::adam_8bit, Precision::bf16, false, 6},    // 2 + 2 + 1 + 1
           Case{Optimizer::adam_8bit, Precision::mixed, false, 10},  // and a master copy
           Case{Optimizer::sgd, Precision::fp32, false, 8},
           Case{Optimizer::sgd_momentum, Precision::fp32, false, 12},
           Case{Optimizer::sgd, Precision::mixed, false, 8},
           Case{Optimizer::sgd_momentum, Precision::mixed, false, 12},
       }) {
    TrainingOptions options;
    options.optimizer = optimizer;
    options.precision = precision;
    options.fp32_gradients = fp32_gradients;
    CHECK(state_bytes(options).total() == bytes);
    const auto llama = testing::llama_7b();
    CHECK(states(trained(llama, options)) == 6738415616.0 * static_cast<double>(bytes));
  }
}

TEST_CASE("ZeRO's table: 120 GB become 31.4, 16.6 and 1.88 for 7.5 billion parameters on 64 ranks (arXiv 1910.02054, figure 1)") {
  // Baseline (2 + 2 + 12) P; stage 1: 4 P + 12 P / N; stage 2: 2 P + 14 P / N; stage 3: 16 P / N.
  const auto llama = testing::llama_7b();
  const double scale = 7.5 / 6.738415616;  // the paper's figures are for 7.5 billion
  const double published[] = {120, 31.4, 16.6, 1.88};
  TrainingOptions options;
  options.data_parallel = 64;
  for (options.zero_stage = 0; options.zero_stage <= 3; ++options.zero_stage) {
    const double gigabytes = states(trained(llama, options)) * scale / 1e9;
    CHECK(gigabytes == doctest::Approx(published[options.zero_stage]).epsilon(0.004));
  }
}

TEST_CASE("the ranks' shares join to the whole, each rounded up by less than an element") {
  const auto all = testing::everything();
  for (const std::uint64_t ranks : {1u, 3u, 7u, 64u, 1000u}) {
    TrainingOptions options;
    options.data_parallel = ranks;
    options.zero_stage = 3;
    const double sum = states(trained(all, options)) * static_cast<double>(ranks);
    CHECK(sum >= 16 * all.parameters());
    CHECK(sum < 16 * (all.parameters() + 2 * static_cast<double>(ranks)));
  }
}

TEST_CASE("LoRA: r (inputs + outputs) for each adapted matrix; the base is frozen") {
  // Rank 8 on queries and values of LLaMA-7B: 32 layers x 2 x 8 x (4,096 + 4,096) = 4,194,304, as peft prints it.
  const auto llama = testing::llama_7b();
  TrainingOptions options;
  options.method = TrainingMethod::lora;
  options.lora_rank = 8;
  options.lora_targets = {"attn_q", "attn_v"};
  CHECK(adapter_parameters(llama.groups, options) == 4194304);
  const Training training = trained(llama, options);
  CHECK(training.trained_parameters == 4194304);
  CHECK(states(training) == 2 * 6738415616.0 + 16 * 4194304.0);
  check_terms(training);
  // All linear layers, rank 64: 32 x 64 x (4 x 8,192 + 3 x 15,104) = 159,907,840.
  options.lora_rank = 64;
  options.lora_targets = {};
  CHECK(adapter_parameters(llama.groups, options) == 159907840);
}

TEST_CASE("QLoRA: 4.127 bits for linear layers (arXiv 2305.14314, section 3), 16 for embedding, head and norms") {
  const auto llama = testing::llama_7b();
  TrainingOptions options;
  options.method = TrainingMethod::qlora;
  const Training training = trained(llama, options);
  const double linear = 32.0 * (4 * 4096.0 * 4096 + 3 * 4096.0 * 11008);
  REQUIRE(training.terms[0].id == "base_quantized");
  // 4 bits, 8 for each 64 values, 32 for each 256 of those: 4 + 8/64 + 32/(64 x 256) = 4.127.
  CHECK(training.terms[0].value * 8 / linear == doctest::Approx(4 + 8.0 / 64 + 32.0 / (64 * 256)).epsilon(2e-4));
  REQUIRE(training.terms[1].id == "base");
  CHECK(training.terms[1].value == 2 * (2 * 32000.0 * 4096 + 65 * 4096));
  check_terms(training);
}

TEST_CASE("tensor, pipeline and expert ranks divide parameters") {
  const auto llama = testing::llama_7b();
  TrainingOptions options;
  options.tensor_parallel = 8;
  const double norms = 65 * 4096;
  CHECK(states(trained(llama, options)) == 16 * ((6738415616.0 - norms) / 8 + norms));

  // Four stages of 8 layers: the last holds the head and the final norm too, one more norm than the first with its embedding.
  options = {};
  options.pipeline_parallel = 4;
  const Training staged = trained(llama, options);
  CHECK(staged.devices == 4);
  const double layer = 4 * 4096.0 * 4096 + 3 * 4096.0 * 11008 + 2 * 4096;
  // The first stage holds four micro-batches, so it needs most.
  CHECK(staged.stage == 0);
  CHECK(states(staged) == 16 * (8 * layer + 131072000));

  const auto all = testing::everything();
  options = {};
  options.data_parallel = options.expert_parallel = 8;
  const double experts = 6.0 * 8 * 3 * 96 * 64;  // 4 expert layers and 2 latent ones
  CHECK(states(trained(all, options)) == 16 * (all.parameters() - experts + experts / 8));
}

TEST_CASE("every combination: totals are sums, formulas give their values, ZeRO stages are ordered") {
  const auto all = testing::everything();
  TrainingOptions options;
  for (options.method = TrainingMethod::full;; options.method = options.method == TrainingMethod::full ? TrainingMethod::lora : TrainingMethod::qlora) {
    for (const Optimizer optimizer : {Optimizer::sgd, Optimizer::sgd_momentum, Optimizer::adam, Optimizer::adam_8bit}) {
      for (const Precision precision : {Precision::fp32, Precision::mixed, Precision::bf16}) {
        for (const std::uint64_t ranks : {1u, 6u}) {
          options.optimizer = optimizer;
          options.precision = precision;
          options.tensor_parallel = ranks == 1 ? 1 : 2;
          options.pipeline_parallel = ranks == 1 ? 1 : 5;
          options.data_parallel = ranks;
          options.expert_parallel = ranks == 1 ? 1 : 3;
          double before = INFINITY;
          for (options.zero_stage = 0; options.zero_stage <= 3; ++options.zero_stage) {
            const Training training = trained(all, options);
            check_terms(training);
            CHECK(training.total <= before);
            before = training.total;
          }
        }
      }
    }
    if (options.method == TrainingMethod::qlora) break;
  }
}

TEST_CASE("the fewest ranks that fit: one fewer does not") {
  const auto llama = testing::llama_7b();
  TrainingOptions options;
  options.zero_stage = 3;
  const double memory = 40e9;
  const auto needed = devices_needed(llama.model, llama.groups, 1, 512, options, memory);
  REQUIRE(needed.has_value());
  REQUIRE(needed->fits);
  CHECK(needed->bytes_per_device <= memory);
  options.data_parallel = needed->data_parallel;
  CHECK(trained(llama, options).total == needed->bytes_per_device);
  options.data_parallel -= 1;
  CHECK(trained(llama, options).total > memory);

  // Stage 0 shares nothing: it fits on one or on none; activations alone may be too much.
  options.zero_stage = 0;
  CHECK_FALSE(devices_needed(llama.model, llama.groups, 1, 512, options, memory)->fits);
  CHECK(devices_needed(llama.model, llama.groups, 1, 512, options, 120e9)->devices == 1);
  options.zero_stage = 3;
  CHECK_FALSE(devices_needed(llama.model, llama.groups, 64, 4096, options, memory)->fits);
}

TEST_CASE("bad training options are refused by name") {
  const auto llama = testing::llama_7b();
  const auto field = [&](auto change) {
    TrainingOptions options;
    change(options);
    const auto training = training_memory(llama.model, llama.groups, 1, 512, options);
    REQUIRE_FALSE(training.has_value());
    return training.error().field;
  };
  CHECK(field([](auto& o) { o.zero_stage = 4; }) == "training.zeroStage");
  CHECK(field([](auto& o) { o.data_parallel = 0; }) == "training.dataParallel");
  CHECK(field([](auto& o) { o.tensor_parallel = (1u << 20) + 1; }) == "training.tensorParallel");
  CHECK(field([](auto& o) { o.pipeline_parallel = 33; }) == "training.pipelineParallel");
  CHECK(field([](auto& o) { o.data_parallel = 4, o.expert_parallel = 3; }) == "training.expertParallel");
  CHECK(field([](auto& o) { o.method = TrainingMethod::lora, o.lora_rank = 0; }) == "training.loraRank");
  CHECK(field([](auto& o) { o.method = TrainingMethod::lora, o.lora_targets = {"token_embd"}; }) == "training.loraTargets");
}

TEST_CASE("absurd but legal runs are answered at once") {
  ModelDescription model = testing::everything().model;
  const std::vector<LayerKind> kinds = model.kinds;
  for (int i = 0; i < 1900; ++i) {
    for (const LayerKind& kind : kinds) append_layers(model, kind);
  }
  const auto large = testing::sample(model);
  TrainingOptions options;
  options.zero_stage = 3;
  options.pipeline_parallel = model.layers();
  options.data_parallel = options.tensor_parallel = 1u << 20;
  const auto start = std::chrono::steady_clock::now();
  const Training training = trained(large, options, std::uint64_t{1} << 40, std::uint64_t{1} << 40);
  CHECK(std::isfinite(training.total));
  CHECK(training.devices == model.layers() << 40);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  CHECK(taken.count() < 1);
}
