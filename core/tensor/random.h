// Deterministic random tensors: the same f32 values for the same source on every platform, and any stretch of one without
// the rest, so that workers can each make a part.
//
// Value i comes from the words 2 i and 2 i + 1 of a counter-based stream: word j is the SplitMix64 output function (Steele,
// Lea and Flood 2014) of key + (j + 1) x 0x9E3779B97F4A7C15 modulo 2^64, where key is that function of the seed. The upper 52
// bits k of a word give the uniform (k + 1/2) 2^-52, which is never 0 or 1. All in double; one rounding to f32 at the end.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace bitbudget::tensor {

enum class Distribution {
  normal,     // quantile of a uniform
  laplace,    // quantile of a uniform; heavier tails: kurtosis 6
  student_t,  // Bailey's polar form: sqrt(nu (u^(-2/nu) - 1)) cos(2 pi v)
  uniform,    // symmetric about zero
};

/// "normal", "laplace", "student_t", "uniform".
std::string_view to_string(Distribution distribution);
std::optional<Distribution> find_distribution(std::string_view name);

struct RandomSource {
  Distribution distribution = Distribution::normal;
  std::uint64_t seed = 0;
  double mean = 0;
  /// The standard deviation. A Student t with nu <= 2 has none: then the factor on the textbook variate.
  double scale = 1;
  /// Degrees of freedom of the Student t; the others ignore it.
  double nu = 5;
};

/// Word `index` of the stream of `seed`.
std::uint64_t random_word(std::uint64_t seed, std::uint64_t index);

/// Values first, first + 1, ... of the source. nu must be at least 0.25, mean and scale finite.
void fill_random(const RandomSource& source, std::uint64_t first, std::span<float> out);

}  // namespace bitbudget::tensor
