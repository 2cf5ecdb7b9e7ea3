// Every model of golden/models.json: totals, active counts and caches as published, from configs with the published names.
#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include <nlohmann/json.hpp>

#include "sizing/known_models.h"
#include "sizing/report.h"

using namespace bitbudget;
using namespace bitbudget::sizing;

namespace {

nlohmann::json golden_models() {
  std::ifstream file(std::string(BITBUDGET_TEST_DATA) + "/golden/models.json");
  std::stringstream text;
  text << file.rdbuf();
  return nlohmann::json::parse(text.str()).at("models");
}

SizeReport size_known(const std::string& id, const SizeOptions& options = {}) {
  for (const KnownModel& model : known_models()) {
    if (model.id != id) continue;
    auto report = size_model(model.config, options);
    REQUIRE_MESSAGE(report.has_value(), id);
    return *report;
  }
  FAIL("not among the known models: " << id);
  return {};
}

}  // namespace

TEST_CASE("models.json: parameters and active parameters") {
  const nlohmann::json models = golden_models();
  CHECK(models.size() == 64);
  for (const auto& entry : models) {
    const std::string id = entry.at("id");
    CAPTURE(id);
    const SizeReport report = size_known(id);
    CHECK(report.parameters.total == entry.at("total_params").get<double>());
    CHECK(report.parameters.active == entry.value("active_params", entry.at("total_params").get<double>()));
  }
}

TEST_CASE("models.json: groups of parameters") {
  for (const auto& entry : golden_models()) {
    const std::string id = entry.at("id");
    CAPTURE(id);
    const SizeReport report = size_known(id);
    std::map<std::string, double> sums;
    for (const TensorGroup& tensor : report.tensors) sums[std::string(to_string(tensor.role))] += static_cast<double>(tensor.parameters);
    const std::pair<const char*, std::vector<const char*>> names[] = {
        {"embed", {"embedding", "position"}}, {"attn", {"attention"}}, {"ffn", {"feed_forward"}}, {"expert", {"expert"}},
        {"shared", {"shared_expert"}}, {"router", {"router"}}, {"ssm", {"recurrent"}}, {"vision", {"vision"}}, {"norm", {"norm"}}};
    for (const auto& [group, roles] : names) {
      CAPTURE(group);
      double sum = 0;
      for (const char* role : roles) sum += sums[role];
      CHECK(sum == entry.at("params_by_group").value(group, 0.0));
    }
  }
}

TEST_CASE("models.json: bytes of the cache") {
  for (const auto& entry : golden_models()) {
    const std::string id = entry.at("id");
    CAPTURE(id);
    const auto& cache = entry.at("kv_cache");
    SizeOptions options;
    options.context = 1;
    CHECK(size_known(id, options).kv_cache.bytes_per_token == cache.at("bytes_per_token_fp16").get<double>());
    options.context = 1'000'000;
    const KvCache full = size_known(id, options).kv_cache;
    double sliding = 0;
    double growing = 0;
    double state = 0;
    for (const Term& term : full.terms) {
      (term.id == "kv_sliding" ? sliding : term.id.starts_with("kv_") ? growing : state) += term.value;
    }
    CHECK(sliding == cache.value("sliding_layers_max_bytes_fp16", 0.0));
    CHECK(growing == 1e6 * cache.at("bytes_per_token_fp16_full_layers_only").get<double>());
    CHECK((state > 0) == (cache.at("ssm_layers").get<int>() > 0));
  }
}

TEST_CASE("Gemma 3 27B at 131,072 tokens keeps 10 full and 52 sliding layers: 10.41 GiB") {
  SizeOptions options;
  options.context = 131072;
  const KvCache cache = size_known("google/gemma-3-27b-pt", options).kv_cache;
  CHECK(cache.total == 10 * 131072 * 8192.0 + 52 * 1024 * 8192.0);
  CHECK(cache.total / 1073741824 == doctest::Approx(10.41).epsilon(0.0005));
}

