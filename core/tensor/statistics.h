// What is in a tensor: counts, range, moments and histogram. One pass over the values in blocks; the parts of a tensor can be
// taken apart and joined.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace bitbudget::tensor {

/// Sums of powers of the deviations from the mean. Joined by the pairwise update of Pebay (Sandia report SAND2008-6212), which
/// stays accurate where the mean is large beside the spread.
struct Moments {
  double count = 0;
  double mean = 0;
  double m2 = 0;  // sum of (x - mean)^2
  double m3 = 0;
  double m4 = 0;

  void add(const Moments& other);
};

/// NaN and infinities are counted, with the index of the first of each; everything else is about the finite values.
struct Statistics {
  std::uint64_t count = 0;
  std::uint64_t zeros = 0;       // of either sign
  std::uint64_t subnormals = 0;  // not zero, below 2^-126
  std::uint64_t nans = 0;
  std::uint64_t infinities = 0;
  std::optional<std::uint64_t> first_nan;
  std::optional<std::uint64_t> first_infinity;
  float min = 0;  // 0 if nothing is finite, and never -0
  float max = 0;
  float abs_max = 0;
  Moments moments;

  double mean() const { return moments.mean; }
  /// Mean square deviation (divided by the count, not by one less); 0 if nothing is finite.
  double variance() const;
  /// Mean fourth power of the deviation over the squared variance: 3 for a normal distribution. 0 for constant values.
  double kurtosis() const;
};

Statistics statistics(std::span<const float> values);

/// Of `first` followed by `second`.
Statistics merge(const Statistics& first, const Statistics& second);

/// Values that no bin of a histogram took.
struct OutsideHistogram {
  std::uint64_t below = 0;
  std::uint64_t above = 0;
  std::uint64_t nans = 0;
};

/// The factor from a distance above `low` to a number of bins. Rounded down so far that `high` itself falls in the last bin.
/// low < high, both finite with a finite difference; 1 <= bins <= 65536.
float histogram_scale(float low, float high, std::size_t bins);

/// Adds the values to `bins`, equal cells of [low, high]: x belongs to cell trunc((x - low) * histogram_scale), in f32, and
/// the last cell includes `high`. Adds up over calls.
OutsideHistogram add_to_histogram(std::span<const float> values, float low, float high, std::span<std::uint64_t> bins);

}  // namespace bitbudget::tensor
