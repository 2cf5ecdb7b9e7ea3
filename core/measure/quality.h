// How good a model still is: perplexity, divergence and accuracy of a compressed model beside the original's.
// Log-probabilities are natural logarithms of the probability that the model gave to the token that came, one per token.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "error.h"

namespace bitbudget::measure {

struct Perplexity {
  std::uint64_t tokens = 0;
  double cross_entropy = 0;     // nats per token: the mean of -log p
  double bits_per_token = 0;
  double perplexity = 0;        // exp(cross_entropy)
  double standard_error = 0;    // of cross_entropy, tokens taken as independent
};
/// invalid_argument if there are none; invalid_field with the index if one is positive, NaN or -infinity.
Result<Perplexity> perplexity(std::span<const double> log_probabilities);

/// Two models on the same tokens. Differences are compressed minus original, paired token by token: their spread is far
/// smaller than either model's own.
struct QualityComparison {
  Perplexity original;
  Perplexity compressed;
  double difference = 0;         // of cross-entropies, nats per token
  double standard_error = 0;     // of the difference
  double low = 0, high = 0;      // 95 % confidence interval of the difference (normal approximation)
  double q = 0;                  // PPL original / PPL compressed = exp(-difference): 1 is no loss, smaller is worse
};
Result<QualityComparison> compare_quality(std::span<const double> original, std::span<const double> compressed);

/// Mean KL divergence D(P || Q) in nats per token and how often both models' likeliest token agrees. `p` and `q` hold, for
/// each of `tokens` positions, a probability per vocabulary entry (tokens x vocabulary, each row sums to 1 within 1e-3).
struct Divergence {
  double mean_kl = 0;
  double standard_error = 0;
  double top1_agreement = 0;     // share of the positions
};
Result<Divergence> divergence(std::span<const double> p, std::span<const double> q, std::size_t vocabulary);

/// Accuracy of two models from their predictions, and the answers that changed: equal accuracies can hide many flips.
struct Flips {
  double original_accuracy = 0;
  double compressed_accuracy = 0;
  std::uint64_t right_to_wrong = 0;
  std::uint64_t wrong_to_right = 0;
  std::uint64_t changed = 0;     // predictions that differ, right or wrong
  double q = 0;                  // compressed / original accuracy: 1 is no loss
};
Result<Flips> compare_predictions(std::span<const std::int32_t> truth, std::span<const std::int32_t> original,
                                  std::span<const std::int32_t> compressed);

/// A compressed model as a point: its ratio (original bytes / compressed bytes) and its quality Q.
struct Run {
  double ratio = 1;
  double quality = 1;
};
/// Indices of the runs that no other beats: none has both ratio and quality at least as high and one higher. By ratio,
/// ascending. Equal runs stay together.
std::vector<std::size_t> pareto_front(std::span<const Run> runs);

/// Index of the run with the largest eta = Q ratio among those with Q >= least_quality; -1 if there is none. Without the
/// constraint the optimum is degenerate: Q is bounded by about 1 and the ratio is not, so the smallest model wins however bad.
std::ptrdiff_t most_efficient(std::span<const Run> runs, double least_quality);

/// time = factor size^exponent, fitted by least squares on logarithms.
struct PowerLaw {
  double exponent = 0;
  double standard_error = 0;     // of the exponent
  double factor = 0;
};
/// At least three points, all positive (invalid_argument).
Result<PowerLaw> fit_power_law(std::span<const double> sizes, std::span<const double> times);

}  // namespace bitbudget::measure