TEST_CASE("totals that model pages publish, beyond models.json") {
  const std::pair<const char*, double> totals[] = {
      {"openai-community/gpt2-large", 774'030'080.0},
      {"EleutherAI/pythia-410m", 405'334'016.0},
      {"EleutherAI/pythia-12b", 11'846'072'320.0},
      {"EleutherAI/gpt-neox-20b", 20'554'567'680.0},
      {"facebook/opt-1.3b", 1'315'758'080.0},
      {"huggyllama/llama-13b", 13'015'864'320.0},
      {"meta-llama/Llama-2-70b-hf", 68'976'648'192.0},
      {"meta-llama/Llama-3.1-405B", 405'853'388'800.0},
      {"meta-llama/Llama-3.2-3B", 3'212'749'824.0},
      {"HuggingFaceTB/SmolLM2-360M", 361'821'120.0},
      {"mistralai/Mistral-Nemo-Base-2407", 12'247'782'400.0},
      {"mistralai/Mistral-Small-24B-Base-2501", 23'572'403'200.0},
      {"mistralai/Mistral-Large-Instruct-2407", 122'610'069'504.0},
      {"mistralai/Mixtral-8x22B-v0.1", 140'620'634'112.0},
      {"Qwen/Qwen2.5-3B", 3'085'938'688.0},
      {"Qwen/Qwen2.5-14B", 14'770'033'664.0},
      {"Qwen/Qwen2.5-72B", 72'706'203'648.0},
      {"Qwen/Qwen1.5-MoE-A2.7B", 14'315'784'192.0},
      {"Qwen/Qwen3-4B", 4'022'468'096.0},
      {"Qwen/Qwen3-14B", 14'768'307'200.0},
      {"Qwen/Qwen3-235B-A22B", 235'093'634'560.0},
      {"google/gemma-7b", 8'537'680'896.0},
      {"google/gemma-2-9b", 9'241'705'984.0},
      {"google/gemma-3-270m", 268'098'176.0},
      {"google/gemma-3-12b-pt", 12'187'325'040.0},
      {"microsoft/phi-1_5", 1'418'270'720.0},
      {"microsoft/phi-4", 14'659'507'200.0},
      {"microsoft/Phi-3.5-mini-instruct", 3'821'079'552.0},
      {"microsoft/Phi-4-mini-instruct", 3'836'021'760.0},
      {"tiiuae/falcon-rw-1b", 1'311'625'216.0},
      {"deepseek-ai/DeepSeek-V2-Lite", 15'706'484'224.0},
      {"openai/gpt-oss-120b", 116'829'156'672.0},
      {"state-spaces/mamba-130m-hf", 129'135'360.0},
      {"state-spaces/mamba-370m-hf", 371'516'416.0},
      {"state-spaces/mamba-1.4b-hf", 1'372'178'432.0},
  };
  for (const auto& [id, total] : totals) {
    CAPTURE(std::string(id));
    CHECK(static_cast<std::uint64_t>(size_known(id).parameters.total) == static_cast<std::uint64_t>(total));
  }
}

TEST_CASE("Falcon's files hold the tied head twice: the published totals are the parameters and V d") {
  for (const auto& [id, stored] : {std::pair{"tiiuae/falcon-7b", 7'217'189'760.0}, {"tiiuae/falcon-180B", 179'522'565'120.0}}) {
    const SizeReport report = size_known(id);
    REQUIRE(report.stored.size() > 0);
    CHECK(report.stored[0].id == "tied_head");
    CHECK(report.parameters.total + static_cast<double>(report.stored[0].elements) == stored);
  }
}

namespace {

std::uint64_t stored_elements(const SizeReport& report, std::string_view id) {
  for (const StoredExtra& extra : report.stored) {
    if (extra.id == id) return extra.elements;
  }
  return 0;
}

}  // namespace

TEST_CASE("what files hold beyond the parameters explains their published element counts") {
  const SizeReport deepseek = size_known("deepseek-ai/DeepSeek-V3");
  CHECK(stored_elements(deepseek, "prediction") == 13'463'426'304);
  CHECK(stored_elements(deepseek, "scales") == 41'540'496);
  CHECK(deepseek.parameters.total + 13'463'426'304.0 + 41'540'496.0 == 684'531'386'000.0);
  // Llama-2: one rotary table in each layer. Pythia-70M: masks of 2048 x 2048 and tables of 8. GPT-2: masks of 1024 x 1024.
  CHECK(stored_elements(size_known("meta-llama/Llama-2-7b-hf"), "rotary") == 6'738'417'664 - 6'738'415'616);
  CHECK(stored_elements(size_known("meta-llama/Llama-2-13b-hf"), "rotary") == 13'015'866'880 - 13'015'864'320);
  const SizeReport pythia = size_known("EleutherAI/pythia-70m");
  CHECK(stored_elements(pythia, "masks") + stored_elements(pythia, "rotary") == 95'592'496 - 70'426'624);
  CHECK(stored_elements(size_known("openai-community/gpt2"), "masks") == 137'022'720 - 124'439'808);
  CHECK(stored_elements(size_known("Qwen/Qwen3-0.6B"), "tied_head") == 751'632'384 - 596'049'920);
  // gpt-oss-20b: 21,511,953,984 with one scale for 32 weights of an expert.
  CHECK(stored_elements(size_known("openai/gpt-oss-20b"), "scales") == 21'511'953'984 - 20'914'757'184);
}
