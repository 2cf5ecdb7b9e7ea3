// The rate-distortion function of a discrete source under squared error, computed.
// Blahut, IEEE Trans. IT 18 (1972); Arimoto, ibid.; the stopping bounds are Blahut's theorem 6.
#pragma once

#include <span>
#include <vector>

namespace bitbudget::theory {

struct RatePoint {
  double rate_bits = 0;
  double distortion = 0;
  double gap_bits = 0;  // the true R at this distortion lies within this much below rate_bits
  int iterations = 0;
};

/// The point of the curve where its slope dR/dD is -slope (bits per squared unit), slope > 0. `probability` sums to 1 over
/// `points`; `reproduction` holds the values that may stand for them. Stops at a gap of `tolerance` bits or after
/// `max_iterations`. Work: points x reproduction per iteration.
RatePoint blahut_arimoto(std::span<const double> probability, std::span<const double> points,
                         std::span<const double> reproduction, double slope, double tolerance = 1e-6, int max_iterations = 2000);

}  // namespace bitbudget::theory
