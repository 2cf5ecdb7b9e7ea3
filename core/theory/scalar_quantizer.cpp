#include "theory/scalar_quantizer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>

#include "beat.h"
#include "concat.h"
#include "entropy/entropy.h"

namespace bitbudget::theory {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Integrals of 1, x and x^2 times a density over a cell.
struct Moments {
  double mass = 0;
  double first = 0;
  double second = 0;

  Moments operator-(const Moments& other) const { return {mass - other.mass, first - other.first, second - other.second}; }
};

/// Upper-tail moments of the unit normal from x to infinity.
Moments normal_tail(double x) {
  if (x == kInfinity) return {};
  if (x == -kInfinity) return {1, 0, 1};
  const double density = std::exp(-0.5 * x * x) / std::sqrt(2 * std::numbers::pi);
  const double mass = 0.5 * std::erfc(x / std::numbers::sqrt2);
  return {mass, density, mass + x * density};
}

/// Upper-tail moments of the Laplace density with variance 1.
Moments laplace_tail(double x) {
  if (x == kInfinity) return {};
  constexpr double b = 1 / std::numbers::sqrt2;
  const double mirrored = std::abs(x);
  const double mass = x == -kInfinity ? 0 : 0.5 * std::exp(-mirrored / b);
  const Moments tail = mass == 0 ? Moments{}
                                 : Moments{mass, mass * (mirrored + b), mass * (mirrored * mirrored + 2 * b * mirrored + 2 * b * b)};
  // Below zero: everything less the mirrored lower tail, whose first moment has the other sign.
  return x >= 0 ? tail : Moments{1 - tail.mass, tail.first, 1 - tail.second};
}

/// Upper-tail moments of the uniform density with variance 1.
Moments uniform_tail(double x) {
  constexpr double r = std::numbers::sqrt3;
  x = std::clamp(x, -r, r);
  return {(r - x) / (2 * r), (r * r - x * x) / (4 * r), (r * r * r - x * x * x) / (6 * r)};
}

using Tail = Moments (*)(double);

double plogp(double p) { return p > 0 ? -p * std::log2(p) : 0; }

/// Sets levels to the centroids of the thresholds' cells, and the error and entropy. Returns the largest move of a level.
double take_centroids(Tail tail, ScalarQuantizer& quantizer) {
  double moved = 0;
  quantizer.mse = 0;
  quantizer.entropy_bits = 0;
  Moments above = tail(-kInfinity);
  for (std::size_t i = 0; i < quantizer.levels.size(); ++i) {
    const Moments next = i < quantizer.thresholds.size() ? tail(quantizer.thresholds[i]) : Moments{};
    const Moments cell = above - next;
    above = next;
    if (cell.mass <= 0) continue;
    const double level = cell.first / cell.mass;
    moved = std::max(moved, std::abs(level - quantizer.levels[i]));
    quantizer.levels[i] = level;
    quantizer.mse += cell.second - level * cell.first;
    quantizer.entropy_bits += plogp(cell.mass);
  }
  return moved;
}

void take_midpoints(ScalarQuantizer& quantizer) {
  for (std::size_t i = 0; i < quantizer.thresholds.size(); ++i) {
    quantizer.thresholds[i] = 0.5 * (quantizer.levels[i] + quantizer.levels[i + 1]);
  }
}

Result<void> check_bits(unsigned bits, unsigned most) {
  if (bits >= 1 && bits <= most) return {};
  return fail_field(ErrorCode::invalid_argument, "bits", concat({"The number of bits must be from 1 to ", most, "."}));
}

/// Values in ascending order with running sums: a cell's mean and error take two look-ups.
struct Samples {
  std::vector<float> sorted;
  std::vector<double> sums;
  std::vector<double> squares;

  explicit Samples(std::span<const float> values) : sorted(values.begin(), values.end()), sums(values.size() + 1), squares(values.size() + 1) {
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      const double x = sorted[i];
      sums[i + 1] = sums[i] + x;
      squares[i + 1] = squares[i] + x * x;
    }
  }
};

