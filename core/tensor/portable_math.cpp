#include "tensor/portable_math.h"

#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstdint>

namespace bitbudget::tensor::portable {
namespace {

// ln 2 in two parts: the first has 32 trailing zero bits, so that its product with an exponent is exact.
constexpr double kLn2High = 0x1.62e42fee00000p-1;
constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
constexpr double kPi = 0x1.921fb54442d18p+1;

/// c[0] + c[1] x + c[2] x^2 + ...
template <std::size_t n>
double polynomial(const std::array<double, n>& coefficients, double x) {
  double sum = coefficients[n - 1];
  for (std::size_t i = n - 1; i-- > 0;) sum = sum * x + coefficients[i];
  return sum;
}

// Taylor series for |x| <= pi / 4: the first term left out is below 2^-56 of the result.
double sine(double x) {
  const double y = x * x;
  double sum = 0;
  for (int k = 17; k >= 3; k -= 2) sum = y / static_cast<double>(-k * (k - 1)) * (1 + sum);
  return x + x * sum;
}
double cosine(double x) {
  const double y = x * x;
  double sum = 0;
  for (int k = 18; k >= 2; k -= 2) sum = y / static_cast<double>(-k * (k - 1)) * (1 + sum);
  return 1 + sum;
}

}  // namespace

double log(double x) {
  assert(x >= 0x1p-1022);
  // x = m 2^e with m in [sqrt(1/2), sqrt(2)); log m = 2 artanh(s) with s = (m - 1) / (m + 1), |s| < 0.172.
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(x);
  constexpr std::uint64_t root_half = 0x3FE6A09E667F3BCDull;
  const std::uint64_t above = bits - root_half;
  const double e = static_cast<double>(static_cast<std::int64_t>(above) >> 52);
  const double m = std::bit_cast<double>((above & 0x000FFFFFFFFFFFFFull) + root_half);
  const double s = (m - 1) / (m + 1);
  const double y = s * s;
  double series = 0;
  for (int k = 23; k >= 3; k -= 2) series = y * (1.0 / k + series);
  return e * kLn2High + (e * kLn2Low + (2 * s + 2 * s * series));
}

double exp(double x) {
  assert(std::fabs(x) <= 700);
  const double k = std::floor(x * (1 / (kLn2High + kLn2Low)) + 0.5);
  const double r = (x - k * kLn2High) - k * kLn2Low;  // |r| <= 0.347
  double series = 0;
  for (int n = 14; n >= 2; --n) series = r / n * (1 + series);
  const double power = 1 + (r + r * series);
  return power * std::bit_cast<double>(static_cast<std::uint64_t>(1023 + static_cast<std::int64_t>(k)) << 52);
}

double cos_turns(double turns) {
  assert(turns >= 0 && turns <= 1);
  const double half = turns > 0.5 ? 1 - turns : turns;  // the cosine is even about half a turn
  if (half <= 0.125) return cosine(2 * kPi * half);
  if (half >= 0.375) return -cosine(2 * kPi * (0.5 - half));
  return sine(2 * kPi * (0.25 - half));
}

double normal_quantile(double p) {
  assert(p > 0 && p < 1);
  static constexpr std::array kCentreOver{3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
                                          1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
                                          3.3430575583588128105e4, 2.5090809287301226727e3};
  static constexpr std::array kCentreUnder{1.0,
                                           4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
                                           2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4,
                                           5.2264952788528545610e3};
  static constexpr std::array kShoulderOver{1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
                                            3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
                                            2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr std::array kShoulderUnder{1.0,
                                             2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
                                             1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
                                             1.05075007164441684324e-9};
  static constexpr std::array kTailOver{6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
                                        2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                        2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr std::array kTailUnder{1.0,
                                         5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
                                         7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
                                         2.04426310338993978564e-15};
  const double q = p - 0.5;
  if (std::fabs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * polynomial(kCentreOver, r) / polynomial(kCentreUnder, r);
  }
  const double r = std::sqrt(-log(q < 0 ? p : 1 - p));
  const double x = r <= 5 ? polynomial(kShoulderOver, r - 1.6) / polynomial(kShoulderUnder, r - 1.6)
                          : polynomial(kTailOver, r - 5) / polynomial(kTailUnder, r - 5);
  return q < 0 ? -x : x;
}

}  // namespace bitbudget::tensor::portable
