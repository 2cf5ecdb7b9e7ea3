#include "sizing/course.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "sizing/config.h"
#include "sizing/known_models.h"

using namespace bitbudget;
using namespace bitbudget::sizing;

namespace {

ModelDescription known(std::string_view id) {
  for (const KnownModel& model : known_models()) {
    if (model.id == id) return *read_config(model.config);
  }
  FAIL("not known");
  return {};
}

const CourseFigure& figure(const std::vector<CourseFigure>& figures, std::string_view id) {
  for (const CourseFigure& f : figures) {
    if (f.id == id) return f;
  }
  FAIL("no such figure");
  return figures[0];
}

double difference(const CourseFigure& f, std::string_view id) {
  for (const CourseDifference& d : f.differences) {
    if (d.id == id) return d.value;
  }
  return 0;
}

}  // namespace

TEST_CASE("LLaMA-7B: the course's figures and what each leaves out") {
  const auto figures = course_figures(known("huggyllama/llama-7b"), {});
  REQUIRE(figures);
  const CourseFigure& parameters = figure(*figures, "parameters");
  // 2 x 32,000 x 4,096 + 32 (12 x 4,096^2 + 4 x 4,096)
  CHECK(parameters.course.value == 262'144'000.0 + 32.0 * (12.0 * 4096 * 4096 + 4 * 4096));
  CHECK(parameters.exact == 6'738'415'616.0);
  CHECK(parameters.differences.size() == 2);
  CHECK(difference(parameters, "feed_forward") == 32.0 * (3 * 4096 * 11008 - 8 * 4096 * 4096));
  CHECK(difference(parameters, "norm") == 65 * 4096.0 - 32 * 4 * 4096.0);
  // As many key/value heads as heads, of width d / a: the course's cache is exact.
  const CourseFigure& cache = figure(*figures, "kv_cache");
  CHECK(cache.course.value == 1'073'741'824.0);
  CHECK(cache.differences.empty());
  // 4 x 4 bytes for each parameter are also what mixed-precision Adam takes: 2 + 2 + 4 + 4 + 4.
  CHECK(figure(*figures, "training").differences.empty());
  CHECK(figure(*figures, "weights").differences.empty());
}

TEST_CASE("GPT-2: attention and feed-forward of the course, plus biases") {
  const auto figures = course_figures(known("openai-community/gpt2"), {});
  REQUIRE(figures);
  const CourseFigure& parameters = figure(*figures, "parameters");
  CHECK(difference(parameters, "attention") == 12 * 4 * 768.0);
  CHECK(difference(parameters, "feed_forward") == 12 * 5 * 768.0);
  CHECK(difference(parameters, "norm") == 2 * 768.0);
  CHECK(difference(parameters, "position") == 1024 * 768.0);
}

TEST_CASE("the differences explain all of every figure, for every known model") {
  SizeOptions options;
  options.weight_format = "q4_k_m";
  options.kv_format = "q8_0";
  options.context = 10'000;
  options.batch = 3;
  for (const KnownModel& model : known_models()) {
    CAPTURE(std::string(model.id));
    const auto figures = course_figures(*read_config(model.config), options);
    REQUIRE(figures);
    CHECK(figures->size() == 6);
    for (const CourseFigure& f : *figures) {
      CAPTURE(f.id);
      double sum = f.course.value;
      for (const CourseDifference& d : f.differences) {
        sum += d.value;
        CHECK(d.value != 0);
        CHECK(d.label.size() > 10);
      }
      CHECK(std::abs(sum - f.exact) <= 1e-12 * std::max(f.exact, f.course.value));
      CHECK(f.exact > 0);
    }
  }
}

TEST_CASE("grouped heads, windows and block formats each have their own line") {
  SizeOptions options;
  options.context = 131'072;
  const auto gemma = course_figures(known("google/gemma-3-27b-pt"), options);
  REQUIRE(gemma);
  const CourseFigure& cache = figure(*gemma, "kv_cache");
  CHECK(cache.course.value == 2.0 * 131072 * 62 * 5376 * 2);
  CHECK(difference(cache, "width") == 131072.0 * 62 * (16 * 256 - 2 * 5376) * 2);
  CHECK(difference(cache, "windows") == -52.0 * (131072 - 1024) * 16 * 256 * 2);
  options.weight_format = "q8_0";
  const auto llama = course_figures(known("huggyllama/llama-7b"), options);
  REQUIRE(llama);
  // Matrices: 2 bytes of scale for 32; norms: 4 bytes instead of 1.
  const double matrices = 6'738'415'616.0 - 65 * 4096;
  CHECK(difference(figure(*llama, "weights"), "side") == matrices / 16);
  CHECK(difference(figure(*llama, "weights"), "wider") == 3 * 65 * 4096.0);
}
