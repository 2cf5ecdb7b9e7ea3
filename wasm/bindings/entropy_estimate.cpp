// core/theory for JavaScript.
#include "convert.h"

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

}  // namespace

EMSCRIPTEN_BINDINGS(bitbudget_theory) {
  emscripten::function("estimateEntropy", &estimate_entropy);
}

}  // namespace bitbudget::wasm
