// core/tensor for JavaScript.
#include "convert.h"

#include "tensor/random.h"

namespace bitbudget::wasm {
namespace {

val random_tensor(const std::string& name, double count, double seed, double mean, double scale, double nu, double first) {
  const auto distribution = tensor::find_distribution(name);
  if (!distribution) {
    return failure(Error{.code = ErrorCode::invalid_argument,
                         .message = "There is no distribution \"" + name + "\": use normal, laplace, student_t or uniform.",
                         .field = "distribution"});
  }
  auto out = Buffer<float>::of_size(static_cast<std::uint64_t>(count));
  if (!out) return failure(out.error());
  tensor::fill_random({*distribution, static_cast<std::uint64_t>(seed), mean, scale, nu}, static_cast<std::uint64_t>(first), out->span());
  return success(out->copy_out());
}

}  // namespace

EMSCRIPTEN_BINDINGS(bitbudget_tensor) {
  emscripten::function("randomTensor", &random_tensor);
}

}  // namespace bitbudget::wasm
