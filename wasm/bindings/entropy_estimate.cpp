// core/theory for JavaScript.
#include "convert.h"

#include "theory/rate_distortion.h"
#include "theory/scalar_quantizer.h"

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

/// The package has checked that every step is positive.
val coded_uniform(const val& values, const val& steps) {
  const auto in = Buffer<float>::copy_of(values);
  if (!in) return failure(in.error());
  const auto widths = Buffer<double>::copy_of(steps);
  if (!widths) return failure(widths.error());
  return settle(theory::entropy_coded_uniform(in->span(), widths->span(), true), [](const std::vector<theory::EntropyCoded>& runs) {
    return to_array(runs, [](const theory::EntropyCoded& run) {
      return object({{"step", val(run.step)}, {"rateBits", val(run.rate_bits)}, {"mse", val(run.mse)}});
    });
  });
}

}  // namespace

EMSCRIPTEN_BINDINGS(bitbudget_theory) {
  emscripten::function("estimateEntropy", &estimate_entropy);
  emscripten::function("codedUniform", &coded_uniform);
}

}  // namespace bitbudget::wasm