/// Levels as dense as the cube root of the values' density, the high-rate optimum (Panter and Dite 1951): equal shares of the
/// spacings to the power 2/3, each taken over `half` neighbours on either side. From equally likely cells the iteration
/// would take many thousands of passes to move levels out into the tails.
std::vector<double> companded_start(const std::vector<float>& sorted, std::size_t count, std::size_t half) {
  const std::size_t n = sorted.size();
  std::vector<double> shares(n + 1);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t low = i < half ? 0 : i - half;
    const std::size_t high = std::min(n - 1, i + half);
    const double spacing = (static_cast<double>(sorted[high]) - static_cast<double>(sorted[low])) / static_cast<double>(std::max<std::size_t>(1, high - low));
    shares[i + 1] = shares[i] + std::cbrt(spacing * spacing);
  }
  std::vector<double> levels;
  for (std::size_t i = 0; i < count; ++i) {
    const double share = (2.0 * static_cast<double>(i) + 1) / (2.0 * static_cast<double>(count)) * shares[n];
    const auto at = static_cast<std::size_t>(std::lower_bound(shares.begin() + 1, shares.end(), share) - shares.begin() - 1);
    levels.push_back(sorted[std::min(n - 1, at)]);
  }
  return levels;
}

/// Lloyd's iteration to a fixed point.
ScalarQuantizer settled(const Samples& samples, std::vector<double> start) {
  const auto& [sorted, sums, squares] = samples;
  const std::size_t n = sorted.size();
  ScalarQuantizer quantizer;
  quantizer.levels = std::move(start);
  const double tolerance = 1e-9 * std::max(1e-300, static_cast<double>(sorted.back()) - sorted.front());
  for (int pass = 0; pass < 2'000; ++pass) {
    beat();
    quantizer.levels.erase(std::unique(quantizer.levels.begin(), quantizer.levels.end()), quantizer.levels.end());
    quantizer.thresholds.resize(quantizer.levels.size() - 1);
    take_midpoints(quantizer);
    double moved = 0;
    quantizer.mse = 0;
    quantizer.entropy_bits = 0;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < quantizer.levels.size(); ++i) {
      const auto end = i < quantizer.thresholds.size()
                           ? static_cast<std::size_t>(std::lower_bound(sorted.begin(), sorted.end(), quantizer.thresholds[i]) - sorted.begin())
                           : n;
      if (end > begin) {
        const auto cell = static_cast<double>(end - begin);
        const double sum = sums[end] - sums[begin];
        const double level = sum / cell;
        moved = std::max(moved, std::abs(level - quantizer.levels[i]));
        quantizer.levels[i] = level;
        quantizer.mse += std::max(0.0, squares[end] - squares[begin] - level * sum);
        quantizer.entropy_bits += plogp(cell / static_cast<double>(n));
      }
      begin = end;
    }
    quantizer.mse /= static_cast<double>(n);
    if (moved < tolerance) break;
  }
  return quantizer;
}

}  // namespace

Result<ScalarQuantizer> lloyd_max(tensor::Distribution distribution, unsigned bits) {
  if (auto checked = check_bits(bits, 8); !checked) return std::unexpected(checked.error());
  Tail tail = nullptr;
  double reach = 0;
  using enum tensor::Distribution;
  switch (distribution) {
    case normal: tail = normal_tail; reach = 1.5 + 0.45 * bits; break;
    case laplace: tail = laplace_tail; reach = 1 + 1.1 * bits; break;
    case uniform: tail = uniform_tail; reach = std::numbers::sqrt3; break;
    case student_t: return fail_field(ErrorCode::invalid_argument, "distribution", "For a Student t, design the quantizer from samples.");
  }
  const std::size_t count = std::size_t{1} << bits;
  ScalarQuantizer quantizer{std::vector<double>(count), std::vector<double>(count - 1), 0, 0};
  // The high-rate optimum spaces levels by the cube root of the density: a tangent's stretch comes near enough to start.
  for (std::size_t i = 0; i < count; ++i) {
    const double u = (2.0 * static_cast<double>(i) + 1) / static_cast<double>(count) - 1;
    quantizer.levels[i] = distribution == uniform ? reach * u : reach * std::tan(u * 1.1) / std::tan(1.1);
  }
  Beats beats;
  for (int pass = 0; pass < 200'000; ++pass) {
    beats(64 * count);
    take_midpoints(quantizer);
    if (take_centroids(tail, quantizer) < 1e-12) break;
  }
  return quantizer;
}

