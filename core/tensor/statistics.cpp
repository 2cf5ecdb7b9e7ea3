#include "tensor/statistics.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <vector>

#include "beat.h"
#include "kernels/histogram.h"
#include "kernels/statistics.h"

namespace bitbudget::tensor {
namespace {

constexpr std::size_t kBlock = 4096;

/// Where the first value is that `is_wanted` accepts.
template <class Predicate>
std::uint64_t first_index(std::span<const float> values, Predicate is_wanted) {
  return static_cast<std::uint64_t>(std::find_if(values.begin(), values.end(), is_wanted) - values.begin());
}

Statistics of_block(std::span<const float> values) {
  using kernels::Arch;
  const kernels::BlockCensus census = kernels::census<Arch>(values.data(), values.size());
  Statistics block;
  block.count = values.size();
  block.zeros = census.zeros;
  block.subnormals = census.subnormals;
  block.nans = census.nans;
  block.infinities = census.infinities;
  if (census.nans > 0) block.first_nan = first_index(values, [](float x) { return std::isnan(x); });
  if (census.infinities > 0) block.first_infinity = first_index(values, [](float x) { return std::isinf(x); });
  const std::size_t finite = values.size() - census.nans - census.infinities;
  if (finite == 0) return block;

  block.min = census.min + 0.0f;  // turns -0 into 0
  block.max = census.max + 0.0f;
  block.abs_max = std::max(std::fabs(block.min), std::fabs(block.max));
  const double count = static_cast<double>(finite);
  const bool all = finite == values.size();
  const auto sum = all ? kernels::sum_all<Arch> : kernels::scalar::sum_finite;
  const auto power_sums = all ? kernels::power_sums_all<Arch> : kernels::scalar::power_sums_finite;
  const double mean = sum(values.data(), values.size()) / count;
  const kernels::PowerSums sums = power_sums(values.data(), values.size(), mean);
  block.moments = {.count = count, .mean = mean, .m2 = sums.second, .m3 = sums.third, .m4 = sums.fourth};
  return block;
}

}  // namespace

void Moments::add(const Moments& other) {
  if (other.count == 0) return;
  if (count == 0) {
    *this = other;
    return;
  }
  const double total = count + other.count;
  const double delta = other.mean - mean;
  const double share = delta / total;
  const double product = count * other.count;
  // m4 and m3 first: they use the m2 and m3 of both sides as they were.
  m4 += other.m4 + delta * share * share * share * product * (count * count - product + other.count * other.count) +
        6 * share * share * (count * count * other.m2 + other.count * other.count * m2) +
        4 * share * (count * other.m3 - other.count * m3);
  m3 += other.m3 + delta * share * share * product * (count - other.count) + 3 * share * (count * other.m2 - other.count * m2);
  m2 += other.m2 + delta * share * product;
  mean += share * other.count;
  count = total;
}

double Statistics::variance() const { return moments.count > 0 ? moments.m2 / moments.count : 0; }

double Statistics::kurtosis() const {
  const double square = moments.m2 * moments.m2;
  return square > 0 ? moments.count * moments.m4 / square : 0;
}

Statistics merge(const Statistics& first, const Statistics& second) {
  Statistics all = first;
  all.count += second.count;
  all.zeros += second.zeros;
  all.subnormals += second.subnormals;
  all.nans += second.nans;
  all.infinities += second.infinities;
  if (!all.first_nan && second.first_nan) all.first_nan = first.count + *second.first_nan;
  if (!all.first_infinity && second.first_infinity) all.first_infinity = first.count + *second.first_infinity;
  if (second.moments.count > 0) {
    const bool only = first.moments.count == 0;
    all.min = only ? second.min : std::min(first.min, second.min);
    all.max = only ? second.max : std::max(first.max, second.max);
    all.abs_max = std::max(first.abs_max, second.abs_max);
    all.moments.add(second.moments);
  }
  return all;
}

Statistics statistics(std::span<const float> values) {
  Statistics all;
  Beats beats;
  for (std::size_t start = 0; start < values.size(); start += kBlock) {
    all = merge(all, of_block(values.subspan(start, std::min(kBlock, values.size() - start))));
    beats(kBlock);
  }
  return all;
}

float histogram_scale(float low, float high, std::size_t bins) {
  assert(low < high && std::isfinite(high - low) && bins >= 1 && bins <= 65536);
  const float cells = static_cast<float>(bins);
  float scale = std::min(cells / (high - low), std::numeric_limits<float>::max());
  while ((high - low) * scale > cells) scale = std::nextafterf(scale, 0.0f);
  return scale;
}

OutsideHistogram add_to_histogram(std::span<const float> values, float low, float high, std::span<std::uint64_t> bins) {
  const float scale = histogram_scale(low, high, bins.size());
  const auto cells = static_cast<std::uint32_t>(bins.size());
  const std::size_t slots = bins.size() + kernels::kExtraSlots;
  std::vector<std::uint32_t> tables;
  OutsideHistogram outside;
  constexpr std::size_t kMostAtOnce = std::size_t{1} << 24;  // 32-bit counts suffice, and then there is a beat
  for (std::size_t start = 0; start < values.size(); start += kMostAtOnce) {
    tables.assign(4 * slots, 0);
    kernels::histogram<kernels::Arch>(values.data() + start, std::min(kMostAtOnce, values.size() - start), low, scale, cells, tables.data());
    const auto total = [&](std::size_t slot) {
      std::uint64_t sum = 0;
      for (std::size_t table = 0; table < 4; ++table) sum += tables[table * slots + slot];
      return sum;
    };
    for (std::size_t cell = 0; cell < bins.size(); ++cell) bins[cell] += total(cell + 1);
    outside.below += total(0);
    outside.above += total(bins.size() + 1);
    outside.nans += total(bins.size() + 2);
    beat();
  }
  return outside;
}

}  // namespace bitbudget::tensor
