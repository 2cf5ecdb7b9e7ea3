// The scale searches of formats/ggml_search.h for many groups of 16 or 32 values at once, one group to a lane: each lane adds
// up its group from left to right, so every sum has the reference's roundings. Two vectors of groups run side by side, to
// overlap their chains of additions. The truth is the scalar code; where a lane leaves the range in which rounding by the
// magic number is rounding (only next to zero and infinity), the search gives up and the caller uses that.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "formats/ggml_search.h"
#include "kernels/simd.h"

namespace bitbudget::kernels {

using formats::Metric;
using formats::Sweep;

inline constexpr std::size_t kLanes = 4;
inline constexpr std::size_t kPair = 2;  // vectors that run side by side
inline constexpr std::size_t kGroupsAtOnce = kLanes * kPair;

/// 1.5 * 2^23: the sum with a small float has its nearest integer, ties to even, in the low bits.
inline constexpr float kMagic = 12582912.0f;
inline constexpr float kRoundingLimit = 4194304.0f;

/// A pair of vectors, and the arithmetic that the searches write out on them.
template <class A>
struct Pair {
  simd::F32<A> v[kPair];

  Pair() = default;
  explicit Pair(float value) : v{simd::F32<A>(value), simd::F32<A>(value)} {}

  template <class F>
  static Pair each(F f) {
    Pair out;
    for (std::size_t t = 0; t < kPair; ++t) out.v[t] = f(t);
    return out;
  }
  friend Pair operator+(const Pair& a, const Pair& b) { return each([&](std::size_t t) { return a.v[t] + b.v[t]; }); }
  friend Pair operator-(const Pair& a, const Pair& b) { return each([&](std::size_t t) { return a.v[t] - b.v[t]; }); }
  friend Pair operator*(const Pair& a, const Pair& b) { return each([&](std::size_t t) { return a.v[t] * b.v[t]; }); }
  friend Pair operator/(const Pair& a, const Pair& b) { return each([&](std::size_t t) { return a.v[t] / b.v[t]; }); }
  Pair operator-() const { return each([&](std::size_t t) { return -v[t]; }); }
  Pair& operator+=(const Pair& b) { return *this = *this + b; }
};

template <class A>
struct PairMask {
  xsimd::batch_bool<float, A> v[kPair];

