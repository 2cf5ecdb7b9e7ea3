#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "latex_value.h"
#include "sample_models.h"
#include "sizing/flops.h"
#include "sizing/kv_cache.h"
#include "sizing/roofline.h"
#include "sizing/weights.h"

using namespace bitbudget;
using namespace bitbudget::sizing;
using testing::LatexValue;

namespace {

const Device kDevice = {.flops_per_second = 165e12, .bytes_per_second = 1008e9};  // an RTX 4090: dense fp16, GDDR6X

Roofline roof(const testing::Sample& sample, const SizeOptions& options, const Device& device = kDevice) {
  auto result = roofline(sample.model, sample.groups, options, device);
  REQUIRE(result.has_value());
  return std::move(*result);
}

double value_of(const Breakdown& breakdown, std::string_view id) {
  for (const Term& term : breakdown.terms) {
    if (term.id == id) return term.value;
  }
  return 0;
}

void check_phase(const Phase& phase) {
  double sum = 0;
  for (const Term& term : phase.bytes.terms) {
    INFO(term.id << ": " << term.formula << " = " << term.substituted);
    sum += term.value;
    CHECK(LatexValue::of(term.substituted) == doctest::Approx(term.value).epsilon(1e-12));
  }
  CHECK(sum == phase.bytes.total);
  CHECK(LatexValue::of(phase.compute.substituted) == doctest::Approx(phase.compute.value).epsilon(1e-12));
  CHECK(LatexValue::of(phase.bandwidth.substituted) == doctest::Approx(phase.bandwidth.value).epsilon(1e-12));
  CHECK(phase.seconds == std::max(phase.compute.value, phase.bandwidth.value));
}

}  // namespace

TEST_CASE("LLaMA-7B in fp16, one sequence: the weights' bytes over the bandwidth") {
  // 13,476,831,232 bytes, of the embedding one row of 8,192; the cache of 2,048 tokens is 2^30 bytes: 14.29 GB in 14.2 ms.
  const auto llama = testing::llama_7b();
  const Roofline result = roof(llama, {});
  const double bytes = 13476831232.0 - 262144000 + 8192 + 1073741824;
  CHECK(result.decode.bytes.total == bytes);
  CHECK(result.decode.limit == Limit::bandwidth);
  CHECK(result.decode.seconds == bytes / 1008e9);
  CHECK(result.tokens_per_second == doctest::Approx(1008e9 / bytes).epsilon(1e-15));
  // The prompt is limited by operations: 2,048 tokens in chunks of 512, so four times the weights.
  CHECK(result.prefill.limit == Limit::compute);
  CHECK(result.prefill.seconds == prefill_flops(llama.model, llama.groups, 1, 2048).total / 165e12);
  CHECK(value_of(result.prefill.bytes, "weights") == 4 * (13476831232.0 - 262144000));
  check_phase(result.decode);
  check_phase(result.prefill);
}

TEST_CASE("distinct experts expected: all draws of two of eight, counted") {
  // E (1 - (1 - K / E)^B) for B tokens that each choose K of E at random: for K = 2, E = 8, B = 2 enumerate all 28 x 28 draws.
  std::vector<std::set<int>> draws;
  for (int i = 0; i < 8; ++i) {
    for (int j = i + 1; j < 8; ++j) draws.push_back({i, j});
  }
  double sum = 0;
  for (const auto& first : draws) {
    for (const auto& second : draws) {
      std::set<int> both = first;
      both.insert(second.begin(), second.end());
      sum += static_cast<double>(both.size());
    }
  }
  const auto all = testing::everything();
  SizeOptions options;
  options.batch = 2;
  const Roofline result = roof(all, options);
  CHECK(result.experts_touched == doctest::Approx(sum / static_cast<double>(draws.size() * draws.size())).epsilon(1e-15));
  const double experts_bytes = 2.0 * 4 * 8 * 3 * 96 * 64;  // four layers in f16
  CHECK(value_of(result.decode.bytes, "experts_moe") == doctest::Approx(experts_bytes * result.experts_touched / 8).epsilon(1e-15));
  // One token touches exactly K; very many touch all.
  options.batch = 1;
  CHECK(roof(all, options).experts_touched == doctest::Approx(2).epsilon(1e-15));
  options.batch = 100000;
  CHECK(roof(all, options).experts_touched == 8);
  check_phase(roof(all, options).decode);
  check_phase(roof(all, options).prefill);
}

