// What holds for every known model and every option: sums, formulas, monotony.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "latex_value.h"
#include "sizing/config.h"
#include "sizing/known_models.h"
#include "sizing/report.h"
#include "sizing/roofline.h"

using namespace bitbudget;
using namespace bitbudget::sizing;
using testing::LatexValue;

namespace {

/// Totals are sums; each formula with its numbers in gives the term's value.
void check(const char* name, const Breakdown& breakdown, bool formulas_give_values = true) {
  INFO(name);
  CHECK_FALSE(breakdown.terms.empty());
  double sum = 0;
  for (std::size_t i = 0; i < breakdown.terms.size(); ++i) {
    const Term& term = breakdown.terms[i];
    INFO(term.id << ": " << term.formula << " = " << term.substituted);
    sum += term.value;
    CHECK(std::isfinite(term.value));
    CHECK(term.value >= 0);
    if (formulas_give_values) CHECK(LatexValue::of(term.substituted) == doctest::Approx(term.value).epsilon(1e-9));
    for (std::size_t j = 0; j < i; ++j) CHECK(breakdown.terms[j].id != term.id);
  }
  CHECK(sum == doctest::Approx(breakdown.total).epsilon(1e-14));
}

SizeReport report_of(const ModelDescription& model, const SizeOptions& options) {
  auto report = size_model(model, options);
  INFO((report ? "" : report.error().message));
  REQUIRE(report.has_value());
  return std::move(*report);
}

double cost(const ModelDescription& model, const SizeOptions& options) { return report_of(model, options).inference.total; }

}  // namespace

TEST_CASE("every known model: totals are sums, and formulas give their values") {
  for (const KnownModel& known : known_models()) {
    INFO(known.id);
    const auto model = read_config(known.config);
    REQUIRE(model.has_value());
    SizeOptions options;
    options.batch = 3;
    options.context = 5000;
    options.flash_attention = false;
    options.training.method = TrainingMethod::lora;
    options.training.zero_stage = 3;
    options.training.data_parallel = 8;
    options.training.tensor_parallel = 2;
    options.training.pipeline_parallel = 2;
    options.training.checkpointing = Checkpointing::selective;
    for (const SizeOptions& asked : {SizeOptions{}, options}) {
      const SizeReport report = report_of(*model, asked);
      check("activations", report.activations);
      check("inference", report.inference);
      check("training", report.training);
      check("flops per token", report.flops_per_token);
      check("flops of prompts", report.flops_prefill);
      check("flops of a step", report.flops_training);
      check("parameters", report.parameters);
      check("cache", report.kv_cache);
      const auto roof = roofline(*model, report.tensors, asked, {.flops_per_second = 1e14, .bytes_per_second = 1e12, .count = 2});
      REQUIRE(roof.has_value());
      check("bytes of a step", roof->decode.bytes);
      check("bytes of prompts", roof->prefill.bytes);
    }
  }
}

TEST_CASE("every known model: a token costs twice its active matrices and its attention") {
  for (const KnownModel& known : known_models()) {
    INFO(known.id);
    const SizeReport report = report_of(*read_config(known.config), {});
    double matrices = 0;
    for (const TensorGroup& group : report.tensors) {
      if (group.matmul && group.role != TensorRole::vision) matrices += 2 * static_cast<double>(group.active);
    }
    double between = 0;
    for (const Term& term : report.flops_per_token.terms) {
      if (term.id.starts_with("scores") || term.id.starts_with("scan")) between += term.value;
    }
    CHECK(report.flops_per_token.total == doctest::Approx(matrices + between).epsilon(1e-14));
  }
}

TEST_CASE("every known model: memory never falls with context, batch, chunk or bits") {
  for (const KnownModel& known : known_models()) {
    INFO(known.id);
    const auto model = read_config(known.config);
    REQUIRE(model.has_value());
    for (std::uint64_t SizeOptions::*member : {&SizeOptions::context, &SizeOptions::batch, &SizeOptions::prefill_chunk}) {
      double before = 0;
      SizeOptions options;
      for (const std::uint64_t value : {1u, 2u, 511u, 4096u, 4097u, 100000u}) {
        options.*member = value;
        const double bytes = cost(*model, options);
        CHECK(bytes >= before);
        before = bytes;
      }
    }
    double before = 0;
    SizeOptions options;
    for (const char* format : {"q4_0", "q5_0", "q8_0", "f16", "f32"}) {
      options.weight_format = format;
      const double bytes = cost(*model, options);
      CHECK(bytes > before);
      before = bytes;
    }
  }
}

TEST_CASE("DeepSeek-V3: the published 37 billion active parameters make some 73 GFLOP for each token, beside its scores") {
  for (const KnownModel& known : known_models()) {
    if (known.id != "deepseek-ai/DeepSeek-V3") continue;
    const SizeReport report = report_of(*read_config(known.config), {});
    // A token's matrices are the active parameters without the embedding (its rows are only looked up) and without norms.
    // Absorbed scores, 61 layers, 128 heads, c = 512, h_r = 64: 2 (2 c + h_r) for each of 2,048 keys.
    const double scores = 2.0 * 61 * 128 * 1088 * 2048;
    CHECK(report.flops_per_token.total - scores > 2 * 35.5e9);
    CHECK(report.flops_per_token.total - scores < 2 * 37.6e9);
    return;
  }
  FAIL("DeepSeek-V3 is not among the known models");
}