  template <class F>
  static PairMask each(F f) {
    PairMask out;
    for (std::size_t t = 0; t < kPair; ++t) out.v[t] = f(t);
    return out;
  }
  friend PairMask operator&(const PairMask& a, const PairMask& b) { return each([&](std::size_t t) { return a.v[t] & b.v[t]; }); }
  PairMask operator!() const { return each([&](std::size_t t) { return !v[t]; }); }
  bool none() const { return simd::none_set(v[0] | v[1]); }
};

template <class A>
PairMask<A> operator>(const Pair<A>& a, const Pair<A>& b) {
  return PairMask<A>::each([&](std::size_t t) { return a.v[t] > b.v[t]; });
}
template <class A>
PairMask<A> operator==(const Pair<A>& a, const Pair<A>& b) {
  return PairMask<A>::each([&](std::size_t t) { return a.v[t] == b.v[t]; });
}
template <class A>
PairMask<A> operator!=(const Pair<A>& a, const Pair<A>& b) {
  return !(a == b);
}
template <class A>
Pair<A> select(const PairMask<A>& mask, const Pair<A>& yes, const Pair<A>& no) {
  return Pair<A>::each([&](std::size_t t) { return xsimd::select(mask.v[t], yes.v[t], no.v[t]); });
}
/// x > maximum ? x : maximum, and x < minimum ? x : minimum.
template <class A>
Pair<A> larger(const Pair<A>& maximum, const Pair<A>& x) {
  return Pair<A>::each([&](std::size_t t) { return simd::larger(maximum.v[t], x.v[t]); });
}
template <class A>
Pair<A> smaller(const Pair<A>& minimum, const Pair<A>& x) {
  return Pair<A>::each([&](std::size_t t) { return simd::smaller(minimum.v[t], x.v[t]); });
}
template <class A>
Pair<A> magnitude(const Pair<A>& x) {
  return Pair<A>::each([&](std::size_t t) { return xsimd::abs(x.v[t]); });
}
template <class A>
Pair<A> root(const Pair<A>& x) {
  return Pair<A>::each([&](std::size_t t) { return xsimd::sqrt(x.v[t]); });
}

/// Eight groups side by side: [i] holds their i-th values, lane by lane.
template <class A, std::size_t kLength>
using Groups = std::array<Pair<A>, kLength>;

/// Eight groups of kLength, wherever each begins, turned over.
template <class A, std::size_t kLength>
void gather_groups(const float* const* from, Groups<A, kLength>& out) {
  for (std::size_t t = 0; t < kPair; ++t) {
    const float* const* group = from + t * kLanes;
    for (std::size_t i = 0; i < kLength; i += 4) {
      auto a = simd::load<A>(group[0] + i), b = simd::load<A>(group[1] + i), c = simd::load<A>(group[2] + i), d = simd::load<A>(group[3] + i);
      simd::transpose(a, b, c, d);
      out[i].v[t] = a, out[i + 1].v[t] = b, out[i + 2].v[t] = c, out[i + 3].v[t] = d;
    }
  }
}

/// The same of groups that follow one another.
template <class A, std::size_t kLength>
void load_groups(const float* from, Groups<A, kLength>& out) {
  const float* groups[kGroupsAtOnce];
  for (std::size_t k = 0; k < kGroupsAtOnce; ++k) groups[k] = from + k * kLength;
  gather_groups(groups, out);
}

template <class A>
void store_pair(const Pair<A>& x, float* to) {
  for (std::size_t t = 0; t < kPair; ++t) simd::store(to + t * kLanes, x.v[t]);
}

template <class A>
Pair<A> load_pair(const float* from) {
  return Pair<A>::each([&](std::size_t t) { return simd::load<A>(from + t * kLanes); });
}

/// Nearest integers, ties to even, moved into [low, high]; |x| < kRoundingLimit.
template <class A>
Pair<A> round_between(const Pair<A>& x, const Pair<A>& magic_low, const Pair<A>& magic_high) {
  return smaller(magic_high, larger(magic_low, x + Pair<A>(kMagic))) - Pair<A>(kMagic);
}

/// What the affine search found for eight groups. `inverse` and `base` give the codes: nearest(inverse·(x - base)).
template <class A>
struct AffineFit {
  Pair<A> scale, offset, inverse, base, weight;
};

template <class A, std::size_t kLength>
class AffineSearch {
 public:
  AffineSearch(const Groups<A, kLength>& x, const Groups<A, kLength>& weights, int levels, const Sweep& sweep)
      : x_(x), w_(weights), sweep_(sweep), levels_(static_cast<float>(levels)) {}

  /// False where a lane's rounding is out of range.
  bool run(AffineFit<A>& fit) {
    const Pair<A> zero(0.0f), one(1.0f), n(levels_);
    begin();
    const PairMask<A> flat = high_ == low_;
    // A flat group's result is known; a range of one keeps its lane out of the way.
    high_ = select(flat, low_ + one, high_);
    fit = {.scale = one, .offset = -low_, .inverse = n / (high_ - low_), .base = low_, .weight = sum_w_};
    if (!in_range(fit.inverse, low_)) return false;
    fit.scale = one / fit.inverse;
    (void)sums(fit.inverse, low_);
    Pair<A> best = error(fit.scale, low_);
    Pair<A> low = low_;
    for (int k = 0; k <= sweep_.steps; ++k) {
      const Pair<A> inverse = Pair<A>(sweep_.first + sweep_.step * static_cast<float>(k) + levels_) / (high_ - low);
      if (!in_range(inverse, low)) return false;
      const Sums s = sums(inverse, low);
      const Pair<A> determinant = sum_w_ * s.codes_squared - s.codes * s.codes;
      Pair<A> scale = (sum_w_ * s.products - sum_x_ * s.codes) / determinant;
      Pair<A> base = (s.codes_squared * sum_x_ - s.codes * s.products) / determinant;
      const PairMask<A> above = base > zero;
      base = select(above, zero, base);
      scale = select(above, s.products / s.codes_squared, scale);
      const Pair<A> trial = error(scale, base);
      const PairMask<A> better = (best > trial) & (determinant > zero) & !flat;
      if (better.none()) continue;
      best = select(better, trial, best);
      fit.scale = select(better, scale, fit.scale);
      fit.inverse = select(better, inverse, fit.inverse);
      fit.base = select(better, low, fit.base);
      low = select(better, base, low);
    }
    fit.scale = select(flat, zero, fit.scale);
    fit.offset = -low;
    return true;
  }

