#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "latex_value.h"
#include "sample_models.h"
#include "sizing/flops.h"
#include "sizing/training.h"

using namespace bitbudget;
using namespace bitbudget::sizing;
using testing::LatexValue;

namespace {

double value_of(const Breakdown& breakdown, std::string_view id) {
  for (const Term& term : breakdown.terms) {
    if (term.id == id) return term.value;
  }
  FAIL("no term " << id);
  return 0;
}

void check_terms(const Breakdown& breakdown) {
  double sum = 0;
  for (const Term& term : breakdown.terms) {
    INFO(term.id << ": " << term.formula << " = " << term.substituted);
    sum += term.value;
    CHECK(LatexValue::of(term.substituted) == doctest::Approx(term.value).epsilon(1e-12));
    CHECK(term.unit == Unit::flops);
  }
  CHECK(sum == breakdown.total);
}

}  // namespace

TEST_CASE("a token of LLaMA-7B: 2 FLOPs for every matrix element, 4 a h S for every layer") {
  // 6,738,415,616 parameters, of which 131,072,000 are the embedding and 65 x 4,096 are norms: 6,607,077,376 are multiplied.
  const auto llama = testing::llama_7b();
  const Breakdown token = token_flops(llama.model, llama.groups, 2048);
  CHECK(token.total == 2 * 6607077376.0 + 4.0 * 32 * 128 * 2048 * 32);
  CHECK(value_of(token, "scores") == 1073741824);
  check_terms(token);
}

TEST_CASE("the classical layer agrees with Narayanan et al. (arXiv 2104.04473, appendix)") {
  // There, a layer's forward pass over B s tokens costs 24 B s h^2 for its matrices and 4 B s^2 h for scores and values over all pairs,
  // and the logits cost 2 B s h V. Causal attention meets s (s + 1) / 2 of the s^2 pairs.
  const double h = 512, s = 1024, layers = 6, vocabulary = 5000, batch = 3;
  const auto gpt = testing::classical(512, 8, 6, 5000);
  const Breakdown pass = prefill_flops(gpt.model, gpt.groups, 3, 1024, true);
  const double matrices = layers * 24 * batch * s * h * h;
  const double scores = layers * 4 * batch * h * (s * (s + 1) / 2);
  const double logits = 2 * batch * s * h * vocabulary;
  CHECK(pass.total == matrices + scores + logits);
  check_terms(pass);

  // Trained with full recomputation the layers run four times forward, the logits three.
  TrainingOptions options;
  options.checkpointing = Checkpointing::full;
  const Breakdown step = training_flops(gpt.model, gpt.groups, 3, 1024, options);
  CHECK(step.total == doctest::Approx(4 * (matrices + scores) + 3 * logits).epsilon(1e-15));
  check_terms(step);
}

TEST_CASE("sliding layers meet min(i, W) keys for each token") {
  const auto all = testing::everything();
  for (const std::uint64_t context : {1u, 39u, 40u, 41u, 1000u}) {
    double pairs = 0;
    for (std::uint64_t i = 1; i <= context; ++i) pairs += static_cast<double>(std::min<std::uint64_t>(i, 40));
    const Breakdown prefill = prefill_flops(all.model, all.groups, 2, context);
    CHECK(value_of(prefill, "scores_sliding") == 2 * pairs * 4 * 6 * 16 * 5);
    CHECK(value_of(token_flops(all.model, all.groups, context), "scores_sliding") == 4.0 * 6 * 16 * 5 * static_cast<double>(std::min<std::uint64_t>(context, 40)));
    check_terms(prefill);
  }
}

TEST_CASE("tokens one after another cost what the prompt costs at once") {
  const auto all = testing::everything();
  // The expanded form for new tokens only is what a prompt computes; token by token it is the absorbed form that differs: leave it out.
  const auto without_latent = [](const Breakdown& breakdown) { return breakdown.total - value_of(breakdown, "scores_latent"); };
  double sum = 0;
  for (std::uint64_t context = 1; context <= 100; ++context) sum += without_latent(token_flops(all.model, all.groups, context));
  CHECK(without_latent(prefill_flops(all.model, all.groups, 1, 100, true)) == doctest::Approx(sum).epsilon(1e-15));
}

