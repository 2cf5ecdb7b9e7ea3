// log, exp, cosine and the normal quantile from additions, multiplications, divisions and square roots alone. IEEE 754 rounds
// those five correctly everywhere, so that these functions give the same double on every platform, which libm's do not.
// They are for making data, not for speed.
#pragma once

namespace bitbudget::tensor::portable {

/// Natural logarithm of a normal x > 0. Relative error below 4 x 2^-53.
double log(double x);

/// e^x for |x| <= 700. Relative error below 4 x 2^-53.
double exp(double x);

/// cos(2 pi turns) for 0 <= turns <= 1. Absolute error below 4 x 2^-53.
double cos_turns(double turns);

/// The x below which a standard normal value lies with probability p, 0 < p < 1. Relative error below 2e-15.
/// Rational approximation PPND16 of Wichura, Algorithm AS 241, Applied Statistics 37 (1988).
double normal_quantile(double p);

}  // namespace bitbudget::tensor::portable