 private:
  struct Sums {
    Pair<A> codes, codes_squared, products;
  };

  /// Range and the sums that do not depend on the codes.
  void begin() {
    low_ = high_ = x_[0];
    sum_w_ = w_[0];
    sum_x_ = w_[0] * x_[0];
    for (std::size_t i = 1; i < kLength; ++i) {
      low_ = smaller(low_, x_[i]);
      high_ = larger(high_, x_[i]);
      sum_w_ += w_[i];
      sum_x_ += w_[i] * x_[i];
    }
    least_ = low_;
    low_ = select(low_ > Pair<A>(0.0f), Pair<A>(0.0f), low_);
  }

  bool in_range(const Pair<A>& inverse, const Pair<A>& base) const {
    const Pair<A> farthest = larger(magnitude(high_ - base), magnitude(least_ - base));
    return (!(Pair<A>(kRoundingLimit) > magnitude(inverse) * farthest)).none();
  }

  /// Makes the codes of a trial (codes_) and their sums.
  Sums sums(const Pair<A>& inverse, const Pair<A>& base) {
    Sums s{Pair<A>(0.0f), Pair<A>(0.0f), Pair<A>(0.0f)};
    const Pair<A> magic_low(kMagic), magic_high(kMagic + levels_);
    for (std::size_t i = 0; i < kLength; ++i) {
      const Pair<A> q = round_between(inverse * (x_[i] - base), magic_low, magic_high);
      codes_[i] = q;
      const Pair<A> wq = w_[i] * q;
      s.codes += wq;
      s.codes_squared += wq * q;
      s.products += wq * x_[i];
    }
    return s;
  }

  Pair<A> error(const Pair<A>& scale, const Pair<A>& base) const {
    Pair<A> total(0.0f);
    for (std::size_t i = 0; i < kLength; ++i) {
      const Pair<A> difference = scale * codes_[i] + base - x_[i];
      total += w_[i] * (sweep_.metric == Metric::absolute ? magnitude(difference) : difference * difference);
    }
    return total;
  }

  const Groups<A, kLength>& x_;
  const Groups<A, kLength>& w_;
  const Sweep& sweep_;
  float levels_;
  Groups<A, kLength> codes_;
  Pair<A> low_, high_, least_, sum_w_, sum_x_;
};

/// What the symmetric search found for eight groups; codes are nearest(inverse·x) + levels. A group too small for a scale has
/// scale and inverse 0.
template <class A>
struct SymmetricFit {
  Pair<A> scale, inverse;
};

/// The element of largest magnitude of each group: the first of several, with its sign.
template <class A, std::size_t kLength>
Pair<A> signed_max_lanes(const Groups<A, kLength>& x) {
  Pair<A> most(0.0f), largest(0.0f);
  for (std::size_t i = 0; i < kLength; ++i) {
    const Pair<A> size = magnitude(x[i]);
    largest = select(size > most, x[i], largest);
    most = larger(most, size);
  }
  return largest;
}

/// formats::symmetric_search. |inverse·x| stays below 2·levels, so rounding is always in range.
template <class A, std::size_t kLength>
SymmetricFit<A> symmetric_search(const Groups<A, kLength>& x, const Groups<A, kLength>& weights, int levels) {
  const Pair<A> zero(0.0f), n(static_cast<float>(levels));
  const Pair<A> magic_low(kMagic - static_cast<float>(levels)), magic_high(kMagic + static_cast<float>(levels - 1));
  const Pair<A> largest = signed_max_lanes(x);
  const auto sums = [&](const Pair<A>& inverse, Pair<A>& products, Pair<A>& squared) {
    products = squared = zero;
    for (std::size_t i = 0; i < kLength; ++i) {
      const Pair<A> q = round_between(inverse * x[i], magic_low, magic_high);
      products += weights[i] * x[i] * q;
      squared += weights[i] * q * q;
    }
  };
  Pair<A> products, squared;
  SymmetricFit<A> fit{.scale = zero, .inverse = -n / largest};
  sums(fit.inverse, products, squared);
  fit.scale = select(squared != zero, products / squared, zero);
  Pair<A> best = fit.scale * products;
  for (int k = -9; k <= 9; ++k) {
    if (k == 0) continue;
    const Pair<A> inverse = Pair<A>(-(static_cast<float>(levels) + 0.1f * static_cast<float>(k))) / largest;
    sums(inverse, products, squared);
    const PairMask<A> better = (squared > zero) & (products * products > best * squared);
    if (better.none()) continue;
    const Pair<A> scale = products / squared;
    fit.scale = select(better, scale, fit.scale);
    fit.inverse = select(better, inverse, fit.inverse);
    best = select(better, scale * products, best);
  }
  const PairMask<A> none = Pair<A>(formats::kGroupEpsilon) > magnitude(largest);
  fit.scale = select(none, zero, fit.scale);
  fit.inverse = select(none, zero, fit.inverse);
  return fit;
}

/// formats::round_half_even in every lane, then into [low, high]: whatever x is.
template <class A>
simd::I32<A> round_clamped(const simd::F32<A>& x, int low, int high) {
  const auto bits = simd::as<std::int32_t>(x + simd::F32<A>(kMagic));
  const auto rounded = (bits & simd::I32<A>(0x007FFFFF)) - simd::I32<A>(0x00400000);
  return xsimd::min(xsimd::max(rounded, simd::I32<A>(low)), simd::I32<A>(high));
}

/// formats::symmetric_descent of eight groups: the codes at the largest magnitude, then steps that each may change the i-th code.
template <class A, std::size_t kLength>
class SymmetricDescent {
 public:
  void begin(const Groups<A, kLength>& values, int levels) {
    largest_ = signed_max_lanes(values);
    none_ = Pair<A>(formats::kGroupEpsilon) > magnitude(largest_);
    const Pair<A> inverse = Pair<A>(static_cast<float>(-levels)) / largest_;
    const Pair<A> magic_low(kMagic - static_cast<float>(levels)), magic_high(kMagic + static_cast<float>(levels - 1));
    products_ = squared_ = Pair<A>(0.0f);
    for (std::size_t i = 0; i < kLength; ++i) {
      const Pair<A> x = values[i], w = x * x, code = round_between(inverse * x, magic_low, magic_high);
      steps_[i] = {x, w, w * x, code};
      products_ += steps_[i].wx * code;
      squared_ += w * code * code;
    }
  }

