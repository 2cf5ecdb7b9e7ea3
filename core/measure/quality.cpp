#include "measure/quality.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <string>

#include "measure/error_report.h"

namespace bitbudget::measure {
namespace {

struct Mean {
  double value = 0;
  double standard_error = 0;
};

/// Mean and its standard error of at(0) ... at(count - 1); two passes.
template <class At>
Mean mean_of(std::size_t count, At at) {
  CompensatedSum sum;
  for (std::size_t i = 0; i < count; ++i) sum.add(at(i));
  const auto n = static_cast<double>(count);
  const double mean = sum.value() / n;
  CompensatedSum squares;
  for (std::size_t i = 0; i < count; ++i) squares.add((at(i) - mean) * (at(i) - mean));
  return {mean, count < 2 ? 0 : std::sqrt(squares.value() / (n - 1) / n)};
}

std::unexpected<Error> lengths_differ(std::size_t a, std::size_t b) {
  return fail(ErrorCode::invalid_argument, "The two models must be compared on the same tokens: here are " + std::to_string(a) + " and " +
                                               std::to_string(b) + " values.");
}

}  // namespace

Result<Perplexity> perplexity(std::span<const double> log_probabilities) {
  if (log_probabilities.empty()) return fail(ErrorCode::invalid_argument, "There are no log-probabilities.");
  for (std::size_t i = 0; i < log_probabilities.size(); ++i) {
    if (!(log_probabilities[i] <= 0) || std::isinf(log_probabilities[i])) {
      return fail_at(ErrorCode::invalid_field, i, "Value " + std::to_string(i + 1) +
                                                      " is no log-probability: they are natural logarithms, zero or negative and finite.");
    }
  }
  const Mean mean = mean_of(log_probabilities.size(), [&](std::size_t i) { return -log_probabilities[i]; });
  return Perplexity{log_probabilities.size(), mean.value, mean.value / std::numbers::ln2, std::exp(mean.value), mean.standard_error};
}

Result<QualityComparison> compare_quality(std::span<const double> original, std::span<const double> compressed) {
  if (original.size() != compressed.size()) return lengths_differ(original.size(), compressed.size());
  const auto before = perplexity(original);
  if (!before) return std::unexpected(before.error());
  const auto after = perplexity(compressed);
  if (!after) return std::unexpected(after.error());
  const Mean difference = mean_of(original.size(), [&](std::size_t i) { return original[i] - compressed[i]; });
  constexpr double kTwoSided95 = 1.959963984540054;
  const double reach = kTwoSided95 * difference.standard_error;
  return QualityComparison{*before, *after, difference.value, difference.standard_error, difference.value - reach, difference.value + reach,
                           std::exp(-difference.value)};
}

Result<Divergence> divergence(std::span<const double> p, std::span<const double> q, std::size_t vocabulary) {
  if (p.size() != q.size()) return lengths_differ(p.size(), q.size());
  if (vocabulary == 0 || p.empty() || p.size() % vocabulary != 0) {
    return fail(ErrorCode::invalid_argument, "Each position needs one probability per vocabulary entry.");
  }
  const std::size_t tokens = p.size() / vocabulary;
  std::vector<double> kl(tokens);
  std::size_t agree = 0;
  for (std::size_t t = 0; t < tokens; ++t) {
    const auto row_p = p.subspan(t * vocabulary, vocabulary);
    const auto row_q = q.subspan(t * vocabulary, vocabulary);
    for (const auto row : {row_p, row_q}) {
      const bool proper = std::all_of(row.begin(), row.end(), [](double x) { return x >= 0; });
      if (!proper || std::abs(std::accumulate(row.begin(), row.end(), 0.0) - 1) > 1e-3) {
        return fail_at(ErrorCode::invalid_field, t, "The probabilities at position " + std::to_string(t + 1) + " do not sum to 1.");
      }
    }
    for (std::size_t v = 0; v < vocabulary; ++v) {
      if (row_p[v] > 0) kl[t] += row_p[v] * std::log(row_p[v] / row_q[v]);
    }
    agree += std::max_element(row_p.begin(), row_p.end()) - row_p.begin() == std::max_element(row_q.begin(), row_q.end()) - row_q.begin();
  }
  const Mean mean = mean_of(tokens, [&](std::size_t t) { return kl[t]; });
  return Divergence{mean.value, mean.standard_error, static_cast<double>(agree) / static_cast<double>(tokens)};
}

Result<Flips> compare_predictions(std::span<const std::int32_t> truth, std::span<const std::int32_t> original,
                                  std::span<const std::int32_t> compressed) {
  if (truth.size() != original.size()) return lengths_differ(truth.size(), original.size());
  if (truth.size() != compressed.size()) return lengths_differ(truth.size(), compressed.size());
  if (truth.empty()) return fail(ErrorCode::invalid_argument, "There are no predictions.");
  Flips flips;
  std::uint64_t right_before = 0;
  std::uint64_t right_after = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const bool before = original[i] == truth[i];
    const bool after = compressed[i] == truth[i];
    right_before += before;
    right_after += after;
    flips.right_to_wrong += before && !after;
    flips.wrong_to_right += !before && after;
    flips.changed += original[i] != compressed[i];
  }
  const auto count = static_cast<double>(truth.size());
  flips.original_accuracy = static_cast<double>(right_before) / count;
  flips.compressed_accuracy = static_cast<double>(right_after) / count;
  flips.q = flips.compressed_accuracy / flips.original_accuracy;
  return flips;
}

