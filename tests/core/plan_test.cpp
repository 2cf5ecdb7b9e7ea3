#include <algorithm>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include "plan/allocate.h"
#include "plan/recipe.h"
#include "tensor/random.h"

using namespace bitbudget;
using plan::Candidate;

namespace {

/// Some tensors with some formats each; more bytes tend to have less error, but not always.
std::vector<Candidate> draw(std::uint64_t seed) {
  std::uint64_t at = 0;
  const auto word = [&](std::uint64_t below) { return static_cast<std::size_t>(tensor::random_word(seed, at++) % below); };
  std::vector<Candidate> candidates(1 + word(5));
  for (auto& candidate : candidates) {
    candidate.choices.resize(1 + word(5));
    for (auto& choice : candidate.choices) {
      choice.bytes = 1 + word(40);
      choice.error = static_cast<double>(word(1000)) / static_cast<double>(choice.bytes);
    }
  }
  return candidates;
}

struct Total { std::uint64_t bytes; double error; };

/// Every plan there is.
void enumerate(std::span<const Candidate> candidates, Total so_far, std::vector<Total>& out) {
  if (candidates.empty()) {
    out.push_back(so_far);
    return;
  }
  for (const auto& choice : candidates[0].choices) enumerate(candidates.subspan(1), {so_far.bytes + choice.bytes, so_far.error + choice.error}, out);
}

}  // namespace

TEST_CASE("plan: against every plan there is") {
  std::size_t optimal = 0, total = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    const auto candidates = draw(seed);
    std::vector<Total> all;
    enumerate(candidates, {0, 0}, all);
    const std::uint64_t least = std::min_element(all.begin(), all.end(), [](const Total& a, const Total& b) { return a.bytes < b.bytes; })->bytes;
    CHECK(plan::allocate(candidates, least - 1).error().code == ErrorCode::too_large);
    for (std::uint64_t budget = least; budget < least + 120; budget += 7) {
      const auto found = plan::allocate(candidates, budget);
      REQUIRE(found);
      CHECK(found->bytes <= budget);
      Total sum{0, 0};
      for (std::size_t i = 0; i < candidates.size(); ++i) {
        sum.bytes += candidates[i].choices[found->choice[i]].bytes;
        sum.error += candidates[i].choices[found->choice[i]].error;
      }
      CHECK(sum.bytes == found->bytes);
      CHECK(sum.error == doctest::Approx(found->error));
      double best = std::numeric_limits<double>::infinity();
      for (const Total& each : all) if (each.bytes <= budget) best = std::min(best, each.error);
      CHECK(found->error >= best - 1e-9);
      optimal += found->error <= best + 1e-9;
      ++total;
    }
  }
  // The hull is not always met exactly by whole tensors, but mostly.
  CHECK(optimal * 10 > total * 8);
}

TEST_CASE("plan: on a corner of the hull no plan of the same bytes has less error, and a lavish budget takes the best of each") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    const auto candidates = draw(seed);
    const auto lavish = plan::allocate(candidates, 1'000'000);
    REQUIRE(lavish);
    double best = 0;
    for (const auto& candidate : candidates) {
      best += std::min_element(candidate.choices.begin(), candidate.choices.end(), [](const auto& a, const auto& b) { return a.error < b.error; })->error;
    }
    CHECK(lavish->error == doctest::Approx(best));
    // With a price on bytes, the choices of least error + price x bytes: what they cost is a corner.
    std::vector<Total> all;
    enumerate(candidates, {0, 0}, all);
    for (const double price : {0.05, 0.7, 3.0, 20.0}) {
      const Total corner = *std::min_element(all.begin(), all.end(), [&](const Total& a, const Total& b) {
        return a.error + price * static_cast<double>(a.bytes) < b.error + price * static_cast<double>(b.bytes);
      });
      const auto found = plan::allocate(candidates, corner.bytes);
      REQUIRE(found);
      CHECK(found->error <= corner.error + 1e-9);
    }
  }
}

