// core/theory for JavaScript.
#include "convert.h"

#include "theory/approximation.h"
#include "theory/blahut_arimoto.h"
#include "theory/rate_distortion.h"
#include "theory/rounding.h"
#include "theory/scalar_quantizer.h"

namespace bitbudget::wasm {
namespace {

val to_val(const theory::ScalarQuantizer& quantizer) {
  return object({{"levels", typed_array(quantizer.levels)},
                 {"thresholds", typed_array(quantizer.thresholds)},
                 {"mse", val(quantizer.mse)},
                 {"entropyBits", val(quantizer.entropy_bits)}});
}

/// The package has checked the name and nu > 2.
double differential_entropy(const std::string& distribution, double deviation, double nu) {
  return theory::differential_entropy(*tensor::find_distribution(distribution), deviation, nu);
}

val reverse_water_filling(const val& variances, double rate) {
  const auto in = Buffer<double>::copy_of(variances);
  if (!in) return failure(in.error());
  const auto filling = theory::reverse_water_filling(in->span(), rate);
  return success(object({{"level", val(filling.level)},
                         {"rate", val(filling.rate)},
                         {"distortion", val(filling.distortion)},
                         {"rates", typed_array(filling.rates)}}));
}

val lloyd_max_of_density(const std::string& distribution, double bits) {
  return settle(theory::lloyd_max(*tensor::find_distribution(distribution), static_cast<unsigned>(bits)),
                [](const theory::ScalarQuantizer& quantizer) { return to_val(quantizer); });
}

val lloyd_max_of_samples(const val& values, double bits) {
  const auto in = Buffer<float>::copy_of(values);
  if (!in) return failure(in.error());
  return settle(theory::lloyd_max(in->span(), static_cast<unsigned>(bits)),
                [](const theory::ScalarQuantizer& quantizer) { return to_val(quantizer); });
}

val to_val(const theory::EntropyCoded& coded) {
  return object({{"step", val(coded.step)}, {"midTread", val(coded.mid_tread)}, {"rateBits", val(coded.rate_bits)}, {"mse", val(coded.mse)}});
}

val entropy_coded_uniform(double rate) {
  return settle(theory::entropy_coded_uniform_at(rate), [](const theory::EntropyCoded& coded) { return to_val(coded); });
}

val to_array_of(const std::vector<theory::EntropyCoded>& all) {
  return to_array(all, [](const theory::EntropyCoded& coded) { return to_val(coded); });
}

/// The package has checked that every step is positive.
val entropy_coded_steps(const val& values, const val& steps, bool mid_tread) {
  const auto in = Buffer<float>::copy_of(values);
  if (!in) return failure(in.error());
  const auto widths = Buffer<double>::copy_of(steps);
  if (!widths) return failure(widths.error());
  return settle(theory::entropy_coded_uniform(in->span(), widths->span(), mid_tread), to_array_of);
}

val entropy_coded_rates(const val& values, const val& rates) {
  const auto in = Buffer<float>::copy_of(values);
  if (!in) return failure(in.error());
  const auto wanted = Buffer<double>::copy_of(rates);
  if (!wanted) return failure(wanted.error());
  return settle(theory::entropy_coded_uniform_at(in->span(), wanted->span()), to_array_of);
}

val uniform_quantizer_error(const val& values, double bits, bool mid_tread, double range, double entropy_bits) {
  const auto in = Buffer<float>::copy_of(values);
  if (!in) return failure(in.error());
  return settle(theory::uniform_quantizer_error(in->span(), static_cast<unsigned>(bits), mid_tread, range, entropy_bits),
                [](const theory::UniformError& error) {
                  return object({{"step", val(error.step)},
                                 {"formula", val(error.formula)},
                                 {"worstBound", val(error.worst_bound)},
                                 {"mse", val(error.mse)},
                                 {"worst", val(error.worst)},
                                 {"codeEntropyBits", val(error.code_entropy_bits)},
                                 {"entropyMinusLogStep", val(error.entropy_minus_log_step)}});
                });
}

/// The package has checked the lengths, and slope and tolerance > 0.
val blahut_arimoto(const val& probability, const val& points, const val& reproduction, double slope, double tolerance) {
  const auto p = Buffer<double>::copy_of(probability);
  if (!p) return failure(p.error());
  const auto x = Buffer<double>::copy_of(points);
  if (!x) return failure(x.error());
  const auto y = Buffer<double>::copy_of(reproduction);
  if (!y) return failure(y.error());
  const auto point = theory::blahut_arimoto(p->span(), x->span(), y->span(), slope, tolerance);
  return success(object({{"rateBits", val(point.rate_bits)},
                         {"distortion", val(point.distortion)},
                         {"gapBits", val(point.gap_bits)},
                         {"iterations", val(point.iterations)}}));
}

/// `rounding` is the index of the way in the package's list, which follows the enum.
val bias_and_variance(const val& values, double step, int rounding, double repeats, double seed) {
  const auto in = Buffer<float>::copy_of(values);
  if (!in) return failure(in.error());
  return settle(theory::bias_and_variance(in->span(), step, static_cast<theory::Rounding>(rounding), static_cast<unsigned>(repeats),
                                          static_cast<std::uint64_t>(seed)),
                [](const theory::BiasVariance& split) {
                  return object({{"biasSquared", val(split.bias_squared)}, {"variance", val(split.variance)}, {"mse", val(split.mse)}});
                });
}

/// `rounding` as above; the package has checked that there is one input per value.
val sum_error(const val& values, const val& inputs, double length, double step, int rounding, double seed) {
  const auto v = Buffer<float>::copy_of(values);
  if (!v) return failure(v.error());
  const auto x = Buffer<float>::copy_of(inputs);
  if (!x) return failure(x.error());
  return settle(theory::sum_error(v->span(), x->span(), static_cast<std::size_t>(length), step, static_cast<theory::Rounding>(rounding),
                                  static_cast<std::uint64_t>(seed)),
                [](const theory::SumError& error) {
                  return object({{"sums", val(error.sums)}, {"mean", val(error.mean)}, {"deviation", val(error.deviation)}});
                });
}

/// bits 0: exact weights.
val approximate(const val& target, double units, double bits) {
  const auto in = Buffer<double>::copy_of(target);
  if (!in) return failure(in.error());
  return settle(theory::fit_relu_network(in->span(), static_cast<std::size_t>(units)), [&](const theory::ReluNetwork& fitted) {
    const auto network = bits == 0 ? fitted : theory::quantized(fitted, static_cast<unsigned>(bits));
    return object({{"supError", val(theory::sup_error(in->span(), network))},
                   {"values", typed_array(theory::evaluate(network, in->span().size()))}});
  });
}

}  // namespace

EMSCRIPTEN_BINDINGS(bitbudget_limits) {
  emscripten::function("gaussianDistortion", &theory::gaussian_distortion);
  emscripten::function("gaussianRate", &theory::gaussian_rate);
  emscripten::function("differentialEntropy", &differential_entropy);
  emscripten::function("shannonLowerBound", &theory::shannon_lower_bound);
  emscripten::function("reverseWaterFilling", &reverse_water_filling);
  emscripten::function("lloydMaxOfDensity", &lloyd_max_of_density);
  emscripten::function("lloydMaxOfSamples", &lloyd_max_of_samples);
  emscripten::function("entropyCodedUniform", &entropy_coded_uniform);
  emscripten::function("entropyCodedSteps", &entropy_coded_steps);
  emscripten::function("entropyCodedRates", &entropy_coded_rates);
  emscripten::function("uniformQuantizerError", &uniform_quantizer_error);
  emscripten::function("blahutArimoto", &blahut_arimoto);
  emscripten::function("biasAndVariance", &bias_and_variance);
  emscripten::function("sumError", &sum_error);
  emscripten::function("approximate", &approximate);
}

}  // namespace bitbudget::wasm
