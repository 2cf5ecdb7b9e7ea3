#include <doctest/doctest.h>

#include <cmath>

#include "latex_value.h"
#include "sample_models.h"
#include "sizing/activations.h"

using namespace bitbudget;
using namespace bitbudget::sizing;
using testing::LatexValue;

namespace {

void check_terms(const Breakdown& breakdown) {
  double sum = 0;
  for (const Term& term : breakdown.terms) {
    INFO(term.id << ": " << term.formula << " = " << term.substituted);
    sum += term.value;
    CHECK(LatexValue::of(term.substituted) == doctest::Approx(term.value).epsilon(1e-12));
  }
  CHECK(sum == breakdown.total);
}

/// All layers on one device, without the head.
double layer_bytes(const testing::Sample& sample, std::uint64_t batch, std::uint64_t context, const TrainingOptions& options) {
  TrainingWork work;
  work.batch = batch;
  work.context = context;
  for (const LayerKind& kind : sample.model.kinds) work.layers_by_kind.push_back(kind.count);
  work.has_head = false;
  const Breakdown activations = training_activations(sample.model, work, options);
  check_terms(activations);
  return activations.total;
}

TrainingOptions classical_options() {
  TrainingOptions options;
  options.dropout = true;
  options.flash_attention = false;
  return options;
}

}  // namespace

TEST_CASE("the classical layer keeps s b h (34 + 5 a s / h) bytes (Korthikanti et al., arXiv 2205.05198)") {
  // Section 4.1 counts 11 s b h + 5 a s^2 b for attention, 19 s b h for the MLP and 4 s b h for the two norms. The paper gives
  // 5 a s / h = 80 for GPT-3 (a = 96, s = 2,048, h = 12,288) and 64 for MT-NLG (a = 128, s = 2,048, h = 20,480).
  struct Case { std::uint64_t h, a, layers; double scores; };
  for (const auto& [h, a, layers, scores] : {Case{12288, 96, 96, 80}, Case{20480, 128, 105, 64}}) {
    const auto model = testing::classical(h, a, layers, 51200);
    const double sbh = 2048.0 * 1 * static_cast<double>(h) * static_cast<double>(layers);
    TrainingOptions options = classical_options();
    CHECK(layer_bytes(model, 1, 2048, options) == sbh * (34 + scores));
    // Equation 2: tensor parallel over t = 8; equation 4: with sequence parallelism all of it over t.
    options.tensor_parallel = 8;
    CHECK(layer_bytes(model, 1, 2048, options) == sbh * (10 + 24.0 / 8 + scores / 8));
    options.sequence_parallel = true;
    CHECK(layer_bytes(model, 1, 2048, options) == sbh * (34 + scores) / 8);
    // Equation 6: selective recomputation drops the scores.
    options.checkpointing = Checkpointing::selective;
    CHECK(layer_bytes(model, 1, 2048, options) == sbh * 34 / 8);
    options.tensor_parallel = 1;
    options.sequence_parallel = false;
    CHECK(layer_bytes(model, 1, 2048, options) == sbh * 34);
    // Full recomputation keeps the inputs, 2 s b h, and makes one layer again.
    options.checkpointing = Checkpointing::full;
    const double one_layer = 2048.0 * static_cast<double>(h) * (34 + scores);
    CHECK(layer_bytes(model, 1, 2048, options) == 2 * sbh + one_layer);
  }
}

TEST_CASE("the modern layer keeps 8 d + 4 a h + 4 k h + 6 f + 4 a bytes for each token") {
  const auto llama = testing::llama_7b();
  const double per_token = 8 * 4096 + 4 * 4096 + 4 * 4096 + 6 * 11008 + 4 * 32;
  CHECK(layer_bytes(llama, 3, 1000, {}) == 32 * 3000 * per_token);
  TrainingOptions fp32;
  fp32.precision = Precision::fp32;
  CHECK(layer_bytes(llama, 3, 1000, fp32) == 32 * 3000 * (2 * (per_token - 4 * 32) + 4 * 32));
}

TEST_CASE("experts: K (6 f_e + 4 d) + 4 E in place of 6 f") {
  const auto all = testing::everything();
  const auto kind_bytes = [&](std::size_t kind) { return layer_activation_bytes(all.model, kind, 1, 1, {}); };
  const double attention = 8 * 96 + 4 * 96 + 4 * 32 + 4 * 6;
  CHECK(kind_bytes(0) == attention + 6 * 256);
  CHECK(kind_bytes(2) == attention + 2 * (6 * 64 + 4 * 96) + 4 * 8 + 6 * 128);
}

TEST_CASE("the head keeps 4 s b h (1 + V / h), over tensor-parallel ranks with sequence parallelism 1 / t of it") {
  const auto gpt = testing::classical(1024, 16, 2, 50000);
  TrainingWork work;
  work.batch = 2;
  work.context = 512;
  work.layers_by_kind = {0};
  TrainingOptions options;
  CHECK(training_activations(gpt.model, work, options).total == 4.0 * 512 * 2 * (1024 + 50000));
  options.tensor_parallel = 4;
  options.sequence_parallel = true;
  CHECK(training_activations(gpt.model, work, options).total == 4.0 * 512 * 2 * (1024 + 50000) / 4);
}

TEST_CASE("inference needs the widest moment of a layer and the logits") {
  const auto llama = testing::llama_7b();
  // d + a h + 2 k h = 16,384 < 3 f = 33,024.
  InferenceWork work{.batch = 2, .context = 4096};
  CHECK(inference_activations(llama.model, work).total == 2.0 * 512 * 33024 + 4.0 * 2 * 32000);
  work.context = 10;  // two prompts of 10 tokens do not fill a chunk
  CHECK(inference_activations(llama.model, work).total == 2.0 * 20 * 33024 + 4.0 * 2 * 32000);
  work.all_logits = true;
  CHECK(inference_activations(llama.model, work).total == 2.0 * 20 * 33024 + 4.0 * 20 * 32000);
  work = {.batch = 1, .context = 4096, .flash_attention = false};
  CHECK(inference_activations(llama.model, work).total == 2.0 * 512 * 33024 + 4.0 * 32000 + 4.0 * 32 * 512 * 4096);
}

TEST_CASE("activations grow with batch, context and chunk, and stay finite") {
  const auto all = testing::everything();
  double before = 0;
  for (const std::uint64_t size : {std::uint64_t{1}, std::uint64_t{7}, std::uint64_t{4096}, std::uint64_t{1} << 40}) {
    for (const bool flash : {false, true}) {
      const Breakdown inference = inference_activations(all.model, {.batch = size, .context = size, .prefill_chunk = size, .flash_attention = flash});
      check_terms(inference);
      CHECK(std::isfinite(inference.total));
    }
    TrainingOptions options = classical_options();
    const double training = layer_bytes(all, size, size, options);
    CHECK(training > before);
    CHECK(std::isfinite(training));
    before = training;
    options.checkpointing = Checkpointing::selective;
    const double selective = layer_bytes(all, size, size, options);
    options.checkpointing = Checkpointing::full;
    CHECK(selective < training);
    CHECK(layer_bytes(all, size, size, options) < training);
  }
}
