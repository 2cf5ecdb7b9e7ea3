#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <vector>

#include "sample_models.h"
#include "sizing/activations.h"
#include "sizing/kv_cache.h"
#include "sizing/report.h"
#include "sizing/solve.h"

using namespace bitbudget;
using namespace bitbudget::sizing;

namespace {

/// What a device holds, from the full report: the slow road.
double reported(const testing::Sample& sample, const SizeOptions& options, std::uint64_t devices = 1) {
  const auto report = size_model(sample.model, options);
  REQUIRE(report.has_value());
  return std::ceil((report->weights.total + report->kv_cache.total) / static_cast<double>(devices)) + report->activations.total;
}

std::vector<SizeOptions> option_sets() {
  std::vector<SizeOptions> sets(4);
  sets[1].weight_format = "q8_0";
  sets[1].kv_format = "q8_0";
  sets[1].batch = 3;
  sets[2].window_keeps_chunk = true;
  sets[2].flash_attention = false;
  sets[2].prefill_chunk = 64;
  sets[3].all_logits = true;
  sets[3].kv_format = "bf16";
  sets[3].context = 77;
  return sets;
}

}  // namespace

TEST_CASE("totals without texts are the report's totals") {
  for (const auto& sample : {testing::llama_7b(), testing::everything(), testing::classical(256, 4, 3, 1000)}) {
    for (SizeOptions options : option_sets()) {
      const InferenceShape shape = inference_shape(sample.model);
      const InferenceWork work = {options.batch, options.context, options.prefill_chunk, options.flash_attention, options.all_logits};
      CHECK(inference_activation_bytes(shape, work) == inference_activations(sample.model, work).total);
      CHECK(kv_cache_bytes(sample.model, options).value() == kv_cache(sample.model, options)->total);
    }
  }
}

TEST_CASE("the longest context and the largest batch fit; one more does not") {
  for (const auto& sample : {testing::llama_7b(), testing::everything()}) {
    for (SizeOptions options : option_sets()) {
      for (const std::uint64_t devices : {1u, 3u}) {
        SizeOptions small = options;
        small.context = small.batch = 1;
        const MemoryLimit limit = {reported(sample, small, devices) * 1.6 + 1e6, 1e5, devices};
        const auto context = longest_context(sample.model, sample.groups, options, limit);
        const auto batch = largest_batch(sample.model, sample.groups, options, limit);
        REQUIRE(context.has_value());
        REQUIRE(batch.has_value());
        const double usable = limit.bytes - limit.reserved;
        for (const auto& [most, member] : {std::pair{*context, &SizeOptions::context}, std::pair{*batch, &SizeOptions::batch}}) {
          SizeOptions tried = options;
          if (!most.found) {
            tried.*member = 1;
            CHECK(reported(sample, tried, devices) > usable);
            continue;
          }
          tried.*member = most.value;
          CHECK(reported(sample, tried, devices) == most.bytes);
          CHECK(most.bytes <= usable);
          tried.*member = most.value + 1;
          CHECK(reported(sample, tried, devices) > usable);
        }
      }
    }
  }
}

TEST_CASE("LLaMA-7B in fp16 on 24 GiB, by hand") {
  // 25,769,803,776 - 13,476,831,232 weights - 2 x 512 x 33,024 for a full chunk - 4 x 32,000 logits = 12,259,027,968 bytes, at 524,288 for each token.
  const auto llama = testing::llama_7b();
  const auto most = longest_context(llama.model, llama.groups, {}, {.bytes = 24.0 * (1u << 30)});
  REQUIRE(most.has_value());
  CHECK(most->value == 12259027968 / 524288);
}

TEST_CASE("the fewest devices: one fewer does not fit") {
  const auto llama = testing::llama_7b();
  for (const double memory : {1e9, 2e9, 5.5e9, 14.7e9, 80e9}) {
    const auto fewest = fewest_devices(llama.model, llama.groups, {}, {.bytes = memory, .reserved = 1e8});
    REQUIRE(fewest.has_value());
    REQUIRE(fewest->found);
    CHECK(fewest->bytes == reported(llama, {}, fewest->value));
    CHECK(fewest->bytes <= memory - 1e8);
    if (fewest->value > 1) CHECK(reported(llama, {}, fewest->value - 1) > memory - 1e8);
  }
  CHECK_FALSE(fewest_devices(llama.model, llama.groups, {}, {.bytes = 1e7})->found);
}

TEST_CASE("the best format is the one with most bits that fits") {
  const auto llama = testing::llama_7b();
  const MemoryLimit limit = {.bytes = 8.0 * (1u << 30)};
  const std::vector<std::string> candidates = {"f16", "q4_0", "q8_0", "q6_k", "q4_k_m", "q2_k"};
  const auto fits = format_fits(llama.model, llama.groups, {}, limit, candidates);
  REQUIRE(fits.has_value());
  REQUIRE(fits->size() == candidates.size());
  // 6.74e9 x 8.5 / 8 = 7.16e9 and a cache of 1.07e9: 8.27e9 fit into 8.59e9; fp16 does not.
  CHECK(best_fit(*fits)->format == "q8_0");
  SizeOptions options;
  for (const FormatFit& fit : *fits) {
    options.weight_format = fit.format;
    CHECK(fit.bytes == reported(llama, options));
    CHECK(fit.fits == (fit.bytes <= limit.bytes));
  }
  CHECK(format_fits(llama.model, llama.groups, {}, limit)->size() > 40);
  const auto none = format_fits(llama.model, llama.groups, {}, {.bytes = 1e9});
  CHECK(best_fit(*none) == nullptr);
  const std::vector<std::string> unknown = {"q99"};
  CHECK(format_fits(llama.model, llama.groups, {}, limit, unknown).error().code == ErrorCode::unknown_format);
}

TEST_CASE("a sweep is the report, point by point, and never falls") {
  const auto all = testing::everything();
  for (const SizeOptions& options : option_sets()) {
    const std::vector<std::uint64_t> values = {1, 2, 39, 40, 41, 500, 4096};
    for (const SweepOver over : {SweepOver::context, SweepOver::batch}) {
      const auto curve = sweep(all.model, all.groups, options, over, values);
      REQUIRE(curve.has_value());
      double before = 0;
      for (std::size_t i = 0; i < values.size(); ++i) {
        SizeOptions one = options;
        (over == SweepOver::context ? one.context : one.batch) = values[i];
        const double total = curve->weights + curve->kv_cache[i] + curve->activations[i];
        CHECK(total == reported(all, one));
        CHECK(total >= before);
        before = total;
      }
    }
  }
}

TEST_CASE("absurd but legal questions are answered at once") {
  const auto llama = testing::llama_7b();
  const auto start = std::chrono::steady_clock::now();
  SizeOptions options;
  options.batch = std::uint64_t{1} << 40;
  CHECK(longest_context(llama.model, llama.groups, options, {.bytes = 0x1p59}).error().code == ErrorCode::too_large);
  const auto most = longest_context(testing::everything().model, testing::everything().groups, {}, {.bytes = 0x1p59});
  REQUIRE(most.has_value());
  CHECK(most->found);
  const std::vector<std::uint64_t> huge = {std::uint64_t{1} << 40};
  CHECK(std::isnan(sweep(llama.model, llama.groups, options, SweepOver::context, huge)->kv_cache[0]));
  CHECK(longest_context(llama.model, llama.groups, {}, {.bytes = -1}).error().field == "memory");
  CHECK(longest_context(llama.model, llama.groups, {}, {.bytes = 1, .devices = 0}).error().field == "devices");
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  CHECK(taken.count() < 0.5);
}
