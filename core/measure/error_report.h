// What a lossy format did to a tensor: the original and the decoded values compared, as sums that add up without losing
// digits and in one fixed order, so that every platform reports the same double.
#pragma once

#include <cstdint>
#include <span>

namespace bitbudget::measure {

/// A running sum in double with the rounding errors of its additions kept beside it (Neumaier 1974): its value is right to
/// about one unit in the last place whatever the number of terms.
struct CompensatedSum {
  double sum = 0;
  double compensation = 0;

  void add(double term);
  void add(const CompensatedSum& other);
  double value() const { return sum + compensation; }
};

/// The parts of a report that add up. a is the original, b the decoded value, e = b - a, all in double.
/// Each block of kErrorBlock elements is summed in four interleaved lanes, then the block sums are compensated: at most
/// 1024 plain additions follow one another, so a sum of n terms is right to about 1e-13 of the sum of magnitudes, for any n.
struct ErrorSums {
  std::uint64_t count = 0;
  CompensatedSum squared_error;    // sum of e e
  CompensatedSum error;            // sum of e
  CompensatedSum squared_original; // sum of a a
  CompensatedSum squared_decoded;  // sum of b b
  CompensatedSum product;          // sum of a b
  double max_abs_error = 0;
};
inline constexpr std::size_t kErrorBlock = 4096;

/// The ErrorReport of the JavaScript API.
///  * Nothing to compare (count 0), or all equal: the errors are 0 and sqnr_db is +infinity; cosine is 1 if there is nothing
///    or if both are all zero.
///  * An original of zeros with any error: relative_mse is +infinity, sqnr_db -infinity, cosine 0.
///  * A NaN in either, or an infinity in either, makes every figure that it enters NaN or infinite: such formats keep these
///    values, and their error has no meaning.
struct ErrorReport {
  std::uint64_t count = 0;
  double mse = 0;            // mean of e^2
  double rmse = 0;
  double max_abs_error = 0;
  double relative_mse = 0;   // sum of e^2 / sum of a^2
  double sqnr_db = 0;        // -10 log10(relative_mse)
  double cosine = 0;         // sum of a b / sqrt(sum of a^2 * sum of b^2)
  double mean_error = 0;     // mean of e: the bias
};

/// Sums of one part. `original` and `decoded` have the same length.
ErrorSums sum_errors(std::span<const float> original, std::span<const float> decoded);

/// Joins the sums of two parts. Parts cut at multiples of kErrorBlock give the sums of the whole (up to the last place of
/// the compensation), in whatever number of parts.
ErrorSums merge(const ErrorSums& first, const ErrorSums& second);

ErrorReport report(const ErrorSums& sums);

/// report(sum_errors(original, decoded)).
ErrorReport compare(std::span<const float> original, std::span<const float> decoded);

}  // namespace bitbudget::measure