Result<ScalarQuantizer> lloyd_max(std::span<const float> samples, unsigned bits) {
  if (auto checked = check_bits(bits, 8); !checked) return std::unexpected(checked.error());
  if (samples.empty()) return fail(ErrorCode::invalid_argument, "There are no samples to design from.");
  if (!std::all_of(samples.begin(), samples.end(), [](float x) { return std::isfinite(x); })) {
    return fail(ErrorCode::non_finite, "There is a NaN or an infinity among the samples.");
  }
  const Samples in_order(samples);
  const std::size_t count = std::size_t{1} << bits;
  // A fixed point need not be the optimum: narrow windows see the tails, wide ones smooth the middle, and the best is kept.
  const auto wide = static_cast<std::size_t>(std::sqrt(static_cast<double>(samples.size()))) / 4;
  ScalarQuantizer best;
  best.mse = kInfinity;
  for (const std::size_t half : {std::size_t{2}, std::size_t{8}, std::max<std::size_t>(32, wide)}) {
    ScalarQuantizer found = settled(in_order, companded_start(in_order.sorted, count, half));
    if (found.mse < best.mse) best = std::move(found);
  }
  return best;
}

EntropyCoded entropy_coded_uniform(double step, bool mid_tread) {
  EntropyCoded coded{step, mid_tread, 0, 0};
  // By symmetry: the cell about zero if there is one, then the cells of one side, twice.
  double low = 0;
  if (mid_tread) {
    const Moments tail = normal_tail(step / 2);
    coded.rate_bits += plogp(1 - 2 * tail.mass);
    coded.mse += 1 - 2 * tail.second;
    low = step / 2;
  }
  Moments above = normal_tail(low);
  while (above.mass > 1e-18) {
    const Moments next = normal_tail(low + step);
    const Moments cell = above - next;
    if (cell.mass > 0) {
      coded.rate_bits += 2 * plogp(cell.mass);
      coded.mse += 2 * (cell.second - cell.first * cell.first / cell.mass);
    }
    above = next;
    low += step;
  }
  return coded;
}

Result<EntropyCoded> entropy_coded_uniform_at(double rate_bits) {
  if (!(rate_bits >= 0.05 && rate_bits <= 12)) {
    return fail_field(ErrorCode::invalid_argument, "rate", "The rate must be from 0.05 to 12 bits.");
  }
  const auto solve = [rate_bits](bool mid_tread) {
    double fine = 1e-4;
    double coarse = 64;
    for (int i = 0; i < 60; ++i) {
      const double step = std::sqrt(fine * coarse);
      (entropy_coded_uniform(step, mid_tread).rate_bits > rate_bits ? fine : coarse) = step;
    }
    return entropy_coded_uniform(fine, mid_tread);
  };
  const EntropyCoded tread = solve(true);
  // A mid-rise quantizer spends at least the bit of the sign.
  if (rate_bits <= 1) return tread;
  const EntropyCoded rise = solve(false);
  return rise.mse < tread.mse ? rise : tread;
}

Result<UniformError> uniform_quantizer_error(std::span<const float> values, unsigned bits, bool mid_tread, double range,
                                             double differential_entropy_bits) {
  if (auto checked = check_bits(bits, 16); !checked) return std::unexpected(checked.error());
  if (mid_tread && bits < 2) return fail_field(ErrorCode::invalid_argument, "bits", "A mid-tread quantizer needs 2 bits at least.");
  if (values.empty()) return fail(ErrorCode::invalid_argument, "There are no values.");
  double largest = 0;
  for (const float value : values) {
    if (!std::isfinite(value)) return fail(ErrorCode::non_finite, "There is a NaN or an infinity among the values.");
    largest = std::max(largest, std::abs(static_cast<double>(value)));
  }
  if (range <= 0) range = largest > 0 ? largest : 1;

  const double cells = std::exp2(bits);
  UniformError error;
  error.step = mid_tread ? 2 * range / (cells - 2) : 2 * range / cells;
  error.formula = range * range / (3 * cells * cells);
  error.worst_bound = error.step * error.step / 4;
  const std::int64_t last = (std::int64_t{1} << (bits - 1)) - 1;
  const std::int64_t first = mid_tread ? -last : -last - 1;
  std::vector<std::uint64_t> counts(static_cast<std::size_t>(last - first + 1));
  double sum = 0;
  for (const float value : values) {
    const double scaled = value / error.step;
    const auto code = std::clamp(static_cast<std::int64_t>(mid_tread ? std::nearbyint(scaled) : std::floor(scaled)), first, last);
    const double level = (static_cast<double>(code) + (mid_tread ? 0 : 0.5)) * error.step;
    const double squared = (value - level) * (value - level);
    sum += squared;
    error.worst = std::max(error.worst, squared);
    ++counts[static_cast<std::size_t>(code - first)];
  }
  error.mse = sum / static_cast<double>(values.size());
  error.code_entropy_bits = entropy::entropy_bits(counts);
  error.entropy_minus_log_step = differential_entropy_bits - std::log2(error.step);
  return error;
}

}  // namespace bitbudget::theory