  const Pair<A>& largest() const { return largest_; }

  /// Whether a code has changed.
  bool step(std::size_t i, int levels) {
    const Pair<A> zero(0.0f);
    auto& [x, w, wx, old] = steps_[i];
    const Pair<A> less = products_ - wx * old, less_squared = squared_ - w * old * old;
    const PairMask<A> positive = (less > zero) & !none_;
    if (positive.none()) return false;
    const Pair<A> best = x * less_squared / less;
    const Pair<A> code = Pair<A>::each([&](std::size_t t) { return simd::to_float(round_clamped(best.v[t], -levels, levels - 1)); });
    const Pair<A> more = less + wx * code, more_squared = less_squared + w * code * code;
    const PairMask<A> better =
        positive & (code != old) & (more_squared > zero) & (more * more * squared_ > products_ * products_ * more_squared);
    if (better.none()) return false;
    old = select(better, code, old);
    products_ = select(better, more, products_);
    squared_ = select(better, more_squared, squared_);
    return true;
  }

  /// The scales; the codes of groups that are none become -levels: 0 once the centre is added.
  Pair<A> finish(int levels, Groups<A, kLength>& codes) const {
    for (std::size_t i = 0; i < kLength; ++i) codes[i] = select(none_, Pair<A>(static_cast<float>(-levels)), steps_[i].code);
    return select((!none_) & (squared_ > Pair<A>(0.0f)), products_ / squared_, Pair<A>(0.0f));
  }

