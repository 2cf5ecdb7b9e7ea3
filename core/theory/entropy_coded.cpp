// Entropy-coded uniform quantizers of samples (scalar_quantizer.h).
#include <algorithm>
#include <cassert>
#include <cmath>
#include <string>

#include "theory/scalar_quantizer.h"

namespace bitbudget::theory {
namespace {

/// Values in order, with running sums of them and of their squares: a cell's mean and error take two look-ups.
class Sorted {
 public:
  explicit Sorted(std::span<const float> values) : values_(values.begin(), values.end()) {
    std::sort(values_.begin(), values_.end());
    sums_.resize(values_.size() + 1);
    squares_.resize(values_.size() + 1);
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const double x = values_[i];
      sums_[i + 1] = sums_[i] + x;
      squares_[i + 1] = squares_[i] + x * x;
    }
  }

  double reach() const { return std::max(std::abs(static_cast<double>(values_.front())), std::abs(static_cast<double>(values_.back()))); }

  EntropyCoded quantized(double step, bool mid_tread) const {
    EntropyCoded coded{step, mid_tread, 0, 0};
    const auto count = static_cast<double>(values_.size());
    const auto cell_of = [&](double x) { return std::floor(x / step + (mid_tread ? 0.5 : 0.0)); };
    for (std::size_t begin = 0, end = 0; begin < values_.size(); begin = end) {
      const double cell = cell_of(values_[begin]);
      end = end_of(begin, [&](float x) { return cell_of(x) <= cell; });
      const auto here = static_cast<double>(end - begin);
      const double sum = sums_[end] - sums_[begin];
      coded.mse += std::max(0.0, squares_[end] - squares_[begin] - sum * sum / here);
      coded.rate_bits -= here / count * std::log2(here / count);
    }
    coded.mse /= count;
    coded.rate_bits = std::max(0.0, coded.rate_bits);
    return coded;
  }

 private:
  /// One past the last value from `begin` on that is `inside`: steps that double, then bisection, since cells may hold one
  /// value or all.
  template <class Inside>
  std::size_t end_of(std::size_t begin, Inside inside) const {
    std::size_t stride = 1;
    while (begin + stride < values_.size() && inside(values_[begin + stride])) stride *= 2;
    const auto first = values_.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = values_.begin() + static_cast<std::ptrdiff_t>(std::min(begin + stride, values_.size()));
    return static_cast<std::size_t>(std::partition_point(first, last, inside) - values_.begin());
  }

  std::vector<float> values_;
  std::vector<double> sums_;
  std::vector<double> squares_;
};

Result<Sorted> sorted(std::span<const float> values) {
  if (values.empty()) return fail(ErrorCode::invalid_argument, "There are no values.");
  if (!std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); })) {
    return fail(ErrorCode::non_finite, "There is a NaN or an infinity among the values.");
  }
  return Sorted(values);
}

/// The step at which the rate comes nearest to the one asked for: it falls as steps grow, nearly everywhere.
EntropyCoded nearest_rate(const Sorted& values, double rate, bool mid_tread) {
  double fine = values.reach() * 0x1p-20;
  double coarse = values.reach() * 4;
  EntropyCoded best = values.quantized(coarse, mid_tread);
  for (int i = 0; i < 40; ++i) {
    const double step = std::sqrt(fine * coarse);
    const EntropyCoded coded = values.quantized(step, mid_tread);
    if (std::abs(coded.rate_bits - rate) < std::abs(best.rate_bits - rate)) best = coded;
    if (std::abs(best.rate_bits - rate) < 1e-4) break;
    (coded.rate_bits > rate ? fine : coarse) = step;
  }
  return best;
}

}  // namespace

Result<std::vector<EntropyCoded>> entropy_coded_uniform(std::span<const float> values, std::span<const double> steps, bool mid_tread) {
  const auto in_order = sorted(values);
  if (!in_order) return std::unexpected(in_order.error());
  std::vector<EntropyCoded> all;
  for (const double step : steps) {
    assert(step > 0);
    all.push_back(in_order->quantized(step, mid_tread));
  }
  return all;
}

Result<std::vector<EntropyCoded>> entropy_coded_uniform_at(std::span<const float> values, std::span<const double> rates) {
  for (const double rate : rates) {
    if (!(rate >= 0.05 && rate <= 16)) return fail_field(ErrorCode::invalid_argument, "rates", "Rates must be from 0.05 to 16 bits.");
  }
  const auto in_order = sorted(values);
  if (!in_order) return std::unexpected(in_order.error());
  // Where all values are zero, any step does.
  if (in_order->reach() == 0) return std::vector<EntropyCoded>(rates.size(), in_order->quantized(1, true));
  std::vector<EntropyCoded> all;
  for (const double rate : rates) {
    const EntropyCoded tread = nearest_rate(*in_order, rate, true);
    const EntropyCoded rise = nearest_rate(*in_order, rate, false);
    // Compared at one rate: a bit is a factor of four. A kind that misses the rate by far is no answer to the question.
    const auto cost = [rate](const EntropyCoded& each) {
      return std::abs(each.rate_bits - rate) > 0.05 ? INFINITY : each.mse * std::exp2(2 * each.rate_bits);
    };
    all.push_back(cost(rise) < cost(tread) ? rise : tread);
  }
  return all;
}

}  // namespace bitbudget::theory
