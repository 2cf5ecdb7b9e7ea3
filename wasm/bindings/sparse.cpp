// core/prune/sparse_storage for JavaScript: pruned weights in a layout and a number format.
#include "convert.h"

#include "formats/registry.h"
#include "prune/sparse_storage.h"

namespace bitbudget::wasm {
namespace {

/// `layout` is the index in the package's list, which follows the enum.
val sparse_size(int layout, const std::string& format, double rows, double columns, double kept) {
  return settle(formats::get(format), [&](const formats::Format* values) {
    return val(static_cast<double>(prune::stored_size(static_cast<prune::Layout>(layout), *values, static_cast<std::uint64_t>(rows),
                                                      static_cast<std::uint64_t>(columns), static_cast<std::uint64_t>(kept))));
  });
}

val break_even_sparsity(int layout, const std::string& format, double rows, double columns) {
  return settle(formats::get(format), [&](const formats::Format* values) {
    return val(prune::break_even_sparsity(static_cast<prune::Layout>(layout), *values, static_cast<std::uint64_t>(rows),
                                          static_cast<std::uint64_t>(columns)));
  });
}

val sparse_store(int layout, const std::string& format, const val& weights, const val& kept, double row_length) {
  const auto values = formats::get(format);
  if (!values) return failure(values.error());
  const auto w = Buffer<float>::copy_of(weights);
  if (!w) return failure(w.error());
  const auto m = Buffer<std::uint8_t>::copy_of(kept);
  if (!m) return failure(m.error());
  const auto bytes = prune::store(static_cast<prune::Layout>(layout), **values, w->span(), m->span(), static_cast<std::size_t>(row_length));
  return settle(bytes, [](const std::vector<std::byte>& stored) {
    return typed_array(std::span(reinterpret_cast<const std::uint8_t*>(stored.data()), stored.size()));
  });
}

}  // namespace

EMSCRIPTEN_BINDINGS(bitbudget_sparse) {
  emscripten::function("sparseSize", &sparse_size);
  emscripten::function("breakEvenSparsity", &break_even_sparsity);
  emscripten::function("sparseStore", &sparse_store);
}

}  // namespace bitbudget::wasm
