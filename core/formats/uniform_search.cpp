// The three ways to choose a uniform block's scale (ScaleSearch).
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "beat.h"
#include "formats/uniform.h"
#include "tensor/float_types.h"

namespace bitbudget::formats {
namespace {

Range range_of(std::span<const float> values) {
  Range range;
  for (const float v : values) {
    range.low = std::min(range.low, v);
    range.high = std::max(range.high, v);
  }
  return range;
}

/// The value at `percent` of the ascending order by the nearest-rank rule: the smallest one that at least so many per
/// cent of the values do not exceed. Reorders `values`.
float nearest_rank(std::span<float> values, double percent) {
  const double rank = std::ceil(percent / 100 * static_cast<double>(values.size()));
  const auto index = static_cast<std::size_t>(std::max(rank, 1.0)) - 1;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(std::min(index, values.size() - 1));
  Beats beats;
  std::nth_element(values.begin(), at, values.end(), [&](float a, float b) {
    beats(1);
    return a < b;
  });
  return *at;
}

/// Symmetric: the percentile of the magnitudes. Asymmetric: that of the values, and of the negated ones.
Range percentile_range(bool symmetric, std::span<const float> values, float percent) {
  std::vector<float> sorted(values.begin(), values.end());
  if (symmetric) {
    for (float& v : sorted) v = std::abs(v);
    const float magnitude = nearest_rank(sorted, percent);
    return {-magnitude, magnitude};
  }
  const float high = nearest_rank(sorted, percent);
  for (float& v : sorted) v = -v;
  return {-nearest_rank(sorted, percent), high};
}

double squared_error(std::span<const float> values, const UniformScale& scale) {
  constexpr std::size_t kPiece = 256;
  std::array<std::uint8_t, kPiece> codes;
  double sum = 0;
  Beats beats;
  for (std::size_t i = 0; i < values.size(); i += kPiece) {
    const auto piece = values.subspan(i, std::min(kPiece, values.size() - i));
    uniform_codes(piece, scale, std::span(codes).first(piece.size()));
    for (std::size_t k = 0; k < piece.size(); ++k) {
      const double e = static_cast<double>(piece[k]) - static_cast<double>(static_cast<float>(codes[k] - scale.zero) * scale.scale);
      sum += e * e;
    }
    beats(kPiece);
  }
  return sum;
}

/// The negative scale mirrors the levels, so that code 0 stands for the largest positive one.
UniformScale mirrored(UniformScale scale) {
  scale.scale_f16 ^= 0x8000;
  scale.scale = -scale.scale;
  scale.inverse = -scale.inverse;
  return scale;
}

UniformScale least_error_scale(int bits, bool symmetric, std::span<const float> values, Range range) {
  UniformScale best = uniform_scale(bits, symmetric, range);
  double least = squared_error(values, best);
  const auto consider = [&](const UniformScale& scale) {
    const double error = squared_error(values, scale);
    if (error < least) {
      least = error;
      best = scale;
    }
  };
  for (int percent = 100; percent >= 20; --percent) {
    const float factor = static_cast<float>(percent) / 100.0f;
    UniformScale scale = uniform_scale(bits, symmetric, {range.low * factor, range.high * factor});
    if (symmetric) {
      scale.low = 0;
      consider(mirrored(scale));
    }
    consider(scale);
  }
  return best;
}

}  // namespace

UniformScale find_uniform_scale(int bits, bool symmetric, std::span<const float> values, const EncodeOptions& options) {
  if (options.tensor_range) return uniform_scale(bits, symmetric, *options.tensor_range);
  if (options.scale_search == ScaleSearch::percentile) {
    return uniform_scale(bits, symmetric, percentile_range(symmetric, values, options.percentile));
  }
  const Range range = range_of(values);
  if (options.scale_search == ScaleSearch::mse) return least_error_scale(bits, symmetric, values, range);
  return uniform_scale(bits, symmetric, range);
}

}  // namespace bitbudget::formats
