// core/prune, core/lowrank and core/calibrate for JavaScript: the compressors that change weights rather than their format.
#include "convert.h"

#include "calibrate/inputs.h"
#include "calibrate/layer.h"
#include "lowrank/correction.h"
#include "lowrank/svd.h"
#include "prune/mask.h"
#include "prune/saliency.h"
#include "prune/sparse_storage.h"

namespace bitbudget::wasm {
namespace {

std::size_t size(double number) { return static_cast<std::size_t>(number); }

val floats(const Result<std::vector<float>>& result) {
  return settle(result, [](const std::vector<float>& values) { return typed_array(values); });
}

/// `method`: "magnitude", "wanda" (weights: the inputs' norms) or "obd" (weights: the Hessian's diagonal).
val saliency(const std::string& method, const val& weights, const val& factors) {
  const auto w = Buffer<float>::copy_of(weights);
  if (!w) return failure(w.error());
  const auto f = Buffer<float>::copy_of(factors);
  if (!f) return failure(f.error());
  if (method == "magnitude") return success(typed_array(prune::magnitude(w->span())));
  return success(typed_array(method == "wanda" ? prune::wanda(w->span(), f->span()) : prune::brain_damage(w->span(), f->span())));
}

val mask(const Result<prune::Mask>& result) {
  return settle(result, [](const prune::Mask& kept) { return typed_array(kept); });
}

val prune_global(const val& scores, double sparsity, bool sort) {
  const auto in = Buffer<float>::copy_of(scores);
  if (!in) return failure(in.error());
  return mask(prune::prune_global(in->span(), sparsity, sort ? prune::Search::sort : prune::Search::select));
}

val prune_rows(const val& scores, double row_length, double sparsity) {
  const auto in = Buffer<float>::copy_of(scores);
  if (!in) return failure(in.error());
  return mask(prune::prune_rows(in->span(), size(row_length), sparsity));
}

val prune_blocks(const val& scores, double row_length, double block_rows, double block_columns, double sparsity) {
  const auto in = Buffer<float>::copy_of(scores);
  if (!in) return failure(in.error());
  return mask(prune::prune_blocks(in->span(), size(row_length), size(block_rows), size(block_columns), sparsity));
}

val prune_n_of_m(const val& scores, double row_length, double keep, double group) {
  const auto in = Buffer<float>::copy_of(scores);
  if (!in) return failure(in.error());
  return mask(prune::prune_n_of_m(in->span(), size(row_length), size(keep), size(group)));
}

val multiply_dense(const val& weights, double columns, const val& vectors) {
  const auto w = Buffer<float>::copy_of(weights);
  if (!w) return failure(w.error());
  const auto x = Buffer<float>::copy_of(vectors);
  if (!x) return failure(x.error());
  auto out = Buffer<float>::of_size(x->span().size() / size(columns) * (w->span().size() / size(columns)));
  if (!out) return failure(out.error());
  prune::multiply_dense(w->span(), size(columns), x->span(), out->span());
  return success(out->copy_out());
}

/// `layout` is the index in the package's list, which follows the enum.
val multiply_sparse(int layout, const val& stored, double rows, double columns, double kept, const val& vectors) {
  const auto in = Buffer<std::uint8_t>::copy_of(stored);
  if (!in) return failure(in.error());
  const auto x = Buffer<float>::copy_of(vectors);
  if (!x) return failure(x.error());
  auto out = Buffer<float>::of_size(x->span().size() / size(columns) * size(rows));
  if (!out) return failure(out.error());
  const auto done = prune::multiply(static_cast<prune::Layout>(layout), in->bytes(), size(rows), size(columns), size(kept), x->span(), out->span());
  if (!done) return failure(done.error());
  return success(out->copy_out());
}

val to_val(const lowrank::Svd& svd) {
  return object({{"singularValues", typed_array(svd.singular_values)},
                 {"rows", val(svd.factors.rows)},
                 {"columns", val(svd.factors.columns)},
                 {"rank", val(svd.factors.rank)},
                 {"left", typed_array(svd.factors.left)},
                 {"right", typed_array(svd.factors.right)}});
}

val truncated_svd(const val& weights, double columns, double rank) {
  const auto w = Buffer<float>::copy_of(weights);
  if (!w) return failure(w.error());
  return settle(lowrank::truncated_svd(w->span(), size(columns), size(rank)), [](const lowrank::Svd& svd) { return to_val(svd); });
}

val randomized_svd(const val& weights, double columns, double rank, double seed) {
  const auto w = Buffer<float>::copy_of(weights);
  if (!w) return failure(w.error());
  return settle(lowrank::randomized_svd(w->span(), size(columns), size(rank), {.seed = static_cast<std::uint64_t>(seed)}),
                [](const lowrank::Svd& svd) { return to_val(svd); });
}

/// `column_weights` may be empty.
val correct_error(const val& weights, const val& quantized, double columns, double rank, const val& column_weights) {
  const auto w = Buffer<float>::copy_of(weights);
  if (!w) return failure(w.error());
  const auto q = Buffer<float>::copy_of(quantized);
  if (!q) return failure(q.error());
  const auto c = Buffer<float>::copy_of(column_weights);
  if (!c) return failure(c.error());
  return settle(lowrank::correct_error(w->span(), q->span(), size(columns), size(rank), c->span()), [](const lowrank::Svd& svd) { return to_val(svd); });
}

/// left is rows x rank and right rank x columns: the package has checked the lengths.
val multiply_factors(const val& left, const val& right, double rank) {
  const auto l = Buffer<float>::copy_of(left);
  if (!l) return failure(l.error());
  const auto r = Buffer<float>::copy_of(right);
  if (!r) return failure(r.error());
  const auto a = l->span();
  const auto b = r->span();
  return success(typed_array(lowrank::multiply({a.size() / size(rank), b.size() / size(rank), size(rank), {a.begin(), a.end()}, {b.begin(), b.end()}})));
}

val correlated_inputs(double samples, double columns, double least_eigenvalue, double spread, double seed) {
  return success(typed_array(calibrate::correlated_inputs(size(samples), size(columns), {least_eigenvalue, spread, static_cast<std::uint64_t>(seed)})));
}

/// `inputs` has whole rows of `columns`.
val hessian(const val& inputs, double columns, double damping) {
  const auto x = Buffer<float>::copy_of(inputs);
  if (!x) return failure(x.error());
  return success(typed_array(calibrate::hessian(x->span(), size(columns), damping)));
}

val round_nearest(const val& weights, double columns, double bits, double group) {
  const auto w = Buffer<float>::copy_of(weights);
  if (!w) return failure(w.error());
  return floats(calibrate::round_to_nearest(w->span(), size(columns), {static_cast<unsigned>(bits), size(group)}));
}

/// The package has checked that the Hessian is columns x columns; so below.
val gptq(const val& weights, double columns, const val& hessian_of_inputs, double bits, double group) {
  const auto w = Buffer<float>::copy_of(weights);
  if (!w) return failure(w.error());
  const auto h = Buffer<double>::copy_of(hessian_of_inputs);
  if (!h) return failure(h.error());
  return floats(calibrate::gptq(w->span(), size(columns), {static_cast<unsigned>(bits), size(group)}, h->span()));
}

val awq(const val& weights, double columns, const val& inputs, double bits, double group) {
  const auto w = Buffer<float>::copy_of(weights);
  if (!w) return failure(w.error());
  const auto x = Buffer<float>::copy_of(inputs);
  if (!x) return failure(x.error());
  return settle(calibrate::awq(w->span(), size(columns), {static_cast<unsigned>(bits), size(group)}, x->span()),
                [](const calibrate::ScaledRounding& scaled) { return object({{"exponent", val(scaled.exponent)}, {"weights", typed_array(scaled.weights)}}); });
}

val brain_surgeon(const val& weights, double columns, const val& hessian_of_inputs, double sparsity, double block, bool compensate) {
  const auto w = Buffer<float>::copy_of(weights);
  if (!w) return failure(w.error());
  const auto h = Buffer<double>::copy_of(hessian_of_inputs);
  if (!h) return failure(h.error());
  return floats(calibrate::brain_surgeon(w->span(), size(columns), sparsity, size(block), h->span(), compensate));
}

val output_error(const val& weights, const val& changed, double columns, const val& hessian_of_inputs) {
  const auto w = Buffer<float>::copy_of(weights);
  if (!w) return failure(w.error());
  const auto v = Buffer<float>::copy_of(changed);
  if (!v) return failure(v.error());
  const auto h = Buffer<double>::copy_of(hessian_of_inputs);
  if (!h) return failure(h.error());
  return success(val(calibrate::output_error(w->span(), v->span(), size(columns), h->span())));
}

}  // namespace

EMSCRIPTEN_BINDINGS(bitbudget_compressors) {
  emscripten::function("saliency", &saliency);
  emscripten::function("pruneGlobal", &prune_global);
  emscripten::function("pruneRows", &prune_rows);
  emscripten::function("pruneBlocks", &prune_blocks);
  emscripten::function("pruneNOfM", &prune_n_of_m);
  emscripten::function("multiplyDense", &multiply_dense);
  emscripten::function("multiplySparse", &multiply_sparse);
  emscripten::function("truncatedSvd", &truncated_svd);
  emscripten::function("randomizedSvd", &randomized_svd);
  emscripten::function("multiplyFactors", &multiply_factors);
  emscripten::function("correctError", &correct_error);
  emscripten::function("correlatedInputs", &correlated_inputs);
  emscripten::function("hessian", &hessian);
  emscripten::function("roundNearest", &round_nearest);
  emscripten::function("gptq", &gptq);
  emscripten::function("awq", &awq);
  emscripten::function("brainSurgeon", &brain_surgeon);
  emscripten::function("outputError", &output_error);
}

}  // namespace bitbudget::wasm