TEST_CASE("devices share evenly; rates for batches are those of the report and never fall") {
  const auto all = testing::everything();
  SizeOptions options;
  options.context = 300;
  Device two = kDevice;
  two.count = 2;
  CHECK(roof(all, options, two).decode.seconds == doctest::Approx(roof(all, options).decode.seconds / 2).epsilon(1e-15));
  const std::vector<std::uint64_t> batches = {1, 2, 3, 10, 100, 1000, 100000, std::uint64_t{1} << 40};
  const auto rates = decode_rates(all.model, all.groups, options, two, std::span(batches).first(7));
  REQUIRE(rates.has_value());
  double before = 0;
  for (std::size_t i = 0; i < rates->size(); ++i) {
    options.batch = batches[i];
    CHECK((*rates)[i] == doctest::Approx(roof(all, options, two).tokens_per_second).epsilon(1e-12));
    CHECK((*rates)[i] >= before * (1 - 1e-12));
    before = (*rates)[i];
  }
  const auto absurd = decode_rates(all.model, all.groups, options, kDevice, batches);
  REQUIRE(absurd.has_value());
  CHECK(std::isfinite(absurd->back()));
}

TEST_CASE("a device without rates is refused by name") {
  const auto llama = testing::llama_7b();
  const auto field = [&](const Device& device) {
    const auto result = roofline(llama.model, llama.groups, {}, device);
    REQUIRE_FALSE(result.has_value());
    return result.error().field;
  };
  CHECK(field({.flops_per_second = 0, .bytes_per_second = 1}) == "device.flopsPerSecond");
  CHECK(field({.flops_per_second = 1, .bytes_per_second = NAN}) == "device.bytesPerSecond");
  CHECK(field({.flops_per_second = 1, .bytes_per_second = 1, .count = 0}) == "device.count");
}

TEST_CASE("bytes of a real file take the place of the format's: the same bytes give the same bounds") {
  SizeOptions plain;
  plain.batch = 3;
  const auto all = testing::everything();
  SizeOptions measured = plain;
  const auto exact = weights(all.model, all.groups, plain);
  REQUIRE(exact.has_value());
  // In f16 every kind has two bytes for each parameter.
  for (const TensorGroup& group : all.groups) {
    const std::string kind(to_string(group.role));
    auto at = std::ranges::find(measured.weight_bytes, kind, &KindBytes::kind);
    if (at == measured.weight_bytes.end()) at = measured.weight_bytes.insert(at, KindBytes{kind, 0});
    at->bytes += 2 * group.parameters;
  }
  const Roofline by_format = roof(all, plain);
  const Roofline by_file = roof(all, measured);
  CHECK(by_file.decode.bytes.total == doctest::Approx(by_format.decode.bytes.total).epsilon(1e-12));
  CHECK(by_file.prefill.bytes.total == doctest::Approx(by_format.prefill.bytes.total).epsilon(1e-12));
  check_phase(by_file.decode);
  CHECK(weights(all.model, all.groups, measured)->total == exact->total);

  // What is not read: a head that is tied, buffers, prediction modules. Scales are read with the matrices.
  const double before = by_file.decode.bytes.total;
  for (const char* kind : {"buffer", "prediction", "other"}) measured.weight_bytes.push_back({kind, 1000});
  CHECK(roof(all, measured).decode.bytes.total == before);
  CHECK(weights(all.model, all.groups, measured)->total == exact->total + 3000);
  const auto llama = testing::llama_7b();
  SizeOptions dense;
  dense.weight_bytes = {{"attention", 4'000'000}, {"feed_forward", 6'000'000}};
  const double read = roof(llama, dense).decode.bytes.total;
  dense.weight_bytes.push_back({"scales", 500'000});
  CHECK(roof(llama, dense).decode.bytes.total == doctest::Approx(read + 500'000).epsilon(1e-12));
}

TEST_CASE("measured bytes: terms that sum to the file, and refusals by name") {
  const auto llama = testing::llama_7b();
  SizeOptions options;
  options.weight_bytes = {{"embedding", 10}, {"scales", 7}, {"buffer", 5}};
  const auto result = weights(llama.model, llama.groups, options);
  REQUIRE(result.has_value());
  CHECK(result->total == 22);
  for (const Term& term : result->terms) {
    CHECK(term.certainty == Certainty::exact);
    CHECK(LatexValue::of(term.substituted) == term.value);
  }
  const auto code = [&](std::vector<KindBytes> bytes) {
    options.weight_bytes = std::move(bytes);
    const auto checked = check_options(options);
    CHECK((checked || checked.error().field == "weightBytes"));
    return checked ? "none" : to_string(checked.error().code);
  };
  CHECK(code({{"attention", 1}}) == "none");
  CHECK(code({{"attentions", 1}}) == "invalid_argument");
  CHECK(code({{"norm", 1}, {"norm", 1}}) == "invalid_argument");
  CHECK(code({{"norm", std::uint64_t{1} << 53}, {"head", 1}}) == "too_large");
}
