#include "formats/ggml_search.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "formats/rounding.h"

namespace bitbudget::formats {
namespace {

constexpr int kMostCodes = 32;  // of one group

int clamped(float x, int low, int high) { return std::clamp(round_half_even(x), low, high); }

/// What a linear fit to codes needs, weighted.
struct AffineSums {
  float codes = 0;         // sum of w·q
  float codes_squared = 0; // sum of w·q²
  float products = 0;      // sum of w·q·x
};

AffineSums affine_codes(std::span<const float> x, std::span<const float> weights, float inverse, float base, int levels,
                        std::span<std::uint8_t> codes) {
  AffineSums sums;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const int code = clamped(inverse * (x[i] - base), 0, levels);
    codes[i] = static_cast<std::uint8_t>(code);
    const float wq = weights[i] * static_cast<float>(code);
    sums.codes += wq;
    sums.codes_squared += wq * static_cast<float>(code);
    sums.products += wq * x[i];
  }
  return sums;
}

float affine_error(std::span<const float> x, std::span<const float> weights, float scale, float base, Metric metric,
                   std::span<const std::uint8_t> codes) {
  float error = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float difference = scale * static_cast<float>(codes[i]) + base - x[i];
    error += weights[i] * (metric == Metric::absolute ? std::abs(difference) : difference * difference);
  }
  return error;
}

/// What a fit through zero needs, weighted.
struct SymmetricSums {
  float products = 0;       // sum of w·x·q
  float codes_squared = 0;  // sum of w·q²

  void add(float w, float x, int code) {
    const auto q = static_cast<float>(code);
    products += w * x * q;
    codes_squared += w * q * q;
  }
};

SymmetricSums symmetric_codes(std::span<const float> x, std::span<const float> weights, float inverse, int levels) {
  SymmetricSums sums;
  for (std::size_t i = 0; i < x.size(); ++i) sums.add(weights[i], x[i], clamped(inverse * x[i], -levels, levels - 1));
  return sums;
}

float positive_error(std::span<const float> x, std::span<const float> weights, float inverse, int levels) {
  const float scale = 1.0f / inverse;
  float error = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const int code = std::min(levels, round_half_even(inverse * x[i]));
    const float difference = x[i] - scale * static_cast<float>(code);
    error += weights[i] * difference * difference;
  }
  return error;
}

/// One pass of symmetric_descent over all codes (signed here). Returns whether any changed.
bool descend(std::span<const float> x, int levels, std::span<int> codes, SymmetricSums& best) {
  bool changed = false;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float w = x[i] * x[i];
    const auto old = static_cast<float>(codes[i]);
    SymmetricSums without{best.products - w * x[i] * old, best.codes_squared - w * old * old};
    if (!(without.products > 0)) continue;
    const int code = clamped(x[i] * without.codes_squared / without.products, -levels, levels - 1);
    if (code == codes[i]) continue;
    without.add(w, x[i], code);
    if (without.codes_squared > 0 && without.products * without.products * best.codes_squared >
                                         best.products * best.products * without.codes_squared) {
      codes[i] = code;
      best = without;
      changed = true;
    }
  }
  return changed;
}

/// One pass of positive_search over all codes. Returns whether any changed.
bool ascend(std::span<const float> x, std::span<const float> weights, int levels, std::span<std::uint8_t> codes, SymmetricSums& best) {
  bool changed = false;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float w = weights[i];
    const auto old = static_cast<float>(codes[i]);
    SymmetricSums without{best.products - w * x[i] * old, best.codes_squared - w * old * old};
    if (!(without.products > 0 && without.codes_squared > 0)) continue;
    const int code = std::min(levels, round_half_even(x[i] * without.codes_squared / without.products));
    if (code == codes[i]) continue;
    without.add(w, x[i], code);
    if (without.products * without.products * best.codes_squared > best.products * best.products * without.codes_squared) {
      codes[i] = static_cast<std::uint8_t>(code);
      best = without;
      changed = true;
    }
  }
  return changed;
}

}  // namespace

Affine affine_search(std::span<const float> x, std::span<const float> weights, int levels, const Sweep& sweep,
                     std::span<std::uint8_t> codes) {
  auto [low, high] = range_of(x);
  if (low > 0) low = 0;
  if (high == low) {
    std::ranges::fill(codes, std::uint8_t{0});
    return {0, -low};
  }
  const float sum_w = sum(weights);
  float sum_x = weights[0] * x[0];
  for (std::size_t i = 1; i < x.size(); ++i) sum_x += weights[i] * x[i];

  const auto n = static_cast<float>(levels);
  const float first = n / (high - low);
  float scale = 1.0f / first;
  affine_codes(x, weights, first, low, levels, codes);
  float best = affine_error(x, weights, scale, low, sweep.metric, codes);
  std::array<std::uint8_t, kMostCodes> tried;
  const std::span trial = std::span(tried).first(x.size());
  for (int k = 0; k <= sweep.steps; ++k) {
    // `low` moves with every improvement, and the range of the next trial with it.
    const float inverse = (sweep.first + sweep.step * static_cast<float>(k) + n) / (high - low);
    const AffineSums s = affine_codes(x, weights, inverse, low, levels, trial);
    const float determinant = sum_w * s.codes_squared - s.codes * s.codes;
    if (!(determinant > 0)) continue;
    float trial_scale = (sum_w * s.products - sum_x * s.codes) / determinant;
    float trial_low = (s.codes_squared * sum_x - s.codes * s.products) / determinant;
    if (trial_low > 0) {
      trial_low = 0;
      trial_scale = s.products / s.codes_squared;
    }
    const float error = affine_error(x, weights, trial_scale, trial_low, sweep.metric, trial);
    if (error < best) {
      std::ranges::copy(trial, codes.begin());
      best = error;
      scale = trial_scale;
      low = trial_low;
    }
  }
  return {scale, -low};
}