TEST_CASE("of the routed experts K of E are counted, shared ones and routers always") {
  const auto all = testing::everything();
  const Breakdown token = token_flops(all.model, all.groups, 10);
  CHECK(value_of(token, "experts_moe") == 2.0 * 4 * 2 * (3 * 96 * 64));
  CHECK(value_of(token, "shared_experts_moe") == 2.0 * 4 * (3 * 96 * 128));
  CHECK(value_of(token, "router_moe") == 2.0 * 4 * 8 * 96);
}

TEST_CASE("latent attention: absorbed works in the compressed space, expanded makes every key again") {
  // DeepSeek-V2 (arXiv 2405.04434), section 2.1, with 2 layers, a = 4, c = 56, h_r = 8, h = 24, h_v = 16.
  const auto all = testing::everything();
  const double context = 50;
  CHECK(value_of(token_flops(all.model, all.groups, 50), "scores_latent") == 2 * 2 * 4 * (56 + 8 + 56) * context);
  const Breakdown expanded = token_flops(all.model, all.groups, 50, LatentAttention::expanded);
  CHECK(value_of(expanded, "scores_latent") == 2 * 2 * 4 * (24 + 16) * context);
  CHECK(value_of(expanded, "expansion_latent") == 2 * 2 * 56 * 4 * (24 - 8 + 16) * (context - 1));
  check_terms(expanded);
}

TEST_CASE("a Mamba layer: projections of its tensors, 6 e n for the scan, 2 e m for the convolution, 2 e for the skip") {
  const auto all = testing::everything();
  const Breakdown token = token_flops(all.model, all.groups, 10);
  CHECK(value_of(token, "recurrent_mamba") == 2.0 * 6 * (2 * 192 * 96 + (6 + 32) * 192 + 192 * 6 + 96 * 192));
  CHECK(value_of(token, "scan_mamba") == 6.0 * 192 * (6 * 16 + 2 * 4 + 2));
  CHECK(value_of(token_flops(all.model, all.groups, 100000), "scan_mamba") == value_of(token, "scan_mamba"));
}

TEST_CASE("training costs three forward passes; adapters leave out the gradients of frozen weights") {
  const auto llama = testing::llama_7b();
  const Breakdown pass = prefill_flops(llama.model, llama.groups, 2, 512, true);
  TrainingOptions options;
  CHECK(training_flops(llama.model, llama.groups, 2, 512, options).total == doctest::Approx(3 * pass.total).epsilon(1e-15));
  options.method = TrainingMethod::lora;
  options.lora_rank = 8;
  options.lora_targets = {"attn_q", "attn_v"};
  const double adapters = 4194304;
  const Breakdown lora = training_flops(llama.model, llama.groups, 2, 512, options);
  CHECK(lora.total == doctest::Approx(2 * pass.total + value_of(pass, "scores") + 6 * 1024 * adapters).epsilon(1e-15));
  check_terms(lora);
}

TEST_CASE("FLOPs grow with the context and the batch; the largest legal sizes stay finite") {
  const auto all = testing::everything();
  double before = 0;
  for (const std::uint64_t context : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{41}, std::uint64_t{4096}, std::uint64_t{1} << 40}) {
    const double token = token_flops(all.model, all.groups, context).total;
    CHECK(token > before);
    before = token;
  }
  const Breakdown absurd = prefill_flops(all.model, all.groups, std::uint64_t{1} << 40, std::uint64_t{1} << 40, true);
  CHECK(std::isfinite(absurd.total));
  CHECK(absurd.total > prefill_flops(all.model, all.groups, std::uint64_t{1} << 39, std::uint64_t{1} << 40, true).total);
  check_terms(absurd);
}
