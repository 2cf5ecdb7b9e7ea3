// core/theory for JavaScript.
#include "convert.h"

#include "theory/coded_uniform.h"
#include "theory/rate_distortion.h"

namespace bitbudget::wasm {
namespace {

val estimate_entropy(const val& values) {
  const auto in = Buffer<float>::copy_of(values);
  if (!in) return failure(in.error());
  return settle(theory::estimate_differential_entropy(in->span()), [](const theory::EntropyEstimate& estimate) {
    val out = val::object();
    out.set("bits", estimate.bits);
    out.set("standardError", estimate.standard_error);
    return out;
  });
}

val coded_uniform(const val& values, double step) {
  const auto in = Buffer<float>::copy_of(values);
  if (!in) return failure(in.error());
  return settle(theory::run_coded_uniform(in->span(), step), [](const theory::CodedUniform& run) {
    val out = val::object();
    out.set("rateBits", run.rate_bits);
    out.set("mse", run.mse);
    out.set("levels", static_cast<double>(run.levels));
    return out;
  });
}

}  // namespace

EMSCRIPTEN_BINDINGS(bitbudget_theory) {
  emscripten::function("estimateEntropy", &estimate_entropy);
  emscripten::function("codedUniform", &coded_uniform);
}

}  // namespace bitbudget::wasm
