#include <doctest/doctest.h>

#include "sizing/report.h"

using namespace bitbudget;
using namespace bitbudget::sizing;

namespace {

constexpr std::string_view kLlama7b = R"({"model_type": "llama", "hidden_size": 4096, "intermediate_size": 11008, "num_attention_heads": 32,
  "num_hidden_layers": 32, "vocab_size": 32000, "tie_word_embeddings": false})";

}  // namespace

TEST_CASE("LLaMA-7B: parameters, f16 weights and cache as published") {
  const auto report = size_model(kLlama7b);
  REQUIRE(report);
  CHECK(report->parameters.total == 6'738'415'616.0);
  CHECK(report->parameters.active == report->parameters.total);
  CHECK(report->weights.total == 2 * 6'738'415'616.0);
  CHECK(report->kv_cache.total == 1'073'741'824.0);
  CHECK(report->kv_cache.bytes_per_token == 524'288.0);
}