std::vector<std::size_t> pareto_front(std::span<const Run> runs) {
  std::vector<std::size_t> order(runs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return runs[a].ratio > runs[b].ratio || (runs[a].ratio == runs[b].ratio && runs[a].quality > runs[b].quality);
  });
  std::vector<std::size_t> front;
  for (const std::size_t i : order) {
    const bool beaten = !front.empty() && runs[i].quality <= runs[front.back()].quality &&
                        !(runs[i].quality == runs[front.back()].quality && runs[i].ratio == runs[front.back()].ratio);
    if (!beaten) front.push_back(i);
  }
  std::reverse(front.begin(), front.end());
  return front;
}

std::ptrdiff_t most_efficient(std::span<const Run> runs, double least_quality) {
  std::ptrdiff_t best = -1;
  double most = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const double efficiency = runs[i].quality * runs[i].ratio;
    if (runs[i].quality < least_quality || (best >= 0 && efficiency <= most)) continue;
    best = static_cast<std::ptrdiff_t>(i);
    most = efficiency;
  }
  return best;
}

Result<PowerLaw> fit_power_law(std::span<const double> sizes, std::span<const double> times) {
  const auto positive = [](double x) { return x > 0 && std::isfinite(x); };
  if (sizes.size() != times.size() || sizes.size() < 3 || !std::all_of(sizes.begin(), sizes.end(), positive) ||
      !std::all_of(times.begin(), times.end(), positive)) {
    return fail(ErrorCode::invalid_argument, "A fit needs at least three sizes with their times, all positive.");
  }
  const auto n = static_cast<double>(sizes.size());
  const double mean_x = mean_of(sizes.size(), [&](std::size_t i) { return std::log(sizes[i]); }).value;
  const double mean_y = mean_of(times.size(), [&](std::size_t i) { return std::log(times[i]); }).value;
  double xx = 0;
  double xy = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const double x = std::log(sizes[i]) - mean_x;
    xx += x * x;
    xy += x * (std::log(times[i]) - mean_y);
  }
  if (xx <= 0) return fail(ErrorCode::invalid_argument, "All sizes are equal: there is no slope to fit.");
  const double slope = xy / xx;
  double residual = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const double miss = std::log(times[i]) - mean_y - slope * (std::log(sizes[i]) - mean_x);
    residual += miss * miss;
  }
  return PowerLaw{slope, std::sqrt(residual / (n - 2) / xx), std::exp(mean_y - slope * mean_x)};
}

}  // namespace bitbudget::measure
