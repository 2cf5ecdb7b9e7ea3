// llama.cpp's mixtures against the bits per weight that its quantize README publishes for Llama-3.1-8B.
#include "sizing/mixtures.h"

#include <doctest/doctest.h>

#include "formats/registry.h"
#include "sizing/known_models.h"
#include "sizing/report.h"

using namespace bitbudget;
using namespace bitbudget::sizing;

namespace {

SizeReport size_known(std::string_view id, const std::string& format) {
  for (const KnownModel& model : known_models()) {
    if (model.id != id) continue;
    SizeOptions options;
    options.weight_format = format;
    auto report = size_model(model.config, options);
    REQUIRE(report.has_value());
    return *report;
  }
  FAIL("not known");
  return {};
}

double bits_per_weight(const SizeReport& report) { return report.weights.total * 8 / report.parameters.total; }

}  // namespace

TEST_CASE("Llama-3.1-8B in llama.cpp's mixtures has the published bits per weight") {
  const std::pair<const char*, double> published[] = {{"q2_k_mix", 3.1593}, {"q3_k_s", 3.6429}, {"q4_k_s", 4.6672}, {"q4_k_m", 4.8944},
                                                      {"q5_k_m", 5.7036},   {"q6_k_mix", 6.5633}, {"q8_0", 8.5008}};
  for (const auto& [id, bits] : published) {
    CAPTURE(std::string(id));
    CHECK(bits_per_weight(size_known("meta-llama/Llama-3.1-8B", id)) == doctest::Approx(bits).epsilon(0.00005));
  }
}

TEST_CASE("files in Q4_K_M have the sizes that llama.cpp prints when it loads them") {
  // "model size" of its start-up lines, MiB or GiB as printed. Rows of Qwen2.5-0.5B (896) do not fit blocks of 256;
  // the 1B to 3B models quantize a tied head; Phi-3 has fused projections; the 70B has more bits for values.
  constexpr double kMib = 1048576;
  constexpr double kGib = 1073741824;
  struct Printed { const char* id; double size; double unit; double step; };
  for (const auto& [id, size, unit, step] : {Printed{"Qwen/Qwen2.5-0.5B", 373.71, kMib, 0.01},
                                             Printed{"TinyLlama/TinyLlama-1.1B-Chat-v1.0", 636.18, kMib, 0.01},
                                             Printed{"meta-llama/Llama-3.2-1B", 762.81, kMib, 0.01},
                                             Printed{"meta-llama/Llama-3.2-3B", 1.87, kGib, 0.01},
                                             Printed{"meta-llama/Llama-2-7b-hf", 3.80, kGib, 0.01},
                                             Printed{"mistralai/Mistral-7B-v0.1", 4.07, kGib, 0.01},
                                             Printed{"microsoft/Phi-3-mini-4k-instruct", 2.23, kGib, 0.01},
                                             Printed{"Qwen/Qwen2.5-14B", 8.37, kGib, 0.01},
                                             Printed{"meta-llama/Llama-3.1-70B", 39.59, kGib, 0.01}}) {
    CAPTURE(std::string(id));
    const double total = size_known(id, "q4_k_m").weights.total / unit;
    CHECK(total >= size - step * 0.501);
    CHECK(total <= size + step * 0.501);
  }
}

TEST_CASE("gpt-oss with MXFP4 experts has the size that llama.cpp prints") {
  CHECK(size_known("openai/gpt-oss-20b", "mxfp4_moe").weights.total / 1073741824 == doctest::Approx(11.27).epsilon(0.0005));
  CHECK(bits_per_weight(size_known("openai/gpt-oss-20b", "mxfp4_moe")) == doctest::Approx(4.63).epsilon(0.001));
  CHECK(size_known("openai/gpt-oss-120b", "mxfp4_moe").weights.total / 1073741824 == doctest::Approx(59.02).epsilon(0.0005));
}

TEST_CASE("every mixture is made of formats that the registry has, under an id of its own") {
  for (const Mixture& mixture : mixtures()) {
    CAPTURE(std::string(mixture.id));
    CHECK(formats::find(mixture.id) == nullptr);
    CHECK(find_mixture(mixture.id) == &mixture);
    CHECK(formats::find(mixture.base) != nullptr);
    for (const MixtureRule& rule : mixture.rules) CHECK(formats::find(rule.format) != nullptr);
  }
}

TEST_CASE("weights in a mixture name what stands in for rows that do not fit") {
  const SizeReport report = size_known("Qwen/Qwen2.5-0.5B", "q4_k_m");
  bool found = false;
  for (const Term& term : report.weights.terms) found = found || term.id == "attention.q5_0.instead_of_q4_k";
  CHECK(found);
}
