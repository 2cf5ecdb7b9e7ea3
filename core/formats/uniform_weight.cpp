#include "formats/uniform_weight.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "concat.h"
#include "formats/rounding.h"

namespace bitbudget::formats {

Result<void> expect_length(std::string_view array, std::size_t length, std::size_t expected) {
  if (length == expected) return {};
  return fail_field(ErrorCode::invalid_argument, std::string(array),
                    concat({array, " has ", length, " elements; this shape needs ", expected, "."}));
}

Result<void> check_shape(std::size_t rows, std::size_t columns, int bits, std::size_t group) {
  constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max() / 16;
  if (rows == 0 || columns == 0 || rows > kMost / columns) {
    return fail_field(ErrorCode::invalid_argument, "shape", "A weight needs rows and columns, and fewer values than the address space.");
  }
  if (bits < 2 || bits > 8) return fail_field(ErrorCode::invalid_argument, "bits", "Codes have 2 to 8 bits.");
  if (group == 0 || group > columns) {
    return fail_field(ErrorCode::invalid_argument, "group", "A group has at least one column, and at most all.");
  }
  return {};
}

namespace {

Result<void> check_group_index(std::span<const std::int32_t> index, std::size_t columns, std::size_t groups) {
  if (index.empty()) return {};
  if (auto ok = expect_length("g_idx", index.size(), columns); !ok) return ok;
  for (std::size_t c = 0; c < columns; ++c) {
    if (index[c] < 0 || static_cast<std::size_t>(index[c]) >= groups) {
      return fail_at(ErrorCode::invalid_argument, c, concat({"g_idx names group ", index[c], " for column ", c, "; there are ", groups, "."}));
    }
  }
  return {};
}

}  // namespace

Result<void> check(const UniformWeight& weight) {
  if (auto ok = check_shape(weight.rows, weight.columns, weight.bits, weight.group); !ok) return ok;
  const std::size_t per_group = weight.rows * weight.groups();
  if (auto ok = expect_length("codes", weight.codes.size(), weight.rows * weight.columns); !ok) return ok;
  if (auto ok = expect_length("scales", weight.scales.size(), per_group); !ok) return ok;
  if (auto ok = expect_length("zeros", weight.zeros.size(), per_group); !ok) return ok;
  if (auto ok = check_group_index(weight.group_index, weight.columns, weight.groups()); !ok) return ok;
  const int levels = 1 << weight.bits;
  const auto code = std::ranges::find_if(weight.codes, [&](int c) { return c >= levels; });
  if (code != weight.codes.end()) {
    return fail_at(ErrorCode::invalid_argument, static_cast<std::uint64_t>(code - weight.codes.begin()), "A code does not fit its bits.");
  }
  const auto zero = std::ranges::find_if(weight.zeros, [&](int z) { return z > levels; });
  if (zero != weight.zeros.end()) {
    return fail_at(ErrorCode::invalid_argument, static_cast<std::uint64_t>(zero - weight.zeros.begin()), "A zero is beyond 2^bits.");
  }
  return {};
}

Result<void> dequantize(const UniformWeight& weight, std::span<float> out) {
  if (auto ok = check(weight); !ok) return ok;
  if (auto ok = expect_length("out", out.size(), weight.codes.size()); !ok) return ok;
  const std::size_t groups = weight.groups();
  for (std::size_t r = 0; r < weight.rows; ++r) {
    for (std::size_t c = 0; c < weight.columns; ++c) {
      const std::size_t g = r * groups + (weight.group_index.empty() ? c / weight.group : static_cast<std::size_t>(weight.group_index[c]));
      const std::size_t i = r * weight.columns + c;
      out[i] = static_cast<float>(weight.codes[i] - weight.zeros[g]) * weight.scales[g];
    }
  }
  return {};
}

namespace {

struct Line {
  float scale;
  int zero;
};

Line uniform_line(std::span<const float> x, int bits, UniformRule rule) {
  const auto top = static_cast<float>((1 << bits) - 1);
  float low = std::ranges::min(x);
  float high = std::ranges::max(x);
  if (rule == UniformRule::awq) {
    const float scale = std::max(high - low, 1e-5f) / top;
    return {scale, round_half_even(std::clamp(-low / scale, 0.0f, top))};
  }
  low = std::min(low, 0.0f);
  high = std::max(high, 0.0f);
  constexpr float kEpsilon = std::numeric_limits<float>::epsilon();
  const int middle = 1 << (bits - 1);
  if (rule == UniformRule::compressed_tensors) {
    const float scale = std::max(-low, high) / (top / 2);
    return {scale != 0 ? scale : kEpsilon, middle};
  }
  const float scale = (high - low) / top;
  if (scale == 0) return {kEpsilon, 0};
  const auto lowest = static_cast<float>(-middle);
  return {scale, round_half_even(std::clamp(lowest - low / scale, lowest, top + lowest)) + middle};
}

std::uint8_t uniform_code(float x, const Line& line, int bits, UniformRule rule) {
  const int top = (1 << bits) - 1;
  const float q = x / line.scale;
  if (rule == UniformRule::awq) {
    const auto bound = static_cast<float>(2 * top);
    return static_cast<std::uint8_t>(std::clamp(round_half_even(std::clamp(q, -bound, bound)) + line.zero, 0, top));
  }
  const int middle = 1 << (bits - 1);
  const float shifted = q + static_cast<float>(line.zero - middle);
  return static_cast<std::uint8_t>(round_half_even(std::clamp(shifted, static_cast<float>(-middle), static_cast<float>(middle - 1))) + middle);
}

}  // namespace

Result<UniformWeight> quantize_uniform(std::span<const float> values, std::size_t columns, int bits, std::size_t group, UniformRule rule) {
  if (columns == 0 || values.size() % columns != 0) {
    return fail_field(ErrorCode::invalid_argument, "columns", "The values are not whole rows of that many columns.");
  }
  UniformWeight weight{.rows = values.size() / columns, .columns = columns, .bits = bits, .group = group, .codes = {}, .scales = {}, .zeros = {}, .group_index = {}};
  if (auto ok = check_shape(weight.rows, columns, bits, group); !ok) return std::unexpected(ok.error());
  const auto bad = std::ranges::find_if(values, [](float v) { return !std::isfinite(v); });
  if (bad != values.end()) {
    return fail_at(ErrorCode::non_finite, static_cast<std::uint64_t>(bad - values.begin()), "A value is NaN or infinite: replace it first.");
  }
  weight.codes.resize(values.size());
  for (std::size_t r = 0; r < weight.rows; ++r) {
    for (std::size_t c = 0; c < columns; c += group) {
      const auto part = values.subspan(r * columns + c, std::min(group, columns - c));
      const Line line = uniform_line(part, bits, rule);
      weight.scales.push_back(line.scale);
      weight.zeros.push_back(static_cast<std::uint16_t>(line.zero));
      for (std::size_t i = 0; i < part.size(); ++i) weight.codes[r * columns + c + i] = uniform_code(part[i], line, bits, rule);
    }
  }
  return weight;
}

}  // namespace bitbudget::formats
