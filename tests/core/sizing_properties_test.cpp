// What holds for every model: totals are sums of their terms; more context, sequences or bits never take less.
#include <doctest/doctest.h>

#include <cmath>
#include <set>
#include <string>

#include "formats/registry.h"
#include "sizing/checked.h"
#include "sizing/config.h"
#include "sizing/known_models.h"
#include "sizing/mixtures.h"
#include "sizing/report.h"
#include "sizing/weights.h"

using namespace bitbudget;
using namespace bitbudget::sizing;

namespace {

void check_sum(const Breakdown& breakdown) {
  double sum = 0;
  std::set<std::string> ids;
  for (const Term& term : breakdown.terms) {
    CAPTURE(term.id);
    sum += term.value;
    CHECK(term.value >= 0);
    CHECK(ids.insert(term.id).second);
    CHECK(term.formula.size() > 0);
    CHECK(term.substituted.size() > 0);
  }
  CHECK(sum == breakdown.total);
}

ModelDescription read_known(const KnownModel& model) {
  auto read = read_config(model.config);
  REQUIRE(read.has_value());
  return *read;
}

KvCache cache_of(const ModelDescription& model, const SizeOptions& options) {
  auto cache = kv_cache(model, options);
  REQUIRE(cache.has_value());
  return *cache;
}

}  // namespace

TEST_CASE("there are at least 60 known models, each with an id and a label of its own") {
  std::set<std::string_view> ids;
  std::set<std::string_view> labels;
  for (const KnownModel& model : known_models()) {
    CHECK(ids.insert(model.id).second);
    CHECK(labels.insert(model.label).second);
  }
  CHECK(ids.size() >= 60);
}

TEST_CASE("totals are the sums of their terms, and parameters the sum of the tensors") {
  for (const KnownModel& known : known_models()) {
    CAPTURE(std::string(known.id));
    const auto report = size_model(known.config);
    REQUIRE(report);
    for (const Breakdown* part : {static_cast<const Breakdown*>(&report->parameters), &report->weights, static_cast<const Breakdown*>(&report->kv_cache)}) {
      check_sum(*part);
    }
    std::uint64_t parameters = 0;
    std::set<std::string> ids;
    for (const TensorGroup& group : report->tensors) {
      parameters += group.rows.value * group.columns.value * group.copies;
      CHECK(group.active <= group.parameters);
      CHECK(ids.insert(group.id).second);
    }
    CHECK(report->parameters.total == static_cast<double>(parameters));
    CHECK(report->parameters.active <= report->parameters.total);
    CHECK(report->weights.total == 2 * report->parameters.total);
  }
}

TEST_CASE("the cache grows with context, sequences and bits") {
  for (const KnownModel& known : known_models()) {
    CAPTURE(std::string(known.id));
    const ModelDescription model = read_known(known);
    SizeOptions options;
    double before = 0;
    for (const std::uint64_t context : {1, 100, 127, 128, 129, 511, 2048, 4097, 40'000, 131'072}) {
      options.context = context;
      const double total = cache_of(model, options).total;
      CHECK(total >= before);
      before = total;
      options.window_keeps_chunk = true;
      CHECK(cache_of(model, options).total >= total);
      options.window_keeps_chunk = false;
    }
    options.batch = 7;
    CHECK(cache_of(model, options).total == 7 * before);
    options.batch = 1;
    double bits_before = 0;
    for (const char* format : {"q4_0", "q8_0", "f16", "f32"}) {
      options.kv_format = format;
      const double total = cache_of(model, options).total;
      CHECK(total > bits_before);
      bits_before = total;
    }
  }
}

TEST_CASE("keys and values may have formats of their own") {
  const ModelDescription model = read_known(known_models()[0]);  // GPT-2: 12 layers of 768 keys and 768 values
  SizeOptions options;
  options.context = 64;
  options.k_format = "q8_0";
  options.v_format = "q4_0";
  CHECK(cache_of(model, options).total == 64 * 12 * (768 / 32) * (34 + 18.0));
  options.k_format = "q6_k";  // blocks of 256 divide rows of 768
  CHECK(cache_of(model, options).total == 64 * 12 * (3 * 210 + 24 * 18.0));
  options.v_format = "none";
  CHECK(kv_cache(model, options).error().field == "vFormat");
}