TEST_CASE("plan: what cannot be planned is refused") {
  const std::uint64_t half = std::uint64_t{1} << 63;
  CHECK(plan::allocate(std::vector<Candidate>{{"a", {{"f16", half, 0}}}, {"b", {{"f16", half, 0}}}}, ~std::uint64_t{0}).error().code == ErrorCode::too_large);
  CHECK(plan::allocate(std::vector<Candidate>{{"a", {{"f16", 10, 0}}}}, 9).error().field == "budget");
  CHECK(plan::allocate({}, 0)->bytes == 0);
  CHECK(plan::allocate(std::vector<Candidate>{{"a", {}}}, 10).error().field == "a");
  CHECK(plan::allocate(std::vector<Candidate>{{"a", {{"f16", 1, -1.0}}}}, 10).error().code == ErrorCode::invalid_argument);
  CHECK(plan::allocate(std::vector<Candidate>{{"a", {{"f16", 1, std::numeric_limits<double>::quiet_NaN()}}}}, 10).error().code == ErrorCode::invalid_argument);
}

TEST_CASE("plan: as a command of llama-quantize") {
  const auto text = plan::llama_tensor_types(std::vector<plan::Assignment>{{"blk.0.attn_q.weight", "q4_k"}, {"output.weight", "f16"}});
  REQUIRE(text);
  CHECK(*text == "--tensor-type '^blk\\.0\\.attn_q\\.weight$=q4_k'\n--tensor-type '^output\\.weight$=f16'\n");
  CHECK(plan::llama_tensor_types(std::vector<plan::Assignment>{{"a", "nf4"}}).error().code == ErrorCode::unsupported);
  CHECK(plan::llama_tensor_types(std::vector<plan::Assignment>{{"a'; rm -r /", "f16"}}).error().code == ErrorCode::invalid_argument);
}

TEST_CASE("plan: as a recipe of llm-compressor") {
  const auto text = plan::compressed_tensors_recipe(std::vector<plan::Assignment>{
      {"model.layers.0.mlp.up_proj.weight", "int4_asym_g128"}, {"model.layers.1.mlp.up_proj.weight", "int8_sym_row"}, {"lm_head.weight", "f16"}});
  REQUIRE(text);
  CHECK(*text ==
        "default_stage:\n  default_modifiers:\n    QuantizationModifier:\n      ignore:\n        - 're:^lm_head$'\n      config_groups:\n"
        "        group_0:\n          weights: {num_bits: 4, type: int, symmetric: false, strategy: group, group_size: 128}\n          targets:\n"
        "            - 're:^model\\.layers\\.0\\.mlp\\.up_proj$'\n"
        "        group_1:\n          weights: {num_bits: 8, type: int, symmetric: true, strategy: channel}\n          targets:\n"
        "            - 're:^model\\.layers\\.1\\.mlp\\.up_proj$'\n");
  const auto scaled = plan::compressed_tensors_recipe(std::vector<plan::Assignment>{{"a.weight", "f8_e4m3"}, {"b.weight", "f8_e4m3_row"}});
  REQUIRE(scaled);
  CHECK(scaled->find("{num_bits: 8, type: float, symmetric: true, strategy: tensor}") != std::string::npos);
  CHECK(scaled->find("{num_bits: 8, type: float, symmetric: true, strategy: channel}") != std::string::npos);
  for (const char* format : {"q4_k", "int4", "int4_", "int9_sym_row", "int4_sym_g", "int4_sym_gx", "int4_sym_g12x", "int4_sym_g0", "int4_sym_g-8", "int4_sym_g99999999999"}) {
    CAPTURE(format);
    CHECK(plan::compressed_tensors_recipe(std::vector<plan::Assignment>{{"a", format}}).error().code == ErrorCode::unsupported);
  }
  CHECK(plan::compressed_tensors_recipe({})->find("config_groups: {}") != std::string::npos);
  CHECK(plan::compressed_tensors_recipe(std::vector<plan::Assignment>{{"it's", "f16"}})->find("- 're:^it''s$'") != std::string::npos);
}

TEST_CASE("plan: a name that would begin a line of its own is refused, in either wording") {
  for (const std::string name : {"a\n--output-tensor-type f32", "a\r", "a\x7F", "\t"}) {
    for (const char* format : {"f16", "q8_0"}) CHECK(plan::llama_tensor_types(std::vector<plan::Assignment>{{name, format}}).error().field == name);
    for (const char* format : {"f16", "int8_sym_row"}) CHECK(plan::compressed_tensors_recipe(std::vector<plan::Assignment>{{name, format}}).error().field == name);
  }
}