 private:
  struct Step {
    Pair<A> x, w, wx, code;
  };
  std::array<Step, kLength> steps_;
  Pair<A> largest_, products_, squared_;
  PairMask<A> none_;
};

/// Up to five passes over each. A step waits for the one before it, and a division is in every step: descents side by side fill
/// each other's gaps. A lane in which a pass changes nothing stays as it is in the next, so that all lanes may go on.
template <class A, std::size_t kLength>
void descend(std::span<SymmetricDescent<A, kLength>> descents, int levels) {
  std::uint32_t open = (1u << descents.size()) - 1;
  for (int pass = 0; pass < 5 && open != 0; ++pass) {
    std::uint32_t changed = 0;
    for (std::size_t i = 0; i < kLength; ++i) {
      for (std::size_t k = 0; k < descents.size(); ++k) {
        if ((open >> k & 1) != 0 && descents[k].step(i, levels)) changed |= 1u << k;
      }
    }
    open = changed;
  }
}

/// Sixteen codes from consecutive values: value(i) gives the four from i on, rounded into [low, high], plus `centre`.
template <class A, class Value>
void store_codes(Value value, int low, int high, int centre, std::uint8_t* to) {
  const auto four = [&](std::size_t i) { return round_clamped<A>(value(i), low, high) + simd::I32<A>(centre); };
  const auto first = simd::narrow_s(four(0), four(4)), second = simd::narrow_s(four(8), four(12));
  simd::store(to, simd::narrow_u(first, second));
}

/// The codes of an affine fit of one group: nearest(inverse·(x - base)).
template <class A, std::size_t kLength>
void affine_codes(const float* x, float inverse, float base, int levels, std::uint8_t* codes) {
  const simd::F32<A> id(inverse), m(base);
  for (std::size_t at = 0; at < kLength; at += 16) {
    store_codes<A>([&](std::size_t i) { return id * (simd::load<A>(x + at + i) - m); }, 0, levels, 0, codes + at);
  }
}

/// The codes of a symmetric fit of one group; 0 for a group that has none (its inverse is 0 here).
template <class A, std::size_t kLength>
void symmetric_codes(const float* x, float inverse, int levels, std::uint8_t* codes) {
  const simd::F32<A> id(inverse);
  const int centre = inverse == 0 ? 0 : levels;
  for (std::size_t at = 0; at < kLength; at += 16) {
    store_codes<A>([&](std::size_t i) { return id * simd::load<A>(x + at + i); }, -levels, levels - 1, centre, codes + at);
  }
}

/// The codes (whole numbers from -centre on) of eight groups, plus `centre`, as bytes: kLength for each group, one after another.
template <class A, std::size_t kLength>
void store_group_codes(const Groups<A, kLength>& codes, int centre, std::uint8_t* to) {
  const simd::F32<A> magic(kMagic + static_cast<float>(centre));
  const simd::I32<A> zero(0x4B400000);
  for (std::size_t t = 0; t < kPair; ++t, to += kLanes * kLength) {
    for (std::size_t first = 0; first < kLength; first += 16) {
      simd::I32<A> wholes[kLanes][4];
      for (std::size_t four = 0; four < 4; ++four) {
        simd::F32<A> column[kLanes];
        for (std::size_t i = 0; i < 4; ++i) column[i] = codes[first + 4 * four + i].v[t] + magic;
        simd::transpose(column[0], column[1], column[2], column[3]);
        for (std::size_t k = 0; k < kLanes; ++k) wholes[k][four] = simd::as<std::int32_t>(column[k]) - zero;
      }
      for (std::size_t k = 0; k < kLanes; ++k) {
        const auto low = simd::narrow_s(wholes[k][0], wholes[k][1]), high = simd::narrow_s(wholes[k][2], wholes[k][3]);
        simd::store_bytes(to + k * kLength + first, simd::narrow_u(low, high));
      }
    }
  }
}

/// Each group's sum, from left to right.
template <class A, std::size_t kLength>
Pair<A> sum_lanes(const Groups<A, kLength>& x) {
  Pair<A> total(0.0f);
  for (std::size_t i = 0; i < kLength; ++i) total += x[i];
  return total;
}

template <class A, std::size_t kLength>
Pair<A> sum_of_squares_lanes(const Groups<A, kLength>& x) {
  Pair<A> total(0.0f);
  for (std::size_t i = 0; i < kLength; ++i) total += x[i] * x[i];
  return total;
}

/// formats::requantize of one group.
template <class A, std::size_t kLength>
void requantize(const float* x, float scale, float offset, int levels, std::uint8_t* codes) {
  if (scale == 0) return;
  const simd::F32<A> d(scale), m(offset);
  for (std::size_t at = 0; at < kLength; at += 16) {
    store_codes<A>([&](std::size_t i) { return (simd::load<A>(x + at + i) + m) / d; }, 0, levels, 0, codes + at);
  }
}

/// formats::requantize_symmetric of one group.
template <class A, std::size_t kLength>
void requantize_symmetric(const float* x, float scale, int levels, std::uint8_t* codes) {
  if (scale == 0) return;
  const simd::F32<A> d(scale);
  for (std::size_t at = 0; at < kLength; at += 16) {
    store_codes<A>([&](std::size_t i) { return simd::load<A>(x + at + i) / d; }, -levels, levels - 1, levels, codes + at);
  }
}

}  // namespace bitbudget::kernels