float symmetric_search(std::span<const float> x, std::span<const float> weights, int levels, std::span<std::uint8_t> codes) {
  const float largest = signed_max(x);
  if (std::abs(largest) < kGroupEpsilon) {
    std::ranges::fill(codes, std::uint8_t{0});
    return 0;
  }
  const auto n = static_cast<float>(levels);
  float chosen = -n / largest;
  const SymmetricSums first = symmetric_codes(x, weights, chosen, levels);
  float scale = first.codes_squared != 0 ? first.products / first.codes_squared : 0.0f;
  float best = scale * first.products;
  for (int k = -9; k <= 9; ++k) {
    if (k == 0) continue;
    const float inverse = -(n + 0.1f * static_cast<float>(k)) / largest;
    const SymmetricSums s = symmetric_codes(x, weights, inverse, levels);
    if (s.codes_squared > 0 && s.products * s.products > best * s.codes_squared) {
      chosen = inverse;
      scale = s.products / s.codes_squared;
      best = scale * s.products;
    }
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    codes[i] = static_cast<std::uint8_t>(clamped(chosen * x[i], -levels, levels - 1) + levels);
  }
  return scale;
}

float symmetric_descent(std::span<const float> x, int levels, std::span<std::uint8_t> codes) {
  const float largest = signed_max(x);
  if (std::abs(largest) < kGroupEpsilon) {
    std::ranges::fill(codes, std::uint8_t{0});
    return 0;
  }
  const float inverse = static_cast<float>(-levels) / largest;
  std::array<int, kMostCodes> chosen;
  const std::span trial = std::span(chosen).first(x.size());
  SymmetricSums best;
  for (std::size_t i = 0; i < x.size(); ++i) {
    trial[i] = clamped(inverse * x[i], -levels, levels - 1);
    best.add(x[i] * x[i], x[i], trial[i]);
  }
  for (int pass = 0; pass < 5; ++pass) {
    if (!descend(x, levels, trial, best)) break;
  }
  for (std::size_t i = 0; i < x.size(); ++i) codes[i] = static_cast<std::uint8_t>(trial[i] + levels);
  return best.codes_squared > 0 ? best.products / best.codes_squared : 0.0f;
}

float positive_search(std::span<const float> x, std::span<const float> weights, int levels, std::span<std::uint8_t> codes) {
  float largest = 0;
  for (const float v : x) largest = std::max(largest, v);
  if (largest < kGroupEpsilon) {
    std::ranges::fill(codes, std::uint8_t{0});
    return 0;
  }
  const auto n = static_cast<float>(levels);
  float chosen = n / largest;
  float best_error = positive_error(x, weights, chosen, levels);
  for (int k = -4; k <= 4; ++k) {
    if (k == 0) continue;
    const float inverse = (0.1f * static_cast<float>(k) + n) / largest;
    const float error = positive_error(x, weights, inverse, levels);
    if (error < best_error) {
      best_error = error;
      chosen = inverse;
    }
  }
  SymmetricSums best;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const int code = std::min(levels, round_half_even(chosen * x[i]));
    codes[i] = static_cast<std::uint8_t>(code);
    best.add(weights[i], x[i], code);
  }
  for (int pass = 0; pass < 5; ++pass) {
    if (!ascend(x, weights, levels, codes, best)) break;
  }
  return best.codes_squared > 0 ? best.products / best.codes_squared : 0.0f;
}

void importance_weights(std::span<const float> x, std::span<const float> importance, float energy, std::span<float> weights) {
  for (std::size_t i = 0; i < x.size(); ++i) weights[i] = importance[i] * std::sqrt(energy + x[i] * x[i]);
}

float sum(std::span<const float> x) {
  float total = 0;
  for (const float v : x) total += v;
  return total;
}

void requantize(std::span<const float> x, Affine rounded, int levels, std::span<std::uint8_t> codes) {
  if (rounded.scale == 0) return;
  for (std::size_t i = 0; i < x.size(); ++i) {
    codes[i] = static_cast<std::uint8_t>(clamped((x[i] + rounded.offset) / rounded.scale, 0, levels));
  }
}

void requantize_symmetric(std::span<const float> x, float scale, int levels, std::span<std::uint8_t> codes) {
  if (scale == 0) return;
  for (std::size_t i = 0; i < x.size(); ++i) {
    codes[i] = static_cast<std::uint8_t>(clamped(x[i] / scale, -levels, levels - 1) + levels);
  }
}

}  // namespace bitbudget::formats
