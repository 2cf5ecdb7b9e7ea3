// core/tensor for JavaScript.
#include "convert.h"

#include <algorithm>
#include <vector>

#include "tensor/random.h"
#include "tensor/statistics.h"

namespace bitbudget::wasm {
namespace {

val random_tensor(const std::string& name, double count, double seed, double mean, double scale, double nu, double first) {
  const auto distribution = tensor::find_distribution(name);
  if (!distribution) {
    return failure(fail_field(ErrorCode::invalid_argument, "distribution",
                              concat({"There is no distribution \"", name, "\": use normal, laplace, student_t or uniform."})).error());
  }
  auto out = Buffer<float>::of_size(static_cast<std::uint64_t>(count));
  if (!out) return failure(out.error());
  tensor::fill_random({*distribution, static_cast<std::uint64_t>(seed), mean, scale, nu}, static_cast<std::uint64_t>(first), out->span());
  return success(out->copy_out());
}

val statistics(const val& values) {
  const auto in = Buffer<float>::copy_of(values);
  if (!in) return failure(in.error());
  const tensor::Statistics s = tensor::statistics(in->span());
  val out = val::object();
  out.set("count", static_cast<double>(s.count));
  out.set("zeros", static_cast<double>(s.zeros));
  out.set("subnormals", static_cast<double>(s.subnormals));
  out.set("nans", static_cast<double>(s.nans));
  out.set("infinities", static_cast<double>(s.infinities));
  if (s.first_nan) out.set("firstNan", static_cast<double>(*s.first_nan));
  if (s.first_infinity) out.set("firstInfinity", static_cast<double>(*s.first_infinity));
  out.set("min", s.min);
  out.set("max", s.max);
  out.set("absMax", s.abs_max);
  out.set("mean", s.mean());
  out.set("variance", s.variance());
  out.set("kurtosis", s.kurtosis());
  return success(out);
}

val histogram(const val& values, double low, double high, double bins) {
  const auto in = Buffer<float>::copy_of(values);
  if (!in) return failure(in.error());
  std::vector<std::uint64_t> cells(static_cast<std::size_t>(bins));
  const auto outside = tensor::add_to_histogram(in->span(), static_cast<float>(low), static_cast<float>(high), cells);
  auto counts = Buffer<double>::of_size(cells.size());
  if (!counts) return failure(counts.error());
  std::ranges::copy(cells, counts->span().begin());
  val out = val::object();
  out.set("counts", counts->copy_out());
  out.set("below", static_cast<double>(outside.below));
  out.set("above", static_cast<double>(outside.above));
  out.set("nans", static_cast<double>(outside.nans));
  return success(out);
}

}  // namespace

EMSCRIPTEN_BINDINGS(bitbudget_tensor) {
  emscripten::function("randomTensor", &random_tensor);
  emscripten::function("statistics", &statistics);
  emscripten::function("histogram", &histogram);
}

}  // namespace bitbudget::wasm