TEST_CASE("formats whose blocks do not divide a token's row are refused for the cache") {
  for (const KnownModel& known : known_models()) {
    if (known.id != "deepseek-ai/DeepSeek-V3") continue;
    SizeOptions options;
    options.kv_format = "q4_k";  // 576 values are no multiple of 256
    const auto cache = kv_cache(read_known(known), options);
    REQUIRE_FALSE(cache);
    CHECK(cache.error().field == "kvFormat");
    options.kv_format = "q8_0";
    CHECK(cache_of(read_known(known), options).bytes_per_token == 61 * 576 / 32 * 34.0);
  }
}

TEST_CASE("weights hold every element once, in each format and mixture; more bits never take less") {
  for (const KnownModel& known : known_models()) {
    CAPTURE(std::string(known.id));
    const ModelDescription model = read_known(known);
    const auto groups = tensor_groups(model);
    REQUIRE(groups);
    const auto total = [&](std::string_view format) {
      SizeOptions options;
      options.weight_format = format;
      const auto shares = assign_formats(model, *groups, options);
      REQUIRE(shares.has_value());
      std::uint64_t elements = 0;
      std::uint64_t bytes = 0;
      for (const FormatShare& share : *shares) {
        elements += share.elements;
        bytes += share.bytes;
      }
      std::uint64_t parameters = 0;
      for (const TensorGroup& group : *groups) parameters += group.parameters;
      CHECK(elements == parameters);
      const auto sum = weights(model, *groups, options);
      REQUIRE(sum.has_value());
      CHECK(sum->total == static_cast<double>(bytes));
      return bytes;
    };
    for (const formats::Format* format : formats::all()) total(format->id);
    for (const Mixture& mixture : mixtures()) total(mixture.id);
    CHECK(total("q4_0") <= total("q5_0"));
    CHECK(total("q5_0") <= total("q8_0"));
    CHECK(total("q3_k_s") <= total("q3_k_m"));
    CHECK(total("q4_k_s") <= total("q4_k_m"));
    CHECK(total("q4_k_m") <= total("q5_k_m"));
    CHECK(total("q5_k_m") <= total("q8_0"));
    CHECK(total("q8_0") < total("f16"));
  }
}

TEST_CASE("terms read with numbers in every format of the cache and of the weights") {
  for (const formats::Format* format : formats::all()) {
    CAPTURE(std::string(format->id));
    SizeOptions options;
    options.weight_format = format->id;
    options.kv_format = format->id;
    const auto report = size_model(known_models()[0].config, options);
    REQUIRE(report.has_value());
    for (const Breakdown* part : {&report->weights, static_cast<const Breakdown*>(&report->kv_cache)}) {
      for (const Term& term : part->terms) {
        CAPTURE(term.substituted);
        CHECK(term.substituted.find("inf") == std::string::npos);
        CHECK(term.substituted.find("nan") == std::string::npos);
        CHECK(term.substituted.find("{0}") == std::string::npos);
      }
    }
  }
}

TEST_CASE("a tied head stored twice is as large as the embedding") {
  SizeOptions options;
  const auto once = size_model(known_models()[0].config, options);
  options.store_tied_head = true;
  const auto twice = size_model(known_models()[0].config, options);
  REQUIRE(once);
  REQUIRE(twice);
  CHECK(twice->weights.total - once->weights.total == 2.0 * 50257 * 768);
}

TEST_CASE("linear layers, embedding, head and norms take formats apart") {
  SizeOptions options;
  options.weight_format = "q4_0";
  options.embedding_format = "q8_0";
  options.head_format = "f16";
  options.norm_format = "f16";
  const auto report = size_model(R"({"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "intermediate_size": 96, "vocab_size": 100})", options);
  REQUIRE(report);
  const double linear = 2 * (4 * 64 * 64 + 3 * 64 * 96);
  CHECK(report->weights.total == linear / 32 * 18 + 6400 / 32 * 34.0 + 6400 * 2 + 5 * 64 * 2);
}

TEST_CASE("saturating arithmetic sticks at the top") {
  CHECK(mul(std::uint64_t{1} << 33, std::uint64_t{1} << 33) == kSaturated);
  CHECK(mul(kSaturated, 2, 3) == kSaturated);
  CHECK(add(kSaturated, 1) == kSaturated);
  CHECK(mul(3, 5, 7) == 105);
  CHECK(ceil_div(7, 3) == 3);
  CHECK_FALSE(fits_exactly(kMaxCount + 1));
}
