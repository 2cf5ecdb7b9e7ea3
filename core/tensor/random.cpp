#include "tensor/random.h"

#include <array>
#include <cassert>
#include <cmath>

#include "tensor/portable_math.h"

namespace bitbudget::tensor {
namespace {

constexpr std::array<std::string_view, 4> kNames{"normal", "laplace", "student_t", "uniform"};

constexpr std::uint64_t kGamma = 0x9E3779B97F4A7C15ull;

std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

double unit_uniform(std::uint64_t word) { return (static_cast<double>(word >> 12) + 0.5) * 0x1p-52; }

// The variates below have variance 1 (the t: nu / (nu - 2), which `factor` takes back).
double laplace(double u) {
  const double half_root = std::sqrt(0.5);
  return u < 0.5 ? half_root * portable::log(2 * u) : -half_root * portable::log(2 * (1 - u));
}

double student_t(double u, double v, double nu) {
  const double power = portable::exp(-2 / nu * portable::log(u));
  return std::sqrt(nu * (power - 1)) * portable::cos_turns(v);
}

double variate(const RandomSource& source, double u, double v) {
  switch (source.distribution) {
    case Distribution::normal: return portable::normal_quantile(u);
    case Distribution::laplace: return laplace(u);
    case Distribution::student_t: return student_t(u, v, source.nu);
    case Distribution::uniform: return std::sqrt(3.0) * (2 * u - 1);
  }
  return 0;
}

}  // namespace

std::string_view to_string(Distribution distribution) { return kNames[static_cast<std::size_t>(distribution)]; }

std::optional<Distribution> find_distribution(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Distribution>(i);
  }
  return std::nullopt;
}

std::uint64_t random_word(std::uint64_t seed, std::uint64_t index) { return mix(mix(seed) + (index + 1) * kGamma); }

void fill_random(const RandomSource& source, std::uint64_t first, std::span<float> out) {
  assert(source.nu >= 0.25);
  double factor = source.scale;
  if (source.distribution == Distribution::student_t && source.nu > 2) factor *= std::sqrt((source.nu - 2) / source.nu);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double u = unit_uniform(random_word(source.seed, 2 * (first + i)));
    const double v = unit_uniform(random_word(source.seed, 2 * (first + i) + 1));
    out[i] = static_cast<float>(source.mean + factor * variate(source, u, v));
  }
}

}  // namespace bitbudget::tensor
