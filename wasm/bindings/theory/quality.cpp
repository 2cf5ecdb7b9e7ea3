// core/measure/quality for JavaScript.
#include "convert.h"

#include "measure/quality.h"

namespace bitbudget::wasm {
namespace {

val to_val(const measure::Perplexity& p) {
  return object({{"tokens", val(static_cast<double>(p.tokens))},
                 {"crossEntropy", val(p.cross_entropy)},
                 {"bitsPerToken", val(p.bits_per_token)},
                 {"perplexity", val(p.perplexity)},
                 {"standardError", val(p.standard_error)}});
}

val perplexity(const val& log_probabilities) {
  const auto in = Buffer<double>::copy_of(log_probabilities);
  if (!in) return failure(in.error());
  return settle(measure::perplexity(in->span()), [](const measure::Perplexity& p) { return to_val(p); });
}

val compare_quality(const val& original, const val& compressed) {
  const auto a = Buffer<double>::copy_of(original);
  if (!a) return failure(a.error());
  const auto b = Buffer<double>::copy_of(compressed);
  if (!b) return failure(b.error());
  return settle(measure::compare_quality(a->span(), b->span()), [](const measure::QualityComparison& c) {
    return object({{"original", to_val(c.original)},
                   {"compressed", to_val(c.compressed)},
                   {"difference", val(c.difference)},
                   {"standardError", val(c.standard_error)},
                   {"low", val(c.low)},
                   {"high", val(c.high)},
                   {"q", val(c.q)}});
  });
}

val divergence(const val& p, const val& q, double vocabulary) {
  const auto a = Buffer<double>::copy_of(p);
  if (!a) return failure(a.error());
  const auto b = Buffer<double>::copy_of(q);
  if (!b) return failure(b.error());
  return settle(measure::divergence(a->span(), b->span(), static_cast<std::size_t>(vocabulary)), [](const measure::Divergence& d) {
    return object({{"meanKl", val(d.mean_kl)}, {"standardError", val(d.standard_error)}, {"top1Agreement", val(d.top1_agreement)}});
  });
}

val compare_predictions(const val& truth, const val& original, const val& compressed) {
  const auto t = Buffer<std::int32_t>::copy_of(truth);
  if (!t) return failure(t.error());
  const auto a = Buffer<std::int32_t>::copy_of(original);
  if (!a) return failure(a.error());
  const auto b = Buffer<std::int32_t>::copy_of(compressed);
  if (!b) return failure(b.error());
  return settle(measure::compare_predictions(t->span(), a->span(), b->span()), [](const measure::Flips& flips) {
    return object({{"originalAccuracy", val(flips.original_accuracy)},
                   {"compressedAccuracy", val(flips.compressed_accuracy)},
                   {"rightToWrong", val(static_cast<double>(flips.right_to_wrong))},
                   {"wrongToRight", val(static_cast<double>(flips.wrong_to_right))},
                   {"changed", val(static_cast<double>(flips.changed))},
                   {"q", val(flips.q)}});
  });
}

/// `ratios` and `qualities` are equally long.
val pareto(const val& ratios, const val& qualities, double least_quality) {
  const auto r = Buffer<double>::copy_of(ratios);
  if (!r) return failure(r.error());
  const auto q = Buffer<double>::copy_of(qualities);
  if (!q) return failure(q.error());
  std::vector<measure::Run> runs;
  for (std::size_t i = 0; i < r->span().size(); ++i) runs.push_back({r->span()[i], q->span()[i]});
  const auto front = measure::pareto_front(runs);
  return success(object({{"front", typed_array(std::vector<std::uint32_t>(front.begin(), front.end()))},
                         {"mostEfficient", val(static_cast<double>(measure::most_efficient(runs, least_quality)))}}));
}

val fit_power_law(const val& sizes, const val& times) {
  const auto n = Buffer<double>::copy_of(sizes);
  if (!n) return failure(n.error());
  const auto t = Buffer<double>::copy_of(times);
  if (!t) return failure(t.error());
  return settle(measure::fit_power_law(n->span(), t->span()), [](const measure::PowerLaw& law) {
    return object({{"exponent", val(law.exponent)}, {"standardError", val(law.standard_error)}, {"factor", val(law.factor)}});
  });
}

}  // namespace

EMSCRIPTEN_BINDINGS(bitbudget_quality) {
  emscripten::function("perplexity", &perplexity);
  emscripten::function("compareQuality", &compare_quality);
  emscripten::function("divergence", &divergence);
  emscripten::function("comparePredictions", &compare_predictions);
  emscripten::function("pareto", &pareto);
  emscripten::function("fitPowerLaw", &fit_power_law);
}

}  // namespace bitbudget::wasm
